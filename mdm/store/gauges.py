"""What the service tells of the store while it is watched: how much waits, and when a run last did something."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Gauges:
    """tasks: open ones by kind; due: what single writes left to the next run, by kind.

    last_run: status -> seconds since the latest run of that status began; age: seconds since one was applied last,
    None when none was.
    """

    tasks: dict[str, int]
    due: dict[str, int]
    last_run: dict[str, float]
    age: float | None


def read_gauges(connection: sa.Connection) -> Gauges:
    """All of them; counted by index or on small tables."""
    runs = _rows(connection, "select status, extract(epoch from now() - max(started_at)) from run group by status")
    age = connection.exec_driver_sql(
        "select extract(epoch from now() - max(ended_at)) from run where status = 'applied'"
    ).scalar()
    return Gauges(
        tasks={kind: int(n) for kind, n in _rows(connection, _COUNT.format("task where status <> 'closed'"))},
        due={kind: int(n) for kind, n in _rows(connection, _COUNT.format("due"))},
        last_run={status: float(seconds) for status, seconds in runs},
        age=None if age is None else float(age),
    )


_COUNT = "select kind, count(*) from {} group by kind order by kind"


def _rows(connection: sa.Connection, query: str) -> list[tuple[str, float]]:
    return [(name, value) for name, value in connection.exec_driver_sql(query)]
