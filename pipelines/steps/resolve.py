"""Step 4, resolve: what hangs together with tonight's records becomes customers with PINs.

Out: ``component`` (STORED: every record that was resolved again), ``clusters`` (record_id, pin), ``customers``,
``xrefs``, ``closed`` (record_id), ``lineage``, ``tasks``. The rules are those of mdm.resolve; here only the data is
gathered for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import duckdb
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.match.features import feature_sql, load_nicknames
from mdm.match.model import Model
from mdm.match.online import contradiction
from mdm.resolve.clusters import ClusterRules, Judgements, Open, Pair, Resolution, resolve_clusters
from mdm.resolve.enrichment import attach_enrichment
from mdm.resolve.first_load import assign_first_pins
from mdm.resolve.identity import RecordChanges, assign_pins
from mdm.resolve.lineage import CustomerState, IdentityChange, IdentityState, LineageEvent, RecordOrder, Xref
from mdm.resolve.pins import mint_pins
from mdm.store import components, counters, customers, judgements, models, pairs, records
from pipelines.context import Night
from pipelines.documents import STORED, to_stored
from pipelines.steps.match import PARTIES

CUSTOMERS = pa.schema(
    [
        ("pin", pa.string()),
        ("party", pa.string()),
        ("status", pa.string()),
        ("redirect_to", pa.string()),
        ("merged_into", pa.string()),
        ("founder_record_id", pa.int64()),
        ("issued", pa.int64()),
    ]
)
XREFS = pa.schema(
    [
        ("record_id", pa.int64()),
        ("system", pa.string()),
        ("local_id", pa.string()),
        ("incarnation", pa.int32()),
        ("pin", pa.string()),
        ("home", pa.string()),
    ]
)
LINEAGE = pa.schema(
    [
        ("kind", pa.string()),
        ("pin", pa.string()),
        ("other_pin", pa.string()),
        ("record_ids", pa.list_(pa.int64())),
        ("reason", pa.string()),
    ]
)
TASKS = pa.schema(
    [
        ("kind", pa.string()),
        ("left_id", pa.int64()),
        ("right_id", pa.int64()),
        ("party", pa.string()),
        ("weight", pa.float64()),
        ("evidence", pa.string()),
        ("detail", pa.string()),
    ]
)


@dataclass
class Gathered:
    """Everything that resolving looks at: tonight's component."""

    keys: dict[int, tuple[str, str]] = field(default_factory=dict)  # customer-role records -> (system, local id)
    party: dict[int, str] = field(default_factory=dict)
    incarnation: dict[int, int] = field(default_factory=dict)
    enrichment: dict[int, tuple[str, str]] = field(default_factory=dict)
    numbers: dict[int, Sequence[str]] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    judgements: Judgements = field(default_factory=Judgements)
    before: IdentityState = field(default_factory=IdentityState)
    parties_before: dict[str, str] = field(default_factory=dict)  # PIN -> party
    changes: RecordChanges = field(default_factory=RecordChanges)
    evidence: dict[tuple[int, int], tuple[str, list[int], list[float]]] = field(default_factory=dict)


def resolve(night: Night) -> dict[str, Any]:
    """Resolve the component of tonight's records into customers."""
    night.progress("gather what hangs together")
    with night.scratch() as scratch, night.database.begin() as connection:
        found = _gather(night, connection, scratch)
        next_number = counters.last_taken(connection, "pin") + 1
    night.progress("resolve customers")
    resolution = resolve_clusters(found.keys, found.numbers, found.pairs, found.judgements, _rules(night))
    night.progress("give PINs")
    change = _identify(night, resolution, found, next_number)
    attached = attach_enrichment(found.enrichment, found.pairs, found.keys, _rules(night).match_weight)
    _write(night, found, resolution, change, attached, next_number)
    kinds: dict[str, int] = {}
    for event in change.events:
        kinds[event.kind] = kinds.get(event.kind, 0) + 1
    active = sum(state.status == "active" for state in found.before.customers.values())
    return {
        "records": len(found.keys) + len(found.enrichment),
        "customers": len(resolution.clusters),
        "minted": len(change.minted),
        "lineage": kinds if found.before.customers else {"minted": len(change.minted)},
        "open": len(resolution.open),
        "affected_active": active,
    }


def _rules(night: Night) -> ClusterRules:
    matching, guards = night.settings.matching, night.settings.resolve
    return ClusterRules(
        match_weight=matching.match_weight,
        review_weight=matching.review_weight,
        max_records=guards.max_customer_records,
        weak_link_weight=guards.weak_link_weight,
    )


# -- gathering ---------------------------------------------------------------------------------------------------------


def _gather(night: Night, connection: sa.Connection, scratch: duckdb.DuckDBPyConnection) -> Gathered:
    work = night.folder.read("cleanse", "records")
    left = pa.concat_arrays(
        [
            _ids(night.folder.read("cleanse", "gone")["record_id"]),
            _ids(night.folder.read("cleanse", "replaced")["record_id"]),
        ]
    )
    scored = night.folder.read("match", "pairs")
    stored = _component(connection, work, left, scored, night.settings.matching.review_weight)
    others = records.current_versions(connection, stored) if len(stored) else None
    found = Gathered()
    _take_records(found, night, work, others, scratch)
    _take_pairs(found, night, connection, stored, work, left, scored)
    _take_judgements(found, connection)
    _take_identity(found, connection, stored, work, left)
    return found


def _ids(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks().cast(pa.int64()) if column.num_chunks != 1 else column.chunk(0).cast(pa.int64())


def _component(
    connection: sa.Connection, work: pa.Table, left: pa.Array, scored: pa.Table, least_weight: float
) -> pa.Array:
    """The stored records that hang together with tonight's: neither tonight's own, nor gone."""
    own = _ids(work["record_id"])
    partners = pa.concat_arrays([_ids(scored["left_id"]), _ids(scored["right_id"])])
    seeds = pc.unique(pa.concat_arrays([own.filter(work["moved"].combine_chunks()), left, partners]))
    new = own.filter(pc.invert(work["moved"].combine_chunks()))
    seeds = seeds.filter(pc.invert(pc.is_in(seeds, new)))
    if len(seeds) == 0:
        return seeds
    reached = _ids(components.component_records(connection, seeds, least_weight=least_weight)["record_id"])
    return reached.filter(pc.invert(pc.is_in(reached, pa.concat_arrays([own, left]))))


def _take_records(
    found: Gathered, night: Night, work: pa.Table, others: pa.Table | None, scratch: duckdb.DuckDBPyConnection
) -> None:
    """Keys, parties and numbers of all records; the component as a file for the steps that follow."""
    tables = [work.select(STORED.names).cast(STORED)]
    incarnations = [work.select(["record_id", "incarnation"])]
    if others is not None:
        tables.append(to_stored(others, scratch))
        incarnations.append(others.select(["record_id", "incarnation"]).cast(incarnations[0].schema))
    component = pa.concat_tables(tables)
    night.folder.write("resolve", "component", component)
    ids = component["record_id"].to_pylist()
    systems, locals_ = component["system"].to_pylist(), component["local_id"].to_pylist()
    for record, system, local_id, role, party in zip(
        ids, systems, locals_, component["role"].to_pylist(), component["party"].to_pylist(), strict=True
    ):
        (found.enrichment if role == "enrichment" else found.keys)[record] = (system, local_id)
        found.party[record] = party
    for table in incarnations:
        found.incarnation.update(zip(table["record_id"].to_pylist(), table["incarnation"].to_pylist(), strict=True))
    scratch.register("component", component)
    load_nicknames(scratch, "(SELECT NULL::VARCHAR AS given_key)")
    numbers = scratch.sql(
        f"SELECT record_id, identifiers FROM ({feature_sql('component')}) WHERE identifiers IS NOT NULL"
    ).to_arrow_table()
    found.numbers = dict(zip(numbers["record_id"].to_pylist(), numbers["identifiers"].to_pylist(), strict=True))


def _take_pairs(
    found: Gathered,
    night: Night,
    connection: sa.Connection,
    stored: pa.Array,
    work: pa.Table,
    left: pa.Array,
    scored: pa.Table,
) -> None:
    """Tonight's pairs, and those of the store between records that did not change."""
    tables = [scored]
    if len(stored):
        old = pairs.pairs_touching(connection, stored)
        stale = pa.concat_arrays([_ids(work["record_id"]), left])
        keep = pc.invert(pc.or_(pc.is_in(old["left_id"], stale), pc.is_in(old["right_id"], stale)))
        tables.append(old.filter(keep))
    for party in PARTIES:
        model = _model(night, connection, party)
        if model is None:
            continue
        if not model.numbers_contradict:
            found.numbers = {r: n for r, n in found.numbers.items() if found.party[r] != party}
        for table in tables:
            _read_pairs(found, table.filter(pc.equal(table["party"], party)), model)


def _model(night: Night, connection: sa.Connection, party: str) -> Model | None:
    file = night.folder.file("match", f"model-{party}.json")
    if file.exists():
        return Model.from_json(file.read_bytes())
    current = models.current_model(connection, party)
    return None if current is None else Model.from_json(orjson.dumps(current["definition"]))


def _read_pairs(found: Gathered, table: pa.Table, model: Model) -> None:
    """Pairs with what they themselves show against a match; patterns of levels are few, so each is judged once."""
    number = [c.name for c in model.comparisons].index("identifiers")
    judged: dict[tuple[int, ...], tuple[str | None, bool, bool]] = {}
    columns = (table[name].to_pylist() for name in ("left_id", "right_id", "weight", "levels"))
    for left, right, weight, levels in zip(*columns, strict=True):
        pattern = tuple(levels)
        if pattern not in judged:
            rule = contradiction(pattern, model)
            same_number = pattern[number] == 0
            judged[pattern] = (
                None if rule is None else rule.words,
                same_number,
                rule is not None and same_number and rule.ask_if_number,
            )
        found.pairs.append(Pair(left, right, weight, *judged[pattern]))


def _take_judgements(found: Gathered, connection: sa.Connection) -> None:
    table = judgements.judgements_in_force(connection)
    rows = list(
        zip(
            table["left_id"].to_pylist(),
            table["right_id"].to_pylist(),
            table["verdict"].to_pylist(),
            strict=True,
        )
    )
    found.judgements = Judgements(
        same=[(a, b) for a, b, verdict in rows if verdict == "same"],
        different=[(a, b) for a, b, verdict in rows if verdict == "different"],
    )


def _take_identity(
    found: Gathered, connection: sa.Connection, stored: pa.Array, work: pa.Table, left: pa.Array
) -> None:
    """The PINs that these records have had so far."""
    moved = _ids(work["record_id"]).filter(work["moved"].combine_chunks())
    known = pa.concat_arrays([stored.cast(pa.int64()), moved, left])
    if len(known) == 0:
        return
    enrichment = set(found.enrichment)
    xrefs = {
        row["record_id"]: Xref(row["pin"], row["home"])
        for row in customers.xrefs_of_records(connection, known).to_pylist()
        if row["record_id"] not in enrichment
    }
    states = {}
    for row in customers.states_around(connection, known).to_pylist():
        found.parties_before[row["pin"]] = row["party"]
        states[row["pin"]] = CustomerState(
            row["pin"],
            row["issued"],
            row["status"],
            row["founder_record_id"],
            row["redirect_to"],
            row["merged_into"],
        )
    found.before = IdentityState(states, xrefs)
    departed = frozenset(record for record in left.to_pylist() if record in xrefs)
    found.changes = RecordChanges(departed, frozenset(r for r in moved.to_pylist() if r in found.keys))


# -- identity ----------------------------------------------------------------------------------------------------------


def _identify(night: Night, resolution: Resolution, found: Gathered, next_number: int) -> IdentityChange:
    instance = night.settings.instance
    mint = partial(mint_pins, instance=instance.code, key=instance.pin_key)
    if not found.before.customers and not found.before.xrefs:
        return _first(resolution, found, next_number, mint)
    order = {record: RecordOrder(record, *key) for record, key in found.keys.items()}
    return assign_pins(
        resolution.clusters,
        found.before,
        order=order,
        changes=found.changes,
        next_number=next_number,
        mint=lambda first, count: mint(first, count) if count else [],
    )


def _first(resolution: Resolution, found: Gathered, next_number: int, mint: Any) -> IdentityChange:
    """The first load, in whole columns."""
    members = [record for cluster in resolution.clusters for record in cluster]
    if not members:
        return IdentityChange(IdentityState(), (), (), frozenset())
    sizes = [len(cluster) for cluster in resolution.clusters]
    labels = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    ids = np.array(members, dtype=np.int64)
    rank = np.empty(len(members), dtype=np.int64)
    rank[sorted(range(len(members)), key=lambda i: found.keys[members[i]])] = np.arange(len(members))
    load = assign_first_pins(ids, labels, rank=rank, age=ids, next_number=next_number, mint=mint)
    pins = load.pins
    states = {
        pin: CustomerState(pin, int(issued), "active", int(founder))
        for pin, issued, founder in zip(pins, load.issued.tolist(), load.founders.tolist(), strict=True)
    }
    xrefs = {r: Xref(pins[c], pins[c]) for r, c in zip(members, load.customer.tolist(), strict=True)}
    of_pin: dict[str, list[int]] = {pin: [] for pin in pins}
    for record, xref in xrefs.items():
        of_pin[xref.pin].append(record)
    events = tuple(LineageEvent("minted", pin, None, tuple(sorted(of_pin[pin]))) for pin in pins)
    return IdentityChange(IdentityState(states, xrefs), events, tuple(pins), frozenset())


# -- writing -----------------------------------------------------------------------------------------------------------


def _write(
    night: Night,
    found: Gathered,
    resolution: Resolution,
    change: IdentityChange,
    attached: Mapping[int, int],
    next_number: int,
) -> None:
    folder = night.folder
    folder.write("resolve", "customers", _customers(found, change))
    folder.write("resolve", "xrefs", _xrefs(found, change, attached))
    loose = [record for record in found.enrichment if record not in attached]
    folder.write("resolve", "closed", pa.table({"record_id": pa.array(sorted({*change.closed, *loose}), pa.int64())}))
    folder.write("resolve", "lineage", _lineage(change))
    folder.write("resolve", "tasks", _tasks(found, resolution.open))
    folder.write_json("resolve", "numbers", {"first": next_number, "minted": len(change.minted)})


def _customers(found: Gathered, change: IdentityChange) -> pa.Table:
    states = list(change.after.customers.values())
    parties = dict(found.parties_before)
    for record, xref in change.after.xrefs.items():
        parties.setdefault(xref.pin, found.party[record])
    columns = {
        "pin": [s.pin for s in states],
        "party": [parties[s.pin] for s in states],
        "status": [s.status for s in states],
        "redirect_to": [s.redirect_to for s in states],
        "merged_into": [s.merged_into for s in states],
        "founder_record_id": [s.founder for s in states],
        "issued": [s.issued for s in states],
    }
    return pa.table(columns, schema=CUSTOMERS)


def _xrefs(found: Gathered, change: IdentityChange, attached: Mapping[int, int]) -> pa.Table:
    rows = dict(change.after.xrefs)
    rows |= {record: Xref(rows[to].pin, rows[to].pin) for record, to in attached.items()}
    keys = found.keys | found.enrichment
    columns = {
        "record_id": list(rows),
        "system": [keys[record][0] for record in rows],
        "local_id": [keys[record][1] for record in rows],
        "incarnation": [found.incarnation[record] for record in rows],
        "pin": [xref.pin for xref in rows.values()],
        "home": [xref.home for xref in rows.values()],
    }
    return pa.table(columns, schema=XREFS)


def _lineage(change: IdentityChange) -> pa.Table:
    events = change.events
    columns = {
        "kind": [e.kind for e in events],
        "pin": [e.pin for e in events],
        "other_pin": [e.counterpart for e in events],
        "record_ids": [list(e.records) for e in events],
        "reason": [None] * len(events),
    }
    return pa.table(columns, schema=LINEAGE)


def _tasks(found: Gathered, items: Sequence[Open]) -> pa.Table:
    columns = {
        "kind": [item.reason for item in items],
        "left_id": [min(item.left, item.right) for item in items],
        "right_id": [max(item.left, item.right) for item in items],
        "party": [found.party[item.left] for item in items],
        "weight": [item.weight for item in items],
        "evidence": [None] * len(items),
        "detail": [orjson.dumps({"why": item.words}).decode() for item in items],
    }
    return pa.table(columns, schema=TASKS)
