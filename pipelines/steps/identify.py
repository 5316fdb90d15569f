"""PINs for tonight's customers, and what changes with them, as the files of the step have it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mdm.resolve.first_load import assign_first_pins
from mdm.resolve.identity import assign_pins
from mdm.resolve.lineage import IdentityChange, LineageEvent, RecordOrder
from mdm.resolve.pins import mint_pins
from pipelines.context import Night
from pipelines.steps.gather import Gathered

Integers = npt.NDArray[np.int64]
Mint = Callable[[int, int], Sequence[str]]

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
LINEAGE = pa.schema(
    [
        ("kind", pa.string()),
        ("pin", pa.string()),
        ("other_pin", pa.string()),
        ("record_ids", pa.list_(pa.int64())),
        ("reason", pa.string()),
    ]
)


@dataclass(frozen=True)
class Identified:
    """Who has which PIN from now on. `pin` and `home` have one entry for each of the gathered records."""

    customers: pa.Table  # CUSTOMERS
    lineage: pa.Table  # LINEAGE
    pin: pa.Array
    home: pa.Array
    closed: frozenset[int] = frozenset()  # records whose xref ends
    minted: int = 0


def identify(night: Night, found: Gathered, owner: Integers, next_number: int) -> Identified:
    """The PINs of the partition `owner` (see `pipelines.steps.partition`)."""
    instance = night.settings.instance
    mint = partial(mint_pins, instance=instance.code, key=instance.pin_key)
    if not found.before.customers and not found.before.xrefs:
        return _first(found, owner, next_number, mint)
    return _later(found, owner, next_number, mint)


def _first(found: Gathered, owner: Integers, next_number: int, mint: Mint) -> Identified:
    """The first load, in whole columns."""
    ids = found.records["record_id"].to_numpy()
    load = assign_first_pins(ids, owner, rank=np.arange(len(ids)), age=ids, next_number=next_number, mint=mint)
    pins = pa.array(load.pins, pa.string())
    first = np.unique(owner)  # the first record of each customer; PINs are issued in the order of these
    customers = {
        "pin": pins,
        "party": found.records["party"].take(pa.array(first)),
        "status": pa.repeat("active", len(pins)),
        "redirect_to": pa.nulls(len(pins)),
        "merged_into": pa.nulls(len(pins)),
        "founder_record_id": load.founders,
        "issued": load.issued,
    }
    ends = np.cumsum(np.bincount(load.customer, minlength=len(pins)))
    members = ids[np.lexsort((ids, load.customer))]
    lineage = {
        "kind": pa.repeat("minted", len(pins)),
        "pin": pins,
        "other_pin": pa.nulls(len(pins)),
        "record_ids": pa.ListArray.from_arrays(pa.array(np.append(0, ends), pa.int32()), pa.array(members)),
        "reason": pa.nulls(len(pins)),
    }
    pin = pins.take(pa.array(load.customer))
    return Identified(_table(customers, CUSTOMERS), _table(lineage, LINEAGE), pin, pin, minted=len(pins))


def _later(found: Gathered, owner: Integers, next_number: int, mint: Mint) -> Identified:
    ids, system, local = (found.records[name].to_pylist() for name in ("record_id", "system", "local_id"))
    order = {record: RecordOrder(record, *key) for record, *key in zip(ids, system, local, strict=True)}
    change = assign_pins(
        _clusters(ids, owner),
        found.before,
        order=order,
        changes=found.changes,
        next_number=next_number,
        mint=lambda first, count: mint(first, count) if count else [],
    )
    xrefs = [change.after.xrefs[record] for record in ids]
    return Identified(
        _customers(found, change),
        _lineage(change.events),
        pa.array([xref.pin for xref in xrefs], pa.string()),
        pa.array([xref.home for xref in xrefs], pa.string()),
        change.closed,
        len(change.minted),
    )


def _clusters(ids: list[int], owner: Integers) -> list[list[int]]:
    clusters: dict[int, list[int]] = {}
    for record, first in zip(ids, owner.tolist(), strict=True):
        clusters.setdefault(first, []).append(record)
    return list(clusters.values())


def _customers(found: Gathered, change: IdentityChange) -> pa.Table:
    parties = dict(found.parties_before)
    party = dict(zip(found.records["record_id"].to_pylist(), found.records["party"].to_pylist(), strict=True))
    for record, xref in change.after.xrefs.items():
        parties.setdefault(xref.pin, party[record])
    states = list(change.after.customers.values())
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


def _lineage(events: Sequence[LineageEvent]) -> pa.Table:
    columns = {
        "kind": [e.kind for e in events],
        "pin": [e.pin for e in events],
        "other_pin": [e.counterpart for e in events],
        "record_ids": [list(e.records) for e in events],
        "reason": [None] * len(events),
    }
    return pa.table(columns, schema=LINEAGE)


def _table(columns: dict[str, object], schema: pa.Schema) -> pa.Table:
    return pa.table(columns).cast(schema)
