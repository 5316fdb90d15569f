"""What a system has of a person, and whether a competent person could still tell that records are of one person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from benchmarks.operator.observe import Sightings
from benchmarks.operator.text import dates
from benchmarks.operator.world import World

NOBODY = -1  # a record that nothing happens to: an organisation, the showcase family, a test customer


@dataclass(frozen=True, slots=True)
class Entry:
    """The truth about one record, as it stands. key: its row in the file; facts: what ties it to others of the person.

    home: where the person lived on the day of the record, told: whether the record says so.
    """

    source: str
    local_id: str
    key: str
    person: int
    label: str
    household: str | None
    as_of: str
    home: str | None = None
    told: bool = False
    facts: frozenset[str] = frozenset()
    shows: frozenset[str] = frozenset()

    @property
    def name(self) -> tuple[str, str]:
        """Source and local id."""
        return self.source, self.local_id


def label_of(person: int) -> str:
    """The truth's name of a person."""
    return f"P{person:07d}"


def entries_of(world: World, seen: Sightings, local_ids: list[str], keys: list[str]) -> list[Entry]:
    """The entries of sightings, in their order."""
    person, day, contacts = seen.person, seen.day, world.contacts
    household = world.household_at(person, day)
    dwelling = world.homes.at(household, day)
    quarters = world.households.group_quarters[household]
    values = {
        "document": contacts.national_id.take(pa.array(person)).to_pylist(),
        "mobile": [n if n >= 0 else None for n in contacts.mobile_at(person, day).tolist()],
        "email": contacts.email.take(pa.array(person)).to_pylist(),
        "landline": [n if n >= 0 else None for n in world.landline_at(person, day).tolist()],
        "birth": [True] * len(person),
        "address": [f"{h}/{d}" for h, d in zip(household.tolist(), dwelling.tolist(), strict=True)],
    }
    shown = {fact: np.asarray(mask).tolist() for fact, mask in seen.shows.items()}
    days = dates(day).to_pylist()
    found = []
    for i, (local_id, key) in enumerate(zip(local_ids, keys, strict=True)):
        shows = frozenset(fact for fact, mask in shown.items() if mask[i])
        facts = frozenset(f"{fact}:{values[fact][i]}" for fact in shows if values[fact][i] is not None)
        who = int(person[i])
        home = None if quarters[i] else f"H{int(household[i]):07d}"
        found.append(
            Entry(seen.source, local_id, key, who, label_of(who), home, days[i], values["address"][i],
                  "address" in shows, facts, shows)
        )  # fmt: skip
    return found


def parts(entries: Iterable[Entry]) -> int:
    """Into how many parts a person's records fall when those that share a fact hang together."""
    groups: list[set[str]] = []
    lonely = 0
    for entry in entries:
        if not entry.facts:
            lonely += 1
            continue
        touching = [group for group in groups if group & entry.facts]
        groups = [group for group in groups if not group & entry.facts]
        groups.append(set(entry.facts).union(*touching))
    return len(groups) + lonely
