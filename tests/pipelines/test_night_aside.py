"""Tables of a first night are loaded while it works; until it is applied nobody sees them, and nothing is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdm.store.database import Database
from mdm.store.states import is_empty
from pipelines.night import Asked, run_night
from pipelines.steps.aside import TABLES
from tests.pipelines.tiny import TinyWorkspace, family_of_sources


class Interrupted(Exception):
    """The night was ended from outside."""


def _end_at_the_gate(said: str) -> None:
    if said == "golden gate":
        raise Interrupted


@pytest.fixture
def workspace(tmp_path: Path) -> TinyWorkspace:
    return family_of_sources(tmp_path / "operator")


def _twins(database: Database) -> set[str]:
    with database.begin() as connection:
        assert all(is_empty(connection, table) for table in TABLES)
        found = connection.exec_driver_sql("select tablename from pg_tables where tablename like '%%\\_loading'")
        return set(found.scalars())


def test_an_interrupted_night_shows_nothing_and_the_next_run_leaves_nothing(
    workspace: TinyWorkspace, fresh_database: Database
) -> None:
    with pytest.raises(Interrupted):
        run_night(workspace.settings, fresh_database, Asked(), _end_at_the_gate)
    assert _twins(fresh_database) >= {"record_key_loading"}
    assert workspace.night(fresh_database)["status"] == "applied"
    with fresh_database.begin() as connection:
        assert not is_empty(connection, "record_key")
        left = connection.exec_driver_sql("select count(*) from pg_tables where tablename like '%%\\_loading'")
        assert left.scalar_one() == 0


def test_all_that_a_first_night_writes_is_known_from_one_moment(
    workspace: TinyWorkspace, fresh_database: Database
) -> None:
    assert workspace.night(fresh_database)["status"] == "applied"
    tables = ("record", "customer", "xref", "golden", "household", "membership")
    moments = " union ".join(f'select recorded_from from "{table}"' for table in tables)
    with fresh_database.begin() as connection:
        (moment,) = connection.exec_driver_sql(moments).scalars().all()
        ended = connection.exec_driver_sql("select ended_at, started_at from run").one()
        empty = [table for table in tables if is_empty(connection, table)]
    assert empty == []
    assert ended.started_at < moment < ended.ended_at


@pytest.mark.parametrize("asked", [Asked(dry_run=True), Asked(only="judge")])
def test_a_night_that_will_not_be_applied_loads_nothing(
    workspace: TinyWorkspace, fresh_database: Database, asked: Asked
) -> None:
    run_night(workspace.settings, fresh_database, asked)
    assert _twins(fresh_database) == set()
