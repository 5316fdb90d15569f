"""Answers that a second steward looks at unseen, and what leads decide where the two differ.

Such a task has `checks`, the task whose answer it checks, and the status *review* while it is open: the machine, which
opens and closes tasks of the status *open*, knows nothing of it but `STALE`. The second look has the kind of the first
task; where the two differ another one has the kind `DISAGREEMENT`. What the second steward says is in its row alone,
for the first judgement is in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import sqlalchemy as sa

DISAGREEMENT = "disagreement"
# Of a review `t`: its question is another one by now. A record is gone, or, of a second look, has another version than
# the first steward saw; or the first answer is in force no more.
STALE = """
(exists (select from unnest(array[t.left_id, t.right_id]) as side(id) where not exists (
    select from record r where r.record_id = side.id and r.recorded_to = 'infinity' and r.status = 'accepted'
    and (t.kind = 'disagreement' or r.recorded_from <= t.created_at)))
 or not exists (select from task f where f.task_id = t.checks and f.status = 'closed' and (
    f.verdict = 'dismissed' or exists (
        select from judgement j where j.left_id = t.left_id and j.right_id = t.right_id and j.superseded_by is null
        and j.verdict = f.verdict and j.actor = f.closed_by))))
"""
# Whether `me` may see a task `t`: nobody is asked about an answer of their own, and leads alone settle what two see
# differently. What is hidden is looked up once, not for each task.
VISIBLE = """
t.task_id <> all (array(
    select v.task_id from task v where v.checks is not null and v.status = 'review' and (
        v.kind = 'disagreement' and not %(lead)s or exists (
            select from task f where f.closed_by = %(me)s
            and (f.task_id = v.checks or f.checks = v.checks and f.task_id <> v.task_id)))))
"""


def put_second_look(connection: sa.Connection, task: Mapping[str, Any], run_id: str) -> None:
    """Ask again what `task` asked, as it was asked: with the PINs that its records had."""
    detail = {**(task["detail"] or {}), "pins": [task["left_pin"], task["right_pin"]]}
    connection.exec_driver_sql(
        "insert into task (kind, left_id, right_id, party, weight, evidence, detail, value, region, systems, status, "
        "opened_run, checks) select kind, left_id, right_id, party, weight, evidence, %(detail)s::json, value, region, "
        "systems, 'review', %(run_id)s, task_id from task where task_id = %(id)s",
        {"id": task["task_id"], "run_id": run_id, "detail": orjson.dumps(detail).decode()},
    )


def put_disagreement(connection: sa.Connection, first: int, run_id: str) -> None:
    """Ask a lead about the answers to a task and to its second look."""
    connection.exec_driver_sql(
        "insert into task (kind, left_id, right_id, party, weight, evidence, detail, value, region, systems, status, "
        "opened_run, checks) select %(kind)s, left_id, right_id, party, weight, evidence, detail, value, region, "
        "systems, 'review', %(run_id)s, task_id from task where task_id = %(id)s",
        {"id": first, "run_id": run_id, "kind": DISAGREEMENT},
    )


def is_hidden(connection: sa.Connection, task_id: int, me: str, *, lead: bool) -> bool:
    """Whether a task is none that `me` may see."""
    return not connection.exec_driver_sql(
        f"select {VISIBLE} from task t where t.task_id = %(id)s", {"id": task_id, "me": me, "lead": lead}
    ).scalar()


def close_stale(connection: sa.Connection, run_id: str, reason: str) -> int:
    """Close the reviews whose question is another one by now; how many."""
    return connection.exec_driver_sql(
        "update task t set status = 'closed', closed_run = %(run_id)s, closed_at = now(), closed_reason = %(reason)s "
        f"where t.status = 'review' and {STALE}",
        {"run_id": run_id, "reason": reason},
    ).rowcount


def answers(connection: sa.Connection, first: int) -> list[dict[str, Any]]:
    """Who answered a task, then its second look: task_id, closed_by, verdict, closed_reason, closed_at."""
    rows = connection.exec_driver_sql(
        "select task_id, closed_by, verdict, closed_reason, closed_at from task where closed_by is not null "
        f"and (task_id = %(id)s or checks = %(id)s and kind <> '{DISAGREEMENT}') order by closed_at, task_id",
        {"id": first},
    )
    return [dict(row) for row in rows.mappings()]


def reopen(connection: sa.Connection, task: Mapping[str, Any]) -> bool:
    """Take an answer to a review back; False: a lead has settled it, or its question is another one by now."""
    done = connection.exec_driver_sql(
        "update task t set status = 'review', closed_by = null, closed_at = null, verdict = null, "
        "closed_reason = null, closed_run = null where t.task_id = %(id)s and t.status = 'closed' "
        f"and not {STALE} and not exists ("
        f"select from task d where d.checks = t.checks and d.task_id <> t.task_id and d.kind = '{DISAGREEMENT}' "
        "and d.closed_by is not null)",
        {"id": task["task_id"]},
    )
    if done.rowcount and task["kind"] != DISAGREEMENT:
        connection.exec_driver_sql(
            "delete from task d where d.checks = %(first)s and d.task_id <> %(id)s and d.status = 'review'",
            {"id": task["task_id"], "first": task["checks"]},
        )
    return done.rowcount == 1


def be_open(connection: sa.Connection, task: Mapping[str, Any]) -> None:
    """Let a second look be the open question that the first task was: in a transaction that is rolled back."""
    connection.exec_driver_sql(
        "update task t set status = 'open' where t.task_id = %(id)s and not exists (select from task o "
        "where o.status = 'open' and o.kind = t.kind and o.left_id = t.left_id and o.right_id = t.right_id)",
        {"id": task["task_id"]},
    )


def end_of(connection: sa.Connection, first: int) -> None:
    """The answer to a task was taken back: there is nothing to look at a second time."""
    connection.exec_driver_sql(
        "update task set status = 'closed', closed_at = now(), closed_reason = 'the answer was taken back' "
        "where checks = %(id)s and status = 'review'",
        {"id": first},
    )


def answered(connection: sa.Connection, *, party: str | None = None, days: int | None = None) -> list[dict[str, Any]]:
    """The second looks that were answered: weight, first, second (who), first_said, second_said, final (the lead's)."""
    rows = connection.exec_driver_sql(
        f"""
        select s.weight, f.closed_by as first, s.closed_by as second, f.verdict as first_said,
               s.verdict as second_said, d.verdict as final
        from task s join task f on f.task_id = s.checks
        left join task d on d.checks = s.checks and d.kind = '{DISAGREEMENT}' and d.closed_by is not null
        where s.checks is not null and s.kind <> '{DISAGREEMENT}' and s.closed_by is not null
        and f.closed_by is not null and (%(party)s::text is null or s.party = %(party)s)
        and (%(days)s::int is null or s.closed_at >= now() - make_interval(days => %(days)s))
        order by s.task_id
        """,
        {"party": party, "days": days},
    )
    return [dict(row) for row in rows.mappings()]


def agree(one: str, other: str) -> bool:
    """Whether two answers say the same: same, different, or neither (unsure and dismissed both leave it as it is)."""
    return one == other or not {one, other} & {"same", "different"}
