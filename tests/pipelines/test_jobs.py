"""The jobs of a schedule: each moment once, whoever looks and whatever the clock does; workers that do them."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from mdm.errors import ConfigError
from mdm.settings import Settings
from mdm.store import jobs
from mdm.store.database import Database
from mdm.store.locks import run_lock
from pipelines.jobs.plan import Planned, give_due, planned_jobs
from pipelines.jobs.state import schedule_of
from pipelines.jobs.worker import defer, prepare
from tests.api.serving import free_port
from tests.pipelines.smtp import mail_server
from tests.pipelines.tiny import TinyWorkspace, people, text

NOW = dt.datetime(2026, 4, 1, 12, 0, 30, tzinfo=dt.UTC)
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)


def settings_of(path: Path, schedule: str) -> Settings:
    """A workspace with these lines of [schedule]."""
    return TinyWorkspace(path, f"[schedule]\n{schedule}\n").settings


def waiting(database: Database) -> list[str]:
    """The jobs in the queue."""
    with database.begin() as connection:
        rows = connection.exec_driver_sql("select lock from jobs.procrastinate_jobs where status = 'todo' order by id")
        return list(rows.scalars())


def empty_queue(database: Database) -> None:
    """Everything in the queue was done."""
    with database.begin() as connection:
        jobs.use_queue(connection)
        connection.exec_driver_sql("delete from procrastinate_jobs")


@pytest.fixture
def settle(fresh_database: Database, tmp_path: Path) -> tuple[Planned, ...]:
    """A job every minute; the queue is there, and the job was seen at NOW."""
    prepare(fresh_database)
    planned = planned_jobs(settings_of(tmp_path, 'settle = "* * * * *"'))
    assert give_due(fresh_database, planned, defer, NOW) == [], "a new job begins with its next moment"
    return planned


def test_a_moment_is_given_once(fresh_database: Database, settle: tuple[Planned, ...]) -> None:
    assert give_due(fresh_database, settle, defer, NOW + MINUTE) == ["settle"]
    empty_queue(fresh_database)
    assert give_due(fresh_database, settle, defer, NOW + MINUTE) == []
    assert give_due(fresh_database, settle, defer, NOW + 2 * MINUTE) == ["settle"]
    assert waiting(fresh_database) == ["settle"]


def test_many_who_look_at_once_give_it_once(fresh_database: Database, settle: tuple[Planned, ...]) -> None:
    with ThreadPoolExecutor(6) as pool:
        given = list(pool.map(lambda _: give_due(fresh_database, settle, defer, NOW + MINUTE), range(6)))
    assert [name for names in given for name in names] == ["settle"]
    assert waiting(fresh_database) == ["settle"]


def test_what_was_missed_is_caught_up_once(fresh_database: Database, settle: tuple[Planned, ...]) -> None:
    assert give_due(fresh_database, settle, defer, NOW + 3 * DAY) == ["settle"]
    empty_queue(fresh_database)
    assert give_due(fresh_database, settle, defer, NOW + 3 * DAY) == []


def test_while_it_runs_it_waits_and_runs_once_afterwards(fresh_database: Database, settle: tuple[Planned, ...]) -> None:
    give_due(fresh_database, settle, defer, NOW + MINUTE)
    for minutes in (2, 3, 4):
        assert give_due(fresh_database, settle, defer, NOW + minutes * MINUTE) == []
    empty_queue(fresh_database)
    assert give_due(fresh_database, settle, defer, NOW + 4 * MINUTE) == ["settle"]
    empty_queue(fresh_database)
    assert give_due(fresh_database, settle, defer, NOW + 4 * MINUTE) == []


def test_a_clock_that_is_set_back_repeats_nothing(fresh_database: Database, settle: tuple[Planned, ...]) -> None:
    give_due(fresh_database, settle, defer, NOW + 60 * MINUTE)
    empty_queue(fresh_database)
    for minutes in (0, 1, 30, 60):
        assert give_due(fresh_database, settle, defer, NOW + minutes * MINUTE) == []
    assert give_due(fresh_database, settle, defer, NOW + 61 * MINUTE) == ["settle"]


def test_a_clock_that_was_wrong_by_years_stops_nothing(fresh_database: Database, settle: tuple[Planned, ...]) -> None:
    give_due(fresh_database, settle, defer, NOW + 4000 * DAY)
    empty_queue(fresh_database)
    assert give_due(fresh_database, settle, defer, NOW) == [], "it begins with its next moment"
    assert give_due(fresh_database, settle, defer, NOW + MINUTE) == ["settle"]


def test_a_job_whose_worker_is_gone_begins_again_as_often_as_it_may(
    fresh_database: Database, settle: tuple[Planned, ...]
) -> None:
    give_due(fresh_database, settle, defer, NOW + MINUTE)
    for again in (True, False):
        with fresh_database.begin() as connection:
            jobs.use_queue(connection)
            queued = connection.exec_driver_sql("update jobs.procrastinate_jobs set status = 'doing' returning id")
            jobs.begin(connection, "settle", NOW, queued.scalar_one(), "host:1", "x.log")
        with fresh_database.begin() as connection:
            assert jobs.take_over(connection, attempts=2) == [("settle", again)]
    assert waiting(fresh_database) == []
    with fresh_database.begin() as connection:
        untold = jobs.untold(connection)
    assert untold is not None
    assert untold["outcome"] == "failed"


def test_targets_have_jobs_of_their_own(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, 'sync = "0 5 * * *"\ntargets = {nobody = "0 6 * * *"}')
    with pytest.raises(ConfigError, match="no target is called that"):
        planned_jobs(settings)


# -- workers -----------------------------------------------------------------------------------------------------------


@contextmanager
def began(command: Sequence[str], **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process, and what it and its own say; ended with the block."""
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def worker(
    workspace: TinyWorkspace, database: Database, **environment: str
) -> AbstractContextManager[subprocess.Popen[str]]:
    """`mdm worker` as a process; ended with the block."""
    command = [sys.executable, "-m", "pipelines.cli", "worker", "-w", str(workspace.path)]
    return began(command, MDM_DATABASE_URL=database.url, **environment)


def until(found: Callable[[], Any], seconds: float = 60) -> Any:
    """What `found` gives as soon as it gives something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.1)
    raise AssertionError("it did not come to that")


def give(database: Database, name: str) -> None:
    """Put a job into the queue, as if its moment had come."""
    with database.begin() as connection:
        defer(connection, name, dt.datetime.now(dt.UTC))


def runs(database: Database, outcome: str | None = None) -> list[dict[str, Any]]:
    """Runs of jobs, with one outcome or any."""
    with database.begin() as connection:
        rows = connection.exec_driver_sql("select * from job_run order by job_run_id").mappings()
        return [dict(row) for row in rows if outcome is None or row["outcome"] == outcome]


def stop(process: subprocess.Popen[str]) -> str:
    """Tell a worker to stop; what it said."""
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said


def yearly(*names: str) -> str:
    """Lines whose moment does not come while a test runs."""
    far = dt.datetime.now(dt.UTC) + 40 * DAY
    return "\n".join(f'{name} = "0 0 {min(far.day, 28)} {far.month} *"' for name in names)


def test_a_worker_does_jobs_and_tells_of_failures(fresh_database: Database, tmp_path: Path) -> None:
    """One that is done, and one that fails as often as it may: the run lock is held. People get one mail."""
    prepare(fresh_database)
    with mail_server() as box:
        lines = f"[schedule]\n{yearly('run', 'settle')}\nattempts = 2\nretry_seconds = 0\n"
        notify = f'[notify]\nemail = ["oncall@operator.example"]\nsmtp = "smtp://127.0.0.1:{box.port}"\n'
        workspace = TinyWorkspace(tmp_path, lines + notify)
        workspace.add("crm", text(people(0, 3)))
        with run_lock(fresh_database, {"command": "a test"}), worker(workspace, fresh_database) as process:
            give(fresh_database, "settle")
            give(fresh_database, "run")
            until(lambda: runs(fresh_database, "done") and len(runs(fresh_database, "failed")) == 2)
            (mail,) = until(lambda: box.mails)
            stop(process)
    failed = runs(fresh_database, "failed")
    assert [row["exit_code"] for row in failed] == [1, 1]
    assert [row["again_at"] is None for row in failed] == [False, True]
    assert "Subject: mdm: run failed" in mail
    assert "was tried 2 times" in mail
    assert "in progress" in mail
    assert failed[-1]["told_at"] is not None
    with fresh_database.begin() as connection:
        found = schedule_of(workspace.settings, connection)
    assert found["last_failure"]["job"] == "run"
    assert {job["job"]: job["last"]["outcome"] for job in found["jobs"]} == {"run": "failed", "settle": "done"}
    log = workspace.settings.var / "log" / failed[-1]["log"]
    assert log.read_text().startswith("$ mdm run -w ")
    assert oct(log.stat().st_mode)[-3:] == "600"


@pytest.mark.slow
def test_a_night_that_is_stopped_goes_on_under_the_next_worker(fresh_database: Database, tmp_path: Path) -> None:
    """Two workers look at one queue: the night is done by one of them."""
    prepare(fresh_database)
    workspace = TinyWorkspace(tmp_path, f"[schedule]\n{yearly('run')}\ngrace_seconds = 0\n")
    workspace.add("crm", text(people(0, 20)))
    with worker(workspace, fresh_database) as process:
        give(fresh_database, "run")
        until(lambda: list((workspace.path / "var" / "runs").glob("*/run.json")))
        said = stop(process)
    assert "interrupted" in said
    assert [row["outcome"] for row in runs(fresh_database)] == ["interrupted"]
    with worker(workspace, fresh_database) as first, worker(workspace, fresh_database) as second:
        until(lambda: runs(fresh_database, "done"))
        stop(first)
        stop(second)
    assert [row["outcome"] for row in runs(fresh_database)] == ["interrupted", "done"]
    with fresh_database.begin() as connection:
        assert connection.exec_driver_sql("select status, count(*) from run group by 1").all() == [("applied", 1)]
        assert customers(connection) == 20


def customers(connection: sa.Connection) -> int:
    """How many there are."""
    return int(connection.exec_driver_sql("select count(*) from customer where status = 'active'").scalar_one())


def test_serve_with_a_worker_does_what_was_missed(
    fresh_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`mdm serve --with-worker`: the API answers, a job whose moment had passed is done, and both end together."""
    prepare(fresh_database)
    monkeypatch.setenv("MDM_DATABASE_URL", fresh_database.url)
    workspace = TinyWorkspace(tmp_path, f"[schedule]\n{yearly('settle')}\n")
    workspace.add("crm", text(people(0, 3)))
    long_ago = dt.datetime.now(dt.UTC) - 800 * DAY
    assert give_due(fresh_database, planned_jobs(workspace.settings), defer, long_ago) == []
    port = free_port()
    command = [sys.executable, "-m", "pipelines.cli", "serve", "--with-worker", "-w", str(tmp_path)]
    with began([*command, "--port", str(port), "--settle-every", "0"]) as process:
        until(lambda: [row["job"] for row in runs(fresh_database, "done")] == ["settle"])
        until(lambda: answers(f"http://127.0.0.1:{port}/readyz"))
        assert schedule(fresh_database, workspace)["workers"], "mdm status says that somebody works"
        said = stop(process)
    assert "settle: done (0)" in said
    assert "stopping; jobs that run" in said


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def schedule(database: Database, workspace: TinyWorkspace) -> dict[str, Any]:
    """As `mdm status` shows it."""
    with database.begin() as connection:
        return schedule_of(workspace.settings, connection)


def test_a_worker_without_a_schedule_leaves_with_2(fresh_database: Database, tmp_path: Path) -> None:
    with worker(TinyWorkspace(tmp_path), fresh_database) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "nothing is planned" in said
