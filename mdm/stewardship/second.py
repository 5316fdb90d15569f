"""A second steward looks at some answers unseen; where the two differ, a lead decides.

Which answers is told by a keyed hash of the question, so that it can be reproduced and nobody can know it beforehand or
avoid it. The first answer takes effect as any other; the second is kept in its task and decides nothing. Who looks
again is shown all as it would be without the first answer: in a transaction that takes it back and is rolled back.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import sqlalchemy as sa

from mdm.errors import Contradiction, NotFound, Taken, UsageError
from mdm.live.again import attempt, resolve_again
from mdm.live.numbers import Peeking
from mdm.live.orders import Writer
from mdm.resolve.judging import VERDICTS
from mdm.settings import Settings
from mdm.stewardship.decisions import By, check_judgeable, enter_judgement
from mdm.stewardship.effect import Effect, Entered, Moved, changed, state_of
from mdm.stewardship.judging import check_fits, keep, read_verdict
from mdm.stewardship.naming import Named
from mdm.stewardship.queue import Task, held, named_in
from mdm.store import judgements, second_looks, task_queue
from mdm.store.second_looks import DISAGREEMENT

T = TypeVar("T")
_PURPOSE = b"customer-master: second looks"


def is_second(task: Task) -> bool:
    """Whether a task is a second look."""
    return task["checks"] is not None and task["kind"] != DISAGREEMENT


def chosen(settings: Settings, task: Task) -> bool:
    """Whether a second steward shall look at the answer to a task about two records."""
    share = settings.stewardship.second_share
    if not share or task["checks"] is not None or task["left_id"] is None or task["right_id"] is None:
        return False
    key = hmac.digest(settings.instance.pin_key.encode(), _PURPOSE, "sha256")
    asked = "\0".join([task["kind"], *sorted((task["left_key"], task["right_key"]))])
    return int.from_bytes(hmac.digest(key, asked.encode(), "sha256")[:8], "big") < share * 2**64


def ask_again(connection: sa.Connection, settings: Settings, tasks: Iterable[Task], run_id: str) -> None:
    """Open the second looks at tasks that were just answered."""
    for task in tasks:
        if chosen(settings, task):
            second_looks.put_second_look(connection, task, run_id)


def answer(writer: Writer, task_id: int, verdict: str, by: By, *, lead: bool, take_over: bool) -> Effect:
    """Answer a second look: nothing is judged. Raises as an answer to the question itself would."""
    run_id = f"steward:{secrets.token_hex(6)}"
    nothing = Effect(False, run_id, (), (), (), (), ())

    def act(connection: sa.Connection) -> Effect:
        task = held(connection, task_id, by.actor, take_over, lead=lead)
        put_answers(connection, [task], verdict, by, run_id)
        if by.note is not None:
            by.note(connection, nothing)
        return nothing

    return attempt(writer, act)


def put_answers(connection: sa.Connection, tasks: Sequence[Task], verdict: str, by: By, run_id: str) -> None:
    """Keep one answer to second looks, and open what leads have to decide. Raises Contradiction, UsageError."""
    for task in tasks:
        _check_possible(connection, task, verdict)
        said = "dismissed" if verdict == "dismiss" else verdict
        task_queue.close(connection, task["task_id"], actor=by.actor, verdict=said, reason=by.reason, run_id=run_id)
        first = task_queue.find_task(connection, task["checks"])
        if first is not None and not second_looks.agree(first["verdict"], said):
            second_looks.put_disagreement(connection, task["checks"], run_id)


def settle(connection: sa.Connection, task: Task, verdict: str, by: By) -> Entered:
    """What a lead decides where two differ: the judgement in force stays, is replaced, or is withdrawn."""
    left, right = named_in(task)
    number = judgements.in_force(connection, left.record_id, right.record_id)
    found = None if number is None else judgements.find_judgement(connection, number)
    said = None if found is None else found["verdict"]
    if verdict == said or (verdict == "dismiss" and number is None):
        return Entered([left, right])
    if verdict == "dismiss":
        return Entered([left, right], (_lift(connection, left, right, by),))
    return enter_judgement(connection, [left], [right], verdict, by)


def look_again(
    writer: Writer, task: Task, by: By, look: Callable[[sa.Connection], T]
) -> tuple[T, Effect | Contradiction | None]:
    """What `look` finds, and what *same* would do, as if nobody had answered the question of a second look."""
    used = replace(writer, numbers=Peeking(writer.numbers))
    run_id = f"steward:{secrets.token_hex(6)}"

    def act(connection: sa.Connection) -> None:
        records = named_in(task)
        _lift(connection, records[0], records[1], by)
        resolve_again(used, connection, [each.record_id for each in records], actor=by.actor, run_id=run_id)
        second_looks.be_open(connection, task)
        raise _Seen((look(connection), _would(used, connection, records, by, run_id)))

    try:
        attempt(used, act)
    except _Seen as seen:
        found: tuple[T, Effect | Contradiction | None] = seen.found  # type: ignore[assignment]
        return found
    raise AssertionError("it is always rolled back")


def reopen(connection: sa.Connection, task: Task) -> None:
    """Take back an answer to a review that judged nothing. Raises Taken."""
    judged = task["kind"] == DISAGREEMENT and judgements.of_run(connection, task["closed_run"] or "")
    if judged or not second_looks.reopen(connection, task):
        remedy = "Somebody has decided on it since; look at the records again."
        raise Taken(f"task {task['task_id']} cannot be opened again", holder=task["closed_by"], remedy=remedy)


# -- the parts ---------------------------------------------------------------------------------------------------------


class _Seen(Exception):
    """Ends a transaction of which nothing is kept."""

    def __init__(self, found: object) -> None:
        self.found = found


def _lift(connection: sa.Connection, left: Named, right: Named, by: By) -> int:
    """Withdraw what is judged of two records; the number of that, 0 when nothing is."""
    judgements.lock(connection)
    if judgements.in_force(connection, left.record_id, right.record_id) is None:
        return 0
    pair = (left.record_id, right.record_id)
    return judgements.add_judgement(connection, *pair, "withdrawn", actor=by.actor, reason=by.reason)


def _check_possible(connection: sa.Connection, task: Task, verdict: str) -> None:
    """Raise what an answer would raise if it were the first."""
    if verdict in VERDICTS:
        left, right = named_in(task)
        check_judgeable(connection, [left, right])
        check_fits(connection, [(left, right)], read_verdict(verdict))


def _would(
    writer: Writer, connection: sa.Connection, records: Sequence[Named], by: By, run_id: str
) -> Effect | Contradiction | None:
    """What *same* does in the open transaction."""
    left, right = records
    ids = [left.record_id, right.record_id]
    try:
        check_judgeable(connection, records)
        before = resolve_again(writer, connection, ids, actor=by.actor, run_id=run_id).pins
        states = {pin: state_of(connection, pin) for pin in {before[number] for number in ids if number in before}}
        numbers = keep(connection, [(left, right)], read_verdict("same"), by.actor, by.reason)
    except Contradiction as refused:
        return refused
    except (UsageError, NotFound):
        return None
    after = resolve_again(writer, connection, ids, actor=by.actor, run_id=run_id).pins
    pins = sorted({*states, *(after[number] for number in ids if number in after)})
    named = {each.record_id: each.key for each in records}
    moved = [Moved(named[n], before.get(n), after.get(n)) for n in ids if before.get(n) != after.get(n)]
    changes = changed([(pin, states.get(pin), state_of(connection, pin)) for pin in pins])
    return Effect(True, run_id, numbers, tuple(moved), tuple(changes), (), ())
