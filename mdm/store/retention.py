"""What the store may forget after a while, and which files are needed no more: the store has what was in them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

# Closed by the machine, or answered "same" or "different", which the judgements keep. "Dismissed" and "unsure" stay:
# they are why the same is not asked again. Tasks of one question (a second look, a disagreement) go together.
_OLD_TASKS = """
status = 'closed' and coalesce(closed_at, created_at) < %(before)s
and (verdict is null or verdict in ('same', 'different')) and not exists (
    select from task o where o.task_id <> task.task_id
    and coalesce(o.checks, o.task_id) = coalesce(task.checks, task.task_id)
    and (o.status <> 'closed' or coalesce(o.closed_at, o.created_at) >= %(before)s
         or o.verdict not in ('same', 'different')))
"""
# what a closed table of rows of jobs keeps: the last run of each job
_OLD_JOBS = """
ended_at < %(before)s and exists (select from job_run n where n.job = job_run.job and n.job_run_id > job_run.job_run_id)
"""
_OF = {"task": _OLD_TASKS, "audit": "at < %(before)s", "job_run": _OLD_JOBS}


def count_old(connection: sa.Connection, table: str, before: dt.datetime) -> int:
    """How many rows of `task`, `audit` or `job_run` are old enough to go."""
    query = f"select count(*) from {table} where {_OF[table]}"
    return int(connection.exec_driver_sql(query, {"before": before}).scalar_one())


def delete_old(connection: sa.Connection, table: str, before: dt.datetime) -> int:
    """Delete them; how many. For `audit` within `audit.changeable`."""
    return connection.exec_driver_sql(f"delete from {table} where {_OF[table]}", {"before": before}).rowcount


def files_read(connection: sa.Connection, system: str) -> list[dict[str, Any]]:
    """The files of a source that runs have read and applied, or found to be repeated or older, by the latest run of
    each: file, digest, extracted_at, kind, started_at and ended_at of the run, `last` (the last applied of its kind).
    """
    rows = connection.exec_driver_sql(
        """
        select distinct on (d.file) d.file, d.digest, d.extracted_at, d.kind, r.started_at, r.ended_at,
            d.extracted_at >= (select max(l.extracted_at) from delivery l where l.system = d.system
                and l.kind = d.kind and l.status = 'applied') as last
        from delivery d join run r using (run_id)
        where d.system = %(system)s and d.status in ('applied', 'repeated', 'older') and r.status = 'applied'
        order by d.file, r.ended_at desc
        """,
        {"system": system},
    )
    return [dict(row) for row in rows.mappings()]


def unfinished_runs(connection: sa.Connection) -> set[str]:
    """Runs that go on when they are started again."""
    return set(connection.exec_driver_sql("select run_id from run where status = 'running'").scalars())


def settled_files(connection: sa.Connection, before: dt.datetime) -> list[tuple[str, str]]:
    """Files (folder, name) of deliveries to targets that were written before a moment, and settled; not the last one of
    a target."""
    rows = connection.exec_driver_sql(
        """
        select d.folder, d.file from sync_delivery d
        where d.settled and d.status = 'written' and d.written_at < %(before)s
        and exists (select from sync_delivery n where n.target_id = d.target_id and n.number > d.number)
        order by d.delivery_id
        """,
        {"before": before},
    )
    return [tuple(row) for row in rows]
