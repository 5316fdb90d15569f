"""Bulk in and out: every value comes back as it went in."""

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm.store import bulk_out
from mdm.store.bulk import copy_rows, deferred_indexes, fetch_arrow, fetch_columns, fetch_numbers, load_temporary
from mdm.store.database import Database
from tests.store.factories import pairs, records

BIGINT = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))
INSTANT = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))

# column -> PostgreSQL type, Arrow type, values
COLUMNS = {
    "big": ("bigint", pa.int64(), BIGINT),
    "int": ("integer", pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "small": ("smallint", pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    "float": ("double precision", pa.float64(), st.floats(allow_nan=False)),
    "flag": ("boolean", pa.bool_(), st.booleans()),
    "text": ("text", pa.string(), TEXT),
    "day": ("date", pa.date32(), st.dates(date(1, 1, 1), date(9999, 12, 31))),
    "moment": ("timestamp with time zone", pa.timestamp("us", tz="UTC"), INSTANT),
    "bigs": ("bigint[]", pa.list_(pa.int64()), st.lists(BIGINT, max_size=4)),
    "smalls": ("smallint[]", pa.list_(pa.int16()), st.lists(st.integers(-9, 9), max_size=4)),
    "floats": ("double precision[]", pa.list_(pa.float64()), st.lists(st.floats(allow_nan=False), max_size=4)),
}
SCHEMA = pa.schema([(name, arrow) for name, (_, arrow, _) in COLUMNS.items()])
ROWS = st.lists(
    st.fixed_dictionaries({name: st.none() | values for name, (_, _, values) in COLUMNS.items()}), max_size=6
)


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_what_goes_in_comes_out(database: Database, rows: list[dict[str, object]]) -> None:
    given_table = pa.Table.from_pylist(rows, schema=SCHEMA)
    with database.begin() as connection:
        load_temporary(connection, "anything", given_table, {name: kind for name, (kind, _, _) in COLUMNS.items()})
        found = fetch_arrow(connection, "select * from anything")
        plain = [name for name, (kind, _, _) in COLUMNS.items() if not kind.endswith("[]")]
        columns = fetch_columns(connection, f"select {', '.join(plain)} from anything")
    assert found.schema == SCHEMA
    assert found.to_pylist() == given_table.to_pylist()
    assert columns.equals(given_table.select(plain))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(BIGINT, BIGINT), max_size=6), st.integers(1, 4))
def test_numbers_come_packed(database: Database, rows: list[tuple[int, int]], piece: int) -> None:
    table = pa.table({name: pa.array([row[i] for row in rows], pa.int64()) for i, name in enumerate("ab")})
    with database.begin() as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk_out, "ROWS", piece)
        load_temporary(connection, "numbers", table, {"a": "bigint", "b": "bigint"})
        found = fetch_numbers(connection, "select b, a from numbers", ("a", "b"))
    assert found.schema == table.schema
    assert sorted(found.to_pylist(), key=str) == sorted(table.to_pylist(), key=str)


def test_sources_are_alike(connection: sa.Connection, tmp_path: Path) -> None:
    table = pairs(*((number, number + 1) for number in range(1, 20_000)))
    pq.write_table(table, tmp_path / "pairs.parquet", row_group_size=7_000)
    expected = table.to_pylist()
    for source in (table, tmp_path / "pairs.parquet", duckdb.from_arrow(table)):
        connection.exec_driver_sql("truncate pair")
        assert copy_rows(connection, "pair", table.column_names, source) == table.num_rows
        found = fetch_arrow(connection, f"select {', '.join(table.column_names)} from pair order by left_id")
        assert found.to_pylist() == expected


def test_structs_become_json_documents(connection: sa.Connection) -> None:
    documents = pa.array([{"a": 'x"y\n', "b": [1, 2]}, None])
    load_temporary(connection, "documents", pa.table({"doc": documents}), {"doc": "json"})
    found = connection.exec_driver_sql("select doc from documents").scalars().all()
    assert found == [{"a": 'x"y\n', "b": [1, 2]}, None]


def test_slices_of_batches(connection: sa.Connection) -> None:
    table = pairs(*((number, number + 1) for number in range(1, 20))).slice(5, 7)
    copy_rows(connection, "pair", table.column_names, table)
    found = fetch_arrow(connection, f"select {', '.join(table.column_names)} from pair order by left_id")
    assert found.to_pylist() == table.to_pylist()


def _indexes(connection: sa.Connection) -> list[tuple[str, str]]:
    query = "select indexname, indexdef from pg_indexes where tablename in ('record', 'record_key') order by 1"
    return [(name, definition) for name, definition in connection.exec_driver_sql(query)]


def test_deferred_indexes_come_back(connection: sa.Connection) -> None:
    before = _indexes(connection)
    with deferred_indexes(connection, ["record", "record_key"]):
        assert _indexes(connection) == []
        copy_rows(connection, "record", records(1).column_names, records(1, 2, 3))
    assert _indexes(connection) == before
    assert connection.exec_driver_sql("select count(*) from record").scalar() == 3


def test_indexes_of_filled_tables_stay(connection: sa.Connection) -> None:
    copy_rows(connection, "record", records(1).column_names, records(1))
    before = _indexes(connection)
    with deferred_indexes(connection, ["record"]):
        assert _indexes(connection) == before
        copy_rows(connection, "record", records(1).column_names, records(2))
    assert connection.exec_driver_sql("select count(*) from record").scalar() == 2


@pytest.mark.parametrize(("more", "looked_at"), [(5, False), (50, True)])
def test_what_a_first_load_looked_at_is_looked_at_again_when_a_tenth_changed(
    fresh_database: Database, more: int, looked_at: bool
) -> None:
    first, then = pairs(*((n, n + 1) for n in range(1, 401))), pairs(*((n, n + 2) for n in range(1, more + 1)))
    for table in (first, then):
        with fresh_database.begin() as connection:
            counted = "select analyze_count from pg_stat_user_tables where relname = 'pair'"
            before = connection.exec_driver_sql(counted).scalar_one()
            with deferred_indexes(connection, ["pair"]):
                copy_rows(connection, "pair", table.column_names, table)
            connection.exec_driver_sql("select pg_stat_force_next_flush()")
    with fresh_database.begin() as connection:
        assert connection.exec_driver_sql(counted).scalar_one() - before == int(looked_at)


def test_a_failing_source_copies_nothing(fresh_database: Database) -> None:
    table = records(1, 1)  # the same primary key twice
    with pytest.raises(psycopg.errors.UniqueViolation), fresh_database.begin() as connection:
        copy_rows(connection, "record", table.column_names, table)
    with fresh_database.begin() as connection:
        assert connection.exec_driver_sql("select count(*) from record").scalar() == 0


def test_a_lone_null_is_a_row(connection: sa.Connection) -> None:
    found = fetch_arrow(connection, "select nullif(n, 2) as n from generate_series(1, 3) as n")
    assert found["n"].to_pylist() == [1, None, 3]


def test_pieces_make_one_table(connection: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_out, "PIECE", 100)
    found = fetch_arrow(connection, "select n, 'a' || chr(10) || n as t from generate_series(1, 500) as n")
    assert found["t"].to_pylist() == [f"a\n{n}" for n in range(1, 501)]


def test_percent_and_parameters(connection: sa.Connection) -> None:
    assert fetch_arrow(connection, "select 'a%b' as t").to_pylist() == [{"t": "a%b"}]
    found = fetch_arrow(connection, "select %(t)s::text as t, %(n)s::bigint[] as n", {"t": "O'Hara\n", "n": [1, 2]})
    assert found.to_pylist() == [{"t": "O'Hara\n", "n": [1, 2]}]
