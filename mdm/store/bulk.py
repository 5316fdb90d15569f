"""Bulk in and out: COPY between PostgreSQL and Arrow, Parquet or DuckDB, in the caller's transaction.

In: binary COPY, laid out by `mdm.store.binary`. Out: COPY to CSV, read by pyarrow. Lists become PostgreSQL arrays;
lists and structs bound for a `json` column become JSON.

First loads: `deferred_indexes` drops the indexes of empty tables and builds them at the end. It also truncates these
tables, and a table emptied in the same transaction is filled without writing WAL (`wal_level=minimal`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa
from psycopg import sql

from mdm.store import binary, bulk_out, columnar
from mdm.store.connection import driver_of

Values: TypeAlias = "Sequence[int] | Sequence[str] | pa.Array | pa.ChunkedArray"
Source: TypeAlias = "pa.Table | Path | duckdb.DuckDBPyRelation"


def copy_rows(connection: sa.Connection, table: str, columns: Sequence[str], source: Source) -> int:
    """Append the rows of `source` to `table` and return how many there were.

    `columns` are names both of `source` (others there are ignored) and of `table` (others there take their defaults).
    `source`: an Arrow table, the path of a Parquet file, or a DuckDB relation; text must be free of NUL.
    """
    targets = column_types(connection, table, columns)
    into = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary{})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", FREEZE" if table in _emptied(connection) else ""),
    )
    with driver_of(connection).cursor() as cursor:
        with cursor.copy(into) as copy:
            for block in _ahead(binary.blocks(_batches(source, targets), targets)):
                copy.write(block)
        return cursor.rowcount


def load_values(connection: sa.Connection, name: str, values: Values) -> None:
    """A temporary table `name` with the one column `value`: record ids (bigint) or PINs and other keys (text)."""
    column = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values)
    texts = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    kind = "text" if texts else "bigint"
    load_temporary(connection, name, pa.table({"value": pc.unique(column)}), {"value": kind})


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
            note_emptied(connection, table)
            definitions += _drop_indexes(connection, table)
    yield
    for definition in definitions:
        connection.exec_driver_sql(definition)
    for table in _changed_much(connection, tables):
        connection.exec_driver_sql(f'analyze "{table}"')


def _changed_much(connection: sa.Connection, tables: Sequence[str]) -> list[str]:
    """Of `tables` those of which a tenth or more has changed since the planner last looked at them.

    Autovacuum asks the same, but an embedded server seldom runs for long enough. To look at all of them took a delta of
    10,000 rows on a million longer than to write it. What a transaction writes and looks at itself, as a first load
    does, PostgreSQL counts as written since: as many rows as the planner knows of are not news.
    """
    found = connection.exec_driver_sql(
        """
        select c.relname from pg_class c
        join pg_stat_xact_user_tables x on x.relid = c.oid join pg_stat_user_tables s on s.relid = c.oid
        cross join lateral (select greatest(c.reltuples, 0) as rows, s.n_mod_since_analyze as written) as known
        where c.relname = any(%(tables)s) and c.relnamespace = current_schema()::regnamespace
        and case when written >= 0.9 * rows then greatest(written - rows, 0) else written end
            + x.n_tup_ins + x.n_tup_upd + x.n_tup_del > rows / 10
        """,
        {"tables": list(tables)},
    )
    return list(found.scalars())


def _emptied(connection: sa.Connection) -> set[str]:
    """The tables that this transaction emptied: rows copied into them can be frozen at once."""
    transaction = connection.get_transaction()
    if connection.info.get("emptied_by") is not transaction:
        connection.info["emptied_by"], connection.info["emptied"] = transaction, set()
    emptied: set[str] = connection.info["emptied"]
    return emptied


def note_emptied(connection: sa.Connection, table: str) -> None:
    """Say that this transaction made or emptied `table`: its rows are frozen as they come."""
    _emptied(connection).add(table)


def index_definitions(connection: sa.Connection, table: str) -> dict[str, str]:
    """Primary key and indexes of `table`: name -> the statement that makes it, the primary key first."""
    constraints = connection.exec_driver_sql(
        "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass and contype = 'p'",
        (table,),
    ).all()
    found = {name: f'alter table "{table}" add constraint "{name}" {definition}' for name, definition in constraints}
    indexes = connection.exec_driver_sql(
        "select indexname, indexdef from pg_indexes where schemaname = current_schema() and tablename = %s", (table,)
    ).all()
    return found | {name: definition for name, definition in indexes if name not in found}


def _drop_indexes(connection: sa.Connection, table: str) -> list[str]:
    """Drop primary key and indexes of `table`; the statements that make them again."""
    definitions = index_definitions(connection, table)
    for name, definition in definitions.items():
        primary = definition.startswith("alter table")
        connection.exec_driver_sql(
            f'alter table "{table}" drop constraint "{name}"' if primary else f'drop index "{name}"'
        )
    return list(definitions.values())


def fetch_arrow(connection: sa.Connection, query: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
    """The rows of a PostgreSQL query (parameters as `%(name)s`) as an Arrow table.

    json comes as text, arrays of numbers as lists; 'infinity' is not allowed in what is selected.
    """
    return bulk_out.fetch(driver_of(connection), query, parameters)


def fetch_columns(connection: sa.Connection, query: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
    """As `fetch_arrow`, for what a night asks for, up to some 100,000 rows; no arrays. See `mdm.store.columnar`."""
    driver = driver_of(connection)
    bound = bulk_out.bind(driver, query, parameters)
    return columnar.fetch(driver, bound, bulk_out.result_types(driver, bound))


def fetch_numbers(connection: sa.Connection, query: str, columns: Sequence[str]) -> pa.Table:
    """The rows of a query whose `columns` are bigint and never null, in any order: several times as fast.

    They come packed into few values, so that nothing is done row by row but in the server.
    """
    return bulk_out.fetch_numbers(driver_of(connection), query, columns)


def column_types(connection: sa.Connection, table: str, columns: Sequence[str]) -> dict[str, str]:
    """PostgreSQL type per column of `table`, in the order of `columns`."""
    found = connection.exec_driver_sql(
        "select attname, format_type(atttypid, null) from pg_attribute where attrelid = to_regclass(%s) and attnum > 0",
        (f'"{table}"',),
    )
    types: dict[str, str] = {name: kind for name, kind in found}
    return {column: types[column] for column in columns}


def column_names(source: Source) -> list[str]:
    """The columns of `source`, in its order."""
    if isinstance(source, Path):
        return list(pq.read_schema(source).names)
    return list(source.column_names if isinstance(source, pa.Table) else source.columns)


def _batches(source: Source, types: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
    """`source` in batches; lists and structs bound for a json column as JSON text."""
    if isinstance(source, Path) and not _documents(pq.read_schema(source), types):
        yield from pq.ParquetFile(source).iter_batches(columns=list(types))
    elif isinstance(source, pa.Table) and not _documents(source.schema, types):
        yield from source.select(list(types)).to_batches()
    else:
        relation = _relation(source)
        columns = ", ".join(_column(name, relation, kind) for name, kind in types.items())
        yield from relation.project(columns).to_arrow_reader(65_536)


def _ahead(blocks: Iterator[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """The same blocks, each laid out in another thread while the server takes the one before."""
    with ThreadPoolExecutor(1, thread_name_prefix="copy") as pool:
        coming = pool.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = pool.submit(next, blocks, None)
            yield block


def _documents(schema: pa.Schema, types: Mapping[str, str]) -> bool:
    return any(kind == "json" and pa.types.is_nested(schema.field(name).type) for name, kind in types.items())


def _relation(source: Source) -> duckdb.DuckDBPyRelation:
    if isinstance(source, duckdb.DuckDBPyRelation):
        return source
    connection = duckdb.connect(config={"threads": 2})
    return connection.from_parquet(str(source)) if isinstance(source, Path) else connection.from_arrow(source)


def _column(name: str, relation: duckdb.DuckDBPyRelation, target: str) -> str:
    kind = str(relation.types[relation.columns.index(name)])
    column = '"' + name.replace('"', '""') + '"'
    nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))
    return f"to_json({column})::varchar as {column}" if target == "json" and nested else column
