"""Many tasks of one kind, answered together: what can be done is done, what cannot is told of each by itself.

All of it is one transaction. The judgements of all are kept first, then everything that they concern is resolved once:
so two tasks about the same customers are decided as one question, the customers are locked in one order and for as
long as one resolution takes, a process killed half-way leaves nothing half done, and while a night is just being
applied the whole is refused (StoreError) with nothing written. It is marked by its run (`mdm.store.batches`), by which
all of it is taken back again, in one transaction, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mdm.errors import Contradiction, NotFound, Taken, UsageError
from mdm.live.orders import Writer
from mdm.stewardship.decisions import By, check_judgeable
from mdm.stewardship.effect import Effect, Entered, decide
from mdm.stewardship.judging import keep_what_fits, read_verdict
from mdm.stewardship.naming import Named
from mdm.stewardship.queue import Task, named_in
from mdm.stewardship.second import ask_again, is_second, put_answers
from mdm.stewardship.tasks import ANSWERS
from mdm.store import batches, judgements, once, second_looks, task_queue
from mdm.store.once import Once
from mdm.store.second_looks import DISAGREEMENT

MOST = 200  # tasks at once


@dataclass(frozen=True, slots=True)
class Line:
    """What became, or would become, of one task.

    before, after: the PINs of both records. judgement: its number. refused: closed | taken | gone | contradiction |
    not_two | cannot; then who: has or closed it, said: how or why, chain: the records that judgements tie together.
    """

    task: int
    records: tuple[str, ...] = ()
    before: tuple[str | None, ...] = ()
    after: tuple[str | None, ...] = ()
    judgement: int | None = None
    refused: str | None = None
    who: str | None = None
    said: str | None = None
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Together:
    """A decision about many tasks, and what it did or would do; batch: by which it is taken back.

    customers_before, customers_after: how many PINs the records of the tasks that were decided had and have.
    redirected: those that none has any more. minted: those that none had. replayed: it was carried out before.
    """

    batch: str
    verdict: str
    lines: tuple[Line, ...]
    customers_before: int
    customers_after: int
    redirected: int
    minted: int
    tasks_opened: int
    replayed: bool = False

    @property
    def done(self) -> list[Line]:
        """What is decided."""
        return [line for line in self.lines if line.refused is None]

    @property
    def refused(self) -> list[Line]:
        """What is not."""
        return [line for line in self.lines if line.refused is not None]


class _Told(Exception):
    """The same order was carried out before: nothing is done again."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.answer = answer


def close_together(
    writer: Writer, numbers: Sequence[int], answer: str, by: By, *, order: Once | None = None
) -> Together:
    """Answer all of these tasks that can be answered so. order: under its key it is carried out once.

    Raises UsageError: no answer, no task, more than `MOST`, tasks of several kinds; StoreError.
    """
    if answer not in ANSWERS:
        raise UsageError(f"no such answer: {answer}", remedy=f"One of: {', '.join(ANSWERS)}.", field="verdict")
    wanted = list(dict.fromkeys(numbers))
    if not 1 <= len(wanted) <= MOST:
        raise UsageError(f"{len(wanted)} tasks", remedy=f"Name 1 to {MOST} of them.", field="tasks")
    found: list[Line] = []
    result: list[Together] = []

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        told = once.told_before(connection, order) if order is not None and not by.dry_run else None
        if told is not None:
            raise _Told(told)
        lines, entered = _enter(writer, connection, run_id, wanted, answer, by)
        found[:] = lines
        return entered

    def noted(connection: sa.Connection, effect: Effect) -> None:
        result[:] = [_together(effect, answer, found)]
        if order is not None and not by.dry_run:
            once.remember(connection, order, _kept(result[0]))
        if by.note is not None:
            by.note(connection, effect)

    try:
        decide(
            writer, enter, actor=by.actor, reason=by.reason, dry_run=by.dry_run, note=noted, prefix=batches.PREFIX
        )  # fmt: skip
    except _Told as before:
        return _again(before.answer)
    return result[0]


def told_of(connection: sa.Connection, order: Once) -> Together | None:
    """What was answered to an order in the last days; None: nothing is known of it."""
    answer = once.answer_to(connection, order.caller, order.key)
    return None if answer is None else _again(answer)


def take_back_together(writer: Writer, batch: str, by: By) -> tuple[Effect, int]:
    """Take back what was decided together, as far as it is in force, and ask again; how many tasks that were.

    Raises NotFound; Taken when nothing of it is in force any more.
    """
    taken: list[int] = []

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        judgements.lock(connection)
        tasks = batches.tasks_of(connection, batches.PREFIX + batch)
        if not tasks:
            raise NotFound(f"nothing was decided together as {batch}", remedy="See the decisions of whoever did it.")
        judged = batches.judgements_of(connection, batches.PREFIX + batch)
        reopened = [task for task in tasks if _reopened(connection, task)]
        if not judged and not reopened:
            raise Taken(f"all of {batch} was taken back or replaced", holder=None, remedy="See what is in force now.")
        pairs = [(row["left_id"], row["right_id"]) for row in judged]
        numbers = judgements.add_judgements(connection, pairs, "withdrawn", actor=by.actor, reason=by.reason)
        taken[:] = [len(judged) + len(reopened)]
        ids = {number for pair in pairs for number in pair}
        return Entered([Named(number, "") for number in sorted(ids)], tuple(numbers), brief=True)

    effect = decide(writer, enter, actor=by.actor, reason=by.reason, dry_run=by.dry_run, note=by.note)
    return effect, taken[0]


# -- the parts ---------------------------------------------------------------------------------------------------------


def _reopened(connection: sa.Connection, task: Mapping[str, Any]) -> bool:
    """Open a task again whose answer judged nothing; False: it judged, or somebody has decided on it since."""
    if task["checks"] is not None:
        return second_looks.reopen(connection, task)
    if task["verdict"] != "dismissed" or not task_queue.reopen(connection, task["task_id"]):
        return False
    second_looks.end_of(connection, task["task_id"])
    return True


def _enter(
    writer: Writer, connection: sa.Connection, run_id: str, wanted: Sequence[int], answer: str, by: By
) -> tuple[list[Line], Entered]:
    tasks = {task["task_id"]: task for task in task_queue.find_tasks(connection, wanted, hold=True)}
    kinds = {task["kind"] for task in tasks.values()}
    if len(kinds) > 1:
        listed = ", ".join(sorted(kinds))
        raise UsageError(f"tasks of several kinds: {listed}", remedy="Decide each kind by itself.", field="tasks")
    lines: dict[int, Line] = {}
    for number in wanted:
        lines[number] = _line(connection, number, tasks.get(number), answer, by)
    fit = [number for number in wanted if lines[number].refused is None]
    if not by.dry_run:  # what is only tried is tried as if it were asked for the first time
        fit = _second(connection, run_id, tasks, lines, fit, answer, by)
    kept: list[int] = []
    if answer != "dismiss":
        pairs = [_pair(tasks[number]) for number in fit]
        said = keep_what_fits(connection, pairs, read_verdict(answer), by.actor, by.reason)
        for number, judged in zip(fit, said, strict=True):
            lines[number] = _judged(tasks[number], judged)
        fit = [number for number in fit if lines[number].refused is None]
        kept = [judged for judged in said if isinstance(judged, int)]
    verdict = "dismissed" if answer == "dismiss" else answer
    batches.close_tasks(connection, fit, actor=by.actor, verdict=verdict, reason=by.reason, run_id=run_id)
    if not by.dry_run:
        ask_again(connection, writer.settings, [tasks[number] for number in fit], run_id)
    records = {named.record_id: named for number in fit for named in named_in(tasks[number])}
    return list(lines.values()), Entered(list(records.values()), tuple(kept), brief=True)


def _second(
    connection: sa.Connection,
    run_id: str,
    tasks: Mapping[int, Task],
    lines: dict[int, Line],
    fit: Sequence[int],
    answer: str,
    by: By,
) -> list[int]:
    """Answer the second looks among the tasks that can be answered so; the others of these."""
    for number in (each for each in fit if is_second(tasks[each])):
        try:
            put_answers(connection, [tasks[number]], answer, by, run_id)
        except Contradiction as refused:
            lines[number] = _judged(tasks[number], refused)
    return [number for number in fit if not is_second(tasks[number])]


def _line(connection: sa.Connection, number: int, task: Task | None, answer: str, by: By) -> Line:
    """A task that can be answered so, or why it cannot."""
    if task is None or second_looks.is_hidden(connection, number, by.actor, lead=True):
        return Line(number, refused="gone")
    line = _of_task(task)
    if task["status"] != "open":
        return _refused(line, "closed", who=task["closed_by"], said=task["verdict"] or task["closed_reason"])
    if task["assignee"] not in (None, by.actor):
        return _refused(line, "taken", who=task["assignee"])
    if task["kind"] == DISAGREEMENT:
        return _refused(line, "cannot", said="what two see differently is decided one by one")
    if answer == "dismiss":
        return line
    if task["left_id"] is None or task["right_id"] is None:
        return _refused(line, "not_two")
    try:
        check_judgeable(connection, named_in(task))
    except (UsageError, NotFound) as fault:
        return _refused(line, "cannot", said=fault.message)
    return line


def _judged(task: Task, judged: int | Contradiction) -> Line:
    line = _of_task(task)
    if isinstance(judged, Contradiction):
        return _refused(line, "contradiction", said=judged.message, chain=judged.chain)
    return Line(line.task, line.records, line.before, line.after, judged)


def _of_task(task: Task) -> Line:
    records = tuple(task[f"{side}_key"] for side in ("left", "right") if task[f"{side}_id"] is not None)
    pins, now = (
        tuple(task[f"{side}_{which}"] for side in ("left", "right") if task[f"{side}_id"] is not None)
        for which in ("pin", "now")
    )
    return Line(task["task_id"], records, pins, now)


def _refused(
    line: Line, why: str, *, who: str | None = None, said: str | None = None, chain: tuple[str, ...] = ()
) -> Line:
    return Line(line.task, line.records, line.before, line.before, None, why, who, said, chain)


def _pair(task: Task) -> tuple[Named, Named]:
    left, right = named_in(task)
    return left, right


def _together(effect: Effect, answer: str, lines: Sequence[Line]) -> Together:
    now = {moved.record: moved.after for moved in effect.moved}
    told = [
        line if line.refused is not None
        else Line(line.task, line.records, line.before, tuple(_after(line, now)), line.judgement)
        for line in lines
    ]  # fmt: skip
    done = [line for line in told if line.refused is None]
    before = {pin for line in done for pin in line.before if pin is not None}
    after = {pin for line in done for pin in line.after if pin is not None}
    return Together(
        effect.run_id.removeprefix(batches.PREFIX), answer, tuple(told), len(before), len(after),
        len(before - after), len(after - before), len(effect.tasks_opened),
    )  # fmt: skip


def _after(line: Line, now: Mapping[str, str | None]) -> Iterator[str | None]:
    for record, pin in zip(line.records, line.after, strict=True):
        yield now.get(record, pin)


def _kept(told: Together) -> dict[str, Any]:
    """What is remembered of an answer: numbers of tasks and judgements, and who was first; nothing of a customer."""
    return {
        "batch": told.batch, "verdict": told.verdict,
        "lines": [[line.task, line.judgement, line.refused, line.who] for line in told.lines],
        "customers": [told.customers_before, told.customers_after], "minted": told.minted,
        "redirected": told.redirected, "opened": told.tasks_opened,
    }  # fmt: skip


def _again(answer: Mapping[str, Any]) -> Together:
    lines = tuple(Line(task, (), (), (), judged, why, who) for task, judged, why, who in answer["lines"])
    before, after = answer["customers"]
    return Together(
        answer["batch"], answer["verdict"], lines, before, after, answer["redirected"], answer["minted"],
        answer["opened"], replayed=True,
    )  # fmt: skip


__all__ = ["MOST", "Line", "Together", "close_together", "take_back_together", "told_of"]
