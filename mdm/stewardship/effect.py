"""A decision takes effect in the transaction that keeps it; or is only tried, which tells what it would do."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mdm.live.again import attempt, resolve_again
from mdm.live.numbers import Peeking
from mdm.live.orders import Writer
from mdm.live.outcome import Made
from mdm.registry.views import name_of
from mdm.stewardship.judging import keep
from mdm.stewardship.naming import Named
from mdm.store import batches, customers, golden, judgements, lookups, task_queue

ROUNDS = 10  # a merge that the evidence refuses for some records judges those too; each round joins at least one


@dataclass(frozen=True, slots=True)
class Entered:
    """What was kept of a decision. records: whose customers it concerns. together: those that must end as one.

    brief: tell of customers only what becomes of their PINs and records.
    """

    records: Sequence[Named]
    judgements: tuple[int, ...] = ()
    together: Sequence[Named] = ()
    brief: bool = False


@dataclass(frozen=True, slots=True)
class CustomerState:
    """A customer before or after a decision. records: keys. households: in which it is, or which its records bring.

    golden: the document, None unless active.
    """

    status: str
    redirect_to: str | None
    name: str | None
    records: tuple[str, ...]
    households: tuple[str, ...]
    golden: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class CustomerChange:
    """What a decision does to one PIN; before: None for a new one."""

    pin: str
    before: CustomerState | None
    after: CustomerState


@dataclass(frozen=True, slots=True)
class Moved:
    """A record that has another PIN now; None: no customer."""

    record: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a decision did, or would do (`dry_run`: then its new PINs and the numbers of judgements are not taken yet).

    run_id: under which lineage and versions have it.
    """

    dry_run: bool
    run_id: str
    judgements: tuple[int, ...]
    moved: tuple[Moved, ...]
    customers: tuple[CustomerChange, ...]
    tasks_opened: tuple[int, ...]
    tasks_closed: tuple[int, ...]

    @property
    def pins(self) -> list[str]:
        """The PINs that it concerns."""
        return [change.pin for change in self.customers]


Enter = Callable[[sa.Connection, str], Entered]  # (transaction, run id) -> what was kept
Note = Callable[[sa.Connection, Effect], None]


class _Tried(Exception):
    """Ends the transaction of a decision that is only tried."""

    def __init__(self, effect: Effect) -> None:
        self.effect = effect


def decide(
    writer: Writer,
    enter: Enter,
    *,
    actor: str,
    reason: str | None,
    dry_run: bool = False,
    note: Note | None = None,
    prefix: str = "steward:",
) -> Effect:
    """Keep what `enter` keeps and resolve what it concerns, in one transaction; with `dry_run` roll all of it back.

    note: what else belongs to the transaction, such as the audit; of one that is tried it gets another transaction.
    prefix: of the run under which history has it.
    """
    used = replace(writer, numbers=Peeking(writer.numbers)) if dry_run else writer

    def act(connection: sa.Connection) -> Effect:
        run_id = f"{prefix}{secrets.token_hex(6)}"
        entered = enter(connection, run_id)
        found = _carry_out(used, connection, entered, actor, reason, run_id, dry_run)
        if dry_run:
            raise _Tried(found)
        if note is not None:
            note(connection, found)
        return found

    try:
        return attempt(used, act)
    except _Tried as tried:
        if note is not None:
            with writer.database.begin() as connection:
                note(connection, tried.effect)
        return tried.effect


def _carry_out(
    writer: Writer, connection: sa.Connection, entered: Entered, actor: str, reason: str | None, run_id: str, dry: bool
) -> Effect:
    ids = [record.record_id for record in entered.records]
    made = resolve_again(writer, connection, ids, actor=actor, run_id=run_id)
    before, at, numbers = dict(made.before), made.at, list(entered.judgements)
    for _ in range(ROUNDS):
        stray = _stray(entered.together, made)
        if stray is None:
            break
        numbers += keep(connection, [(entered.together[0], stray)], "same", actor, reason)
        made = resolve_again(writer, connection, ids, actor=actor, run_id=run_id)
        before = {**made.before, **before}
    judgements.note_decided(connection, run_id, numbers)
    moved = {record: pin for record, pin in made.pins.items() if before.get(record) != pin}
    left = before.keys() - made.pins.keys()
    keys = lookups.versions_of(connection, sorted({*moved, *left, *ids}))
    named = {number: f"{row['system']}:{row['local_id']}" for number, row in keys.items()}
    pins = {*(before.get(record) for record in (*moved, *left, *ids)), *(made.pins.get(r) for r in (*moved, *ids))}
    changes = _brief_changes if entered.brief else _changes
    opened, closed = task_queue.changed_by(connection, run_id, sorted({*made.pins, *left}))
    return Effect(
        dry, run_id, tuple(numbers),
        tuple(sorted((Moved(named[r], before.get(r), made.pins.get(r)) for r in {*moved, *left}), key=_by_record)),
        tuple(changes(connection, (pin for pin in pins if pin is not None), at)), tuple(opened), tuple(closed),
    )  # fmt: skip


def _stray(together: Sequence[Named], made: Made) -> Named | None:
    """A record that is not in the customer of the first."""
    if not together:
        return None
    pin = made.pins.get(together[0].record_id)
    return next((record for record in together if made.pins.get(record.record_id) != pin), None)


def _by_record(moved: Moved) -> str:
    return moved.record


def _changes(connection: sa.Connection, pins: Iterable[str], at: datetime) -> list[CustomerChange]:
    then = at - timedelta(microseconds=1)
    return changed([(pin, state_of(connection, pin, then), state_of(connection, pin)) for pin in sorted(pins)])


def changed(found: Sequence[tuple[str, CustomerState | None, CustomerState | None]]) -> list[CustomerChange]:
    """Of PINs with their states before and after; the households after are those that the records bring along."""
    of_record = {key: was.households for _, was, _ in found if was is not None for key in was.records}
    changes = []
    for pin, before, after in found:
        assert after is not None
        homes = {chi for key in after.records for chi in of_record.get(key, ())}
        changes.append(CustomerChange(pin, before, replace(after, households=tuple(sorted(homes)))))
    return changes


def _brief_changes(connection: sa.Connection, pins: Iterable[str], at: datetime) -> list[CustomerChange]:
    wanted = sorted(pins)
    before = batches.states_of(connection, wanted, known_at=at - timedelta(microseconds=1))
    after = batches.states_of(connection, wanted, known_at=None)
    return [
        CustomerChange(pin, _in_brief(before[pin]) if pin in before else None, _in_brief(after[pin])) for pin in wanted
    ]


def _in_brief(state: dict[str, Any]) -> CustomerState:
    return CustomerState(state["status"], state["redirect_to"], None, tuple(state["records"]), (), None)


def state_of(connection: sa.Connection, pin: str, known_at: datetime | None = None) -> CustomerState | None:
    """A customer as it is, or was known then; None for one that there is, or was, not."""
    state = customers.find_customer(connection, pin, known_at=known_at)
    if state is None:
        return None
    active = state["status"] == "active"
    held = golden.find_golden(connection, pin, known_at=known_at) if active else None
    document = None if held is None else held["doc"]
    records = [f"{x['system']}:{x['local_id']}" for x in customers.xrefs_of_pin(connection, pin, known_at=known_at)]
    homes = lookups.households_of_pin(connection, pin, known_at=known_at) if active else []
    name = name_of((document or {}).get("name"), (document or {}).get("organisation"))
    chis = tuple(sorted({row["chi"] for row in homes}))
    return CustomerState(state["status"], state["redirect_to"], name, tuple(records), chis, document)
