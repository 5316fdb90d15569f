"""Step 5, households: who lives together, and which organisations are one legal entity, under ids that last.

Out: ``households`` and ``memberships`` as the store takes them, ``ended`` and ``unchanged`` (chi, pin, period: of the
store's memberships that are no more, and that stay as they are), and the files of the store's index of addresses.
Households are made again around what changed (`pipelines.steps.surroundings`), since one may change without any of its
own records; legal entities likewise (`pipelines.steps.entities`). What stewards decided about who lives with whom is
obeyed (`pipelines.steps.decided`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.live import households as deciding
from mdm.match.model import Frequencies, Model
from mdm.registry.models import model_in_use
from mdm.resolve.household_decisions import Decided
from mdm.resolve.household_tables import KINDS, Identified, changed, identified
from mdm.resolve.households import HouseholdRules, build_households
from mdm.resolve.legal_entities import build_legal_entities, organisations_from_cleansed
from mdm.store import counters
from mdm.store import households as store
from pipelines.asking import asking
from pipelines.context import Night
from pipelines.steps.address_index import AddressIndex
from pipelines.steps.decided import concerning, decided_tonight
from pipelines.steps.due import due_redirects
from pipelines.steps.people import People, persons_of, sightings_of
from pipelines.steps.surroundings import Surroundings, around, everything


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
            deciding.hold(connection)  # who decides from now on leaves it to the next run
            first = {name: counters.last_taken(connection, name) + 1 for name, _ in KINDS.values()}
            surnames = surnames or _surnames(night, connection)
            built = _built(night, connection, People(night, connection, scratch), rules, surnames)
        with night.database.begin() as connection:
            redirects = due_redirects(night, connection) | _redirects(night)
        counts: dict[str, Any] = {"looked_at": built.customers, "whole": built.index.whole}
        counts["minted"] = dict.fromkeys(KINDS, 0)
        tables = []
        for kind, memberships in built.memberships.items():
            instance = night.settings.instance
            mint = partial(KINDS[kind][1], instance=instance.code, key=instance.pin_key)
            found = identified(kind, memberships, built.before, built.members_before, redirects, first[kind], mint)
            tables.append(found)
            counts[kind] = len(memberships["household"].unique())
            counts["minted"][kind] = found.minted
        _write(night, tables, built.members_before)
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
    with asking(night.database) as questions:
        decided = decided_tonight(people)
        found = around(night, connection, questions, people, rules.dwellings, surnames, decided)
        return _memberships(connection, people, rules, surnames, decided, found)


def _memberships(
    connection: sa.Connection,
    people: People,
    rules: HouseholdRules,
    surnames: Frequencies,
    decided: Sequence[Decided],
    found: Surroundings | None,
) -> _Built:
    if found is None:
        found = everything(people, rules.dwellings, surnames)
    else:
        decided = concerning(decided, found.pins)
    persons = persons_of(found.people)
    households = build_households(sightings_of(persons), rules, dwellings=found.dwellings, decided=decided)
    memberships = {"household": households}
    pins = pc.unique(pa.concat_arrays([found.pins, found.organisations]))
    if len(found.organisations):
        organisations = found.people if found.index.whole else people.of(found.organisations)
        entities = organisations_from_cleansed(organisations, organisations["pin"])
        memberships["legal_entity"] = build_legal_entities(entities)
    if found.members is None:
        before, members_before = store.all_households(connection), store.all_memberships(connection)
    else:
        members_before = found.members.result()
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


def _write(night: Night, tables: Sequence[Identified], old: pa.Table) -> None:
    memberships = pa.concat_tables([table.memberships for table in tables])
    night.folder.write("households", "households", pa.concat_tables([table.households for table in tables]))
    night.folder.write("households", "memberships", memberships)
    ended, unchanged = changed(old, memberships)
    night.folder.write("households", "ended", ended)
    night.folder.write("households", "unchanged", unchanged)
