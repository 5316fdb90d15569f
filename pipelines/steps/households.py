"""Step 5, households: who lives together, and which organisations are one legal entity, under ids that last.

Out: ``households`` and ``memberships`` as the store takes them, ``ended`` and ``unchanged`` (chi, pin, period: of the
store's memberships that are no more, and that stay as they are), and the files of the store's index of addresses.
Households are made again around what changed (`pipelines.steps.surroundings`), since one may change without any of its
own records; legal entities likewise (`pipelines.steps.entities`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.match.model import Frequencies, Model
from mdm.registry.models import model_in_use
from mdm.resolve.households import HouseholdRules, build_households
from mdm.resolve.legal_entities import build_legal_entities, organisations_from_cleansed
from mdm.resolve.memberships import MEMBERSHIPS
from mdm.resolve.pins import mint_household_ids, mint_legal_entity_ids
from mdm.store import counters
from mdm.store import households as store
from pipelines.context import Night
from pipelines.steps.address_index import AddressIndex
from pipelines.steps.due import due_redirects
from pipelines.steps.household_ids import identify_households
from pipelines.steps.people import People, persons_of, sightings_of
from pipelines.steps.surroundings import around, everything

HOUSEHOLDS = pa.schema(
    [
        ("chi", pa.string()),
        ("kind", pa.string()),
        ("dwelling", pa.string()),
        ("doc", pa.string()),
        ("status", pa.string()),
        ("redirect_to", pa.string()),
        ("issued", pa.int64()),
    ]
)
STORED_MEMBERSHIPS = pa.schema(
    [
        ("chi", pa.string()),
        ("pin", pa.string()),
        ("period", pa.int32()),
        ("role", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
        ("evidence", pa.string()),
    ]
)
ENDED = pa.schema([("chi", pa.string()), ("pin", pa.string()), ("period", pa.int32())])
KINDS: Mapping[str, tuple[str, Callable[..., Sequence[str]]]] = {
    "household": ("household", mint_household_ids),
    "legal_entity": ("legal_entity", mint_legal_entity_ids),
}


def households(
    night: Night, rules: HouseholdRules | None = None, surnames: Frequencies | None = None
) -> dict[str, Any]:
    """Build households and legal entities around what changed and give them their ids.

    `surnames`: how often they occur; by default as the model in use has it, which is frozen, so that any order of
    nights gives the same.
    """
    rules = rules or HouseholdRules(max_dwelling_people=night.settings.households.max_dwelling_people)
    night.progress("households")
    with night.scratch() as scratch:
        with night.database.begin() as connection:
            first = {name: counters.last_taken(connection, name) + 1 for name, _ in KINDS.values()}
            surnames = surnames or _surnames(night, connection)
            built = _built(night, connection, People(night, connection, scratch), rules, surnames)
        with night.database.begin() as connection:
            redirects = due_redirects(night, connection) | _redirects(night)
        counts: dict[str, Any] = {"looked_at": built.customers, "whole": built.index.whole}
        counts["minted"] = dict.fromkeys(KINDS, 0)
        tables = []
        for kind, memberships in built.memberships.items():
            found = _of_kind(night, kind, memberships, built.before, built.members_before, redirects, first[kind])
            tables.append(found[:2])
            counts[kind] = len(memberships["household"].unique())
            counts["minted"][kind] = found[2]
        _write(night, scratch, tables, built.members_before)
        built.index.write(night.folder)
    numbers = {"first": first, "minted": counts["minted"], "whole": built.index.whole}
    night.folder.write_json("households", "numbers", numbers)
    return counts


@dataclass(slots=True)
class _Built:
    memberships: Mapping[str, pa.Table]  # kind -> MEMBERSHIPS
    before: pa.Table  # the households and legal entities that they take the place of
    members_before: pa.Table
    index: AddressIndex
    customers: int  # that were looked at


def _built(
    night: Night, connection: sa.Connection, people: People, rules: HouseholdRules, surnames: Frequencies
) -> _Built:
    found = around(night, connection, people, rules.dwellings, surnames)
    if found is None:
        found = everything(people, rules.dwellings, surnames)
    persons = persons_of(found.people)
    memberships = {"household": build_households(sightings_of(persons), rules, dwellings=found.dwellings)}
    pins = pc.unique(pa.concat_arrays([found.pins, found.organisations]))
    if len(found.organisations):
        organisations = found.people if found.index.whole else people.of(found.organisations)
        entities = organisations_from_cleansed(organisations, organisations["pin"])
        memberships["legal_entity"] = build_legal_entities(entities)
    if found.index.whole:
        before, members_before = store.all_households(connection), store.all_memberships(connection)
    else:
        members_before = store.memberships_around(connection, pins)
        before = store.find_households(connection, members_before["chi"])
        before = before.filter(pc.is_in(before["kind"], pa.array(list(memberships))))
        members_before = members_before.filter(pc.is_in(members_before["chi"], before["chi"].combine_chunks()))
    return _Built(memberships, before, members_before, found.index, len(pins))


def _surnames(night: Night, connection: sa.Connection) -> Frequencies:
    file = night.folder.file("match", "model-person.json")
    model = Model.from_json(file.read_bytes()) if file.exists() else model_in_use(connection, "person")
    known = None if model is None else model.frequencies.get("family")
    return known or Frequencies(1.0, {})


def _redirects(night: Night) -> dict[str, str]:
    table = night.folder.read("resolve", "customers")
    pairs = zip(table["pin"].to_pylist(), table["redirect_to"].to_pylist(), strict=True)
    return {pin: target for pin, target in pairs if target is not None}


def _of_kind(
    night: Night,
    kind: str,
    memberships: pa.Table,
    old_households: pa.Table,
    old_memberships: pa.Table,
    redirects: Mapping[str, str],
    first: int,
) -> tuple[pa.Table, pa.Table, int]:
    """(HOUSEHOLDS, STORED_MEMBERSHIPS, ids minted) of one kind."""
    mint = partial(KINDS[kind][1], instance=night.settings.instance.code, key=night.settings.instance.pin_key)
    old = old_households.filter(pc.equal(old_households["kind"], kind))
    ids = identify_households(memberships, old, old_memberships, redirects, first, mint)
    addresses = _addresses(memberships, len(ids.chis))
    columns = {name: ids.states[name] for name in ids.states.column_names} | {
        "kind": pa.repeat(kind, len(ids.states)),
        "dwelling": addresses.take(pc.index_in(ids.states["chi"], ids.chis)),
        "doc": pa.nulls(len(ids.states)),
    }
    table = pa.table({name: columns[name] for name in HOUSEHOLDS.names}).cast(HOUSEHOLDS)
    return table, _memberships(memberships, ids.chis), ids.minted


def _addresses(memberships: pa.Table, households: int) -> pa.Array:
    """The address of each household: that of the first sighting of its last membership."""
    last = np.zeros(households, np.int64)
    last[memberships["household"].to_numpy()] = np.arange(len(memberships))
    evidence = memberships["evidence"].combine_chunks()
    sighting = evidence.offsets.to_numpy()[last]
    unseen = evidence.value_lengths().to_numpy()[last] == 0
    return evidence.values.field("address").take(pa.array(sighting, mask=unseen))


def _memberships(memberships: pa.Table, chis: pa.Array) -> pa.Table:
    """MEMBERSHIPS with ids, as the store keeps them; periods of a member are numbered by date."""
    if memberships.num_rows == 0:
        return STORED_MEMBERSHIPS.empty_table()
    with duckdb.connect() as connection:
        numbered = memberships.append_column("chi", chis.take(memberships["household"].combine_chunks()))
        connection.register("memberships", numbered.select([*MEMBERSHIPS.names, "chi"]))
        return (
            connection.sql(
                """
                SELECT chi, customer AS pin,
                       row_number() OVER
                           (PARTITION BY chi, customer ORDER BY valid_from NULLS FIRST)::INTEGER AS period,
                       role, valid_from, valid_to, to_json(evidence)::VARCHAR AS evidence
                FROM memberships
                """
            )
            .to_arrow_table()
            .cast(STORED_MEMBERSHIPS)
        )


def _write(
    night: Night,
    scratch: duckdb.DuckDBPyConnection,
    tables: Sequence[Sequence[pa.Table]],
    old: pa.Table,
) -> None:
    memberships = pa.concat_tables([table[1] for table in tables])
    night.folder.write("households", "households", pa.concat_tables([table[0] for table in tables]))
    night.folder.write("households", "memberships", memberships)
    scratch.register("old_memberships", old.select(STORED_MEMBERSHIPS.names))
    scratch.register("new_memberships", memberships)
    ended = "SELECT chi, pin, period FROM old_memberships EXCEPT SELECT chi, pin, period FROM new_memberships"
    night.folder.write("households", "ended", scratch.sql(ended).to_arrow_table().cast(ENDED))
    same = "SELECT chi, pin, period FROM (FROM old_memberships INTERSECT FROM new_memberships)"
    unchanged = scratch.sql(same).to_arrow_table().cast(ENDED) if old.num_rows else ENDED.empty_table()
    night.folder.write("households", "unchanged", unchanged)
