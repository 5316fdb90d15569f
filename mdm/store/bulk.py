"""Bulk in and out: COPY between PostgreSQL and Arrow, Parquet or DuckDB, in the caller's transaction.

In: DuckDB writes CSV into a pipe while PostgreSQL reads it, so that both work at the same time; tables of plain numbers
go as binary, which numpy lays out. Out: COPY to CSV, read by pyarrow. Lists become PostgreSQL arrays; lists and structs
bound for a `json` column become JSON.

First loads: `deferred_indexes` drops the indexes of empty tables and builds them at the end. It also truncates these
tables, and a table emptied in the same transaction is filled without writing WAL (`wal_level=minimal`).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from psycopg import sql

from mdm.store.connection import driver_of

Source: TypeAlias = "pa.Table | Path | duckdb.DuckDBPyRelation"

BLOCK = 1 << 20  # bytes handed to the server at once


def copy_rows(connection: sa.Connection, table: str, columns: Sequence[str], source: Source) -> int:
    """Append the rows of `source` to `table` and return how many there were.

    `columns` are names both of `source` (further ones in it are left alone) and of `table` (others take their defaults).
    `source`: an Arrow table, the path of a Parquet file, or a DuckDB relation; text must be free of NUL.
    """
    targets = _column_types(connection, table, columns)
    numbers = _plain_numbers(source, columns, targets)
    copied = numbers is not None
    into = sql.SQL("COPY {} ({}) FROM STDIN ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL("FORMAT binary" if copied else "FORMAT csv"),
    )
    blocks = _binary_blocks(numbers) if numbers is not None else _csv_blocks(source, columns, targets)
    with driver_of(connection).cursor() as cursor:
        with cursor.copy(into) as copy:
            for block in blocks:
                copy.write(block)
        return cursor.rowcount


def load_temporary(connection: sa.Connection, name: str, source: Source, columns: Mapping[str, str]) -> None:
    """A temporary table `name` of `source`, gone at the end of the transaction; `columns`: name -> PostgreSQL type."""
    definition = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
    connection.exec_driver_sql(f"drop table if exists pg_temp.{name}")
    connection.exec_driver_sql(f"create temporary table {name} ({definition}) on commit drop")
    copy_rows(connection, name, list(columns), source)
    connection.exec_driver_sql(f"analyze {name}")


@contextmanager
def deferred_indexes(connection: sa.Connection, tables: Sequence[str]) -> Iterator[None]:
    """Build the indexes of those of `tables` that are empty at the end of the block instead of row by row.

    All in the caller's transaction, which holds these tables exclusively from then on.
    """
    definitions: list[str] = []
    for table in tables:
        if connection.exec_driver_sql(f'select 1 from "{table}" limit 1').first() is None:
            connection.exec_driver_sql(f'truncate "{table}"')
            definitions += _drop_indexes(connection, table)
    yield
    for definition in definitions:
        connection.exec_driver_sql(definition)
    for table in tables:
        connection.exec_driver_sql(f'analyze "{table}"')


def _drop_indexes(connection: sa.Connection, table: str) -> list[str]:
    """Drop primary key and indexes of `table`; the statements that make them again."""
    constraints = connection.exec_driver_sql(
        "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass and contype = 'p'",
        (table,),
    ).all()
    for name, _ in constraints:
        connection.exec_driver_sql(f'alter table "{table}" drop constraint "{name}"')
    indexes = connection.exec_driver_sql(
        "select indexname, indexdef from pg_indexes where schemaname = current_schema() and tablename = %s", (table,)
    ).all()
    for name, _ in indexes:
        connection.exec_driver_sql(f'drop index "{name}"')
    primary = [f'alter table "{table}" add constraint "{name}" {definition}' for name, definition in constraints]
    return primary + [definition for _, definition in indexes]


def fetch_arrow(connection: sa.Connection, query: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
    """The rows of a PostgreSQL query (parameters as `%(name)s`) as an Arrow table.

    json comes as text, arrays of numbers as lists; 'infinity' is not allowed in what is selected.
    """
    from mdm.store.bulk_out import fetch

    return fetch(driver_of(connection), query, parameters)


def _column_types(connection: sa.Connection, table: str, columns: Sequence[str]) -> dict[str, str]:
    """PostgreSQL type per column of `table`, in the order of `columns`."""
    found = connection.exec_driver_sql(
        "select attname, format_type(atttypid, null) from pg_attribute where attrelid = to_regclass(%s) and attnum > 0",
        (f'"{table}"',),
    )
    types = dict(found.tuples().all())
    return {column: types[column] for column in columns}


# --- binary: numbers only ---------------------------------------------------------------------------------------------

_BINARY = {"bigint": (pa.int64(), ">i8", 8), "double precision": (pa.float64(), ">f8", 8)}


def _plain_numbers(source: Source, columns: Sequence[str], targets: dict[str, str]) -> pa.Table | None:
    """`source` as a table of numbers without nulls, or None when it is not that."""
    if not all(kind in _BINARY for kind in targets.values()):
        return None
    if isinstance(source, Path):
        source = pq.read_table(source, columns=list(columns))
    if not isinstance(source, pa.Table):
        source = source.select(*(duckdb.ColumnExpression(name) for name in columns)).to_arrow_table()
    table = source.select(list(columns))
    if any(column.null_count for column in table.columns):
        return None
    return table.cast(pa.schema([(name, _BINARY[targets[name]][0]) for name in columns]))


def _binary_blocks(table: pa.Table) -> Iterator[bytes]:
    """PostgreSQL's binary COPY format: per row the number of fields, per field its length and its big-endian bytes."""
    yield b"PGCOPY\n\xff\r\n\0" + bytes(8)
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for index, field in enumerate(table.schema):
        layout += [(f"length{index}", ">i4"), (f"value{index}", ">i8" if field.type == pa.int64() else ">f8")]
    for batch in table.to_batches(max_chunksize=65_536):
        rows = np.empty(batch.num_rows, dtype=layout)
        rows["fields"] = table.num_columns
        for index, column in enumerate(batch.columns):
            rows[f"length{index}"] = 8
            rows[f"value{index}"] = column.to_numpy(zero_copy_only=False)
        yield rows.tobytes()
    yield b"\xff\xff"


# --- CSV: everything else ---------------------------------------------------------------------------------------------


def _csv_blocks(source: Source, columns: Sequence[str], targets: dict[str, str]) -> Iterator[bytes]:
    """CSV without header, written by DuckDB in a thread of its own into a pipe that is read here."""
    relation = _relation(source)
    expressions = ", ".join(_as_text(name, relation, targets[name]) for name in columns)
    relation = relation.project(expressions)
    reading, writing = os.pipe()
    failure: list[BaseException] = []

    def write() -> None:
        try:
            relation.write_csv(f"/dev/fd/{writing}", header=False, na_rep="", date_format=None)
        except BaseException as error:  # noqa: BLE001 - raised again below, in the reader's thread
            failure.append(error)
        finally:
            os.close(writing)

    thread = threading.Thread(target=write, name="copy-csv", daemon=True)
    thread.start()
    try:
        while block := os.read(reading, BLOCK):
            yield block
    finally:
        os.close(reading)
        thread.join()
    if failure:
        raise failure[0]


def _relation(source: Source) -> duckdb.DuckDBPyRelation:
    if isinstance(source, duckdb.DuckDBPyRelation):
        return source
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("set timezone = 'UTC'")
    if isinstance(source, Path):
        return connection.from_parquet(str(source))
    return connection.from_arrow(source)


def _as_text(name: str, relation: duckdb.DuckDBPyRelation, target: str) -> str:
    """The DuckDB expression that spells column `name` as PostgreSQL reads it."""
    kind = str(relation.types[relation.columns.index(name)])
    column = '"' + name.replace('"', '""') + '"'
    nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))
    if target == "json" and nested:
        return f"to_json({column})::varchar as {column}"
    if nested:
        return f"'{{' || array_to_string({column}, ',') || '}}' as {column}"
    return column
