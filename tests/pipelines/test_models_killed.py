"""Promise 10 for a promotion: killed in any step and called again, it ends in the same store as one left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdm.store.database import Database
from pipelines.folder import MANIFEST
from pipelines.models import list_models, promote_models
from pipelines.night import APPLY
from tests.pipelines.processes import applying, kill, run_on, start_promotion, wait_for
from tests.pipelines.test_models import fingerprint, in_use, make, stricter

KILLED = ("match", "resolve", APPLY)


def test_killed_and_called_again(tmp_path: Path, module_database: Database, fresh_database: Database) -> None:
    undisturbed, killed = make(tmp_path / "undisturbed"), make(tmp_path / "killed")
    for workspace, database in ((undisturbed, module_database), (killed, fresh_database)):
        assert workspace.night(database)["status"] == "applied"
        stricter(database)
    assert promote_models(undisturbed.settings, module_database, accept_churn=True)["status"] == "applied"
    folder = killed.path / "var" / "runs" / "20260401-02"
    for step in KILLED:
        process = start_promotion(killed, fresh_database)
        wait_for(applying(folder, fresh_database) if step == APPLY else (folder / step).is_dir, process)
        kill(process)
        assert step == APPLY or not (folder / step / MANIFEST).exists()
        assert "candidate" in {model["status"] for model in list_models(fresh_database)}
    run_on(lambda: promote_models(killed.settings, fresh_database, accept_churn=True))
    assert fingerprint(fresh_database) == fingerprint(module_database)


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
