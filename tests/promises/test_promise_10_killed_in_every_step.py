"""Promise 10: a process killed at any moment loses nothing and leaves nothing half done.

A run that is killed in any step and started again ends in the same store as one that was left alone.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mdm.store.database import Database
from mdm.store.fingerprint import store_fingerprint
from pipelines.folder import MANIFEST
from pipelines.night import APPLY, STEPS
from tests.pipelines.evenings import After, first_night
from tests.pipelines.processes import applying, kill, run_on, start_night, wait_for
from tests.pipelines.tiny import TinyWorkspace, family_of_sources, next_night


def test_killed_in_every_step(after: After, tmp_path: Path, fresh_database: Database) -> None:
    killed = family_of_sources(tmp_path / "killed")
    _kill_in_every_step(killed, fresh_database, "20260401-01")
    assert run_on(lambda: killed.night(fresh_database))["status"] == "applied"
    with after(first_night).copied(tmp_path / "undisturbed") as (_, undisturbed):
        assert _fingerprint(fresh_database) == _fingerprint(undisturbed)


@pytest.mark.slow
def test_killed_in_every_step_of_a_later_night(after: After, tmp_path: Path) -> None:
    before = after(first_night)
    with before.copied(tmp_path / "one") as (undisturbed, one), before.copied(tmp_path / "other") as (killed, other):
        for workspace in (undisturbed, killed):
            next_night(workspace)
        assert undisturbed.night(one)["status"] == "applied"
        _kill_in_every_step(killed, other, "20260401-02")
        assert run_on(lambda: killed.night(other))["status"] == "applied"
        assert _fingerprint(other) == _fingerprint(one)
        assert run_on(lambda: killed.night(other))["status"] == "unchanged"


def _kill_in_every_step(workspace: TinyWorkspace, database: Database, run_id: str) -> None:
    folder = workspace.path / "var" / "runs" / run_id
    for step in (*STEPS, APPLY):
        process = start_night(workspace, database)
        wait_for(applying(folder, database) if step == APPLY else (folder / step).is_dir, process)
        kill(process)
        if step != APPLY:
            assert not (folder / step / MANIFEST).exists(), f"{step} was over before the kill"


def _fingerprint(database: Database) -> dict[str, str]:
    with database.begin() as connection:
        return store_fingerprint(connection)
