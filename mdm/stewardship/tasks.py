"""The queue: who works on which task, what a task says, and answering it.

A task is worked on by one steward at a time. Whoever comes second is told who has it, or who closed it, and how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import sqlalchemy as sa

from mdm.errors import Contradiction, NotFound, Taken, UsageError
from mdm.live.orders import Writer
from mdm.registry.explanations import PairExplanation
from mdm.registry.lookup import look_up
from mdm.registry.models import current_model
from mdm.registry.pair import explain_versions
from mdm.registry.views import CustomerView
from mdm.settings import Settings
from mdm.stewardship.decisions import By, enter_judgement, take_back
from mdm.stewardship.effect import Effect, Entered, decide
from mdm.stewardship.queue import Task, check_may_see, held, known, named_in
from mdm.stewardship.second import answer as answer_second
from mdm.stewardship.second import ask_again, is_second, look_again, settle
from mdm.stewardship.second import reopen as reopen_review
from mdm.store import judgements, lookups, second_looks, task_queue
from mdm.store.second_looks import DISAGREEMENT

ANSWERS = ("same", "different", "unsure", "dismiss")
T = TypeVar("T")
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
    return known(task_queue.find_task(connection, task_id), task_id)


def find_for(connection: sa.Connection, task_id: int, me: str, *, lead: bool) -> Task:
    """A task that somebody may see. Raises NotFound."""
    task = find(connection, task_id)
    check_may_see(connection, task, me, lead=lead)
    return task


def open_task(connection: sa.Connection, task: Task, settings: Settings) -> Opened:
    """A task with both records, whose they are, and the evidence between them.

    Of a second look call it in what `see` opens.
    """
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


def see(
    writer: Writer, connection: sa.Connection, task: Task, by: By, look: Callable[[sa.Connection], T], *, foresee: bool
) -> tuple[T, Effect | Contradiction | None]:
    """What `look` finds of a task, and, to `foresee`, what *same* would do; of a second look as at first."""
    if task["status"] == "open" and is_second(task):
        return look_again(writer, task, by, look)
    found = look(connection)
    return found, would(writer, task, by) if foresee and task["status"] == "open" else None


def claim(
    writer: Writer, task_id: int, actor: str, note: Callable[[sa.Connection], None], *, lead: bool = False
) -> Task:
    """Work on a task. Raises Taken when somebody else does, or it is closed."""
    return give(writer, task_id, actor, actor, note, lead=lead)


def release(
    writer: Writer,
    task_id: int,
    actor: str,
    note: Callable[[sa.Connection], None],
    *,
    take_over: bool = False,
    lead: bool = False,
) -> Task:
    """Let others work on a task. Raises Taken when somebody else has it, unless `take_over`."""
    return give(writer, task_id, None, actor, note, take_over=take_over, lead=lead)


def give(
    writer: Writer,
    task_id: int,
    assignee: str | None,
    actor: str,
    note: Callable[[sa.Connection], None],
    *,
    take_over: bool = False,
    lead: bool = False,
) -> Task:
    """Make somebody work on a task, or nobody. take_over: though another than `actor` does now.

    lead: `actor` may settle what two see differently. Raises Taken; UsageError for somebody who may not see it.
    """
    with writer.database.begin() as connection:
        task = held(connection, task_id, actor, take_over, lead=lead)
        if assignee is not None and second_looks.is_hidden(connection, task_id, assignee, lead=True):
            raise UsageError(f"task {task_id} is not for {assignee}", remedy="Give it to another.", field="assignee")
        if task["assignee"] != assignee:
            task_queue.give(connection, task_id, assignee)
        note(connection)
        return find(connection, task_id)


def close(
    writer: Writer, task_id: int, answer: str, by: By, *, take_over: bool = False, lead: bool = False
) -> tuple[Task, Effect]:
    """Answer a task: same, different or unsure are a judgement that takes effect at once; dismiss says nothing.

    What was answered unsure or dismissed is not asked again while the evidence stays what it is. The answer to a second
    look judges nothing; of what two see differently a `lead` decides which judgement is in force. Raises Taken,
    Contradiction, NotFound; UsageError for no answer, or a question that a judgement does not answer.
    """
    if answer not in ANSWERS:
        raise UsageError(f"no such answer: {answer}", remedy=f"One of: {', '.join(ANSWERS)}.", field="verdict")
    with writer.database.begin() as connection:
        second = is_second(find(connection, task_id))
    if second:
        nothing = answer_second(writer, task_id, answer, by, lead=lead, take_over=take_over)
        with writer.database.begin() as connection:
            return find(connection, task_id), nothing
    found: list[Task] = []

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        task = held(connection, task_id, by.actor, take_over, lead=lead)
        verdict = "dismissed" if answer == "dismiss" else answer
        task_queue.close(
            connection, task_id, actor=by.actor, verdict=verdict, reason=by.reason, run_id=run_id
        )  # fmt: skip
        if task["kind"] == DISAGREEMENT:
            return settle(connection, task, answer, by)
        entered = _answered(connection, task, answer, by)
        ask_again(connection, writer.settings, [task], run_id)
        return entered

    def noted(connection: sa.Connection, effect: Effect) -> None:
        found[:] = [find(connection, task_id)]
        if by.note is not None:
            by.note(connection, effect)

    effect = replace(by, note=noted).decide(writer, enter)
    return found[0], effect


def undo(writer: Writer, task_id: int, by: By, note: Callable[[sa.Connection], None]) -> Effect | None:
    """Take back the answer to a task: withdraw its judgement, or open again what judged nothing (then None).

    note: of what is only opened again. Raises NotFound; Taken when nothing of it is in force any more, or the same is
    asked by another task already.
    """
    with writer.database.begin() as connection:
        task = known(task_queue.find_task(connection, task_id, hold=True), task_id)
        number = None
        if task["checks"] is None or judgements.of_run(connection, task["closed_run"] or ""):
            two = task["left_id"], task["right_id"]
            number = None if None in two else judgements.in_force(connection, *two)
        if number is None or task["verdict"] == "dismissed":
            _reopen(connection, task)
            note(connection)
            return None
    return take_back(writer, number, by)


def _reopen(connection: sa.Connection, task: Task) -> None:
    if task["checks"] is not None:
        reopen_review(connection, task)
    elif task["verdict"] == "dismissed" and task_queue.reopen(connection, task["task_id"]):
        second_looks.end_of(connection, task["task_id"])
    else:
        remedy = "A judgement is taken back by withdrawing it."
        raise Taken(f"task {task['task_id']} cannot be opened again", holder=task["closed_by"], remedy=remedy)


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
    "find_for",
    "give",
    "named_in",
    "open_task",
    "release",
    "see",
    "undo",
    "would",
]
