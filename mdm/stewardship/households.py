"""Decide who lives with whom: split, merge, move, and take it back; each at once, in one transaction, or only tried.

What a decision means is in `docs/identity.md`. It is kept on one record of each customer, that which founded its PIN.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from mdm.errors import Contradiction, NotFound, Taken, UsageError
from mdm.live import households as live
from mdm.live.orders import Writer
from mdm.registry.keys import read_chi, read_pin
from mdm.registry.unknown import unknown_household
from mdm.resolve.household_decisions import Decided, contradiction, in_force
from mdm.stewardship.household_effect import By, Entered, HouseholdEffect, decide
from mdm.store import addresses, customers, household_decisions, households, lookups
from mdm.store.household_decisions import Row

EARLIEST = date(1900, 1, 1)
MOST_ROWS = 5000  # of one decision: every one who is moved, with every one of the others


class _Person(NamedTuple):
    pin: str
    record_id: int
    since: date


def split(writer: Writer, chi: str, pins: Sequence[str], by: By, *, since: date | None = None) -> HouseholdEffect:
    """Some members live apart from the others of their household from a day on (None: since they came together there).

    Raises NotFound for an unknown household, UsageError for who is no member or when nobody would stay, Contradiction.
    """

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        out, rest = _parted(connection, _members(connection, chi), pins)
        if not rest:
            raise UsageError("nobody would stay", remedy="Leave somebody in the household.", field="members")
        return _keep(connection, "split", _apart(connection, out, rest, [], since), by, run_id)

    return decide(writer, enter, by, since)


def merge(writer: Writer, chi: str, others: Sequence[str], by: By, *, since: date | None = None) -> HouseholdEffect:
    """The members of other households live with those of this one. Raises as `split`."""

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        there = _members(connection, chi)
        rows = []
        for other in others:
            come = _members(connection, other)
            if {person.pin for person in come} & {person.pin for person in there}:
                raise UsageError(f"{other} and {chi} are one household", field="with")
            rows += _together(come, there, since)
        return _keep(connection, "merge", rows, by, run_id)

    return decide(writer, enter, by, since)


def move(
    writer: Writer, chi: str, pins: Sequence[str], to: str, by: By, *, since: date | None = None
) -> HouseholdEffect:
    """Some members live apart from the others of their household, and with those of another one. Raises as `split`."""

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        here, there = _members(connection, chi), _members(connection, to)
        if {person.pin for person in here} & {person.pin for person in there}:
            raise UsageError(f"{to} is the household where they are", field="to")
        out, rest = _parted(connection, here, pins)
        rows = [*_apart(connection, out, rest, there, since), *_together(out, there, since)]
        return _keep(connection, "move", rows, by, run_id)

    return decide(writer, enter, by, since)


def take_back(writer: Writer, decision: int, by: By) -> HouseholdEffect:
    """Withdraw a decision: the sources, and what else was decided, say who lives with whom. Raises NotFound, Taken.

    Contradiction when what it had overruled cannot stand beside what was decided since.
    """

    def enter(connection: sa.Connection, run_id: str) -> Entered:
        rows = household_decisions.find(connection, decision)
        if not rows:
            raise NotFound(f"no decision {decision} about households", remedy="The page of a household lists them.")
        who = rows[0]["withdrawn_by"]
        if who is not None:
            raise Taken(f"decision {decision} was taken back by {who}", holder=who, remedy="Decide anew.")
        pins = _pins(rows)
        before = live.decided_of(connection, pa.array(pins, pa.string()))
        household_decisions.withdraw(connection, decision, actor=by.actor, reason=by.reason)
        _check(before, live.decided_of(connection, pa.array(pins, pa.string())), "Take back the later decisions first.")
        return Entered(decision, pins)

    return decide(writer, enter, by, None)


def decisions_about(connection: sa.Connection, pins: Sequence[str]) -> list[dict[str, Any]]:
    """What was decided about who lives with these customers, the newest first: one entry per decision.

    decision, verb, actor, reason, at, since, moved and others (PINs), withdrawn_at, withdrawn_by, overruled.
    """
    found: dict[int, dict[str, Any]] = {}
    for row in household_decisions.of_pins(connection, pins):
        entry = found.setdefault(
            row["decision"],
            {
                "decision": row["decision"], "verb": row["verb"], "actor": row["actor"], "reason": row["reason"],
                "at": row["created_at"], "since": row["since"], "moved": [], "others": [], "apart": [],
                "withdrawn_at": row["withdrawn_at"], "withdrawn_by": row["withdrawn_by"], "overruled": True,
            },
        )  # fmt: skip
        entry["since"] = min(entry["since"], row["since"])
        entry["overruled"] &= row["overruled"]
        sides = (("moved", "mover_pin"), ("others" if row["verdict"] == "together" else "apart", "other_pin"))
        for name, side in sides:
            if row[side] is not None and row[side] not in entry[name]:
                entry[name].append(row[side])
    return list(found.values())


# -- who ---------------------------------------------------------------------------------------------------------------


def _members(connection: sa.Connection, chi: str) -> list[_Person]:
    """Those who have not left. Raises NotFound, UsageError for what is no household any more, or never was one."""
    asked = read_chi(chi)
    state = households.find_household(connection, asked)
    if state is None:
        raise unknown_household(connection, asked, None)
    if state["kind"] != live.KIND:
        raise UsageError(f"{asked} is a legal entity", remedy="Only people live in households.")
    if state["status"] != "active":
        leads = f"It leads to {state['redirect_to']}." if state["redirect_to"] else "Name another household."
        raise NotFound(f"household {asked} is {state['status']}", remedy=leads)
    rows = [row for row in households.members(connection, asked) if row["valid_to"] is None]
    return [_Person(row["pin"], _record_of(connection, row["pin"]), row["valid_from"] or EARLIEST) for row in rows]


def _record_of(connection: sa.Connection, pin: str) -> int:
    """The record that stands for a customer: its founder, if it is there; else its first."""
    state = customers.find_customer(connection, pin)
    own = [row["record_id"] for row in lookups.records_of_pin(connection, pin) if row["role"] == "customer"]
    if state is None or not own:
        raise NotFound(f"PIN {pin} has no records", remedy="The next run settles its household: mdm settle.")
    return int(state["founder_record_id"] if state["founder_record_id"] in own else min(own))


def _parted(
    connection: sa.Connection, members: Sequence[_Person], pins: Sequence[str]
) -> tuple[list[_Person], list[_Person]]:
    wanted = {read_pin(pin) for pin in pins}
    strangers = sorted(wanted - {person.pin for person in members})
    if strangers or not wanted:
        said = f"{strangers[0]} is not a member" if strangers else "nobody is named"
        raise UsageError(said, remedy="Name PINs of those who live there now.", field="members")
    return [p for p in members if p.pin in wanted], [p for p in members if p.pin not in wanted]


def _together(come: Sequence[_Person], there: Sequence[_Person], since: date | None) -> list[Row]:
    return [Row(a.record_id, b.record_id, True, since or max(a.since, b.since)) for a in come for b in there]


def _apart(
    connection: sa.Connection, out: Sequence[_Person], rest: Sequence[_Person], there: Sequence[_Person],
    since: date | None,
) -> list[Row]:  # fmt: skip
    """`out` live apart from the rest, and from those who were taken out of the same home before."""
    rows = [Row(a.record_id, b.record_id, False, since or max(a.since, b.since)) for a in out for b in rest]
    staying = {person.pin for person in rest}
    known = staying | {person.pin for person in (*out, *there)}
    today = (date.today() - date(1970, 1, 1)).days
    stands = in_force(live.decided_of(connection, pa.array(sorted(staying), pa.string())), today)
    gone = {each.mover: each.since for each in stands if not each.together and each.other in staying}
    home = _sites(connection, [person.pin for person in rest])
    for pin, day in sorted(gone.items()):
        if pin not in known and home & _sites(connection, [pin]):
            record, then = _record_of(connection, pin), date(1970, 1, 1) + timedelta(days=day)
            rows += [Row(a.record_id, record, False, since or max(a.since, then)) for a in out]
    return rows


def _sites(connection: sa.Connection, pins: Sequence[str]) -> set[int]:
    found = addresses.records_of_pins(connection, pa.array(pins, pa.string()))["site"].drop_null()
    return {int(site) for site in found.to_pylist()}


# -- keeping -----------------------------------------------------------------------------------------------------------


def _keep(connection: sa.Connection, verb: str, rows: Sequence[Row], by: By, run_id: str) -> Entered:
    """Keep a decision unless it contradicts what stands."""
    if len(rows) > MOST_ROWS:
        raise UsageError(f"these are {len(rows)} pairs of people", remedy="Decide about fewer people at once.")
    records = sorted({record for row in rows for record in (row.mover_id, row.other_id)})
    pins = pa.array(sorted(set(lookups.pins_of_records(connection, records).values())), pa.string())
    before = live.decided_of(connection, pins)
    decision = household_decisions.add(
        connection, verb, rows, actor=by.actor, reason=by.reason, run_id=run_id
    )  # fmt: skip
    _check(before, live.decided_of(connection, pins), "Take back one of the decisions of this chain first.")
    return Entered(decision, pins.to_pylist())


def _check(before: Sequence[Decided], after: Sequence[Decided], remedy: str) -> None:
    """Raise Contradiction when two live apart whom others hold together; one that was there before is let be."""
    days = {each.since for each in after}
    found = contradiction(after, days)
    if found is not None and contradiction(before, days) is None:
        day, chain = found
        since = date(1970, 1, 1) + timedelta(days=day)
        told = " lives with ".join(chain)
        raise Contradiction(
            f"{chain[0]} and {chain[-1]} would live apart from {since}, and together: {told}",
            chain=chain,
            remedy=remedy,
        )


def _pins(rows: Iterable[dict[str, Any]]) -> list[str]:
    return sorted({row[side] for row in rows for side in ("mover_pin", "other_pin") if row[side] is not None})


__all__ = ["By", "HouseholdEffect", "decisions_about", "merge", "move", "split", "take_back"]
