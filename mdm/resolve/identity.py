"""Which PIN each customer has, after the partition of records into customers changed (design.md, decision 6).

A pure function of the new partition and the previous state; `docs/identity.md` has the table of cases. In three moves:

1. every PIN looks for its *bearer*: its founder, or who the role passes to. A record that left because its own data
   changed bears nothing as long as its former customer has a record that stayed; where records of the PIN part, the
   bearer is in the part that has most of them, and the founder decides between equals;
2. every cluster takes the PINs whose bearers it holds: the one issued first survives, the others redirect to it;
   a cluster that holds none gets a new one;
3. a PIN without a bearer is retired if it was active, and otherwise follows the PIN that it was merged into.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from mdm.resolve.lineage import CustomerState, IdentityChange, IdentityState, RecordOrder, Xref, lineage_of

Mint = Callable[[int, int], Sequence[str]]  # (counter_from, count) -> PINs, as `mdm.resolve.pins.mint_pins`

_STAYED, _ALONE, _JOINED = range(3)  # how good a bearer a record is, see `_standing`


@dataclass(frozen=True, slots=True)
class RecordChanges:
    """What happened to single records since the previous state.

    departed: deleted, or their key was reused; they have an xref and are in no cluster.
    moved: their own data changed, or they reappeared after a deletion; still the same incarnation of their key.
    """

    departed: Set[int] = frozenset()
    moved: Set[int] = frozenset()


def assign_pins(
    clusters: Iterable[Collection[int]],
    before: IdentityState,
    *,
    order: Mapping[int, RecordOrder],
    changes: RecordChanges = RecordChanges(),
    next_number: int,
    mint: Mint,
) -> IdentityChange:
    """The PINs of `clusters`, the new partition of all records of the affected customers.

    clusters: record ids; every record exactly once, all records of the customers in `before` that have not departed.
    order: for every record in a cluster. next_number: the counter of the next PIN to mint, larger than any issued.
    Nothing depends on the order of the clusters, or of the records in them. New PINs are minted in the order of
    (system, local id) of each cluster's first record. Raises ValueError when the input contradicts itself.
    """
    parts = [tuple(cluster) for cluster in clusters]
    _check(parts, before, changes)
    scene = _look(parts, before, order, changes)
    for pin in before.customers:
        _find_bearer(pin, scene)
    customers = dict(before.customers)
    survivors = _settle_claims(scene, customers)
    minted = _mint_missing(scene, survivors, customers, next_number, mint)
    _settle_without_bearer(scene, customers)
    after = IdentityState(customers, _new_xrefs(scene, survivors))
    events = lineage_of(before, after, changes.moved)
    return IdentityChange(after, events, tuple(minted), frozenset(changes.departed & before.xrefs.keys()))


@dataclass(slots=True)
class _Scene:
    """Where everybody stands: indexes over the input, and the bearers found so far."""

    parts: Sequence[tuple[int, ...]]
    before: IdentityState
    order: Mapping[int, RecordOrder]
    moved: Set[int]
    part_of: dict[int, int] = field(default_factory=dict)
    at_home: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))  # PIN -> records
    members: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))  # customer -> records
    steady: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))  # customer -> parts with unmoved ones
    hosts: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))  # part -> customers with unmoved ones
    bearer: dict[str, int] = field(default_factory=dict)
    claims: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))  # part -> PINs


def _look(
    parts: Sequence[tuple[int, ...]],
    before: IdentityState,
    order: Mapping[int, RecordOrder],
    changes: RecordChanges,
) -> _Scene:
    scene = _Scene(parts, before, order, changes.moved)
    for number, part in enumerate(parts):
        for record in part:
            scene.part_of[record] = number
            xref = before.xrefs.get(record)
            if xref is None:
                continue
            customer = before.resolve(xref.home)
            scene.at_home[xref.home].append(record)
            scene.members[customer].append(record)
            if record not in scene.moved:
                scene.steady[customer].add(number)
                scene.hosts[number].add(customer)
    return scene


def _standing(record: int, customer: str, scene: _Scene) -> int:
    """Stayed with its customer; changed and joined no other customer; or changed and joined another one.

    A changed record stayed when it is still together with an unchanged record of its customer.
    """
    part = scene.part_of[record]
    if record not in scene.moved or part in scene.steady[customer]:
        return _STAYED
    return _JOINED if scene.hosts[part] - {customer} else _ALONE


def _find_bearer(pin: str, scene: _Scene) -> None:
    """Find the record that bears `pin`: its founder, else the oldest at home, else the oldest of the customer.

    The last only for a PIN that is not redirected: its customer may live on in records of PINs merged into it. Where
    the records at home part, only those count that are in the largest part of them.
    """
    state = scene.before.customers[pin]
    customer = scene.before.resolve(pin)
    heirs = scene.at_home[pin] if state.status == "redirected" else scene.members[customer]
    ranked = [(_standing(record, customer, scene), record) for record in heirs]
    if scene.steady[customer]:
        ranked = [(standing, record) for standing, record in ranked if standing == _STAYED]
    if not ranked:
        return
    xrefs, most = scene.before.xrefs, Counter(scene.part_of[record] for record in scene.at_home[pin])
    _, bearer = min(
        ranked,
        key=lambda heir: (
            heir[0],
            xrefs[heir[1]].home != pin,
            -most[scene.part_of[heir[1]]],
            heir[1] != state.founder,
            scene.order[heir[1]],
        ),
    )
    scene.bearer[pin] = bearer
    scene.claims[scene.part_of[bearer]].append(pin)


def _settle_claims(scene: _Scene, customers: dict[str, CustomerState]) -> dict[int, str]:
    """Choose the surviving PIN of every part that holds a bearer, and redirect the others to it."""
    survivors = {}
    for part, claims in scene.claims.items():
        survivor = survivors[part] = _survivor(claims, scene)
        homes = _homes(claims, scene)
        for pin in claims:
            old = customers[pin]
            if pin == survivor:
                customers[pin] = CustomerState(pin, old.issued, "active", scene.bearer[pin])
                continue
            adopter = None if homes[pin] == pin else homes[pin]
            founder = scene.bearer[pin] if adopter is None else None
            follows = adopter or _ancestor(old, homes, scene.before.customers) or survivor
            customers[pin] = CustomerState(pin, old.issued, "redirected", founder, survivor, follows)
    return survivors


def _survivor(claims: Sequence[str], scene: _Scene) -> str:
    """The PIN issued first; one that already redirects to another of them does not compete.

    A PIN that comes in by changed records only never wins over one whose records stayed: they do not take it along.
    """
    states = scene.before.customers
    rivals = [pin for pin in claims if states[pin].redirect_to not in claims]
    return min(rivals, key=lambda pin: (_comes_by_change(pin, scene), states[pin].issued))


def _ancestor(state: CustomerState, homes: Mapping[str, str], customers: Mapping[str, CustomerState]) -> str | None:
    """The nearest PIN that this one was merged into, directly or not, and that is still with it."""
    pin = state.merged_into
    while pin is not None and pin not in homes:
        pin = customers[pin].merged_into
    return None if pin is None else homes[pin]


def _comes_by_change(pin: str, scene: _Scene) -> bool:
    return _standing(scene.bearer[pin], scene.before.resolve(pin), scene) != _STAYED


def _homes(claims: Iterable[str], scene: _Scene) -> dict[str, str]:
    """The homes that go on in a part, and the PIN that each belongs to now.

    Each to itself; but when a customer has no record at its own home left, and its founder comes from a PIN merged into
    it, then that home is its home from now on (and the merged PIN has none any more).
    """
    origins = {pin: scene.before.xrefs[scene.bearer[pin]].home for pin in claims}
    return {pin: pin for pin in claims} | {home: pin for pin, home in origins.items() if home != pin}


def _mint_missing(
    scene: _Scene, survivors: dict[int, str], customers: dict[str, CustomerState], next_number: int, mint: Mint
) -> Sequence[str]:
    order = scene.order
    bare = [number for number in range(len(scene.parts)) if number not in survivors]
    bare.sort(key=lambda number: min(order[record][1:] for record in scene.parts[number]))
    pins = mint(next_number, len(bare))
    for issued, (number, pin) in enumerate(zip(bare, pins, strict=True), start=next_number):
        if pin in customers:
            raise ValueError(f"PIN {pin} was minted twice: next_number {next_number} is not larger than any issued")
        founder = min(scene.parts[number], key=order.__getitem__)
        customers[pin] = CustomerState(pin, issued, "active", founder)
        survivors[number] = pin
    return pins


def _settle_without_bearer(scene: _Scene, customers: dict[str, CustomerState]) -> None:
    """Retire the active PINs that nobody bears; let the redirected ones follow the PIN that they were merged into."""
    orphans = [pin for pin in scene.before.customers if pin not in scene.bearer]
    for pin in orphans:
        if customers[pin].status == "active":
            customers[pin] = CustomerState(pin, customers[pin].issued, "retired")
    for pin in orphans:
        state = customers[pin]
        if state.status == "redirected":
            customers[pin] = state._replace(founder=None, redirect_to=_end_of(state.merged_into, customers))


def _end_of(pin: str | None, customers: Mapping[str, CustomerState]) -> str:
    assert pin is not None  # a redirected PIN follows one
    while customers[pin].status == "redirected":
        following = customers[pin].merged_into
        assert following is not None
        pin = following
    return pin


def _new_xrefs(scene: _Scene, survivors: Mapping[int, str]) -> dict[int, Xref]:
    """A record keeps its home if its cluster took that PIN; otherwise its new customer is its home."""
    xrefs = {}
    for number, part in enumerate(scene.parts):
        pin, claims = survivors[number], scene.claims.get(number, ())
        homes = _homes(claims, scene) if claims else {}
        for record in part:
            old = scene.before.xrefs.get(record)
            xrefs[record] = Xref(pin, pin if old is None else homes.get(old.home, pin))
    return xrefs


def _check(parts: Sequence[tuple[int, ...]], before: IdentityState, changes: RecordChanges) -> None:
    present: set[int] = set()
    for part in parts:
        if not part:
            raise ValueError("a cluster is empty")
        for record in part:
            if record in present:
                raise ValueError(f"record {record} is in two clusters")
            present.add(record)
    if both := present & changes.departed:
        raise ValueError(f"records departed and are in a cluster: {sorted(both)[:10]}")
    if lost := before.xrefs.keys() - present - changes.departed:
        raise ValueError(f"records have a PIN, are in no cluster and did not depart: {sorted(lost)[:10]}")
    _check_links(before)


def _check_links(before: IdentityState) -> None:
    customers = before.customers
    if unknown := {xref.home for xref in before.xrefs.values()} - customers.keys():
        raise ValueError(f"PINs that records have as their home were not handed in: {sorted(unknown)[:10]}")
    for pin, state in customers.items():
        targets = (state.redirect_to, state.merged_into)
        if (state.status == "redirected") != (None not in targets):
            raise ValueError(f"PIN {pin} is {state.status}, and redirects to {targets[0]}, merged into {targets[1]}")
        if any(target is not None and target not in customers for target in targets):
            raise ValueError(f"PIN {pin} leads to {targets}: hand in every PIN that these customers lead to")
