"""What a page of the console takes while 50,000 tasks wait: the queue, a page in its depth, and each of its filters.

The tasks are made between records of the store, and taken away again; they are open for up to 120 days, a region, an
assignee and a system among them are rare, and one that has no task at all makes a filter walk furthest.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from urllib.parse import urlencode

import sqlalchemy as sa

from api.console.visitors import COOKIE
from benchmarks.api.stores import Asked
from benchmarks.table import Figure
from mdm import accounts
from mdm.access import digest_of
from mdm.store import accounts as kept
from mdm.store import sessions

TASKS = 50_000
MOST_MS = 300.0  # of the acceptance test: server time of a page
TIMES = 15  # each page is asked for
WHO, RUN = "benchmark", "benchmark"
_MADE = """
insert into task (
    kind, left_id, right_id, party, weight, value, detail, status, opened_run, created_at, region, assignee, systems)
select 'weak_link', left_id, right_id, party, random() * 12 - 4, random() * 8, '{"why": "a benchmark"}', 'open',
    %(run)s, now() - n * interval '120 days' / %(count)s,
    case when n %% 1000 = 0 then 'a rare one' else 'region ' || n %% 40 end,
    case when n %% 500 = 0 then %(who)s when n %% 3 = 0 then 'somebody else' end,
    array[system, other]
from (
    select row_number() over (order by random()) as n, record_id as left_id, party, system,
        lead(record_id, 3) over w as right_id, lead(system, 3) over w as other
    from record where recorded_to = 'infinity' and status = 'accepted'
    window w as (partition by party order by record_id)
) as pairs where right_id is not null order by n limit %(count)s
on conflict do nothing
"""


def measure_queue(store: Asked, port: int) -> list[Figure]:
    """The worst of each kind of page, as a browser waits for it (which is longer than the server works on it)."""
    with _tasks(store) as count:
        token = _signed_in(store)
        took = {what: _took(port, path, token) for what, path in _pages(store).items()}
    only_at = "" if count >= TASKS * 0.95 else f"{TASKS:,} tasks"
    return [
        Figure("queue: tasks that wait", count, "tasks"),
        *(
            Figure(f"queue: {what}, worst", ms[-1], "ms", None, MOST_MS, median(ms), "the median", only_at=only_at)
            for what, ms in took.items()
        ),
    ]


def _pages(store: Asked) -> dict[str, str]:
    """What is asked for -> the path."""
    with store.database.read() as connection:
        place, number = connection.exec_driver_sql(
            "select coalesce(value, 0), task_id from task where status = 'open' order by 1 desc, 2 "
            "offset (select count(*) / 2 from task where status = 'open') limit 1"
        ).one()
        systems = _systems(connection)
    asked = {
        "first page": {},
        "page in the middle": {"after": f"{place!r}:{number}"},
        "the oldest first": {"sort": "age"},
        "older than 90 days": {"age": "90"},
        "a rare region": {"region": "a rare one"},
        "a common system": {"system": systems[0]},
        "the rarest system": {"system": systems[-1]},
        "a system without tasks": {"system": "none"},
        "my own": {"assignee": "me"},
        "nobody's": {"assignee": "nobody"},
    }
    return {what: f"/console/tasks?{urlencode(query)}" for what, query in asked.items()}


def _systems(connection: sa.Connection) -> list[str]:
    """The systems of the tasks, the commonest first."""
    rows = connection.exec_driver_sql(
        "select r.system from task t join record r on r.record_id = t.left_id and r.recorded_to = 'infinity' "
        "where t.status = 'open' group by r.system order by count(*) desc, r.system"
    )
    return list(rows.scalars())


@contextmanager
def _tasks(store: Asked) -> Iterator[int]:
    """So many tasks, while the block lasts."""
    with store.database.begin() as connection:
        made = connection.exec_driver_sql(_MADE, {"count": TASKS, "run": RUN, "who": WHO}).rowcount
        connection.exec_driver_sql("analyze task")
    try:
        yield made
    finally:
        with store.database.begin() as connection:
            connection.exec_driver_sql("delete from task where opened_run = %(run)s", {"run": RUN})


def _signed_in(store: Asked) -> str:
    """The token of a session of somebody who may assign tasks and see personal values."""
    token = accounts.new_token()
    with store.database.begin() as connection:
        kept.add_account(connection, WHO, role="lead", pii=True, created_by=WHO)
        sessions.add_session(connection, digest_of(token), WHO)
    return token


def _took(port: int, path: str, token: str) -> list[float]:
    """What some requests on one connection took, in milliseconds, sorted; the first is not counted."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    took = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": f"{COOKIE}={token}"})
        answer = connection.getresponse()
        answer.read()
        took.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
    connection.close()
    return sorted(took[1:])
