"""Step 4, resolve: what hangs together with tonight's records becomes customers with PINs.

Out: ``others`` (STORED: records of the store that were resolved again), ``clusters`` (record_id, pin), ``customers``,
``xrefs``, ``closed`` (record_id), ``lineage``, ``tasks``. The rules are those of mdm.resolve; here only the data is
gathered for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from mdm.resolve.clusters import ClusterRules, Open, Resolution, resolve_clusters
from mdm.resolve.enrichment import attach_enrichment
from mdm.resolve.first_load import assign_first_pins
from mdm.resolve.identity import assign_pins
from mdm.resolve.lineage import CustomerState, IdentityChange, IdentityState, LineageEvent, RecordOrder, Xref
from mdm.resolve.pins import mint_pins
from mdm.store import counters
from pipelines.context import Night
from pipelines.steps.gather import Gathered, gather

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


def resolve(night: Night) -> dict[str, Any]:
    """Resolve the component of tonight's records into customers."""
    night.progress("gather what hangs together")
    with night.scratch() as scratch, night.database.begin() as connection:
        found = gather(night, connection, scratch)
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
