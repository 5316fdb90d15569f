"""A decision about households takes effect in the transaction that keeps it; or is only tried: then nothing stays.

As `effect.py` does for judgements.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from mdm.errors import UsageError
from mdm.live import households as live
from mdm.live.again import attempt
from mdm.live.orders import Writer
from mdm.registry.views import name_of
from mdm.store import changes, golden, households
from mdm.store.live import transaction_time


@dataclass(frozen=True, slots=True)
class Member:
    """One of those who live in a household, and since when; until: the day on which they left."""

    pin: str
    name: str | None
    role: str | None
    since: date | None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class HouseholdState:
    """A household before or after a decision, with those who have not left."""

    status: str
    redirect_to: str | None
    address: str | None
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class HouseholdChange:
    """What a decision does to one household; before: None for a new one."""

    chi: str
    before: HouseholdState | None
    after: HouseholdState


@dataclass(frozen=True, slots=True)
class HouseholdEffect:
    """What a decision did, or would do (`dry_run`: then new ids and its number are not taken yet).

    at_once: False when a run is under way, or something is still due there: then the next run obeys it, and nobody
    knows yet what becomes of the households.
    """

    dry_run: bool
    run_id: str
    decision: int
    at_once: bool
    households: tuple[HouseholdChange, ...]

    @property
    def pins(self) -> list[str]:
        """The customers whom it concerns."""
        states = [state for change in self.households for state in (change.before, change.after) if state is not None]
        return sorted({member.pin for state in states for member in state.members})


Note = Callable[[sa.Connection, HouseholdEffect], None]


@dataclass(frozen=True, slots=True)
class By:
    """Who decides, why; dry_run: only tried. note: what else belongs to the transaction, such as the audit."""

    actor: str
    reason: str
    dry_run: bool = False
    note: Note | None = None


class Entered(NamedTuple):
    """What was kept of a decision: its number, and the customers whom it names."""

    decision: int
    pins: list[str]


class _Tried(Exception):
    def __init__(self, effect: HouseholdEffect) -> None:
        self.effect = effect


def decide(
    writer: Writer, enter: Callable[[sa.Connection, str], Entered], by: By, since: date | None
) -> HouseholdEffect:
    """Keep what `enter` keeps and make the households again, in one transaction; of one that is tried nothing stays."""
    if since is not None and since > writer.business_date:
        raise UsageError(f"{since} is still to come: today is {writer.business_date}", field="since")

    def act(connection: sa.Connection) -> HouseholdEffect:
        live.hold(connection)
        run_id = f"steward:{secrets.token_hex(6)}"
        entered = enter(connection, run_id)
        made = live.make_again(writer, connection, entered.pins, run_id=run_id, tried=by.dry_run)
        chis = [] if made is None else list(made)
        effect = HouseholdEffect(
            by.dry_run, run_id, entered.decision, made is not None, tuple(_changes(connection, chis))
        )  # fmt: skip
        if by.dry_run:
            raise _Tried(effect)
        nobody = pa.array([], pa.string())
        changes.announce_run(connection, nobody, pa.array(chis, pa.string()), run_id=run_id, actor=by.actor)
        if by.note is not None:
            by.note(connection, effect)
        return effect

    try:
        return attempt(writer, act)
    except _Tried as tried:
        if by.note is not None:
            with writer.database.begin() as connection:
                by.note(connection, tried.effect)
        return tried.effect


def _changes(connection: sa.Connection, chis: Sequence[str]) -> list[HouseholdChange]:
    """Each household as it was before this transaction, and as it is."""
    then = transaction_time(connection) - timedelta(microseconds=1)
    found = []
    for chi in chis:
        after = _state(connection, chi, None)
        assert after is not None
        found.append(HouseholdChange(chi, _state(connection, chi, then), after))
    return sorted(found, key=lambda change: (change.before is None, change.chi))


def _state(connection: sa.Connection, chi: str, known_at: datetime | None) -> HouseholdState | None:
    state = households.find_household(connection, chi, known_at=known_at)
    if state is None:
        return None
    rows = [row for row in households.members(connection, chi, known_at=known_at) if row["valid_to"] is None]
    names = golden.find_names(connection, [row["pin"] for row in rows])
    members = tuple(
        Member(row["pin"], name_of(*names[row["pin"]]) if row["pin"] in names else None, row["role"], row["valid_from"])
        for row in rows
    )
    return HouseholdState(state["status"], state["redirect_to"], state["dwelling"], members)
