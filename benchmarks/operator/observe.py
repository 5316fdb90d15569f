"""What a system saw: who, when, and which of the person's true facts the record carries.

A record must be resolvable by a competent person from what all records say together. So after all systems chose what to
show, `bridge` follows the facts that tie each person's records to one another (identity number, birth date, mobile,
e-mail, landline, home), and where they do not hang together lets all of them show what their systems could have
asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from benchmarks.operator.text import Bools, Ints, Text, show
from benchmarks.operator.world import World

FACTS = ("document", "birth", "mobile", "email", "landline", "address")


@dataclass
class Sightings:
    """Records to be, one row each. `shows[fact]` says which rows carry it; a system without a place for it lacks it."""

    source: str
    person: Ints
    day: Ints
    shows: dict[str, Bools] = field(default_factory=dict)
    row: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))  # of the file, for further records of a row
    housed: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))  # see `witness`

    def __len__(self) -> int:
        return len(self.person)

    def truth(self, world: World) -> tuple[Text, Text]:
        """Person and household labels at the day of each record; no household where nothing could tell it."""
        return world.truth_person(self.person), show(self.housed, world.truth_household(self.person, self.day))


def facts(world: World, seen: Sightings, shows: dict[str, Bools]) -> Ints:
    """Each record's tying facts as bits: equal bits of one person's records mean equal values."""
    person, day, contacts = seen.person, seen.day, world.contacts
    stay = world.stay(person, day)
    former = day < contacts.mobile_since[person]
    exists = {
        "document": (
            contacts.national_id.is_valid().to_numpy(zero_copy_only=False)[person],
            np.zeros(len(person), dtype=np.int64),
        ),
        "birth": (np.ones(len(person), dtype=bool), np.full(len(person), 1)),
        "mobile": (contacts.mobile_at(person, day) >= 0, 2 + former.astype(np.int64)),
        "email": (contacts.email.is_valid().to_numpy(zero_copy_only=False)[person], np.full(len(person), 4)),
        "landline": (world.landline_at(person, day) >= 0, 5 + stay),
        "address": (np.ones(len(person), dtype=bool), 9 + stay),
    }
    bits = np.zeros(len(person), dtype=np.int64)
    for fact, shown in shows.items():
        has, bit = exists[fact]
        bits |= np.where(shown & has, 1 << bit, 0)
    return bits


def bridge(world: World, feeds: list[Sightings]) -> int:
    """Where a person's records do not hang together, all of them show what they can; returns how many still do not."""
    person = np.concatenate([seen.person for seen in feeds])
    bits = np.concatenate([facts(world, seen, seen.shows) for seen in feeds])
    torn = np.zeros(int(person.max(initial=0)) + 1, dtype=bool)
    torn[person[~_tied(person, bits)]] = True
    for seen in feeds:
        for shown in seen.shows.values():
            shown |= torn[seen.person]
    bits = np.concatenate([facts(world, seen, seen.shows) for seen in feeds])
    return int((~_tied(person, bits)).sum())


def _tied(person: Ints, bits: Ints) -> Bools:
    """Which records hang together with their person's richest record."""
    order = np.lexsort((np.bitwise_count(bits), person))
    known = np.zeros(int(person.max(initial=0)) + 1, dtype=np.int64)
    known[person[order]] = bits[order]
    for _ in range(4):
        tied = (bits & known[person]) != 0
        np.bitwise_or.at(known, person[tied], bits[tied])
    return np.asarray(tied)


def witness(world: World, feeds: list[Sightings]) -> None:
    """Set `housed`: whether some record of the person gives the address of the home lived in on the day of the record.

    Who moved and never told any system cannot be found in the new household, so the truth does not ask for it.
    """
    homes = [seen.person * 4 + world.stay(seen.person, seen.day) for seen in feeds]
    told = [home[seen.shows["address"]] for seen, home in zip(feeds, homes, strict=True) if "address" in seen.shows]
    known = np.unique(np.concatenate(told))
    for seen, home in zip(feeds, homes, strict=True):
        seen.housed = np.isin(home, known)
