"""What happens to people: they move, marry, part, leave their parents, change their numbers, die.

The world is changed in place. It knows one former state of everything (`benchmarks.operator.world`), which is enough:
what a system wrote down before stays written.
"""

from __future__ import annotations

import numpy as np

from benchmarks.operator.contacts import QUARANTINE_DAYS, mobiles
from benchmarks.operator.households import (
    COUPLE,
    EN,
    FAMILY,
    FEMALE,
    FIRST_CHILD,
    HEAD,
    MALE,
    PARTNER,
    SA,
    SINGLE,
    THREE_GENERATIONS,
    VN,
    YEAR,
)
from benchmarks.operator.places import is_canadian
from benchmarks.operator.text import ALWAYS, Ints
from benchmarks.operator.world import World, generator

COUPLES = (COUPLE, FAMILY, THREE_GENERATIONS)
TAKES_NAME = 0.65  # as in benchmarks.operator.names
NAME_BACK = 0.4  # of those who part after they took a name


class Course:
    """The world of one seed, going on from the day on which it was made."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.random = generator(world.seed, "course of life")
        self.dead: set[int] = set()
        self._next_number = 1000 + 2 * len(world.members) + 2 * len(world.households)
        dwellings = np.arange(len(world.dwellings.city))
        empty = dwellings[~np.isin(dwellings, world.homes.dwelling[:, 1]) & ~world.dwellings.quarters]
        self._empty: list[int] = self.random.permutation(empty).tolist()

    def grown(self, day: int) -> Ints:
        """Everybody of age who is alive."""
        members = self.world.members
        alive = np.ones(len(members), dtype=bool)
        alive[list(self.dead)] = False
        return np.flatnonzero(alive & (day - members.birth >= 18 * YEAR) & (members.household >= 0))

    def household(self, person: int) -> int:
        """The number of the person's household."""
        return int(self.world.members.household[person])

    def housemates(self, person: int) -> list[int]:
        """Everybody alive in the person's household, the person too."""
        here = np.flatnonzero(self.world.members.household == self.household(person))
        return [int(mate) for mate in here if int(mate) not in self.dead]

    def move(self, household: int, day: int) -> bool:
        """The household moves into an empty dwelling, in its own city if one is there; False when none is."""
        homes, dwellings = self.world.homes, self.world.dwellings
        now = int(homes.dwelling[household, 1])
        found = self._find_dwelling(int(dwellings.city[now]))
        if found is None:
            return False
        homes.dwelling[household] = now, found
        homes.moved[household] = day
        line = self.world.contacts.landline[household]
        line[0] = line[1]
        line[1] = -1
        self._empty.append(now)
        return True

    def marry(self, one: int, other: int, day: int) -> None:
        """`other` moves in with `one`, and may take the name."""
        members, names = self.world.members, self.world.names
        left = self.household(other)
        self._join(other, self.household(one), day)
        members.slot[one], members.slot[other] = HEAD, PARTNER
        members.married[[one, other]] = day
        self.world.households.kind[self.household(one)] = COUPLE
        if names.group[other] in (EN, VN, SA) and self.random.random() < TAKES_NAME:
            names.maiden[other], names.family[other] = names.family[other], names.family[one]
        if not np.any(members.household == left):
            self._empty.append(int(self.world.homes.dwelling[left, 1]))

    def leave(self, person: int, day: int) -> bool:
        """The person founds a household in an empty dwelling: a child who leaves home, a partner who parts."""
        members, names = self.world.members, self.world.names
        here = self.household(person)
        found = self._find_dwelling(int(self.world.dwellings.city[self.world.homes.dwelling[here, 1]]))
        if found is None:
            return False
        if members.slot[person] == PARTNER and names.maiden[person] >= 0 and self.random.random() < NAME_BACK:
            names.family[person], names.maiden[person] = names.maiden[person], -1
        self._join(person, self._found(int(self.world.households.group[here]), found, day), day)
        members.slot[person] = HEAD
        return True

    def single_heads(self, day: int) -> list[int]:
        """Who could marry: grown heads who live alone and are below sixty."""
        members, households = self.world.members, self.world.households
        people = self.grown(day)
        alone = (households.kind[members.household[people]] == SINGLE) & (day - members.birth[people] < 60 * YEAR)
        return [int(person) for person in people[alone & (members.slot[people] == HEAD)]]

    def partners(self, day: int) -> list[int]:
        """Who could part: the second of a couple."""
        members, kind = self.world.members, self.world.households.kind
        people = self.grown(day)
        return [
            int(p)
            for p in people[(members.slot[people] == PARTNER) & np.isin(kind[members.household[people]], COUPLES)]
        ]

    def grown_children(self, day: int) -> list[int]:
        """Who could leave home."""
        members = self.world.members
        people = self.grown(day)
        young = (members.slot[people] >= FIRST_CHILD) & (day - members.birth[people] < 40 * YEAR)
        return [
            int(person) for person in people[young & ~self.world.households.group_quarters[members.household[people]]]
        ]

    def fit(self, one: int, other: int) -> bool:
        """Whether two could marry: of one name group, man and woman, not too far apart in age."""
        members, names = self.world.members, self.world.names
        apart = abs(int(members.birth[one] - members.birth[other]))
        sexes = {int(members.sex[one]), int(members.sex[other])}
        return bool(names.group[one] == names.group[other] and sexes == {MALE, FEMALE} and apart < 12 * YEAR)

    def new_number(self, person: int) -> int:
        """A mobile number that nobody had."""
        household = self.household(person)
        city = self.world.dwellings.city[self.world.homes.dwelling[[household], 1]]
        self._next_number += 1
        return int(mobiles(np.array([self._next_number]), self.world.canadian(np.array([person])), city)[0])

    def rested_numbers(self, person: int, day: int) -> list[int]:
        """Numbers that others gave up long enough ago, in the person's country."""
        contacts = self.world.contacts
        abroad = self.world.canadian(np.array([person]))[0]
        rested = (contacts.former >= 0) & (contacts.mobile_since < day - QUARANTINE_DAYS)
        rested &= self.world.canadian(np.arange(len(contacts.former))) == abroad
        return [int(n) for n in contacts.former[rested & ~np.isin(contacts.former, contacts.mobile)]]

    def take_number(self, person: int, number: int, day: int) -> None:
        """The person has this mobile number from that day on."""
        contacts = self.world.contacts
        contacts.former[person], contacts.former_since[person] = contacts.mobile[person], contacts.mobile_since[person]
        contacts.mobile[person], contacts.mobile_since[person] = number, day

    def _join(self, person: int, household: int, day: int) -> None:
        members = self.world.members
        members.earlier[person], members.household[person] = members.household[person], household
        members.joined[person] = day

    def _found(self, group: int, dwelling: int, day: int) -> int:
        households, homes, contacts = self.world.households, self.world.homes, self.world.contacts
        households.kind = np.append(households.kind, SINGLE)
        households.group = np.append(households.group, group)
        homes.dwelling = np.vstack([homes.dwelling, [dwelling, dwelling]])
        homes.moved = np.append(homes.moved, ALWAYS)
        contacts.landline = np.vstack([contacts.landline, [-1, -1]])
        return len(households) - 1

    def _find_dwelling(self, city: int) -> int | None:
        cities = self.world.dwellings.city
        abroad = is_canadian(self.world.dwellings)
        near = [d for d in self._empty if cities[d] == city]
        same = [d for d in self._empty if abroad[d] == abroad[np.flatnonzero(cities == city)[0]]]
        for found in (near or same)[:1]:
            self._empty.remove(found)
            return found
        return None
