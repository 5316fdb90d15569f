"""Promise 10 for a promotion: killed in any step and called again, it ends in the same store as one left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdm.store.database import Database
from pipelines.folder import MANIFEST
from pipelines.models import list_models, promote_models
from pipelines.night import APPLY
from tests.pipelines.evenings import After
from tests.pipelines.processes import applying, kill, run_on, start_promotion, wait_for
from tests.pipelines.test_models import fingerprint, in_use, made, make, stricter
from tests.pipelines.tiny import TinyWorkspace

KILLED = ("match", "resolve", APPLY)


def test_killed_and_called_again(after: After, tmp_path: Path) -> None:
    before = after(made)
    with before.copied(tmp_path / "undisturbed") as (undisturbed, database):
        stricter(database)
        assert promote_models(undisturbed.settings, database, accept_churn=True)["status"] == "applied"
        expected = fingerprint(database)
    with before.copied(tmp_path / "killed") as (killed, database):
        stricter(database)
        _kill_in_every_step(killed, database)
        run_on(lambda: promote_models(killed.settings, database, accept_churn=True))
        assert fingerprint(database) == expected


def _kill_in_every_step(workspace: TinyWorkspace, database: Database) -> None:
    folder = workspace.path / "var" / "runs" / "20260401-02"
    for step in KILLED:
        process = start_promotion(workspace, database)
        wait_for(applying(folder, database) if step == APPLY else (folder / step).is_dir, process)
        kill(process)
        assert step == APPLY or not (folder / step / MANIFEST).exists()
        assert "candidate" in {model["status"] for model in list_models(database)}


@pytest.mark.slow
def test_a_night_after_a_killed_promotion_is_a_night(tmp_path: Path, fresh_database: Database) -> None:
    workspace = make(tmp_path)
    workspace.night(fresh_database)
    former, new = in_use(fresh_database), stricter(fresh_database)
    process = start_promotion(workspace, fresh_database)
    wait_for((workspace.path / "var" / "runs" / "20260401-02" / "resolve").is_dir, process)
    kill(process)
    report = run_on(lambda: workspace.night(fresh_database))
    assert (report["run_id"], report["status"], report["models"]) == ("20260401-02", "unchanged", {})
    assert in_use(fresh_database) == former
    assert new in {model["model_id"] for model in list_models(fresh_database) if model["status"] == "candidate"}
