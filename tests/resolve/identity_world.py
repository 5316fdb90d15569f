"""A master file of a few records named by letters, in the notation of docs/identity.md."""

from __future__ import annotations

from collections.abc import Sequence

from mdm.resolve.household_identity import HouseholdsBefore, assign_chis
from mdm.resolve.identity import RecordChanges, assign_pins
from mdm.resolve.lineage import IdentityChange, IdentityState, LineageEvent, RecordOrder, Xref


def letter_order(letter: str) -> RecordOrder:
    """A is older than B; `a`, the second incarnation of A's key, is younger than all capitals."""
    return RecordOrder(ord(letter), "billing", letter.upper())


def mint_numbered(prefix: str, start: int, count: int) -> list[str]:
    return [f"{prefix}{number}" for number in range(start, start + count)]


def read_night(text: str) -> tuple[list[str], RecordChanges]:
    """``AB C/E -D *A`` as groups, and D departed, A moved (who told C and E apart makes no difference)."""
    tokens = text.split()
    groups = [group for token in tokens if token[0] not in "-*" for group in token.split("/")]
    departed, moved = (frozenset(ord(token[1]) for token in tokens if token[0] == sign) for sign in "-*")
    return groups, RecordChanges(departed, moved)


class Customers:
    """Nights applied one after the other; remembers the last xref of departed records, as the store does."""

    def __init__(self) -> None:
        self.state = IdentityState()
        self.closed: dict[int, Xref] = {}
        self.changes: list[IdentityChange] = []

    def night(self, text: str) -> tuple[LineageEvent, ...]:
        groups, changes = read_night(text)
        ids = {ord(letter) for group in groups for letter in group}
        back = {record: self.closed.pop(record) for record in ids & self.closed.keys()}
        before = IdentityState(self.state.customers, {**self.state.xrefs, **back})
        change = assign_pins(
            [[ord(letter) for letter in group] for group in groups],
            before,
            order={record: letter_order(chr(record)) for record in ids},
            changes=changes,
            next_number=len(before.customers) + 1,
            mint=lambda start, count: mint_numbered("P", start, count),
        )
        self.closed |= {record: before.xrefs[record] for record in change.closed}
        self.state = change.after
        self.changes.append(change)
        return change.events

    def show(self) -> set[str]:
        records: dict[str, list[str]] = {pin: [] for pin in self.state.customers}
        for record, xref in self.state.xrefs.items():
            records[xref.pin].append(chr(record))
        return {
            f"{pin}>{state.redirect_to}" if state.redirect_to else f"{pin}={''.join(sorted(records[pin])) or '0'}"
            for pin, state in self.state.customers.items()
        }


class Households:
    """Nights of households; members joined in the order of the alphabet."""

    def __init__(self) -> None:
        self.before = HouseholdsBefore()

    def night(self, text: str) -> None:
        groups, _ = read_night(text)
        change = assign_chis(
            groups,
            self.before,
            next_number=len(self.before.states) + 1,
            mint=lambda start, count: mint_numbered("H", start, count),
        )
        members = {
            chi: {letter: ord(letter) for letter in group} for chi, group in zip(change.chis, groups, strict=True)
        }
        self.before = HouseholdsBefore(change.states, members)

    def show(self) -> set[str]:
        members = self.before.members
        return {
            f"{chi}>{state.redirect_to}" if state.redirect_to else f"{chi}={''.join(sorted(members.get(chi, '0')))}"
            for chi, state in self.before.states.items()
        }


def after(*nights: str) -> Customers:
    """A master file after these nights."""
    customers = Customers()
    for night in nights:
        customers.night(night)
    return customers


def kinds(events: Sequence[LineageEvent]) -> list[tuple[str, str, str | None, str]]:
    """Events as (kind, pin, counterpart, letters)."""
    return [(e.kind, e.pin, e.counterpart, "".join(map(chr, e.records))) for e in events]
