"""`mdm worker`: gives jobs to the queue when their moment has come, and does what is in the queue.

Each job is a command of mdm in a process of its own, so its memory and its end are its own. The queue, the tries and
the locks are procrastinate's (decision 22). Told to stop, a worker takes no more jobs and lets those that run go on
for a while; then it ends them, and the next worker begins with them: every command goes on where it was.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib.metadata
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import procrastinate
import sqlalchemy as sa
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from procrastinate.schema import SchemaManager
from procrastinate.worker import Worker as QueueWorker

from mdm.errors import ConfigError, StoreError
from mdm.settings import Settings
from mdm.store import jobs
from mdm.store.connection import driver_of
from mdm.store.database import Database, psycopg_url
from mdm.store.place import make_private
from pipelines.jobs.child import BUSY, WORKER
from pipelines.jobs.plan import Planned, give_due, planned_jobs
from pipelines.jobs.telling import tell_failures

Say = Callable[[str], None]

TASK = "mdm.job"
LOOK_EVERY = 10.0  # seconds between two looks at the clock; it may be set meanwhile
FETCH_EVERY = 2.0  # seconds between two looks into the queue for tries that are due; new jobs announce themselves
TELL_EVERY = 60.0  # seconds until what could not be told is told again
END_WITHIN = 20.0  # seconds that a command has to end when it is told to
BUSY_SECONDS = 60.0  # until a job that runs elsewhere is looked at again
OUTCOMES = {0: "done", 2: "misused", 3: "stopped"}  # by exit code; all others: failed


class TryAgain(Exception):
    """The job is to be tried again at a moment."""

    def __init__(self, moment: dt.datetime) -> None:
        super().__init__(f"again at {moment:%H:%M:%S}")
        self.moment = moment


class _Again(BaseRetryStrategy):
    """Who says when, is tried again."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, TryAgain):
            return RetryDecision(retry_at=exception.moment)
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_at=dt.datetime.now(dt.UTC))
        return None


def defer(connection: sa.Connection, name: str, moment: dt.datetime) -> None:
    """Put a job into the queue, in the open transaction."""
    jobs.use_queue(connection)
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
    app.configure_task(TASK, lock=name, connection=driver_of(connection)).defer(name=name, planned=moment.isoformat())


def prepare(database: Database) -> None:
    """Make the queue, where there is none."""
    with database.begin() as connection:
        jobs.prepare_queue(connection, importlib.metadata.version("procrastinate"), SchemaManager.get_schema())


class Worker:
    """One worker: what is planned, what it does, and how it ends."""

    def __init__(self, settings: Settings, database: Database, say: Say) -> None:
        self.settings, self.database, self.say = settings, database, say
        self.planned = {job.name: job for job in planned_jobs(settings)}
        if not self.planned:
            raise ConfigError(
                "nothing is planned", where=str(settings.workspace / "mdm.toml"),
                remedy='Write cron lines into [schedule], for example run = "30 1 * * *".',
            )  # fmt: skip
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._stopping, self._hurry = asyncio.Event(), asyncio.Event()
        self._ended = asyncio.Event()  # a job has ended: people may have to be told
        self._tell_after = 0.0

    async def run(self) -> None:
        """Work until told to stop (SIGTERM, SIGINT). Raises StoreError when the database is lost."""
        await asyncio.to_thread(prepare, self.database)
        with self.database.begin() as connection:
            jobs.forget_others(connection, list(self.planned))
        logging.getLogger("procrastinate").addHandler(logging.NullHandler())  # what matters is said by us
        logging.getLogger("procrastinate").propagate = False
        connector = procrastinate.PsycopgConnector(
            conninfo=psycopg_url(self.database.url), min_size=1, max_size=4, timeout=30,
            kwargs={"options": f"-c search_path={jobs.QUEUE},public", "application_name": "mdm worker"},
        )  # fmt: skip
        app = procrastinate.App(connector=connector)
        app.task(name=TASK, pass_context=True, retry=_Again())(self._do)
        async with app.open_async():
            working = QueueWorker(
                app, name=self.name, concurrency=self.settings.schedule.at_once, install_signal_handlers=False,
                delete_jobs="always", stalled_worker_timeout=jobs.HEARTBEATS, fetch_job_polling_interval=FETCH_EVERY,
            )  # fmt: skip
            self._listen(working)
            planning = asyncio.create_task(self._plan())
            work = asyncio.create_task(working.run())  # type: ignore[no-untyped-call]
            try:
                await asyncio.wait({planning, work}, return_when=asyncio.FIRST_COMPLETED)
                if planning.done() and not self._stopping.is_set():
                    working.stop()  # type: ignore[no-untyped-call]
                    self._hurry.set()
                await work
            finally:
                planning.cancel()
            if not self._stopping.is_set():
                if planning.done() and not planning.cancelled():
                    planning.result()  # raises what ended it
                raise StoreError("the queue of jobs is gone", remedy="Start the worker again when the database is up.")

    def _listen(self, working: QueueWorker) -> None:
        """The first signal stops it, with patience; the second without."""

        def stop() -> None:
            if self._stopping.is_set():
                self._hurry.set()
                return
            self._stopping.set()
            working.stop()  # type: ignore[no-untyped-call]
            grace = self.settings.schedule.grace_seconds
            self.say(f"stopping; jobs that run have {grace:g} s to end")
            loop.call_later(grace, self._hurry.set)

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)

    # -- giving jobs to the queue --------------------------------------------------------------------------------------

    async def _plan(self) -> None:
        while not self._stopping.is_set():
            await asyncio.to_thread(self._look)
            now = dt.datetime.now(dt.UTC)
            coming = min(job.line.next(now) for job in self.planned.values())
            seconds = min(LOOK_EVERY, (coming - now).total_seconds() + 0.1)
            self._ended.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), max(0.1, seconds))

    def _look(self) -> None:
        """What became due, what lost its worker, what nobody was told of."""
        with self.database.begin() as connection:
            jobs.bring_near(connection, jobs.clock(connection))
            lost = jobs.take_over(connection, self.settings.schedule.attempts)
        for name, again in lost:
            self.say(f"{name}: its worker is gone; " + ("it begins again" if again else "given up"))
        give_due(self.database, self.planned.values(), defer)
        if time.monotonic() >= self._tell_after and not tell_failures(self.settings, self.database, self.say):
            self._tell_after = time.monotonic() + TELL_EVERY

    # -- doing them ----------------------------------------------------------------------------------------------------

    async def _do(self, context: procrastinate.JobContext, name: str, planned: str) -> None:
        """One try of a job. Raises TryAgain when there is to be another."""
        job, queued = self.planned.get(name), context.job.id
        assert queued is not None
        if job is None:  # another schedule than when it was given to the queue
            self.say(f"{name}: not in the schedule any more")
            return
        moment = dt.datetime.fromisoformat(planned)
        log = self._log_of(job, moment)
        place = str(log.relative_to(self.settings.var / "log"))
        number = await asyncio.to_thread(self._begin, job, moment, queued, place)
        self.say(f"{name}: began, planned for {moment:%Y-%m-%d %H:%M}Z")
        started = time.monotonic()
        code = await self._carry_out(job, log)
        outcome = self._outcome(code)
        again = await asyncio.to_thread(self._end, number, queued, outcome, code)
        took = time.monotonic() - started
        self.say(f"{name}: {outcome} ({code}) after {took:.1f} s" + (f"; again at {again:%H:%M:%S}Z" if again else ""))
        self._ended.set()
        if again is not None:
            raise TryAgain(again)

    async def _carry_out(self, job: Planned, log: Path) -> int:
        """The exit code of the command; below 0: the signal that ended it."""
        command = [*job.command, "-w", str(self.settings.workspace)]
        with _open_private(log) as file:
            file.write(f"$ mdm {' '.join(command)}\n".encode())
            file.flush()
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "pipelines.jobs.child", job.name, *command,
                stdin=asyncio.subprocess.DEVNULL, stdout=file, stderr=asyncio.subprocess.STDOUT,
                start_new_session=True, env=self._environment(),
            )  # fmt: skip
        waiting, hurry = asyncio.create_task(process.wait()), asyncio.create_task(self._hurry.wait())
        try:
            await asyncio.wait({waiting, hurry}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hurry.cancel()
            if not waiting.done():
                _signal(process.pid, signal.SIGTERM)
                done, _ = await asyncio.wait({waiting}, timeout=END_WITHIN)
                if not done:
                    _signal(process.pid, signal.SIGKILL)
        return await waiting

    def _outcome(self, code: int) -> str:
        if code == BUSY:
            return "busy"
        if code < 0 and self._stopping.is_set():
            return "interrupted"
        return OUTCOMES.get(code, "failed")

    def _begin(self, job: Planned, moment: dt.datetime, queued: int, log: str) -> int:
        with self.database.begin() as connection:
            return jobs.begin(connection, job.name, moment, queued, self.name, log)

    def _end(self, number: int, queued: int, outcome: str, code: int) -> dt.datetime | None:
        """Note it; when it is tried again."""
        schedule = self.settings.schedule
        with self.database.begin() as connection:
            now, failures = jobs.clock(connection), jobs.tries(connection, queued)
            seconds = {"interrupted": 0.0, "busy": BUSY_SECONDS}.get(outcome)
            if outcome == "failed" and failures + 1 < schedule.attempts:
                seconds = schedule.retry_seconds * 2**failures
            again = None if seconds is None else now + dt.timedelta(seconds=seconds)
            jobs.end(connection, number, outcome, code, again)
        return again

    def _log_of(self, job: Planned, moment: dt.datetime) -> Path:
        folder = make_private(self.settings.var / "log" / "jobs")
        begun = dt.datetime.now(dt.UTC)
        return folder / f"{job.name.replace(' ', '-')}-{moment:%Y%m%dT%H%M}-{begun:%Y%m%dT%H%M%S%f}.log"

    def _environment(self) -> dict[str, str]:
        places = {"MDM_WORKSPACE": str(self.settings.workspace), "MDM_LANDING": str(self.settings.landing)}
        if self.settings.database_url is not None:
            places["MDM_DATABASE_URL"] = self.settings.database_url
        return {**os.environ, **places, WORKER: str(os.getpid()), "PYTHONUNBUFFERED": "1"}


def _open_private(path: Path) -> IO[bytes]:
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def work(settings: Settings, database: Database, say: Say) -> None:
    """Do what the schedule says until told to stop. Raises ConfigError when nothing is planned."""

    async def main() -> None:
        await Worker(settings, database, say).run()

    asyncio.run(main())
