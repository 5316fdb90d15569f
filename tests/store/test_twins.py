"""A twin takes the place of an empty table under all its names, and only when the applying transaction commits."""

from __future__ import annotations

import pyarrow as pa
import pytest
import sqlalchemy as sa

from mdm.errors import StoreError
from mdm.store import pairs
from mdm.store.database import Database
from mdm.store.states import is_empty
from mdm.store.twins import drop_twin, fill_twin, keep_empty, take_place

PAIRS = pa.table(
    {
        "left_id": pa.array([1, 1], pa.int64()),
        "right_id": pa.array([2, 3], pa.int64()),
        "party": ["person", "person"],
        "weight": [3.5, 4.5],
        "levels": pa.array([[0, 1], [1, 1]], pa.list_(pa.int16())),
        "evidence": [[1.0, 2.5], [2.0, 2.5]],
        "model_id": ["m", "m"],
    }
)


def _made(connection: sa.Connection) -> list[tuple[object, ...]]:
    """Everything that the catalogue says about the table."""
    columns = "select column_name, data_type, is_nullable, column_default from information_schema.columns "
    found = connection.exec_driver_sql(columns + "where table_name = 'pair' order by ordinal_position").all()
    found += connection.exec_driver_sql("select indexname, indexdef from pg_indexes where tablename = 'pair'").all()
    found += connection.exec_driver_sql(
        "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = 'pair'::regclass"
    ).all()
    found += connection.exec_driver_sql("select obj_description('pair'::regclass)").all()
    return sorted((tuple(row) for row in found), key=str)


def test_a_twin_takes_the_place_of_an_empty_table(fresh_database: Database) -> None:
    with fresh_database.begin() as connection:
        before = _made(connection)
    with fresh_database.begin() as connection:
        assert fill_twin(connection, "pair", PAIRS) == 2
    with fresh_database.begin() as applying:
        keep_empty(applying, "pair")
        assert is_empty(applying, "pair")  # until it is put in place
        take_place(applying, "pair")
        assert pairs.all_pairs(applying).sort_by("right_id").to_pylist() == PAIRS.to_pylist()
    with fresh_database.begin() as connection:
        assert _made(connection) == before
        assert pairs.all_pairs(connection).num_rows == 2


def test_a_load_that_failed_leaves_nothing(fresh_database: Database) -> None:
    with fresh_database.begin() as connection:
        fill_twin(connection, "pair", PAIRS)
    with pytest.raises(ZeroDivisionError):
        _fail_after_taking_the_place(fresh_database)
    with fresh_database.begin() as connection:
        assert is_empty(connection, "pair")
        drop_twin(connection, "pair")
        assert fill_twin(connection, "pair", PAIRS.slice(1)) == 1


def _fail_after_taking_the_place(database: Database) -> float:
    with database.begin() as applying:
        take_place(applying, "pair")
        return 1 / 0


def test_who_wrote_meanwhile_is_not_overwritten(fresh_database: Database) -> None:
    with fresh_database.begin() as connection:
        pairs.put_pairs(connection, PAIRS)
    with pytest.raises(StoreError, match="somebody has written into pair"), fresh_database.begin() as applying:
        keep_empty(applying, "pair")
