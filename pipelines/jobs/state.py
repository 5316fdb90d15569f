"""How the schedule stands: for `mdm status`."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from mdm.errors import ConfigError
from mdm.settings import Settings
from mdm.store import jobs
from pipelines.jobs.plan import planned_jobs


def schedule_of(settings: Settings, connection: sa.Connection, now: dt.datetime | None = None) -> dict[str, Any]:
    """`jobs` with their next moment and latest run, `workers` that are alive, the `last_failure` of any job.

    problem: why the schedule cannot be carried out, in words.
    """
    at = now or jobs.clock(connection)
    found: dict[str, Any] = {"time_zone": settings.schedule.time_zone, "problem": None, "jobs": []}
    try:
        planned = planned_jobs(settings)
    except ConfigError as error:
        planned, found["problem"] = (), str(error)
    runs, seen = jobs.latest(connection), jobs.planned(connection)
    for job in planned:
        last, given = runs.get(job.name), seen.get(job.name)
        late = given is not None and given < job.line.last(at) and (last is None or last["ended_at"] is not None)
        found["jobs"].append(
            {
                "job": job.name,
                "command": " ".join(("mdm", *job.command)),
                "cron": job.line.cron,
                "next": job.line.next(at).astimezone(job.line.zone),
                "missed": late,
                "last": None if last is None else _run(last),
            }
        )
    failed = jobs.last_failure(connection)
    return found | {
        "workers": jobs.count_workers(connection),
        "last_failure": None if failed is None else _run(failed),
    }


def _run(row: dict[str, Any]) -> dict[str, Any]:
    facts = ("job", "planned", "started_at", "ended_at", "outcome", "exit_code", "again_at", "told_at", "worker", "log")
    return {name: row[name] for name in facts}
