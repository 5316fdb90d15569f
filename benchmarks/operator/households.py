"""Who lives with whom: households of usual kinds, group quarters, and the young who left their parents.

A person has a household now and, for those who moved in from another one, an earlier household until the day `joined`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.operator.text import ALWAYS, Bools, Ints, day

TODAY = day(2026, 3, 31)
YEAR = 365
SINGLE, COUPLE, FAMILY, ONE_PARENT, THREE_GENERATIONS, FLATMATES, NURSING_HOME, DORMITORY = range(8)
SHARES = (0.22, 0.20, 0.34, 0.08, 0.08, 0.08)  # of ordinary households
HEAD_AGES = ((20, 85), (24, 85), (31, 66), (29, 62), (33, 56), (20, 31), (76, 96), (17, 22))  # years, by kind
HEAD, PARTNER, FIRST_CHILD, SECOND_CHILD, THIRD_CHILD, FATHER, MOTHER = range(7)
PEOPLE_PER_HOUSEHOLD = 2.43  # of SHARES and `_presence`, counted
GROUPS = CN, EN, FR, SA, ZH, VN = range(6)  # Chinese; Canadians of English, French, South Asian, Chinese, other names
GROUP_SHARES = (0.62, 0.16, 0.10, 0.04, 0.05, 0.03)
MALE, FEMALE = 0, 1


@dataclass
class Households:
    """One row per household. `group` is the name group of its head; group quarters are households to nobody."""

    kind: Ints
    group: Ints

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def group_quarters(self) -> Bools:
        return np.asarray(self.kind >= NURSING_HOME)

    @property
    def canadian(self) -> Bools:
        return np.asarray(self.group != CN)


@dataclass
class Members:
    """One row per person, ordered by household. Days since 1970; `earlier` is -1 for who never lived elsewhere."""

    household: Ints
    slot: Ints
    sex: Ints
    birth: Ints
    married: Ints  # day, ALWAYS if not
    earlier: Ints
    joined: Ints  # first day in `household`, ALWAYS if from the start
    twin: Bools

    def __len__(self) -> int:
        return len(self.household)


def found_households(random: np.random.Generator, people: int) -> Households:
    """About `people` people in ordinary households, two in a hundred more in group quarters."""
    ordinary = max(int(people / PEOPLE_PER_HOUSEHOLD), 12)
    kind = random.choice(len(SHARES), ordinary, p=SHARES)
    quarters = np.where(np.arange(2 * -(-people // 3500)) % 2 == 0, NURSING_HOME, DORMITORY)
    kind = np.concatenate([kind, quarters]).astype(np.int64)
    group = random.choice(len(GROUPS), len(kind), p=GROUP_SHARES).astype(np.int64)
    group[ordinary:] = np.where(np.arange(len(quarters)) // 2 % 2 == 0, CN, EN)
    return Households(kind, group)


def populate(random: np.random.Generator, households: Households) -> Members:
    """Members of all households: the head first, then partner, children, the head's parents; flatmates as heads."""
    kind = households.kind
    present = _presence(random, kind)
    household, slot = (part.astype(np.int64) for part in np.nonzero(present))
    low, high = (np.array([ages[i] for ages in HEAD_AGES])[kind] for i in range(2))
    head_birth = TODAY - _between(random, low * YEAR, high * YEAR)
    partner_birth = np.minimum(head_birth + _between(random, -3 * YEAR, 6 * YEAR, len(kind)), TODAY - 20 * YEAR)
    wedding = np.maximum(head_birth, partner_birth) + _between(random, 19 * YEAR, 24 * YEAR, len(kind))
    wedding = np.minimum(wedding, TODAY - 400)
    births, twin = _births(random, head_birth, partner_birth, wedding)
    birth = births[household, np.minimum(slot, MOTHER)]
    alone = np.isin(kind, (FLATMATES, NURSING_HOME, DORMITORY))[household]
    spread = _between(random, 0, (high - low)[household] * YEAR)
    birth = np.where(alone, TODAY - low[household] * YEAR - spread, birth)
    sex = _sexes(random, kind[household], slot)
    slot = np.where(alone, HEAD, slot)
    couple = np.isin(kind, (COUPLE, FAMILY, THREE_GENERATIONS))[household] & (slot <= PARTNER)
    married = np.where(couple, wedding[household], ALWAYS)
    is_twin = twin[household] & np.isin(slot, (FIRST_CHILD, SECOND_CHILD)) & ~alone
    nowhere = np.full(len(household), -1)
    members = Members(household, slot, sex, birth, married, nowhere, np.full(len(household), ALWAYS), is_twin)
    born = np.flatnonzero(members.birth < TODAY - 30)
    return Members(*(getattr(members, name)[born] for name in Members.__dataclass_fields__))


def leave_parents(random: np.random.Generator, households: Households, members: Members) -> None:
    """Half of the young heads and partners, and most students, lived with parents before; sets `earlier`, `joined`.

    Half of the nursing home's residents lived with a child before.
    """
    kind, age = households.kind[members.household], (TODAY - members.birth) // YEAR
    young = (members.slot <= PARTNER) & (age <= 42) & np.isin(kind, (SINGLE, COUPLE, FAMILY, FLATMATES, DORMITORY))
    heads = np.flatnonzero((members.slot == HEAD) & np.isin(kind, (COUPLE, FAMILY)) & (age >= 44))
    leavers = np.flatnonzero(young & (random.random(len(members)) < np.where(kind == DORMITORY, 0.85, 0.5)))
    _link(random, households, members, leavers, heads, 24 * YEAR, 36 * YEAR)
    elders = np.flatnonzero((kind == NURSING_HOME) & (random.random(len(members)) < 0.5))
    _link(random, households, members, elders, heads, -36 * YEAR, -24 * YEAR)
    since = members.birth + _between(random, 19 * YEAR, 25 * YEAR, len(members))
    since = np.where(members.married > ALWAYS, members.married, since)
    since = np.where(kind == DORMITORY, day(2023, 9) + YEAR * random.integers(0, 3, len(members)), since)
    since = np.where(kind == NURSING_HOME, TODAY - _between(random, 300, 6 * YEAR, len(members)), since)
    members.joined = np.where(members.earlier >= 0, np.minimum(since, TODAY - 120), ALWAYS)


def _link(
    random: np.random.Generator,
    households: Households,
    members: Members,
    people: Ints,
    heads: Ints,
    youngest: int,
    oldest: int,
) -> None:
    """Give each of `people` the household of a head of the same group who is `youngest`..`oldest` days older."""
    for group in GROUPS:
        near = heads[households.group[members.household[heads]] == group]
        mine = people[households.group[members.household[people]] == group]
        if not len(near) or not len(mine):
            continue
        near = near[np.argsort(members.birth[near], kind="stable")]
        wanted = members.birth[mine] - _between(random, youngest, oldest, len(mine))
        at = np.minimum(np.searchsorted(members.birth[near], wanted), len(near) - 1)
        older = members.birth[mine] - members.birth[near[at]]
        fits = (older >= youngest - YEAR) & (older <= oldest + YEAR)
        members.earlier[mine] = np.where(fits, members.household[near[at]], -1)


def _presence(random: np.random.Generator, kind: Ints) -> Bools:
    """Which slots of each household are taken; flatmates and residents take slots as they come."""
    rows, widest = len(kind), int(np.where(kind >= NURSING_HOME, 28, 7).max(initial=7))
    present = np.zeros((rows, widest), dtype=bool)
    chance = random.random((rows, 5))
    present[:, HEAD] = True
    present[:, PARTNER] = np.isin(kind, (COUPLE, FAMILY, THREE_GENERATIONS))
    parents = np.isin(kind, (FAMILY, ONE_PARENT, THREE_GENERATIONS))
    present[:, FIRST_CHILD] = parents
    present[:, SECOND_CHILD] = parents & (chance[:, 0] < 0.5)
    present[:, THIRD_CHILD] = present[:, SECOND_CHILD] & (chance[:, 1] < 0.2)
    present[:, FATHER] = (kind == THREE_GENERATIONS) & (chance[:, 2] < 0.7)
    present[:, MOTHER] = (kind == THREE_GENERATIONS) & ((chance[:, 2] >= 0.7) | (chance[:, 3] < 0.6))
    mates = 2 + (chance[:, 4] * 3).astype(np.int64)
    mates = np.where(kind >= NURSING_HOME, 14 + (chance[:, 4] * 15).astype(np.int64), mates)
    shared = (kind == FLATMATES) | (kind >= NURSING_HOME)
    present[shared] = np.arange(widest) < mates[shared, None]
    return present


def _births(random: np.random.Generator, head: Ints, partner: Ints, wedding: Ints) -> tuple[Ints, Bools]:
    """Birth days (households x slots), and which households have their first two children as twins."""
    rows = len(head)
    child = np.maximum(wedding + 300, np.maximum(head, partner) + 20 * YEAR) + _between(random, 0, 5 * YEAR, rows)
    twin = random.random(rows) < 0.05
    second = np.where(twin, child, child + _between(random, 500, 5 * YEAR, rows))
    third = second + _between(random, 500, 4 * YEAR, rows)
    father = head - _between(random, 23 * YEAR, 33 * YEAR, rows)
    mother = father + _between(random, -2 * YEAR, 5 * YEAR, rows)
    return np.stack([head, partner, child, second, third, father, mother], axis=1), twin


def _sexes(random: np.random.Generator, kind: Ints, slot: Ints) -> Ints:
    sex = random.integers(0, 2, len(slot))
    couple = np.isin(kind, (COUPLE, FAMILY, THREE_GENERATIONS))
    sex = np.where(couple & (slot == HEAD), MALE, np.where(couple & (slot == PARTNER), FEMALE, sex))
    fixed = kind == THREE_GENERATIONS
    return np.where(fixed & (slot == FATHER), MALE, np.where(fixed & (slot == MOTHER), FEMALE, sex))


def _between(random: np.random.Generator, low: Ints | int, high: Ints | int, rows: int | None = None) -> Ints:
    return random.integers(low, np.maximum(np.asarray(high), np.asarray(low) + 1), rows)
