"""The queue of tasks as stewards work through it: pages, who has one, how it was closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from mdm.store.second_looks import VISIBLE

Sort = Literal["value", "age", "weight"]
_ORDER: dict[Sort, tuple[str, str]] = {  # (expression, direction)
    "value": ("coalesce(t.value, 0)", "desc"),
    "weight": ("coalesce(t.weight, 0)", "desc"),
    "age": ("0::double precision", "asc"),
}
_COLUMNS = (
    "t.task_id, t.kind, t.left_id, t.right_id, t.party, t.weight, t.value, t.detail, "
    "case t.status when 'review' then 'open' else t.status end as status, t.assignee, "
    "t.claimed_at, t.created_at, t.closed_by, t.closed_at, t.closed_run, t.verdict, t.closed_reason, t.region, t.checks"
)
# Who has the records of a task `t`: of a second look, whose they were when it was asked first.
_PINS = (
    "coalesce(t.detail #>> '{pins,0}', lx.pin) as left_pin, coalesce(t.detail #>> '{pins,1}', rx.pin) as right_pin, "
    "lx.pin as left_now, rx.pin as right_now"
)


def page_of_tasks(
    connection: sa.Connection,
    *,
    sort: Sort,
    after: tuple[float, int] | None,
    count: int,
    status: Literal["open", "closed"],
    kind: str | None = None,
    party: str | None = None,
    system: str | None = None,
    assignee: str | None = None,
    unassigned: bool = False,
    pin: str | None = None,
    region: str | None = None,
    before: datetime | None = None,
    others: Sequence[int] = (),
    free_for: str | None = None,
    me: str = "",
    lead: bool = False,
) -> list[dict[str, Any]]:
    """A page of tasks with `place`, what its cursor is made of, and the keys and PINs of both records.

    sort: the greatest value or weight first, or the oldest. after: the place of the last one of the page before.
    before: opened before then. others: not these. free_for: that nobody works on but this steward. me, lead: who
    reads the page, and whether as a lead (`second_looks.VISIBLE`).
    """
    place, direction = _ORDER[sort]
    beyond = "<" if direction == "desc" else ">"
    wanted = {
        f"t.status {'<>' if status == 'open' else '='} 'closed'": True,  # as the index has it
        VISIBLE: True,
        "t.kind = %(kind)s": kind,
        "t.party = %(party)s": party,
        "t.assignee = %(assignee)s": assignee,
        "t.region = %(region)s": region,
        "t.created_at < %(before)s": before,
        "t.task_id <> all(%(others)s)": list(others) or None,
        "coalesce(t.assignee, %(free_for)s) = %(free_for)s": free_for,
        "t.systems @> array[%(system)s::text]": system,
        "exists (select from xref x where x.record_id in (t.left_id, t.right_id) and x.pin = %(pin)s "
        "and x.recorded_to = 'infinity')": pin,
    }
    where = [condition for condition, value in wanted.items() if value is not None]
    where += ["t.assignee is null"] if unassigned else []
    if after is not None:
        where += [  # the first of them lets an index begin there
            f"{place} {beyond}= %(place)s",
            f"({place} {beyond} %(place)s or t.task_id > %(task_id)s)",
        ]
    rows = connection.exec_driver_sql(
        f"""
        with page as (
            select {_COLUMNS}, {place} as place from task t where {" and ".join(where)}
            order by {place} {direction}, t.task_id limit %(count)s
        )
        select t.*, l.key as left_key, r.key as right_key, {_PINS} from page t
        left join lateral ({_KEY.format("t.left_id")}) as l on true
        left join lateral ({_KEY.format("t.right_id")}) as r on true
        left join xref lx on lx.record_id = t.left_id and lx.recorded_to = 'infinity'
        left join xref rx on rx.record_id = t.right_id and rx.recorded_to = 'infinity'
        order by t.place {direction}, t.task_id
        """,
        {
            "kind": kind, "party": party, "system": system, "assignee": assignee, "pin": pin,
            "region": region, "before": before, "others": list(others), "count": count, "free_for": free_for,
            "me": me, "lead": lead,
            "place": after[0] if after is not None else None, "task_id": after[1] if after is not None else None,
        },
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


_KEY = "select system || ':' || local_id as key from record where record_id = {0} order by recorded_from desc limit 1"


def find_task(connection: sa.Connection, task_id: int, *, hold: bool = False) -> dict[str, Any] | None:
    """One task with the keys of its records; `hold`: nobody else changes it until the transaction ends."""
    return next(iter(find_tasks(connection, [task_id], hold=hold)), None)


def find_tasks(connection: sa.Connection, task_ids: Sequence[int], *, hold: bool = False) -> list[dict[str, Any]]:
    """As `find_task`, of many, by number; those that there are."""
    wanted = {"ids": list(task_ids)}
    if hold:
        connection.exec_driver_sql(
            "select from task where task_id = any(%(ids)s::bigint[]) order by task_id for update", wanted
        )
    rows = connection.exec_driver_sql(
        f"""
        select {_COLUMNS}, l.key as left_key, r.key as right_key, {_PINS} from task t
        left join lateral ({_KEY.format("t.left_id")}) as l on true
        left join lateral ({_KEY.format("t.right_id")}) as r on true
        left join xref lx on lx.record_id = t.left_id and lx.recorded_to = 'infinity'
        left join xref rx on rx.record_id = t.right_id and rx.recorded_to = 'infinity'
        where t.task_id = any(%(ids)s::bigint[]) order by t.task_id
        """,
        wanted,
    )
    return [dict(row) for row in rows.mappings()]


def give(connection: sa.Connection, task_id: int, assignee: str | None) -> None:
    """Make somebody work on a task, or nobody."""
    connection.exec_driver_sql(
        "update task set assignee = %(who)s, claimed_at = case when %(who)s::text is null then null else now() end "
        "where task_id = %(id)s",
        {"id": task_id, "who": assignee},
    )


def close(connection: sa.Connection, task_id: int, *, actor: str, verdict: str, reason: str, run_id: str) -> None:
    """Close an open task by a steward's answer: same | different | unsure | dismissed."""
    connection.exec_driver_sql(
        "update task set status = 'closed', closed_by = %(actor)s, verdict = %(verdict)s, closed_reason = %(reason)s, "
        "closed_run = %(run_id)s, closed_at = now() where task_id = %(id)s and status <> 'closed'",
        {"id": task_id, "actor": actor, "verdict": verdict, "reason": reason, "run_id": run_id},
    )


def reopen(connection: sa.Connection, task_id: int) -> bool:
    """Open a closed task again; False: it is open, or the same is asked by another."""
    done = connection.exec_driver_sql(
        "update task t set status = 'open', closed_by = null, closed_at = null, verdict = null, closed_reason = null, "
        "closed_run = null where task_id = %(id)s and status = 'closed' and not exists ("
        "select from task o where o.status = 'open' and o.kind = t.kind and o.left_id is not distinct from t.left_id "
        "and o.right_id is not distinct from t.right_id)",
        {"id": task_id},
    )
    return done.rowcount == 1


def changed_by(connection: sa.Connection, run_id: str, record_ids: Sequence[int]) -> tuple[list[int], list[int]]:
    """The tasks about these records that `run_id` opened and left open, and those that it closed."""
    rows = connection.exec_driver_sql(
        "select task_id, status from task "
        "where (left_id = any(%(ids)s::bigint[]) or right_id = any(%(ids)s::bigint[])) "
        "and (opened_run = %(run_id)s and status = 'open' or closed_run = %(run_id)s) order by task_id",
        {"run_id": run_id, "ids": list(record_ids)},
    ).all()
    opened, closed = ([number for number, status in rows if status == wanted] for wanted in ("open", "closed"))
    return opened, closed
