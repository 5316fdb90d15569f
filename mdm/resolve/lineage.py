"""What identity is made of: customers, cross-references, and the lineage of events that happen to PINs.

Three facts are kept, and everything else follows from them (see docs/identity.md):

* every record has a *home*: the PIN that it was first given as a member of this customer. A merge changes the PIN of a
  record and leaves its home, so that the former customer can be told apart again.
* every PIN that still has records at home has a *founder* among them: when they part, the PIN goes where most of them
  go, and the founder decides between equals.
* a redirected PIN points at its survivor in one hop (`redirect_to`), and remembers the PIN that it was merged into
  (`merged_into`), so that it follows the right one when a merge of merges is taken apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Status = Literal["active", "redirected", "retired"]
EventKind = Literal["minted", "merged", "redirected", "split", "revived", "moved", "retired"]


class RecordOrder(NamedTuple):
    """Where a record stands: oldest first, ties by (system, local id).

    age: an order number, smaller is older. Best is the number under which the record took its present home, so that a
    record that joined a customer late is never its oldest; the order of first recording does as well.
    """

    age: int
    system: str
    local_id: str


class CustomerState(NamedTuple):
    """One PIN ever issued, and what it stands for now."""

    pin: str
    issued: int  # the counter it was minted from: smaller was issued first
    status: Status
    founder: int | None = None  # record id; None when no record is at home any more
    redirect_to: str | None = None  # redirected only: an active or retired PIN, never a redirected one
    merged_into: str | None = None  # redirected only: the PIN it follows; redirect_to, unless that was merged on


class Xref(NamedTuple):
    """Whose record it is: the customer's `pin`, and the `home` PIN, which is `pin` or redirects to it."""

    pin: str
    home: str


class LineageEvent(NamedTuple):
    """What happened to one PIN.

    minted      pin is new; records are its first records
    merged      pin (active or retired before) now redirects to counterpart; records are those that it brought along
    redirected  pin redirected elsewhere before and now redirects to counterpart; nothing else changed for it
    split       records left pin without having changed, for counterpart, which is new
    revived     pin redirected to counterpart (or was retired: None) and is active again; records came along with it
    moved       records left pin for counterpart: they changed, or joined a customer that stood already
    retired     pin has no record any more
    """

    kind: EventKind
    pin: str
    counterpart: str | None = None
    records: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityState:
    """The affected customers, and the cross-references of their records.

    `customers` must hold every PIN that redirects to, or was merged into, one of them (they are flattened together).
    """

    customers: Mapping[str, CustomerState] = field(default_factory=dict)
    xrefs: Mapping[int, Xref] = field(default_factory=dict)

    def customer_of(self, record: int) -> str | None:
        """The PIN that a record's home leads to; None for a record that was never given one."""
        xref = self.xrefs.get(record)
        return None if xref is None else self.resolve(xref.home)

    def resolve(self, pin: str) -> str:
        """The PIN itself, or its survivor: one hop."""
        return self.customers[pin].redirect_to or pin


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """The new state of everything that was handed in, and how it came about.

    after: all PINs handed in and all minted; one xref for each record of the partition.
    closed: records whose xref ends.
    """

    after: IdentityState
    events: tuple[LineageEvent, ...]
    minted: tuple[str, ...]
    closed: frozenset[int]


def lineage_of(before: IdentityState, after: IdentityState, changed: Set[int]) -> tuple[LineageEvent, ...]:
    """The events that lead from `before` to `after`, in order of issue of the PIN and then of the counterpart.

    `changed`: records whose own data changed (they move, they are not split off).
    """
    transfers = _transfers(before, after)
    events = [*_pin_events(before, after, transfers), *_transfer_events(before, after, transfers, changed)]
    issued = {pin: state.issued for pin, state in after.customers.items()}
    return tuple(sorted(events, key=lambda e: (issued[e.pin], issued.get(e.counterpart or "", -1), e.kind, e.records)))


_Transfers = dict[tuple[str | None, str], list[int]]  # (customer before, customer after) -> records, sorted


def _transfers(before: IdentityState, after: IdentityState) -> _Transfers:
    found: _Transfers = defaultdict(list)
    for record in sorted(after.xrefs):
        source, target = before.customer_of(record), after.xrefs[record].pin
        if source != target:
            found[source, target].append(record)
    return found


def _records_of_new_pins(before: IdentityState, transfers: _Transfers) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for (_, target), records in transfers.items():
        if target not in before.customers:
            found[target].extend(records)
    return found


def _pin_events(before: IdentityState, after: IdentityState, transfers: _Transfers) -> Iterator[LineageEvent]:
    minted = _records_of_new_pins(before, transfers)
    for pin, state in after.customers.items():
        old = before.customers.get(pin)
        if old is None:
            yield LineageEvent("minted", pin, None, tuple(sorted(minted[pin])))
        elif state.status == "redirected" and old.redirect_to != state.redirect_to:
            kind: EventKind = "redirected" if old.status == "redirected" else "merged"
            records = tuple(transfers.get((pin, state.redirect_to or ""), ()))
            yield LineageEvent(kind, pin, state.redirect_to, records if kind == "merged" else ())
        elif state.status == "active" and old.status != "active":
            records = tuple(transfers.get((old.redirect_to, pin), ()))
            yield LineageEvent("revived", pin, old.redirect_to, records)
        elif state.status == "retired" and old.status == "active":
            yield LineageEvent("retired", pin)


def _transfer_events(
    before: IdentityState, after: IdentityState, transfers: _Transfers, changed: Set[int]
) -> Iterator[LineageEvent]:
    for (source, target), records in transfers.items():
        if source is None or after.customers[source].redirect_to == target:
            continue  # a new record, or told by the merge
        old = before.customers.get(target)
        if old is not None and old.redirect_to == source:
            continue  # told by the revival
        kind: EventKind = "split" if old is None and not set(records) <= changed else "moved"
        yield LineageEvent(kind, source, target, tuple(records))
