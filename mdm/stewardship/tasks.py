"""The queue: who works on which task, what a task says, and answering it.

A task is worked on by one steward at a time. Whoever comes second is told who has it, or who closed it, and how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from mdm.errors import Contradiction, NotFound, Taken, UsageError
from mdm.live.orders import Writer
from mdm.registry.explanations import PairExplanation
from mdm.registry.lookup import look_up
from mdm.registry.models import current_model
from mdm.registry.pair import explain_versions
from mdm.registry.views import CustomerView
from mdm.settings import Settings
from mdm.stewardship.decisions import By, enter_judgement
from mdm.stewardship.effect import Effect, Entered, decide
from mdm.stewardship.naming import Named
from mdm.store import lookups, task_queue

Task = Mapping[str, Any]
ANSWERS = ("same", "different", "unsure", "dismiss")
_PARTS: Any = frozenset({"records", "household"})


@dataclass(frozen=True, slots=True)
class Side:
    """One of the records of a task. cleansed, original: its documents. customer: whose it is; None: nobody's."""

    record: str
    role: str
    status: str
    extracted_at: Any
    changed_at: Any
    cleansed: dict[str, Any]
    original: Any
    customer: CustomerView | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A task with all that a steward needs to answer it. pair: None when a record is gone or there is no model."""

    task: Task
    sides: tuple[Side, ...]
    pair: PairExplanation | None


def find(connection: sa.Connection, task_id: int) -> Task:
    """A task. Raises NotFound."""
    return _known(task_queue.find_task(connection, task_id), task_id)


def open_task(connection: sa.Connection, task_id: int, settings: Settings) -> Opened:
    """A task with both records, whose they are, and the evidence between them. Raises NotFound."""
    task = find(connection, task_id)
    ids = [number for number in (task["left_id"], task["right_id"]) if number is not None]
    versions = lookups.versions_of(connection, ids)
    sides = tuple(_side(connection, versions[number]) for number in ids if number in versions)
    pair = None
    if len(versions) == 2:
        left, right = (versions[number] for number in ids)
        pair = explain_versions(
            connection, left, right, settings=settings, model=current_model(connection, task["party"])
        )
    return Opened(task, sides, pair)


def claim(writer: Writer, task_id: int, actor: str, note: Callable[[sa.Connection], None]) -> Task:
    """Work on a task. Raises Taken when somebody else does, or it is closed."""
    return give(writer, task_id, actor, actor, note)


def release(
    writer: Writer, task_id: int, actor: str, note: Callable[[sa.Connection], None], *, take_over: bool = False
) -> Task:
    """Let others work on a task. Raises Taken when somebody else has it, unless `take_over`."""
    return give(writer, task_id, None, actor, note, take_over=take_over)


def give(
    writer: Writer,
    task_id: int,
    assignee: str | None,
    actor: str,
    note: Callable[[sa.Connection], None],
    *,
    take_over: bool = False,
) -> Task:
    """Make somebody work on a task, or nobody. take_over: though another than `actor` does now. Raises Taken."""
    with writer.database.begin() as connection:
        task = _held(connection, task_id, actor, take_over)
        if task["assignee"] != assignee:
            task_queue.give(connection, task_id, assignee)
        note(connection)
        return find(connection, task_id)


def close(writer: Writer, task_id: int, answer: str, by: By, *, take_over: bool = False) -> tuple[Task, Effect]:
    """Answer a task: same, different or unsure are a judgement that takes effect at once; dismiss says nothing.

    What was answered unsure or dismissed is not asked again while the evidence stays what it is. Raises Taken,
    Contradiction, NotFound; UsageError for no answer, or a question that a judgement does not answer.
    """
    if answer not in ANSWERS:
        raise UsageError(f"no such answer: {answer}", remedy=f"One of: {', '.join(ANSWERS)}.", field="verdict")
    found: list[Task] = []

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        task = _held(connection, task_id, by.actor, take_over)
        verdict = "dismissed" if answer == "dismiss" else answer
        task_queue.close(
            connection, task_id, actor=by.actor, verdict=verdict, reason=by.reason, run_id=run_id
        )  # fmt: skip
        return _answered(connection, task, answer, by)

    def noted(connection: sa.Connection, effect: Effect) -> None:
        found[:] = [find(connection, task_id)]
        if by.note is not None:
            by.note(connection, effect)

    effect = replace(by, note=noted).decide(writer, enter)
    return found[0], effect


def reopen(writer: Writer, task_id: int, note: Callable[[sa.Connection], None]) -> Task:
    """Ask again what was dismissed. Raises Taken when it was not, or the same is asked by another task already."""
    with writer.database.begin() as connection:
        task = _known(task_queue.find_task(connection, task_id, hold=True), task_id)
        if task["verdict"] != "dismissed" or not task_queue.reopen(connection, task_id):
            remedy = "A judgement is taken back by withdrawing it."
            raise Taken(f"task {task_id} cannot be opened again", holder=task["closed_by"], remedy=remedy)
        note(connection)
        return find(connection, task_id)


def would(writer: Writer, task: Task, by: By) -> Effect | Contradiction | None:
    """What *same* would do to a task's records; why it would be refused; None when it cannot be said of them."""

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        return _answered(connection, task, "same", by)

    try:
        return decide(writer, enter, actor=by.actor, reason=by.reason, dry_run=True)
    except Contradiction as refused:
        return refused
    except (UsageError, NotFound):
        return None


# -- the parts ---------------------------------------------------------------------------------------------------------


def _answered(connection: sa.Connection, task: Task, answer: str, by: By) -> Entered:
    if answer == "dismiss":
        return Entered(named_in(task))
    if task["right_id"] is None or task["left_id"] is None:
        raise UsageError("the task is not about two records", remedy="Dismiss it, with a reason.", field="verdict")
    left, right = named_in(task)
    return enter_judgement(connection, [left], [right], answer, by)


def named_in(task: Task) -> list[Named]:
    """The records that a task is about."""
    return [Named(task[f"{s}_id"], task[f"{s}_key"]) for s in ("left", "right") if task[f"{s}_id"] is not None]


def _held(connection: sa.Connection, task_id: int, actor: str, take_over: bool) -> Task:
    """A task that `actor` may change now, held until the transaction ends."""
    task = _known(task_queue.find_task(connection, task_id, hold=True), task_id)
    if task["status"] != "open":
        who, how = task["closed_by"], task["verdict"] or task["closed_reason"]
        remedy = "GET it to see how; a judgement is undone by POST /v1/judgements/{id}:withdraw."
        raise Taken(f"task {task_id} was closed by {who or 'a run'}: {how}", holder=who, remedy=remedy)
    if task["assignee"] not in (None, actor) and not take_over:
        remedy = "Take another one, or send take_over: true if that was agreed."
        raise Taken(f"task {task_id} is with {task['assignee']}", holder=task["assignee"], remedy=remedy)
    return task


def _known(task: dict[str, Any] | None, task_id: int) -> dict[str, Any]:
    if task is None:
        raise NotFound(f"no task {task_id}", remedy="GET /v1/tasks lists them.")
    return task


def _side(connection: sa.Connection, version: Mapping[str, Any]) -> Side:
    pins = lookups.pins_of_records(connection, [version["record_id"]])
    pin = pins.get(version["record_id"])
    customer = None if pin is None else look_up(connection, pin, include=_PARTS)
    return Side(
        f"{version['system']}:{version['local_id']}", version["role"], version["status"], version["extracted_at"],
        version["changed_at"], version["cleansed"], version["original"], customer,
    )  # fmt: skip


__all__ = [
    "ANSWERS",
    "Opened",
    "Side",
    "claim",
    "close",
    "find",
    "give",
    "named_in",
    "open_task",
    "release",
    "reopen",
    "would",
]
