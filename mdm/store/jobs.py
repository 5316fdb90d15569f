"""The schedule in the store: which moment of a job was given to a worker last, how its runs went; and the queue.

The queue is procrastinate's, in the schema `jobs` of the same database. It is only a queue: it is made anew when
procrastinate is of another version, and what must not be forgotten is in `job` and `job_run`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from mdm.store.connection import driver_of
from mdm.store.database import Database
from mdm.store.tables import Job, JobRun, table_of

QUEUE = "jobs"  # the schema of the queue
LOCK = 0x6D646D04  # advisory lock number, "mdm" + 4
FAR = dt.timedelta(days=1)  # a moment further in the future than this was set by a clock that was wrong

_JOB, _RUN = table_of(Job), table_of(JobRun)

_TAKE = """
insert into job (name, planned) values (%(name)s, %(now)s) on conflict (name) do nothing
"""
HEARTBEATS = 30.0  # seconds without a sign of life after which a worker is gone
_GONE = """
update jobs.procrastinate_jobs set status = 'todo', attempts = attempts + 1, scheduled_at = now(), worker_id = null
where status = 'doing' and (worker_id is null or worker_id in (
    select id from jobs.procrastinate_workers where last_heartbeat < now() - make_interval(secs => %(alive)s)))
returning id, lock
"""
_ALIVE = """
select count(*) from jobs.procrastinate_workers where last_heartbeat >= now() - make_interval(secs => %(alive)s)
"""
_WAITING = "select 1 from jobs.procrastinate_jobs where lock = %(name)s and status in ('todo', 'doing') limit 1"


def prepare_queue(connection: sa.Connection, version: str, tables: str) -> None:
    """Make the tables of the queue with the SQL of procrastinate, unless they are there in this version."""
    driver = driver_of(connection)
    driver.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
    found = driver.execute("select obj_description(to_regnamespace('jobs'), 'pg_namespace')").fetchone()
    if found is None or found[0] != version:
        driver.execute("drop schema if exists jobs cascade")
        driver.execute("create schema jobs")
        use_queue(connection)
        driver.execute(tables.encode())  # several statements, no parameters
        driver.execute(f"comment on schema jobs is '{version}'".encode())
        driver.execute("set local search_path to default")


def use_queue(connection: sa.Connection) -> None:
    """Find the tables of the queue by their names, until the end of this transaction."""
    driver_of(connection).execute("set local search_path to jobs, public")


def clock(connection: sa.Connection) -> dt.datetime:
    """What the server's clock says, which all workers share."""
    now: dt.datetime = connection.exec_driver_sql("select clock_timestamp()").scalar_one()
    return now.astimezone(dt.UTC)


def take(connection: sa.Connection, name: str, moment: dt.datetime, now: dt.datetime) -> bool:
    """Whether a moment of a job's cron line is to be given to the queue, by the caller, in this transaction.

    Not when it was given before, nor while a run of the job waits or is under way: then it is, once, when that has
    ended. A job that was never seen before begins with the next moment. So does one whose last moment is more than
    a day ahead: a clock was wrong.
    """
    connection.exec_driver_sql(_TAKE, {"name": name, "now": now})
    mine = _JOB.c.name == name
    planned = connection.execute(sa.select(_JOB.c.planned).where(mine).with_for_update()).scalar_one()
    if planned > now + FAR:
        connection.execute(_JOB.update().where(mine).values(planned=now))
        return False
    if planned >= moment or connection.exec_driver_sql(_WAITING, {"name": name}).first() is not None:
        return False
    connection.execute(_JOB.update().where(mine).values(planned=moment))
    return True


def take_over(connection: sa.Connection, attempts: int) -> list[tuple[str, bool]]:
    """Jobs whose worker is gone are given to the queue again: (name, whether). Not after so many attempts."""
    use_queue(connection)
    gone = connection.exec_driver_sql(_GONE, {"alive": HEARTBEATS}).all()
    found = []
    for queued, name in gone:
        lost = sa.and_(_RUN.c.queued == queued, _RUN.c.ended_at.is_(None))
        again = tries(connection, queued) + 1 < attempts
        outcome = "lost" if again else "failed"
        connection.execute(_RUN.update().where(lost).values(outcome=outcome, ended_at=sa.func.clock_timestamp()))
        if not again:
            connection.exec_driver_sql("delete from jobs.procrastinate_jobs where id = %(id)s", {"id": queued})
        found.append((name, again))
    driver_of(connection).execute("set local search_path to default")
    return found


def count_workers(connection: sa.Connection) -> int:
    """Workers that have given a sign of life."""
    if connection.exec_driver_sql("select to_regclass('jobs.procrastinate_workers')").scalar() is None:
        return 0
    return int(connection.exec_driver_sql(_ALIVE, {"alive": HEARTBEATS}).scalar_one())


@contextmanager
def held(database: Database, name: str) -> Iterator[bool]:
    """Whether nobody else does this job now; then nobody does for the block, or until this process is gone."""
    connection = database.connect_raw()
    try:
        row = connection.execute("select pg_try_advisory_lock(%s, hashtext(%s))", (LOCK, name)).fetchone()
        yield row is not None and bool(row[0])
    finally:
        connection.close()


def forget_others(connection: sa.Connection, names: Collection[str]) -> None:
    """Jobs that are in the schedule no more: should they come back, they begin anew."""
    connection.execute(_JOB.delete().where(_JOB.c.name.not_in(names)))


def bring_near(connection: sa.Connection, now: dt.datetime) -> None:
    """Tries that wait for a moment more than a day ahead, as a wrong clock set it, are due now."""
    use_queue(connection)
    connection.exec_driver_sql(
        "update jobs.procrastinate_jobs set scheduled_at = %(now)s where status = 'todo' and scheduled_at > %(far)s",
        {"now": now, "far": now + FAR},
    )


# -- runs of jobs ------------------------------------------------------------------------------------------------------


def begin(connection: sa.Connection, job: str, planned: dt.datetime, queued: int, worker: str, log: str) -> int:
    """Note that a try began; its number. Tries of the same job whose worker is gone are noted as lost."""
    left = sa.and_(_RUN.c.job == job, _RUN.c.ended_at.is_(None))
    connection.execute(_RUN.update().where(left).values(outcome="lost", ended_at=sa.func.clock_timestamp()))
    values = {"job": job, "planned": planned, "queued": queued, "worker": worker, "log": log}
    return int(connection.execute(_RUN.insert().values(values).returning(_RUN.c.job_run_id)).scalar_one())


def tries(connection: sa.Connection, queued: int) -> int:
    """How often this plan was tried and failed, or lost its worker; interruptions do not count."""
    counted = sa.and_(_RUN.c.queued == queued, _RUN.c.outcome.in_(("failed", "lost")))
    return int(connection.execute(sa.select(sa.func.count()).select_from(_RUN).where(counted)).scalar_one())


def end(
    connection: sa.Connection, number: int, outcome: str, exit_code: int | None, again_at: dt.datetime | None
) -> None:
    """Note how a try ended, and when the next one is."""
    values = {"outcome": outcome, "exit_code": exit_code, "again_at": again_at, "ended_at": sa.func.clock_timestamp()}
    connection.execute(_RUN.update().where(_RUN.c.job_run_id == number).values(values))


def under_way(connection: sa.Connection) -> list[dict[str, Any]]:
    """Runs without an end."""
    return _rows(connection, _RUN.select().where(_RUN.c.ended_at.is_(None)).order_by(_RUN.c.job))


def latest(connection: sa.Connection) -> dict[str, dict[str, Any]]:
    """Job -> its latest run."""
    rows = connection.exec_driver_sql("select distinct on (job) * from job_run order by job, job_run_id desc")
    return {row["job"]: dict(row) for row in rows.mappings()}


def last_failure(connection: sa.Connection) -> dict[str, Any] | None:
    """The run that failed last, of any job."""
    failed = _RUN.c.outcome.in_(("failed", "stopped", "misused", "lost"))
    return next(iter(_rows(connection, _RUN.select().where(failed).order_by(_RUN.c.job_run_id.desc()).limit(1))), None)


def planned(connection: sa.Connection) -> dict[str, dt.datetime]:
    """Job -> the moment that was given to a worker last."""
    return {row.name: row.planned for row in connection.execute(sa.select(_JOB))}


# -- telling -----------------------------------------------------------------------------------------------------------

UNTOLD = dt.timedelta(days=1)  # an older failure is no news; and so often people are told of a job that goes on failing
_UNTOLD = """
select * from job_run r where r.outcome in ('failed', 'stopped', 'misused') and r.again_at is null
and r.told_at is null and r.ended_at > clock_timestamp() - %(news)s::interval and not exists (
    select from job_run e where e.job = r.job and e.told_at > clock_timestamp() - %(news)s::interval
    and e.job_run_id < r.job_run_id and not exists (
        select from job_run d where d.job = r.job and d.outcome = 'done'
        and d.job_run_id between e.job_run_id and r.job_run_id))
order by r.job_run_id limit 1 for update skip locked
"""


def untold(connection: sa.Connection) -> dict[str, Any] | None:
    """A run that failed for good and of which nobody was told, held for this transaction; with `tries`.

    Of a job that fails again and again, without success in between, people are told once a day.
    """
    found = connection.exec_driver_sql(_UNTOLD, {"news": UNTOLD}).mappings().first()
    return None if found is None else {**found, "tries": max(1, tries(connection, found["queued"]))}


def told(connection: sa.Connection, number: int) -> None:
    """People were told of a run that failed."""
    connection.execute(_RUN.update().where(_RUN.c.job_run_id == number).values(told_at=sa.func.clock_timestamp()))


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query).mappings()]
