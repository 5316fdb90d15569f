"""Step 4, resolve: what hangs together with tonight's records becomes customers with PINs.

Out: ``others`` (STORED: records of the store that were resolved again), ``customers``, ``xrefs``, ``closed``
(record_id), ``lineage``, ``tasks``. The rules are those of mdm.resolve; here only the data is gathered for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from mdm.resolve.clusters import Open
from mdm.resolve.configured import cluster_rules
from mdm.resolve.enrichment import attach_enrichment
from mdm.resolve.references import PinState, pin_today
from mdm.store import counters
from pipelines.context import Night
from pipelines.steps.gather import Gathered, gather
from pipelines.steps.identify import Identified, identify
from pipelines.steps.partition import Integers, partition, places_of, to_pairs

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
REFERENCES = pa.schema(
    [("record_id", pa.int64()), ("system", pa.string()), ("local_id", pa.string()), ("pin", pa.string())]
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
    night.progress("resolve customers")
    rules = cluster_rules(night.settings)
    owner, asked = partition(found, rules)
    night.progress("give PINs")
    next_number = _next_number(night)
    identified = identify(night, found, owner, next_number)
    while not _reserve(night, next_number, identified.minted):
        next_number = _next_number(night)
        identified = identify(night, found, owner, next_number)
    attached = _pins_of(found, identified, _attach(found, rules.match_weight))
    _write(night, found, identified, attached, asked)
    night.folder.write("resolve", "bought", found.enrichment.select(["record_id"]))
    rows = [{"record_id": record, **named._asdict()} for record, named in found.named.items()]
    night.folder.write("resolve", "references", pa.Table.from_pylist(rows, schema=REFERENCES))
    night.folder.write_json("resolve", "numbers", {"first": next_number, "minted": identified.minted})
    return {
        "records": len(found.records) + len(found.enrichment),
        "customers": int(np.count_nonzero(owner == np.arange(len(owner)))),
        "minted": identified.minted,
        "lineage": _counted(identified.lineage["kind"]) if found.before.customers else {"minted": identified.minted},
        "open": len(asked),
        "affected_active": sum(state.status == "active" for state in found.before.customers.values()),
    }


def _next_number(night: Night) -> int:
    """The first number for a PIN: what an earlier try of this run reserved, or what nobody has taken."""
    with night.database.begin() as connection:
        there = None if night.dry_run else counters.reserved_for(connection, "pin", night.run_id)
        return counters.last_taken(connection, "pin") + 1 if there is None else there[0]


def _reserve(night: Night, first: int, count: int) -> bool:
    """Set the PINs aside, so that channels may take others meanwhile; False when they just took some of them."""
    if night.dry_run:
        return True
    with night.database.begin() as connection:
        if counters.reserve(connection, "pin", night.run_id, first, count):
            return True
        counters.give_back(connection, "pin", night.run_id)  # an earlier try needed fewer
        return False


def _counted(texts: pa.ChunkedArray) -> dict[str, int]:
    return {row["values"]: row["counts"] for row in texts.value_counts().to_pylist()}


def _attach(found: Gathered, match_weight: float) -> dict[int, int]:
    """Enrichment record that names nobody -> the record of a customer that it goes with."""
    known = pa.array(list(found.named), pa.int64())
    unnamed = found.enrichment.filter(pc.invert(pc.is_in(found.enrichment["record_id"], known)))
    bought = unnamed["record_id"].combine_chunks()
    ends = [pc.is_in(found.pairs[end], bought) for end in ("left_id", "right_id")]
    pairs = to_pairs(found.pairs.filter(pc.or_(*ends)))
    theirs = pa.array({record for pair in pairs for record in (pair.left, pair.right)}, pa.int64())
    known = found.records.filter(pc.is_in(found.records["record_id"], theirs))
    return attach_enrichment(_keys(unnamed), pairs, _keys(known), match_weight)


def _pins_of(found: Gathered, identified: Identified, attached: Mapping[int, int]) -> dict[int, str]:
    """Enrichment record -> the PIN that it goes with: of the record that it matches, or as it says itself."""
    place = places_of(_column(attached.values()), found.records["record_id"].to_numpy())
    pins = dict(zip(attached, identified.pin.take(pa.array(place)).to_pylist(), strict=True))
    if not found.named:
        return pins
    columns = (identified.customers[name].to_pylist() for name in ("pin", "status", "redirect_to"))
    states = {pin: PinState(status, led_to) for pin, status, led_to in zip(*columns, strict=True)}
    names = [named.local_id for named in found.named.values() if named.local_id is not None]
    asked = pc.is_in(found.records["local_id"], pa.array(names, pa.string()))
    holders = zip(
        *(found.records[name].filter(asked).to_pylist() for name in ("system", "local_id")),
        identified.pin.filter(asked.combine_chunks()).to_pylist(),
        strict=True,
    )
    holder = {(system, local_id): pin for system, local_id, pin in holders}
    for record, named in found.named.items():
        pin = holder.get((named.system, named.local_id)) if named.pin is None else pin_today(named.pin, states)
        if pin is not None:
            pins[record] = pin
    return pins


def _keys(records: pa.Table) -> dict[int, tuple[str, str]]:
    columns = (records[name].to_pylist() for name in ("record_id", "system", "local_id"))
    return {record: (system, local_id) for record, system, local_id in zip(*columns, strict=True)}


# -- writing -----------------------------------------------------------------------------------------------------------


def _write(
    night: Night, found: Gathered, identified: Identified, attached: Mapping[int, str], asked: Sequence[Open]
) -> None:
    folder = night.folder
    folder.write("resolve", "customers", identified.customers)
    folder.write("resolve", "xrefs", _xrefs(found, identified, attached))
    loose = set(found.enrichment["record_id"].to_pylist()) - attached.keys()
    closed = pa.table({"record_id": pa.array(sorted(loose | identified.closed), pa.int64())})
    folder.write("resolve", "closed", closed)
    folder.write("resolve", "lineage", identified.lineage)
    folder.write("resolve", "tasks", _tasks(found, asked))


def _xrefs(found: Gathered, identified: Identified, attached: Mapping[int, str]) -> pa.Table:
    own = found.records.drop_columns(["party"]).append_column("pin", identified.pin)
    bought = found.enrichment.drop_columns(["party"])
    pin = pa.array([attached.get(record) for record in bought["record_id"].to_pylist()], pa.string())
    bought = bought.append_column("pin", pin).append_column("home", pin).filter(pc.is_valid(pin))
    return pa.concat_tables([own.append_column("home", identified.home).cast(XREFS), bought.cast(XREFS)])


def _tasks(found: Gathered, items: Sequence[Open]) -> pa.Table:
    place = places_of(_column(item.left for item in items), found.records["record_id"].to_numpy())
    columns = {
        "kind": [item.reason for item in items],
        "left_id": [min(item.left, item.right) for item in items],
        "right_id": [max(item.left, item.right) for item in items],
        "party": found.records["party"].take(pa.array(place)).combine_chunks(),
        "weight": [item.weight for item in items],
        "evidence": [None] * len(items),
        "detail": [orjson.dumps({"why": item.words}).decode() for item in items],
    }
    return pa.table(columns, schema=TASKS)


def _column(records: Iterable[int]) -> Integers:
    return np.fromiter(records, np.int64)
