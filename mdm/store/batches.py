"""Tasks that were decided together: the run of such a decision (`PREFIX` before its number) marks them as one.

`task.closed_run` and `judgement.run_id` have it, so the ledgers say of each whether it was decided by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mdm.store.states import at_time

PREFIX = "steward:together:"
_IN_FORCE = "j.superseded_by is null and j.verdict in ('same', 'different', 'unsure')"
_TOGETHER = f"t.closed_by is not null and t.closed_run like '{PREFIX}%%'"  # as the index has it
# of a closed task `t` that somebody answered: whether that still holds
_HOLDS = f"""
(t.verdict = 'dismissed' or t.checks is not null or exists (
    select from judgement j where j.run_id = t.closed_run and j.left_id = t.left_id and j.right_id = t.right_id
    and {_IN_FORCE}))
"""


def close_tasks(
    connection: sa.Connection, task_ids: Sequence[int], *, actor: str, verdict: str, reason: str, run_id: str
) -> None:
    """Close open tasks by one answer of a steward: same | different | unsure | dismissed."""
    connection.exec_driver_sql(
        "update task set status = 'closed', closed_by = %(actor)s, verdict = %(verdict)s, closed_reason = %(reason)s, "
        "closed_run = %(run_id)s, closed_at = now() where task_id = any(%(ids)s::bigint[]) and status <> 'closed'",
        {"ids": list(task_ids), "actor": actor, "verdict": verdict, "reason": reason, "run_id": run_id},
    )


def find_batches(
    connection: sa.Connection, *, actor: str | None = None, run_id: str | None = None, count: int = 20
) -> list[dict[str, Any]]:
    """What was decided together, by somebody or in one run, the latest first.

    Columns: run_id, actor, verdict, kind, reason, at, tasks, and of these `holding` that were not taken back so far.
    """
    rows = connection.exec_driver_sql(
        f"""
        select t.closed_run as run_id, t.closed_by as actor, t.verdict, min(t.kind) as kind, t.closed_reason as reason,
               min(t.closed_at) as at, count(*) as tasks, count(*) filter (where {_HOLDS}) as holding
        from task t where {_TOGETHER}
        and (%(actor)s::text is null or t.closed_by = %(actor)s)
        and (%(run_id)s::text is null or t.closed_run = %(run_id)s)
        group by t.closed_run, t.closed_by, t.verdict, t.closed_reason order by min(t.closed_at) desc limit %(count)s
        """,
        {"actor": actor, "run_id": run_id, "count": count},
    )
    return [dict(row) for row in rows.mappings()]


def tasks_of(connection: sa.Connection, run_id: str) -> list[dict[str, Any]]:
    """The tasks of one decision: task_id, kind, left_id, right_id, verdict, checks, closed_run."""
    rows = connection.exec_driver_sql(
        "select t.task_id, t.kind, t.left_id, t.right_id, t.verdict, t.checks, t.closed_run from task t "
        f"where t.closed_run = %(run_id)s and {_TOGETHER} order by t.task_id",
        {"run_id": run_id},
    )
    return [dict(row) for row in rows.mappings()]


def judgements_of(connection: sa.Connection, run_id: str) -> list[dict[str, Any]]:
    """The judgements of one decision that are in force: judgement_id, left_id, right_id."""
    rows = connection.exec_driver_sql(
        f"select j.judgement_id, j.left_id, j.right_id from judgement j where j.run_id = %(run_id)s and {_IN_FORCE} "
        "order by j.judgement_id",
        {"run_id": run_id},
    )
    return [dict(row) for row in rows.mappings()]


def states_of(connection: sa.Connection, pins: Sequence[str], *, known_at: datetime | None) -> dict[str, Any]:
    """PIN -> its state then: status, redirect_to, records (keys)."""
    rows = connection.exec_driver_sql(
        f"""
        select c.pin, c.status, c.redirect_to, array(
            select x.system || ':' || x.local_id from xref x where x.pin = c.pin and {at_time("x", known_at)}
            order by x.system, x.local_id
        ) as records
        from customer c where c.pin = any(%(pins)s::text[]) and {at_time("c", known_at)}
        """,
        {"pins": list(pins), "known_at": known_at},
    )
    return {row["pin"]: dict(row) for row in rows.mappings()}
