"""Judge, withdraw, merge, unmerge, split, pin a value, lift it: each at once, in a transaction of its own, or tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa

from mdm.errors import NotFound, UsageError
from mdm.live.orders import Writer
from mdm.registry.keys import SourceKey, read_pin
from mdm.stewardship.effect import Effect, Entered, Note, decide
from mdm.stewardship.judging import check_not_apart, keep, read_verdict, withdraw
from mdm.stewardship.naming import Named, active_customer, find_record, parted, records_of, sides
from mdm.stewardship.pinning import check_shape, lift_value, pin_value
from mdm.store import lookups, overrides


@dataclass(frozen=True, slots=True)
class By:
    """Who decides, why; dry_run: only tried. note: see `effect.decide`."""

    actor: str
    reason: str
    dry_run: bool = False
    note: Note | None = None

    def decide(self, writer: Writer, enter: Callable[[sa.Connection, str], Entered]) -> Effect:
        """Carry out what `enter` keeps."""
        return decide(
            writer, enter, actor=self.actor, reason=self.reason, dry_run=self.dry_run, note=self.note
        )  # fmt: skip


def judge(writer: Writer, left: Sequence[SourceKey], right: Sequence[SourceKey], verdict: str, by: By) -> Effect:
    """A verdict about each record of `left` with each of `right`.

    Raises Contradiction with the chain, NotFound for a record that is not there, UsageError for what cannot be judged.
    """

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        ours, theirs = ([find_record(connection, key) for key in side] for side in (left, right))
        return enter_judgement(connection, ours, theirs, verdict, by)

    return by.decide(writer, enter)


def enter_judgement(
    connection: sa.Connection, left: Sequence[Named], right: Sequence[Named], verdict: str, by: By
) -> Entered:
    """As `judge`, of records that were found, in the open transaction."""
    check_judgeable(connection, [*left, *right])
    kept = keep(connection, [(a, b) for a in left for b in right], read_verdict(verdict), by.actor, by.reason)
    return Entered([*left, *right], kept)


def take_back(writer: Writer, judgement_id: int, by: By) -> Effect:
    """Withdraw a judgement: the evidence, and what else was judged, decides again. Raises NotFound, Taken."""

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        number, lifted = withdraw(connection, judgement_id, by.actor, by.reason)
        ends = ((lifted[f"{s}_id"], f"{lifted[f'{s}_system']}:{lifted[f'{s}_local_id']}") for s in ("left", "right"))
        return Entered([Named(*end) for end in ends], (number,))

    return by.decide(writer, enter)


def take_back_all(writer: Writer, judgement_ids: Sequence[int], by: By) -> Effect:
    """Withdraw the judgements of one decision together, such as those of an unmerge. Raises as `take_back`."""

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        records: dict[int, Named] = {}
        numbers = []
        for judgement_id in judgement_ids:
            number, lifted = withdraw(connection, judgement_id, by.actor, by.reason)
            numbers.append(number)
            for s in ("left", "right"):
                key = f"{lifted[f'{s}_system']}:{lifted[f'{s}_local_id']}"
                records[lifted[f"{s}_id"]] = Named(lifted[f"{s}_id"], key)
        return Entered(list(records.values()), tuple(numbers))

    return by.decide(writer, enter)


def merge(writer: Writer, pin: str, others: Sequence[str], by: By) -> Effect:
    """Make customers one: their founders are judged the same, and whoever the evidence would keep out, too.

    Raises Contradiction when records of them were judged different, NotFound for a PIN that is not active, UsageError.
    """

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        states = [active_customer(connection, read_pin(each)) for each in (pin, *others)]
        if len({state["pin"] for state in states}) < len(states):
            raise UsageError("a PIN is named twice", remedy="Name the customers that are to become one.", field="with")
        members = [_own(connection, state["pin"]) for state in states]
        if len({state["party"] for state in states}) > 1:
            raise UsageError("a person and an organisation are never one customer", field="with")
        kept: list[int] = []
        first = _founder(states[0], members[0])
        for number in range(1, len(states)):
            for earlier in members[:number]:
                check_not_apart(connection, earlier, members[number])
            other = _founder(states[number], members[number])
            kept += keep(connection, [(first, other)], "same", by.actor, by.reason)
        everybody = [record for each in members for record in each]
        return Entered(everybody, tuple(kept), [first, *(record for record in everybody if record != first)])

    return by.decide(writer, enter)


def unmerge(writer: Writer, pin: str, what: SourceKey | str, by: By) -> Effect:
    """Take one record, or a former customer (the PIN that redirects), out of `pin`; see `mdm.stewardship.naming.sides`.

    Raises Contradiction when a judgement *same* ties what would be taken out to what stays, NotFound, UsageError.
    """

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        whole = active_customer(connection, read_pin(pin))["pin"]
        out, stay = sides(connection, str(what))
        if whole not in lookups.pins_of_records(connection, [out[0].record_id]).values():
            raise UsageError(f"{what} is not part of PIN {whole}", remedy="See its records: ?include=records.")
        return _part(connection, out, stay, by)

    return by.decide(writer, enter)


def split(writer: Writer, pin: str, keys: Sequence[SourceKey], by: By, *, together: bool = False) -> Effect:
    """Take a set of records out of a customer. together: they are one customer; else the evidence says which they are.

    Raises as `unmerge`.
    """

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        whole = active_customer(connection, read_pin(pin))["pin"]
        named = [find_record(connection, key) for key in keys]
        own = {record.record_id for record in records_of(connection, whole)}
        for record in named:
            if record.record_id not in own:
                raise UsageError(f"{record.key} is not a record of PIN {whole}", field="records")
        out, stay = parted(connection, "taking these records out", whole, {record.record_id for record in named})
        entered = _part(connection, out, stay, by)
        kept = list(entered.judgements)
        if together:
            kept += keep(connection, [(out[0], other) for other in out[1:]], "same", by.actor, by.reason)
        return Entered(entered.records, tuple(kept))

    return by.decide(writer, enter)


def override(writer: Writer, pin: str, attribute: str, value: Any, by: By, *, expires: date | None) -> Effect:
    """Pin a golden value until and including `expires`. Raises NotFound for a PIN that is not active, UsageError."""
    check_shape(attribute, value)
    if expires is not None and expires < writer.business_date:
        raise UsageError(f"{expires} is over: today is {writer.business_date}", field="expires")
    return _pinned(writer, by, partial(_pin, pin, attribute, value, by, expires))


def lift(writer: Writer, pin: str, attribute: str, by: By) -> Effect:
    """End the override in force. Raises NotFound when there is none, UsageError."""
    return _pinned(writer, by, lambda c: lift_value(c, pin, attribute, actor=by.actor, reason=by.reason or None))


# -- the parts ---------------------------------------------------------------------------------------------------------


def _pin(pin: str, attribute: str, value: Any, by: By, expires: date | None, connection: sa.Connection) -> str:
    return pin_value(connection, pin, attribute, value, actor=by.actor, reason=by.reason, expires=expires)


def _pinned(writer: Writer, by: By, change: Callable[[sa.Connection], str]) -> Effect:
    def enter(connection: sa.Connection, run_id: str) -> Entered:
        pin = change(connection)
        overrides.note_decided(connection, run_id, pin)
        return Entered(records_of(connection, pin))

    return by.decide(writer, enter)


def _part(connection: sa.Connection, out: Sequence[Named], stay: Sequence[Named], by: By) -> Entered:
    check_judgeable(connection, out)
    kept = keep(connection, [(a, b) for a in out for b in stay], "different", by.actor, by.reason)
    return Entered([*out, *stay], kept)


def check_judgeable(connection: sa.Connection, records: Sequence[Named]) -> None:
    """Raise UsageError for records of enrichment lists, and for people together with organisations."""
    found = lookups.versions_of(connection, [record.record_id for record in records])
    for record in records:
        row = found.get(record.record_id)
        if row is None or row["status"] != "accepted":
            raise NotFound(f"{record.key} was deleted", remedy="Only records that are there can be judged.")
        if row["role"] != "customer":
            raise UsageError(
                f"{record.key} comes from an enrichment list",
                remedy="It goes with the customer whom it matches best; a judgement does not bind it.",
            )
    if len({row["party"] for row in found.values()}) > 1:
        raise UsageError("a person and an organisation are never compared", remedy="Judge two of one kind.")


def _own(connection: sa.Connection, pin: str) -> list[Named]:
    """The records that make a customer, without enrichment."""
    own = {row["record_id"] for row in lookups.records_of_pin(connection, pin) if row["role"] == "customer"}
    return [record for record in records_of(connection, pin) if record.record_id in own]


def _founder(state: dict[str, Any], members: Sequence[Named]) -> Named:
    """The record that founded a PIN, if it is still there; else its first."""
    return next((record for record in members if record.record_id == state["founder_record_id"]), members[0])


__all__ = [
    "By",
    "check_judgeable",
    "enter_judgement",
    "judge",
    "lift",
    "merge",
    "override",
    "split",
    "take_back",
    "take_back_all",
    "unmerge",
]
