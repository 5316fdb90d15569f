"""Rows of the store's tables, made of the files of a night while they are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from mdm.store import pairs
from mdm.store.bulk import Source
from pipelines.documents import document_sql

if TYPE_CHECKING:
    from pipelines.context import Night


def of_run(
    night: Night, scratch: duckdb.DuckDBPyConnection, step: str, name: str, *more: str
) -> duckdb.DuckDBPyRelation:
    """A file of the night with its run id, and `more` columns; read while it is loaded, not before."""
    columns = ", ".join(["*", f"'{night.run_id}' AS run_id", *more])
    return scratch.sql(f"SELECT {columns} FROM {night.folder.sql(step, name)}")


def rows_of(night: Night, scratch: duckdb.DuckDBPyConnection, table: str) -> Source:
    """All that the night has for a table that one of its steps makes alone."""
    folder = night.folder
    if table == "record":
        return scratch.sql(
            f"""
            SELECT w.record_id, w.system, w.local_id, w.incarnation, w.party, w.role, 'accepted' AS status,
                   w.content_hash, w.extracted_at, w.changed_at, '{night.run_id}' AS run_id,
                   {document_sql()} AS cleansed, w.original
            FROM {folder.sql("cleanse", "records")} w
            """
        )
    if table == "record_key":
        return scratch.sql(f"SELECT key, record_id FROM {folder.sql('match', 'keys')} ORDER BY record_id")
    if table == "pair":
        return scratch.sql(f"SELECT {', '.join(pairs.PAIR_COLUMNS)} FROM {folder.sql('match', 'pairs')}")
    return folder.file("households", f"{table}.parquet")
