"""A master file of numbered records for properties: random nights, and what must hold after each of them."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence

from hypothesis import strategies as st

from mdm.resolve.identity import RecordChanges, assign_pins
from mdm.resolve.lineage import IdentityChange, IdentityState, RecordOrder, Xref
from mdm.resolve.pins import mint_pins


def order_of(record: int) -> RecordOrder:
    """Several records of one age, and systems that do not follow the age: ties and crossings occur."""
    return RecordOrder(record // 3, "ab"[record % 2], f"{record:04}")


class MasterFile:
    """Nights applied one after the other, checked after each; remembers every PIN, and departed records' xrefs."""

    def __init__(self) -> None:
        self.state = IdentityState()
        self.closed: dict[int, Xref] = {}
        self.retired_for_good: set[str] = set()

    @property
    def records(self) -> list[int]:
        return sorted(self.state.xrefs)

    def pin(self, record: int) -> str:
        return self.state.xrefs[record].pin

    def clusters(self) -> list[list[int]]:
        """The partition as it stands."""
        found: dict[str, list[int]] = {}
        for record in self.records:
            found.setdefault(self.pin(record), []).append(record)
        return list(found.values())

    def night(
        self, clusters: Iterable[Collection[int]], *, moved: Collection[int] = (), returning: Collection[int] = ()
    ) -> IdentityChange:
        """Apply a partition; who is in none has departed."""
        parts = [list(cluster) for cluster in clusters]
        present = {record for part in parts for record in part}
        before = self._with_returning(returning)
        changes = RecordChanges(frozenset(before.xrefs.keys() - present), frozenset(moved) | frozenset(returning))
        change = resolve(parts, before, changes)
        check_state(parts, before, change)
        self.closed |= {record: before.xrefs[record] for record in change.closed}
        self.state = change.after
        return change

    def _with_returning(self, returning: Collection[int]) -> IdentityState:
        back = {record: self.closed.pop(record) for record in returning}
        return IdentityState(self.state.customers, {**self.state.xrefs, **back})


NOTHING = RecordChanges()


def resolve(
    parts: Sequence[Sequence[int]],
    before: IdentityState,
    changes: RecordChanges = NOTHING,
    *,
    next_number: int | None = None,
) -> IdentityChange:
    """`assign_pins` with real PINs and the order of `order_of`."""
    return assign_pins(
        parts,
        before,
        order={record: order_of(record) for part in parts for record in part},
        changes=changes,
        next_number=len(before.customers) if next_number is None else next_number,
        mint=lambda start, count: mint_pins(start, count, instance="01", key="properties"),
    )


def check_state(parts: Sequence[Sequence[int]], before: IdentityState, change: IdentityChange) -> None:
    """What holds after any night whatsoever."""
    after = change.after
    assert sorted(after.xrefs) == sorted(record for part in parts for record in part)  # promise 1
    for part in parts:
        assert len({after.xrefs[record].pin for record in part}) == 1
    assert len({after.xrefs[part[0]].pin for part in parts}) == len(parts)
    assert before.customers.keys() <= after.customers.keys()  # promise 2: nothing issued is ever lost
    at_home = {pin: {r for r, xref in after.xrefs.items() if xref.home == pin} for pin in after.customers}
    for pin, state in after.customers.items():
        members = {record for record, xref in after.xrefs.items() if xref.pin == pin}
        assert (state.status == "active") == bool(members)
        assert (state.status == "redirected") == (state.redirect_to is not None) == (state.merged_into is not None)
        assert after.customers[after.resolve(pin)].status != "redirected"  # one hop
        assert (state.founder in at_home[pin]) if at_home[pin] else (state.founder is None)
        assert pin not in before.customers or before.customers[pin].issued == state.issued
    for xref in after.xrefs.values():
        assert after.resolve(xref.home) == xref.pin
    check_again(parts, change)


def check_again(parts: Sequence[Sequence[int]], change: IdentityChange) -> None:
    """The same partition once more, handed over in another order, changes nothing (promise 7)."""
    shuffled = [random.Random(1).sample(list(part), len(part)) for part in reversed(parts)]
    customers = dict(reversed(change.after.customers.items()))
    again = resolve(shuffled, IdentityState(customers, dict(reversed(change.after.xrefs.items()))))
    assert again.events == ()
    assert again.after == change.after


def partition(draw: st.DrawFn, records: Sequence[int], *, most: int = 4) -> list[list[int]]:
    """Any partition of the records into at most `most` clusters."""
    groups: dict[int, list[int]] = {}
    for record in records:
        groups.setdefault(draw(st.integers(1, most)), []).append(record)
    return list(groups.values())


def some(draw: st.DrawFn, records: Sequence[int], *, most: int = 3) -> list[int]:
    """A few of the records."""
    if not records:
        return []
    return sorted(draw(st.sets(st.sampled_from(records), max_size=most)))
