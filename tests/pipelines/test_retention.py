"""Retention: what is old goes, and what is needed stays however old it is."""

from __future__ import annotations

import datetime as dt
import gzip
import os
from pathlib import Path

from mdm.store.database import Database
from pipelines.jobs.retention import keep
from tests.pipelines.tiny import TinyWorkspace, people, person, text

EVERYTHING = """
[retention]
landing_days = 30
archive_days = 60
deliveries_days = 30
runs_days = 30
logs_days = 30
tasks_days = 30
audit_days = 30
"""
LATER = dt.timedelta(days=40)


def lived(path: Path, database: Database) -> TinyWorkspace:
    """Two nights of a full and of a delta source; a file that nobody reads, a log, a closed task, audit."""
    workspace = TinyWorkspace(path, EVERYTHING)
    workspace.add("crm", text(people(0, 5)))
    workspace.add("calls", text([person(1, ID="C1")]), delivery="delta")
    workspace.night(database)
    workspace.deliver("crm", text(people(0, 6)), day="20260401")
    workspace.deliver("calls", text([person(2, ID="C2")]), day="20260401")
    workspace.night(database)
    (path / "landing" / "notes.txt").write_text("nobody's")
    (path / "var" / "log").mkdir(parents=True, exist_ok=True)
    (path / "var" / "log" / "old.log").write_text("a line")
    with database.begin() as connection:
        for verdict, status in ((None, "closed"), ("same", "closed"), ("dismissed", "closed"), (None, "open")):
            connection.exec_driver_sql(
                "insert into task (kind, left_id, right_id, party, status, verdict, opened_run, closed_at, systems) "
                "values ('possible_match', 1, 2, 'person', %(status)s, %(verdict)s, 'r', now(), '{}')",
                {"status": status, "verdict": verdict},
            )
    return workspace


def landed(workspace: TinyWorkspace) -> list[str]:
    """The names of the files in landing/."""
    return sorted(file.name for file in (workspace.path / "landing").iterdir())


def test_nothing_goes_unless_it_is_said(fresh_database: Database, tmp_path: Path) -> None:
    workspace = TinyWorkspace(tmp_path)
    report = keep(workspace.settings, fresh_database)
    assert all(part.days is None and not part.removed for part in report.values())


def test_what_is_old_goes_and_what_is_needed_stays(fresh_database: Database, tmp_path: Path) -> None:
    workspace = lived(tmp_path, fresh_database)
    settings, now = workspace.settings, dt.datetime.now(dt.UTC)
    before = landed(workspace)
    assert not any(p.compressed or p.removed for p in keep(settings, fresh_database, now=now).values()), "all is young"
    tried = keep(settings, fresh_database, now=now + LATER, dry_run=True)
    assert landed(workspace) == before
    report = keep(settings, fresh_database, now=now + LATER)
    for name, part in report.items():
        assert (part.compressed, part.removed) == (tried[name].compressed, tried[name].removed), name
    assert landed(workspace) == ["calls_20260401.csv", "crm_20260401.csv", "notes.txt"]
    assert set(report["landing"].kept) == {"calls_20260401.csv", "crm_20260401.csv"}
    archived = tmp_path / "archive" / "landing" / "crm_20260331.csv.gz"
    assert gzip.decompress(archived.read_bytes()) == text(people(0, 5))
    assert oct(archived.stat().st_mode)[-3:] == "600"
    assert report["runs"].removed == 1
    assert report["logs"].removed == 1
    assert report["tasks"].removed == 2
    with fresh_database.begin() as connection:
        query = "select status, verdict from task where opened_run = 'r' order by task_id"
        left = connection.exec_driver_sql(query).all()
    assert left == [("closed", "dismissed"), ("open", None)]
    night = workspace.night(fresh_database)
    assert night["status"] == "unchanged", "the same is known without the files that are gone"
    assert keep(settings, fresh_database, now=now + LATER + 2 * LATER)["archive"].removed == 2


def test_what_no_run_has_applied_as_it_is_stays(fresh_database: Database, tmp_path: Path) -> None:
    workspace = lived(tmp_path, fresh_database)
    replaced = tmp_path / "landing" / "calls_20260331.csv"
    replaced.write_bytes(text([person(3, ID="C9")]))
    workspace.deliver("crm", text(people(0, 9)), day="20260402")
    old = (dt.datetime.now(dt.UTC) - LATER).timestamp()
    for file in (tmp_path / "landing").iterdir():
        os.utime(file, (old, old))
    report = keep(workspace.settings, fresh_database, now=dt.datetime.now(dt.UTC) + LATER)
    for name in ("calls_20260331.csv", "crm_20260402.csv"):
        assert report["landing"].kept[name] == "no run has applied it as it is"
        assert name in landed(workspace)
