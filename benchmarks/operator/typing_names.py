"""Names as clerks type them: hanzi (or their sound), Latin in several orders, nicknames, English names."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.operator import pools
from benchmarks.operator.mess import chosen, mishear
from benchmarks.operator.names import (
    english_given,
    hanzi_family,
    hanzi_given,
    has_hanzi,
    latin_family,
    latin_given,
    latin_middle,
)
from benchmarks.operator.observe import Sightings
from benchmarks.operator.text import Bools, Ints, Text, first, join, pick, show, where
from benchmarks.operator.world import World


def hanzi_parts(
    world: World, seen: Sightings, random: np.random.Generator, *, traditional: float, misheard: float
) -> tuple[Text, Text]:
    """(family, given) in hanzi, null for people without; shares of traditional writing are higher for Canadians."""
    names, person = world.names, seen.person
    old = random.random(len(seen)) < np.where(world.canadian(person), 10 * traditional, traditional)
    mine = has_hanzi(names, person)
    given = np.where(mine, mishear(random, names.given[person], misheard), -1)
    second = np.where(mine, mishear(random, names.second[person], misheard), -1)
    family = where(old, hanzi_family(names, person, traditional=True), hanzi_family(names, person))
    text = where(old, hanzi_given(given, second, traditional=True), hanzi_given(given, second))
    return family, show(mine, text)


def latin_parts(
    world: World, seen: Sightings, random: np.random.Generator, *, nicknamed: float
) -> tuple[Text, Text, Text]:
    """(family, given, middle) in Latin letters on the day of the record; pinyin is the middle of an English name."""
    names, person = world.names, seen.person
    pinyin, english = latin_given(names, person), english_given(names, person)
    given = nickname(first(english, pinyin), chosen(random, len(seen), nicknamed))
    has_english = names.english[person] >= 0
    middle = where(has_english, pinyin, latin_middle(names, person))
    return latin_family(world.family_at(person, seen.day)), given, middle


def nickname(given: Text, rows: Bools) -> Text:
    """Bill for William where a short form is known."""
    known = pools.nicknames()
    short = pick(list(known.values()), _index(given, list(known)))
    return where(rows, first(short, given), given)


def _index(values: Text, pool: list[str]) -> Ints:
    found = pc.fill_null(pc.index_in(values, value_set=pa.array(pool)), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def suffix(world: World, seen: Sightings) -> Text:
    """Jr. and Sr. of those who share a name with their father or son."""
    return pick(("Jr.", "Sr."), world.names.suffix[seen.person] - 1)


def full_latin(family: Text, given: Text, middle: Text, style: Ints) -> Text:
    """0 Given Family, 1 Given M. Family, 2 Family Given (as swapped by mistake), 3 GIVEN FAMILY."""
    initial = where(
        pc.is_valid(middle).to_numpy(zero_copy_only=False), join(pc.utf8_slice_codeunits(middle, 0, 1), ". "), ""
    )
    plain_order = join(given, " ", family)
    return pc.choose(
        style, plain_order, join(given, " ", initial, family), join(family, " ", given), pc.utf8_upper(plain_order)
    )
