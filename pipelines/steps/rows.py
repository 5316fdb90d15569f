"""Rows of the store's tables, made of the files of a night while they are loaded."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import duckdb

from mdm.store import pairs
from mdm.store.bulk import Source
from pipelines.documents import document_sql

if TYPE_CHECKING:
    from pipelines.context import Night


_FILES = {"customer": ("resolve", "customers"), "xref": ("resolve", "xrefs"), "golden": ("golden", "golden")}


def of_run(
    night: Night, scratch: duckdb.DuckDBPyConnection, step: str, name: str, *more: str
) -> duckdb.DuckDBPyRelation:
    """A file of the night with its run id, and `more` columns; read while it is loaded, not before."""
    columns = ", ".join(["*", f"'{night.run_id}' AS run_id", *more])
    return scratch.sql(f"SELECT {columns} FROM {night.folder.sql(step, name)}")


def rows_of(
    night: Night, scratch: duckdb.DuckDBPyConnection, table: str, *, known_from: dt.datetime | None = None
) -> Source:
    """All that the night has for a table that one of its steps makes alone.

    known_from: since when the rows of a table with recorded time are known, for those who load them in a transaction
    other than the applying one, which knows by itself.
    """
    since = () if known_from is None else (f"'{known_from.isoformat()}'::TIMESTAMPTZ AS recorded_from",)
    folder = night.folder
    if table == "record":
        names = ", ".join(["w.extracted_at, w.changed_at", f"'{night.run_id}' AS run_id", *since])
        return scratch.sql(
            f"""
            SELECT w.record_id, w.system, w.local_id, w.incarnation, w.party, w.role, 'accepted' AS status,
                   w.content_hash, {names}, {document_sql()} AS cleansed, w.original
            FROM {folder.sql("cleanse", "records")} w
            """
        )
    if table == "record_key":
        return scratch.sql(f"SELECT key, record_id FROM {folder.sql('match', 'keys')} ORDER BY record_id")
    if table == "pair":
        return scratch.sql(f"SELECT {', '.join(pairs.PAIR_COLUMNS)} FROM {folder.sql('match', 'pairs')}")
    if table in _FILES:
        return of_run(night, scratch, *_FILES[table], *since)
    return folder.file("households", f"{table}.parquet")
