"""`mdm worker` on the sample operator, with a schedule of minutes: a night and its sync-back, and nobody there."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from benchmarks.operator.workspace import generate
from mdm.store.database import Database
from pipelines.jobs.plan import give_due, planned_jobs, target_names
from pipelines.jobs.worker import defer, prepare
from tests.pipelines.test_jobs import customers, runs, stop, until, worker
from tests.pipelines.tiny import TinyWorkspace

CUSTOMERS = 200  # the operator of data/samples has 2,000
SCHEDULE = """
[schedule]
time_zone = "Asia/Shanghai"
run = "*/5 * * * *"
sync = "* * * * *"
acknowledgements = "*/2 * * * *"
"""


def test_a_night_and_its_sync_back_run_unattended(fresh_database: Database, tmp_path: Path) -> None:
    """The worker was away for some minutes: it begins with the night, and what that made is sent a minute later."""
    workspace = TinyWorkspace(tmp_path / "operator", keep=True)
    generate(CUSTOMERS, 7, workspace.path)
    with (workspace.path / "mdm.toml").open("a") as file:
        file.write(SCHEDULE)
    names = target_names(workspace.settings)
    away_since = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=6)
    prepare(fresh_database)
    night = [job for job in planned_jobs(workspace.settings) if job.name == "run"]
    assert give_due(fresh_database, night, defer, away_since) == []
    with worker(workspace, fresh_database) as process:
        until(lambda: any(row["job"] == "run" for row in runs(fresh_database, "done")), seconds=300)
        until(lambda: all(sent(workspace.path, name) for name in names), seconds=300)
        said = stop(process)
    assert [row for row in runs(fresh_database) if row["outcome"] in ("misused", "lost")] == [], said
    assert {row["job"] for row in runs(fresh_database, "done")} >= {"run", *(f"sync {name}" for name in names)}
    with fresh_database.begin() as connection:
        assert customers(connection) > CUSTOMERS / 2
        overlapping = connection.exec_driver_sql(
            "select count(*) from job_run a join job_run b on a.job = b.job and a.job_run_id < b.job_run_id "
            "where a.ended_at > b.started_at"
        )
        assert overlapping.scalar_one() == 0


def sent(workspace: Path, target: str) -> bool:
    """Whether a delivery with rows lies there for a target."""
    return any(file.stat().st_size > 1000 for file in (workspace / "outbound" / target).rglob("*") if file.is_file())
