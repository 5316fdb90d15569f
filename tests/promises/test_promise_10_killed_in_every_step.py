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
from tests.pipelines.processes import applying, kill, run_on, start_night, wait_for
from tests.pipelines.tiny import TinyWorkspace, family_of_sources, next_night
from tests.store.fixtures import new_database


def test_killed_in_every_step(tmp_path: Path, module_database: Database, fresh_database: Database) -> None:
    undisturbed, killed = family_of_sources(tmp_path / "undisturbed"), family_of_sources(tmp_path / "killed")
    assert undisturbed.night(module_database)["status"] == "applied"
    _kill_in_every_step(killed, fresh_database, "20260401-01")
    assert run_on(lambda: killed.night(fresh_database))["status"] == "applied"
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
