"""What a channel leaves to settle is settled between the nights."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdm.errors import RunInProgress
from mdm.store.database import Database
from pipelines.settling import settle
from tests.live.writing import put, writer_of
from tests.pipelines.tiny import TinyWorkspace, people, person, text


def test_before_the_first_night_a_write_is_refused(fresh_database: Database, tmp_path: Path) -> None:
    workspace = TinyWorkspace(tmp_path)
    workspace.source("web")
    with pytest.raises(RunInProgress, match="no model to match"):
        put(writer_of(workspace, fresh_database), "web", person(1))
    with fresh_database.read() as connection:
        assert connection.exec_driver_sql("select count(*) from record").scalar() == 0


def test_households_follow_what_was_written(fresh_database: Database, tmp_path: Path) -> None:
    workspace = TinyWorkspace(tmp_path, "[run]\nbusiness_date = 2026-04-30\n")
    workspace.add("crm", text(people(0, 12)))
    workspace.source("web")
    workspace.night(fresh_database)
    assert settle(workspace.settings, fresh_database) is None
    at_home = person(3)
    child = person(50, ID="W1", STREET=at_home["STREET"], ZIP=at_home["ZIP"], FAMILY=at_home["FAMILY"])
    pin = put(writer_of(workspace, fresh_database), "web", child).pin
    assert pin is not None
    report = settle(workspace.settings, fresh_database)
    assert report is not None
    assert report["status"] == "applied"
    with fresh_database.begin() as connection:
        together = connection.exec_driver_sql(
            "select count(*) from membership m join membership o using (chi) "
            "where m.pin = %s and m.recorded_to = 'infinity' and o.recorded_to = 'infinity'",
            (pin,),
        ).scalar_one()
    assert together == 2
    assert settle(workspace.settings, fresh_database) is None
