"""`mdm worker` on the sample operator, with a schedule of minutes: a night and its sync-back, and nobody there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mdm.store.database import Database
from tests.pipelines.test_jobs import customers, runs, stop, until, worker
from tests.pipelines.tiny import TinyWorkspace

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
SCHEDULE = """
[schedule]
time_zone = "Asia/Shanghai"
run = "* * * * *"
sync = "* * * * *"
acknowledgements = "*/2 * * * *"
"""


@pytest.mark.slow
def test_a_night_and_its_sync_back_run_unattended(fresh_database: Database, tmp_path: Path) -> None:
    """A minute until the night begins, one or two until what it made is sent to every target."""
    workspace = TinyWorkspace(tmp_path / "operator", keep=True)
    shutil.copytree(SAMPLES, workspace.path, ignore=shutil.ignore_patterns("var", "outbound"))
    with (workspace.path / "mdm.toml").open("a") as file:
        file.write(SCHEDULE)
    names = [contract.stem for contract in (SAMPLES / "targets").glob("*.yaml")]
    with worker(workspace, fresh_database) as process:
        until(lambda: any(row["job"] == "run" for row in runs(fresh_database, "done")), seconds=300)
        until(lambda: all(sent(workspace.path, name) for name in names), seconds=300)
        said = stop(process)
    assert [row for row in runs(fresh_database) if row["outcome"] in ("misused", "lost")] == [], said
    assert {row["job"] for row in runs(fresh_database, "done")} >= {"run", *(f"sync {name}" for name in names)}
    with fresh_database.begin() as connection:
        assert customers(connection) > 100
        overlapping = connection.exec_driver_sql(
            "select count(*) from job_run a join job_run b on a.job = b.job and a.job_run_id < b.job_run_id "
            "where a.ended_at > b.started_at"
        )
        assert overlapping.scalar_one() == 0


def sent(workspace: Path, target: str) -> bool:
    """Whether a delivery with rows lies there for a target."""
    return any(file.stat().st_size > 1000 for file in (workspace / "outbound" / target).rglob("*") if file.is_file())
