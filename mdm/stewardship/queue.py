"""One task: that it is there, that somebody may see it, and that they may change it now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from mdm.errors import NotFound, Taken
from mdm.stewardship.naming import Named
from mdm.store import second_looks, task_queue

Task = Mapping[str, Any]


def named_in(task: Task) -> list[Named]:
    """The records that a task is about."""
    return [Named(task[f"{s}_id"], task[f"{s}_key"]) for s in ("left", "right") if task[f"{s}_id"] is not None]


def known(task: dict[str, Any] | None, task_id: int) -> dict[str, Any]:
    """A task that there is. Raises NotFound."""
    if task is None:
        raise NotFound(f"no task {task_id}", remedy="GET /v1/tasks lists them.")
    return task


def check_may_see(connection: sa.Connection, task: Task, me: str, *, lead: bool) -> None:
    """Raise NotFound for a review that is not for `me`: for them there is none."""
    if task["checks"] is not None and second_looks.is_hidden(connection, task["task_id"], me, lead=lead):
        known(None, task["task_id"])


def held(connection: sa.Connection, task_id: int, actor: str, take_over: bool, *, lead: bool) -> Task:
    """A task that `actor` may change now, held until the transaction ends. Raises NotFound, Taken."""
    task = known(task_queue.find_task(connection, task_id, hold=True), task_id)
    check_may_see(connection, task, actor, lead=lead)
    if task["status"] != "open":
        who, how = task["closed_by"], task["verdict"] or task["closed_reason"]
        remedy = "GET it to see how; a judgement is undone by POST /v1/judgements/{id}:withdraw."
        raise Taken(f"task {task_id} was closed by {who or 'a run'}: {how}", holder=who, remedy=remedy)
    if task["assignee"] not in (None, actor) and not take_over:
        remedy = "Take another one, or send take_over: true if that was agreed."
        raise Taken(f"task {task_id} is with {task['assignee']}", holder=task["assignee"], remedy=remedy)
    return task
