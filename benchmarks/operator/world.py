"""The world of one seed: people, households, dwellings, numbers, organisations, and who was where on a day."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from benchmarks.operator.contacts import Contacts, equip
from benchmarks.operator.households import (
    TODAY,
    YEAR,
    Households,
    Members,
    found_households,
    leave_parents,
    populate,
)
from benchmarks.operator.names import Names, give_names
from benchmarks.operator.organisations import Organisations, found_organisations
from benchmarks.operator.places import Dwellings, Homes, settle
from benchmarks.operator.text import ALWAYS, Bools, Ints, Text, join, number, show

PEOPLE_PER_CUSTOMER = 1.12  # not everybody is a customer of some system; counted


@dataclass
class World:
    """A timeline: every question takes a day, so a later cut of the same world is only a later day."""

    seed: int
    households: Households
    members: Members
    names: Names
    dwellings: Dwellings
    homes: Homes
    contacts: Contacts
    organisations: Organisations

    def random(self, purpose: str) -> np.random.Generator:
        """Random numbers of their own for each purpose, so that one feed's change leaves the others alone."""
        return generator(self.seed, purpose)

    def household_at(self, person: Ints, day: Ints) -> Ints:
        """With whom the person lived on that day."""
        members = self.members
        return np.where(day >= members.joined[person], members.household[person], members.earlier[person])

    def home_at(self, person: Ints, day: Ints) -> Dwellings:
        """Where the person lived on that day."""
        return self.dwellings.take(self.homes.at(self.household_at(person, day), day))

    def home_since(self, person: Ints, day: Ints) -> Ints:
        """The first day in that home; ALWAYS when it is before all records."""
        household = self.household_at(person, day)
        joined = np.where(household == self.members.household[person], self.members.joined[person], ALWAYS)
        return np.maximum(self.homes.since(household, day), joined)

    def stay(self, person: Ints, day: Ints) -> Ints:
        """0..3: earlier or present household, former or present dwelling of it; equal numbers mean the same home."""
        household = self.household_at(person, day)
        here = (household == self.members.household[person]).astype(np.int64)
        return np.asarray(here * 2 + (day >= self.homes.moved[household]))

    def landline_at(self, person: Ints, day: Ints) -> Ints:
        """The family's landline on that day, -1 if none."""
        household = self.household_at(person, day)
        return np.asarray(self.contacts.landline[household, (day >= self.homes.moved[household]).astype(int)])

    def family_at(self, person: Ints, day: Ints) -> Ints:
        """The family name on that day: the maiden name until the wedding."""
        maiden = (self.names.maiden[person] >= 0) & (day < self.members.married[person])
        return np.where(maiden, self.names.maiden[person], self.names.family[person])

    def canadian(self, person: Ints) -> Bools:
        """Whether the person's household is in Canada."""
        return self.households.canadian[self.members.household[person]]

    def age_at(self, person: Ints, day: Ints) -> Ints:
        """Full years, to within days."""
        return (day - self.members.birth[person]) // YEAR

    def truth_person(self, person: Ints) -> Text:
        """The truth's name of a person."""
        return _label("P", person, len(self.members))

    def truth_household(self, person: Ints, day: Ints) -> Text:
        """The truth's name of the household on that day; null in group quarters."""
        household = self.household_at(person, day)
        return show(~self.households.group_quarters[household], _label("H", household, len(self.households)))


def _label(letter: str, index: Ints, size: int) -> Text:
    return join(letter, number(index, max(5, len(str(size)))))


def generator(seed: int, purpose: str) -> np.random.Generator:
    """A random stream that depends on the seed and the purpose alone."""
    return np.random.default_rng([seed, crc32(purpose.encode())])


def make_world(customers: int, seed: int, *, spare_dwellings: int = 0) -> World:
    """A world in which about `customers` people are customers of some system."""
    people = round(customers * PEOPLE_PER_CUSTOMER)
    households = found_households(generator(seed, "households"), people)
    members = populate(generator(seed, "members"), households)
    leave_parents(generator(seed, "leavers"), households, members)
    names = give_names(generator(seed, "names"), households, members)
    dwellings, homes = settle(generator(seed, "places"), households, spare_dwellings)
    contacts = equip(generator(seed, "contacts"), households, members, names, dwellings, homes)
    organisations = found_organisations(generator(seed, "organisations"), max(customers // 16, 12), members, households)
    return World(seed, households, members, names, dwellings, homes, contacts, organisations)


__all__ = ["TODAY", "World", "make_world"]
