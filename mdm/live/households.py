"""Households made again at once around what a steward decided: what the step households does, for a few customers.

What a run has to see first is left to it: while one is under way, or while single writes have left something due there
(the index of addresses is not up to date then), the customers are noted as due, and the next run obeys the decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.live.orders import Writer
from mdm.live.stored import from_version
from mdm.party import CLEANSED
from mdm.resolve.dwellings import JOINS, Dwellings
from mdm.resolve.household_decisions import Decided
from mdm.resolve.household_tables import ENDED, KINDS, STORED_MEMBERSHIPS, Identified, changed, identified
from mdm.resolve.households import HouseholdRules, build_households
from mdm.resolve.sightings import OF_HOUSEHOLDS, sightings_from_cleansed
from mdm.store import addresses, counters, due, household_decisions, households, live, locks

DECIDING = -0x6D646D05  # held by who decides about households, and by a run while it makes them
KIND = "household"
_READ = ("system", "local_id", *OF_HOUSEHOLDS)
_PEOPLE = pa.schema([("record_id", pa.int64()), ("pin", pa.string()), *(CLEANSED.field(name) for name in _READ)])


def hold(connection: sa.Connection) -> None:
    """Let nobody else make households until the end of the transaction; waits for who does."""
    live.hold(connection, [DECIDING])


def make_again(
    writer: Writer,
    connection: sa.Connection,
    pins: list[str],
    *,
    run_id: str,
    tried: bool,
    rules: HouseholdRules | None = None,
) -> tuple[str, ...] | None:
    """Make the households of some customers, and of whom they hang together with, again; those that are others now.

    None: it is left to the next run, which was told. tried: all will be rolled back, and no id is taken. The caller
    has called `hold` before it read or wrote anything.
    """
    scene = None if locks.is_running(connection) else _gather(connection, pins)
    if scene is None:
        due.note(connection, {(due.CUSTOMER, pin) for pin in pins})
        return None
    rules = rules or HouseholdRules(max_dwelling_people=writer.settings.households.max_dwelling_people)
    sightings = sightings_from_cleansed(scene.people, scene.people["pin"])
    found = Dwellings.read(sightings, rules.dwellings, scene.sites)
    try:
        dwellings = found.group(scene.joins)
    finally:
        found.con.close()
    made = build_households(sightings, rules, dwellings=dwellings, decided=scene.decided)
    return _write(writer, connection, made, scene.pins, run_id, tried)


@dataclass(slots=True)
class _Scene:
    """Customers who share dwellings, households or decisions with nobody else. people: their records, of persons."""

    pins: pa.Array
    people: pa.Table
    sites: pa.Array
    joins: pa.Table
    decided: list[Decided]


def _gather(connection: sa.Connection, pins: list[str]) -> _Scene | None:
    """None when single writes have left something due there."""
    closed = _closed(connection, pa.array(sorted(set(pins)), pa.string()))
    if addresses.unsettled(connection, closed):
        return None
    seen = addresses.records_of_pins(connection, closed)
    whose = dict(zip(seen["record_id"].to_pylist(), seen["pin"].to_pylist(), strict=True))
    site = dict(zip(seen["record_id"].to_pylist(), seen["site"].to_pylist(), strict=True))
    rows = [
        {**from_version(version), "record_id": version["record_id"], "pin": whose[version["record_id"]]}
        for version in live.documents_of(connection, sorted(whose))
        if version["role"] == "customer" and version["party"] == "person"
    ]
    people = pa.Table.from_pylist(sorted(rows, key=_key), schema=_PEOPLE)
    sites = pa.array([site[record] for record in people["record_id"].to_pylist()], pa.int64())
    joins = addresses.joins_between(connection, sites.drop_null()).select(JOINS.names).cast(JOINS)
    return _Scene(closed, people, sites, joins, decided_of(connection, closed))


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return row["system"], row["local_id"]


def decided_of(connection: sa.Connection, pins: pa.Array) -> list[Decided]:
    """What stands of these customers, and of all whom it ties to them."""
    rows = household_decisions.tied_to(connection, pins)
    days = pc.cast(pc.cast(rows["since"], pa.date32()), pa.int32()).to_pylist()
    columns = (rows["mover"].to_pylist(), rows["other"].to_pylist(), rows["together"].to_pylist())
    return [Decided(*row) for row in zip(*columns, days, rows["row_id"].to_pylist(), strict=True)]


def _closed(connection: sa.Connection, pins: pa.Array) -> pa.Array:
    """Who shares a dwelling, a household or a decision with one of these, or with one who does."""
    while True:
        found = addresses.closed_around(connection, pins)
        rows = household_decisions.tied_to(connection, found)
        mates = households.housemates(connection, found)["pin"]
        tied = pc.unique(pa.chunked_array([*rows["mover"].chunks, *rows["other"].chunks, *mates.chunks], pa.string()))
        more = tied.filter(pc.invert(pc.is_in(tied, found)))
        if len(more) == 0:
            return found
        pins = pa.concat_arrays([found, more])


def _write(
    writer: Writer, connection: sa.Connection, made: pa.Table, pins: pa.Array, run_id: str, tried: bool
) -> tuple[str, ...]:
    old = households.memberships_around(connection, pins)
    before = households.find_households(connection, old["chi"])
    before = before.filter(pc.equal(before["kind"], KIND))
    old = old.filter(pc.is_in(old["chi"], before["chi"].combine_chunks()))
    counter, mint = KINDS[KIND]
    first = counters.last_taken(connection, counter) + 1
    instance = writer.settings.instance
    found = identified(KIND, made, before, old, {}, first, partial(mint, instance=instance.code, key=instance.pin_key))
    if found.minted and not tried:
        counters.advance(connection, counter, first - 1 + found.minted)
    ended, same = changed(old, found.memberships)
    new = found.memberships.join(same, ENDED.names, join_type="left anti").select(STORED_MEMBERSHIPS.names)
    altered = _altered(before, found)
    households.put_households(connection, _of_run(altered, run_id))
    if ended.num_rows:
        households.end_memberships(connection, ended)
    households.put_memberships(connection, _of_run(new, run_id))
    return tuple(sorted({chi for table in (ended, new, altered) for chi in table["chi"].to_pylist()}))


def _altered(before: pa.Table, found: Identified) -> pa.Table:
    """Households of which the state, or the address, is another than before."""
    names = ("status", "redirect_to", "dwelling")
    was = {row["chi"]: [row[name] for name in names] for row in before.to_pylist()}
    now = found.households.to_pylist()
    other = [row["chi"] not in was or was[row["chi"]] != [row[name] for name in names] for row in now]
    return found.households.filter(pa.array(other, pa.bool_()))


def _of_run(table: pa.Table, run_id: str) -> pa.Table:
    return table.append_column("run_id", pa.repeat(pa.scalar(run_id, pa.string()), len(table)))
