"""What hangs together with a written record, and what becomes of it: the row twin of the steps gather and resolve."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from mdm.match.model import Model
from mdm.match.online import against
from mdm.match.predicates import Row
from mdm.registry.matchers import Matcher, matcher_in_use
from mdm.resolve.clusters import ClusterRules, Judgements, Open, Pair, resolve_clusters
from mdm.resolve.enrichment import attach_enrichment
from mdm.resolve.identity import Mint, RecordChanges, assign_pins
from mdm.resolve.lineage import CustomerState, IdentityChange, IdentityState, RecordOrder, Xref
from mdm.resolve.references import Named, pin_today
from mdm.store import around
from mdm.store.around import Asked, Bonds, Concerned, Reached, Seen
from mdm.store.references import references_of


class Matchers(dict[str, Matcher | None]):
    """Party type -> the model in use, asked for once in a transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def __missing__(self, party: str) -> Matcher | None:
        self[party] = matcher_in_use(self._connection, party)  # type: ignore[arg-type]
        return self[party]

    def model(self, party: str) -> Model | None:
        """The model of a party type."""
        matcher = self[party]
        return None if matcher is None else matcher.model


class Scored(NamedTuple):
    """A pair of the model's party type that was scored just now; left_id < right_id."""

    left_id: int
    right_id: int
    weight: float
    levels: tuple[int, ...]
    evidence: tuple[float, ...]


@dataclass(slots=True)
class Scene:
    """Everything that resolving looks at, by record id; enrichment apart."""

    records: dict[int, Reached]
    enrichment: dict[int, Reached]
    pairs: list[Pair]
    judgements: Judgements
    before: IdentityState
    parties: dict[str, str]  # PIN -> party
    changes: RecordChanges
    matchers: Matchers
    named: Mapping[int, Named] = field(default_factory=dict)  # enrichment record -> the customer that it names


@dataclass(slots=True)
class Outcome:
    """What became of a scene."""

    identity: IdentityChange
    attached: dict[int, Xref]  # enrichment record -> where it goes
    loose: frozenset[int]  # enrichment records that go with nobody
    open: list[Open] = field(default_factory=list)


def gather(
    connection: sa.Connection,
    seeds: Collection[int],
    *,
    own: int | None,
    scored: Sequence[Scored],
    party: str,
    departed: Mapping[int, Xref],
    came_back: bool,
    least_weight: float,
    hold: Callable[[set[str]], bool],
    matchers: Matchers | None = None,
) -> Scene:
    """What hangs together with `seeds`, as it is while all of its customers are held.

    own: the record that was written, whose stored pairs are replaced by `scored`; its new version stands already.
    departed: records that have gone, and whose they were. came_back: own had been deleted. hold: holds customers, and
    says whether any of them was not held before.
    """
    matchers = Matchers(connection) if matchers is None else matchers
    asked = Asked(seeds, least_weight, own if came_back else None)
    seen = around.look(connection, asked)
    concerned = _concerned(seen, own, departed)
    bonds = around.bonds_of(connection, concerned)
    while hold({state["pin"] for state in bonds.states}):
        seen, bonds = around.look_again(connection, asked, concerned)
        if concerned != (now := _concerned(seen, own, departed)):
            concerned, bonds = now, around.bonds_of(connection, now)
    return _scene(connection, seen, bonds, own, scored, party, departed, matchers)


def _xrefs(seen: Seen, own: int | None, departed: Mapping[int, Xref]) -> dict[int, Xref]:
    """Whose the records are, or were before: the customers' alone."""
    records = {row.record_id: row for row in seen.reached if row.role == "customer"}
    xrefs = {row.record_id: Xref(row.pin, row.home) for row in records.values() if row.pin and row.home}
    xrefs |= departed
    if seen.former is not None and own is not None and own in records and own not in xrefs:
        home, pin, status = seen.former
        if status == "retired" or pin in {xref.pin for xref in xrefs.values()}:
            xrefs[own] = Xref(pin, home)
    return xrefs


def _concerned(seen: Seen, own: int | None, departed: Mapping[int, Xref]) -> Concerned:
    """What is asked about what was seen."""
    xrefs = _xrefs(seen, own, departed)
    pins = {xref.pin for xref in xrefs.values()}
    if own is not None and seen.former is not None and xrefs.get(own) == Xref(seen.former[1], seen.former[0]):
        pins.add(seen.former[0])
    owners = (row.record_id for row in seen.reached if row.role == "customer")
    return Concerned(tuple(row.record_id for row in seen.reached), (*owners, *departed), frozenset(pins))


def _scene(
    connection: sa.Connection,
    seen: Seen,
    bonds: Bonds,
    own: int | None,
    scored: Sequence[Scored],
    party: str,
    departed: Mapping[int, Xref],
    matchers: Matchers,
) -> Scene:
    """What was seen, as resolving reads it."""
    records = {row.record_id: row for row in seen.reached if row.role == "customer"}
    enrichment = {row.record_id: row for row in seen.reached if row.role != "customer"}
    xrefs, judged, states = _xrefs(seen, own, departed), bonds.judged, bonds.states
    pairs = _read_pairs(matchers, (pair for pair in bonds.pairs if own not in pair[:2]))
    pairs += _read_pairs(matchers, ((*pair[:4], party) for pair in scored))
    return Scene(
        records,
        enrichment,
        pairs,
        Judgements(
            same=[(a, b) for a, b, verdict in judged if verdict == "same"],
            different=[(a, b) for a, b, verdict in judged if verdict == "different"],
        ),
        IdentityState({state["pin"]: _state(state) for state in states}, xrefs),
        {state["pin"]: state["party"] for state in states},
        RecordChanges(
            departed=frozenset(departed),
            moved=frozenset({own} & xrefs.keys()) if own is not None else frozenset(),
        ),
        matchers,
        references_of(connection, enrichment) if enrichment else {},
    )


def resolve(
    scene: Scene, numbers: Mapping[int, Sequence[str]], rules: ClusterRules, *, next_number: int, mint: Mint
) -> Outcome:
    """Customers of a scene; `numbers`: record -> its identifiers that can contradict."""
    keys = {record: (row.system, row.local_id) for record, row in scene.records.items()}
    found = resolve_clusters(keys, numbers, scene.pairs, scene.judgements, rules)
    order = {record: RecordOrder(record, *key) for record, key in keys.items()}
    identity = assign_pins(
        found.clusters, scene.before, order=order, changes=scene.changes, next_number=next_number, mint=mint
    )
    bought = {record: (row.system, row.local_id) for record, row in scene.enrichment.items()}
    unnamed = {record: key for record, key in bought.items() if record not in scene.named}
    hosts = attach_enrichment(unnamed, scene.pairs, keys, rules.match_weight) if unnamed else {}
    owners = identity.after.xrefs
    pins = {record: owners[host].pin for record, host in hosts.items()}
    holder = {key: owners[record].pin for record, key in keys.items()} if scene.named else {}
    for record, named in scene.named.items():
        key = (named.system or "", named.local_id or "")
        pin = holder.get(key) if named.pin is None else pin_today(named.pin, identity.after.customers)
        if pin is not None:
            pins[record] = pin
    attached = {record: Xref(pin, pin) for record, pin in pins.items()}
    return Outcome(identity, attached, frozenset(bought.keys() - attached.keys()), found.open)


def numbers_of(features: Mapping[int, Row], matchers: Matchers, parties: Mapping[int, str]) -> Any:
    """Record -> identifiers that can contradict, by its features; a model may say that none of its party's can."""
    return {
        record: row["identifiers"]
        for record, row in features.items()
        if row["identifiers"] and (model := matchers.model(parties[record])) is not None and model.numbers_contradict
    }


def _read_pairs(matchers: Matchers, rows: Iterable[tuple[int, int, float, Sequence[int], str]]) -> list[Pair]:
    """Pairs with what they themselves show against a match."""
    found = []
    for left, right, weight, levels, party in rows:
        model = matchers.model(party)
        if model is None:
            continue
        found.append(Pair(left, right, weight, *against(tuple(levels), model)))
    return found


def _state(row: Mapping[str, Any]) -> CustomerState:
    return CustomerState(
        row["pin"], row["issued"], row["status"], row["founder_record_id"], row["redirect_to"], row["merged_into"]
    )
