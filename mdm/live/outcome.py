"""A resolved scene becomes the store's state: customers, lineage, golden records, tasks, and what is due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from mdm.golden.document import to_text
from mdm.golden.overrides import Override
from mdm.golden.survivorship import golden_document
from mdm.live.orders import Writer
from mdm.live.scene import Outcome, Scene, numbers_of, resolve
from mdm.live.stored import from_version
from mdm.registry.matchers import read_rows
from mdm.resolve.clusters import Open
from mdm.resolve.configured import cluster_rules
from mdm.resolve.identity import Mint
from mdm.resolve.sightings import OF_HOUSEHOLDS
from mdm.store import changes, live
from mdm.store import due as store_due
from mdm.store.connection import at_once

OVER = "the reason is gone: the records changed, or the two are one customer now"


@dataclass(frozen=True, slots=True)
class Made:
    """at: recorded time. pins: record -> PIN, before: the same before. tasks: about the record. minted: new PINs."""

    at: datetime
    pins: Mapping[int, str]
    minted: tuple[str, ...]
    tasks: tuple[int, ...]
    before: Mapping[int, str]


def carry_out(
    connection: sa.Connection,
    scene: Scene,
    *,
    writer: Writer,
    mint: Mint,
    actor: str,
    run_id: str,
    own: int | None,
    cleansed: Mapping[str, Any] | None,
    old: Mapping[str, Any] | None,
    due: frozenset[tuple[str, str]],
    gone: int | None = None,
    remake: Collection[str] = (),
) -> Made:
    """Resolve the scene and write what changed. own: the record that was written, as `cleansed`, and `old` before.

    remake: customers whose golden records are made again in any case.
    """
    time = live.ask_time(connection)
    outcome = _resolve(connection, scene, writer, mint)
    before, after = scene.before, outcome.identity.after
    pins = {record: xref.pin for record, xref in after.xrefs.items()}
    pins |= {record: xref.pin for record, xref in outcome.attached.items()}
    touched = sorted({*_touched(scene, outcome, own), *_active(remake, outcome)})
    ended = [
        pin for pin, state in before.customers.items()
        if state.status == "active" and after.customers[pin].status != "active"
    ]  # fmt: skip
    documents = _golden(connection, writer, pins, touched, run_id)
    ids = [*scene.records, *scene.enrichment, *scene.changes.departed, *([gone] if gone is not None else [])]
    wanted = [_task(item, scene) for item in outcome.open]
    with at_once(connection):
        _write_customers(connection, scene, outcome, run_id, actor)
        live.end_states(connection, "golden", "pin", ended)
        live.put_states(connection, "golden", "pin", documents)
    altered = [pin for pin, state in after.customers.items() if before.customers.get(pin) != state]
    changes.touch(connection, {*touched, *ended, *altered}, run_id=run_id, actor=actor)
    tasks = live.ask(connection, run_id, ids, wanted, OVER)
    asked = zip(tasks, outcome.open, strict=True)
    mine = tuple(number for number, item in asked if number is not None and own in (item.left, item.right))
    moved = {pin for pin in {*touched, *ended} if pin in outcome.identity.minted or pin in before.customers}
    if _lives_otherwise(scene, outcome, old, cleansed):
        due |= {(store_due.CUSTOMER, pin) for pin in moved}
        due |= {(store_due.ADDRESS, str(a)) for r in _left(scene, gone) for a in live.addresses_of(connection, r)}
    changed = {r for r, xref in after.xrefs.items() if before.xrefs.get(r) != xref} | _left(scene, gone)
    changed |= {own} if own is not None else set()
    store_due.note(connection, due | {(store_due.RECORD, str(record)) for record in changed})
    was = {record: row.pin for record, row in {**scene.records, **scene.enrichment}.items() if row.pin is not None}
    [(at,)] = time.fetchall()
    return Made(at, pins, outcome.identity.minted, mine, was)


def _resolve(connection: sa.Connection, scene: Scene, writer: Writer, mint: Mint) -> Outcome:
    parties = {record: row.party for record, row in scene.records.items()}
    features = {}
    if len(parties) > 1:
        features = {one.stored.record_id: one.row for one in read_rows(connection, sorted(parties))}
    numbers = numbers_of(features, scene.matchers, parties)
    with writer.numbers.some("pin", max(1, len(parties))) as using:
        outcome = resolve(scene, numbers, cluster_rules(writer.settings), next_number=using[0], mint=mint)
        using[0] += len(outcome.identity.minted)
    return outcome


def _touched(scene: Scene, outcome: Outcome, own: int | None) -> list[str]:
    """Active customers whose golden records may be others now."""
    before, after = scene.before, outcome.identity.after
    found = set()
    for record, xref in after.xrefs.items():
        was = before.xrefs.get(record)
        if record == own or was is None or was.pin != xref.pin:
            found |= {xref.pin, *([was.pin] if was is not None else [])}
    found |= {before.xrefs[record].pin for record in scene.changes.departed if record in before.xrefs}
    for record, row in scene.enrichment.items():
        now = outcome.attached[record].pin if record in outcome.attached else None
        if record == own or now != row.pin:
            found |= {pin for pin in (now, row.pin) if pin is not None}
    return sorted(pin for pin in found if pin in after.customers and after.customers[pin].status == "active")


def _active(pins: Iterable[str], outcome: Outcome) -> set[str]:
    states = outcome.identity.after.customers
    return {pin for pin in pins if pin in states and states[pin].status == "active"}


def _write_customers(connection: sa.Connection, scene: Scene, outcome: Outcome, run_id: str, actor: str) -> None:
    before, identity = scene.before, outcome.identity
    parties = dict(scene.parties)
    for record, xref in identity.after.xrefs.items():
        parties.setdefault(xref.pin, scene.records[record].party)
    states = [
        {
            "pin": state.pin, "party": parties[state.pin], "status": state.status, "redirect_to": state.redirect_to,
            "merged_into": state.merged_into, "founder_record_id": state.founder, "issued": state.issued,
            "run_id": run_id,
        }
        for pin, state in identity.after.customers.items()
        if before.customers.get(pin) != state
    ]  # fmt: skip
    live.put_states(connection, "customer", "pin", states)
    rows = {**scene.records, **scene.enrichment}
    xrefs = []
    for record, xref in {**identity.after.xrefs, **outcome.attached}.items():
        row = rows[record]
        if (row.pin, row.home) != (xref.pin, xref.home):
            xrefs.append(
                {
                    "record_id": record, "system": row.system, "local_id": row.local_id, "incarnation": row.incarnation,
                    "pin": xref.pin, "home": xref.home, "run_id": run_id,
                }
            )  # fmt: skip
    live.end_states(connection, "xref", "record_id", sorted(identity.closed | outcome.loose))
    live.put_states(connection, "xref", "record_id", xrefs)
    events = [
        {
            "run_id": run_id, "actor": actor, "kind": event.kind, "pin": event.pin, "other_pin": event.counterpart,
            "record_ids": list(event.records), "reason": None,
        }
        for event in identity.events
    ]  # fmt: skip
    live.insert_rows(connection, "lineage", events)


def _golden(
    connection: sa.Connection, writer: Writer, pins: Mapping[int, str], touched: Iterable[str], run_id: str
) -> list[dict[str, Any]]:
    """The golden records of `touched` customers that are others than the store has."""
    wanted = set(touched)
    records = [record for record, pin in pins.items() if pin in wanted]
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    on = writer.business_date
    there = live.golden_of(connection, records, sorted(wanted), on)
    for version in there.documents:
        rows[pins[version["record_id"]]].append(from_version(version))
    pinned: dict[str, list[Override]] = defaultdict(list)
    for row in there.overrides:
        value = orjson.loads(row["value"])
        pinned[row["pin"]].append(Override(row["attribute"], value, row["reason"], row["actor"], row["expires"]))
    documents = [
        {
            "pin": pin,
            "doc": to_text(
                golden_document(held, policy=writer.policy, overrides=pinned.get(pin, ()), business_date=on)
            ),
            "run_id": run_id,
        }
        for pin, held in sorted(rows.items())
    ]
    return [row for row in documents if there.made.get(row["pin"]) != row["doc"]]


def _task(item: Open, scene: Scene) -> dict[str, Any]:
    return {
        "kind": item.reason, "left_id": min(item.left, item.right), "right_id": max(item.left, item.right),
        "party": scene.records[item.left].party, "weight": item.weight,
        "detail": orjson.dumps({"why": item.words}).decode(),
    }  # fmt: skip


def _left(scene: Scene, gone: int | None) -> set[int]:
    return {*scene.changes.departed, *([gone] if gone is not None else [])}


def _lives_otherwise(
    scene: Scene, outcome: Outcome, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> bool:
    """Whether a household or a legal entity may be another one now."""
    moved = {record: xref.pin for record, xref in scene.before.xrefs.items()}
    now = {record: xref.pin for record, xref in outcome.identity.after.xrefs.items()}
    if old is None and new is None:
        return moved != now
    if old is None or new is None:
        return True
    dated = [name for name in OF_HOUSEHOLDS if name != "extracted_at" or new["changed_at"] is None]
    return moved != now or any(old[name] != new[name] for name in dated)
