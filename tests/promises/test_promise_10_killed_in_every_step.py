"""Promise 10: a run that is killed in any step and started again ends in the same store as one that was left alone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from mdm.errors import RunInProgress
from mdm.store.database import Database
from mdm.store.fingerprint import store_fingerprint
from pipelines.folder import MANIFEST
from pipelines.night import APPLY, STEPS
from tests.pipelines.processes import start_night, wait_for
from tests.pipelines.tiny import TinyWorkspace, family_of_sources, next_night
from tests.store.fixtures import new_database

WRITING = (
    "select backend_xid::text from pg_stat_activity where datname = current_database() and backend_xid is not null"
)


def test_killed_in_every_step(tmp_path: Path, module_database: Database, fresh_database: Database) -> None:
    undisturbed, killed = family_of_sources(tmp_path / "undisturbed"), family_of_sources(tmp_path / "killed")
    assert undisturbed.night(module_database)["status"] == "applied"
    _kill_in_every_step(killed, fresh_database, "20260401-01")
    assert _finish(killed, fresh_database)["status"] == "applied"
    assert _fingerprint(fresh_database) == _fingerprint(module_database)


@pytest.mark.slow
def test_killed_in_every_step_of_a_later_night(tmp_path: Path, server_url: str) -> None:
    undisturbed, killed = family_of_sources(tmp_path / "undisturbed"), family_of_sources(tmp_path / "killed")
    with new_database(server_url) as one, new_database(server_url) as other:
        for workspace, database in ((undisturbed, one), (killed, other)):
            assert workspace.night(database)["status"] == "applied"
            next_night(workspace)
        assert undisturbed.night(one)["status"] == "applied"
        _kill_in_every_step(killed, other, "20260401-02")
        assert _finish(killed, other)["status"] == "applied"
        assert _fingerprint(other) == _fingerprint(one)
        assert _finish(killed, other)["status"] == "unchanged"


def _kill_in_every_step(workspace: TinyWorkspace, database: Database, run_id: str) -> None:
    folder = workspace.path / "var" / "runs" / run_id
    for step in (*STEPS, APPLY):
        process = start_night(workspace, database)
        wait_for(_applying(folder, database) if step == APPLY else (folder / step).is_dir, process)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode == -signal.SIGKILL
        if step != APPLY:
            assert not (folder / step / MANIFEST).exists(), f"{step} was over before the kill"


def _applying(folder: Path, database: Database) -> Callable[[], bool]:
    """True once the transaction that applies the night has written: the same one is seen twice."""
    seen: set[str] = set()

    def look() -> bool:
        if not (folder / "judge" / MANIFEST).exists():
            return False
        with database.engine.connect() as connection:
            writing = {str(xid) for (xid,) in connection.execute(sa.text(WRITING))}
        known = bool(writing & seen)
        seen.update(writing)
        return known

    return look


def _finish(workspace: TinyWorkspace, database: Database) -> dict[str, object]:
    """Run on, as soon as the server has noticed that the one before is dead."""
    for _ in range(100):
        try:
            return workspace.night(database)
        except RunInProgress:
            time.sleep(0.1)
    raise AssertionError("the lock of a dead process was not given back")


def _fingerprint(database: Database) -> dict[str, str]:
    with database.begin() as connection:
        return store_fingerprint(connection)
