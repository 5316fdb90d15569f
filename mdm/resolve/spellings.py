"""How alike two spellings of one part of an address are, column-wise.

Each function takes two arrays of keys (cleansed, folded text; '' = not given) and gives an array of `Level`. Digits and
compass points are never a typo here ("12 3rd street" and "12 2nd street" are neighbours), and other scripts than Latin
are compared by containment only: one character of a Chinese road name makes another road.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import cpdist

Texts = NDArray[np.object_]
Levels = NDArray[np.int8]


class Level(IntEnum):
    """Agreement of one part of two addresses, from worst to best."""

    DIFFERENT = 0
    WEAK = 1  # alike enough when people speak for it
    NEAR = 2  # one slip of a hand or an eye apart
    MISSING = 3  # not given on one side
    EQUAL = 4  # equal, or not given on both


# characters that scanners and hands take for each other (optical character recognition; phonetics do not matter here)
_LOOK_ALIKE = str.maketrans({"|": "1", "l": "1", "i": "1", "o": "0", "q": "9", "g": "9", "s": "5", "z": "2", "b": "8"})
_COMPASS = frozenset(
    [
        "north",
        "south",
        "east",
        "west",
        "northeast",
        "northwest",
        "southeast",
        "southwest",
        "n",
        "s",
        "e",
        "w",
        "ne",
        "nw",
        "se",
        "sw",
        "nord",
        "sud",
        "est",
        "ouest",
    ]
)
STREET_NEAR, STREET_WEAK = 0.8, 0.6  # share of characters kept: 1 edit in 5 characters, 2 in 5
PLACE_NEAR = 0.75  # locality: 1 edit in 4 characters
POSTCODE_EDITS = 2


def number_levels(left: Texts, right: Texts) -> Levels:
    """House numbers: near = one edit, or characters that look alike; a one-character number has no typo."""
    return _levels(left, right, _number_level)


def unit_levels(left: Texts, right: Texts) -> Levels:
    """Units: near = look-alikes, the same digits ("u20", "20"), or the tail of the longer ("3-2-501", "501").

    One other digit is another flat of the building, not a typo.
    """
    return _levels(left, right, _unit_level)


def street_levels(left: Texts, right: Texts) -> tuple[Levels, NDArray[np.float64]]:
    """Streets: levels, and the similarity (0..1) that ranks candidates."""
    similarity, differ = np.ones(len(left)), np.flatnonzero(left != right)
    similarity[differ] = cpdist(
        list(left[differ]), list(right[differ]), scorer=DamerauLevenshtein.normalized_similarity, dtype=np.float64
    )
    levels = np.full(len(left), Level.DIFFERENT, dtype=np.int8)
    levels[similarity >= STREET_WEAK] = Level.WEAK
    levels[(left == "") | (right == "")] = Level.MISSING
    levels[left == right] = Level.EQUAL
    open_ = (levels == Level.WEAK) | ((levels == Level.DIFFERENT) & (left != right))
    for i in np.flatnonzero(open_):
        levels[i] = _street_level(left[i], right[i], float(similarity[i]))
    return levels, similarity


@lru_cache(maxsize=1 << 16)
def place_level(left: tuple[str, str, str], right: tuple[str, str, str]) -> Level:
    """Two places (place key, postcode, locality): equal, near, missing, weak (postcodes disagree), different."""
    if left[0] == right[0]:
        return Level.EQUAL if left[0] else Level.MISSING
    if not left[0] or not right[0]:
        return Level.MISSING
    if not (left[0].isascii() and right[0].isascii()) and (left[0] in right[0] or right[0] in left[0]):
        return Level.NEAR  # a district with and without its city
    postcodes = _informative(left[1]), _informative(right[1])
    locality = _locality_level(left[2], right[2])
    apart = DamerauLevenshtein.distance(*postcodes, score_cutoff=POSTCODE_EDITS)
    if locality in (Level.EQUAL, Level.NEAR):
        return Level.NEAR if not all(postcodes) or apart <= POSTCODE_EDITS else Level.WEAK
    if all(postcodes) and apart == 0:
        return Level.NEAR
    if locality == Level.MISSING and all(postcodes) and apart <= 1:
        return Level.NEAR
    return Level.DIFFERENT if locality == Level.DIFFERENT else Level.WEAK


def _levels(left: Texts, right: Texts, level: Callable[[str, str], Level]) -> Levels:
    levels = np.full(len(left), Level.EQUAL, dtype=np.int8)
    levels[(left == "") != (right == "")] = Level.MISSING
    cache: dict[tuple[str, str], Level] = {}
    for i in np.flatnonzero((left != right) & (levels == Level.EQUAL)):
        pair = left[i], right[i]
        if pair not in cache:
            cache[pair] = level(*pair)
        levels[i] = cache[pair]
    return levels


def _number_level(left: str, right: str) -> Level:
    a, b = left.translate(_LOOK_ALIKE), right.translate(_LOOK_ALIKE)
    if a == b or (min(len(a), len(b)) > 1 and DamerauLevenshtein.distance(a, b, score_cutoff=1) <= 1):
        return Level.NEAR
    return (
        Level.WEAK
        if len(a) == len(b) and len(a) > 2 and sum(x == y for x, y in zip(a, b, strict=True)) >= 2
        else Level.DIFFERENT
    )


def _unit_level(left: str, right: str) -> Level:
    digits = re.sub(r"\D", "", left), re.sub(r"\D", "", right)
    if left.translate(_LOOK_ALIKE) == right.translate(_LOOK_ALIKE) or (digits[0] and digits[0] == digits[1]):
        return Level.NEAR
    short, long = sorted((left, right), key=len)
    tail = long.endswith(short) and len(short) > 1 and not long[-len(short) - 1].isalnum()
    return Level.NEAR if tail else Level.DIFFERENT


def _street_level(left: str, right: str, similarity: float) -> Level:
    if not (left.isascii() and right.isascii()):
        short, long = sorted((left, right), key=len)
        return Level.NEAR if len(short) > 2 and short in long else Level.DIFFERENT
    a, b = left.split(), right.split()
    shorter = min(len(a), len(b))
    if sorted(a) == sorted(b) or (shorter > 1 and a[:shorter] == b[:shorter]):
        return Level.NEAR
    if similarity < STREET_WEAK:
        return Level.DIFFERENT
    return Level.NEAR if similarity >= STREET_NEAR and _fixed(a) == _fixed(b) else Level.WEAK


def _fixed(words: list[str]) -> list[str]:
    """The words of a street that a typo does not excuse: compass points and words with digits."""
    return sorted(word for word in words if word in _COMPASS or any(char.isdigit() for char in word))


def _informative(postcode: str) -> str:
    return postcode if len(set(postcode)) > 1 else ""


def _locality_level(left: str, right: str) -> Level:
    if left == right:
        return Level.EQUAL if left else Level.MISSING
    if not left or not right:
        return Level.MISSING
    if not (left.isascii() and right.isascii()):
        return Level.NEAR if left in right or right in left else Level.DIFFERENT
    near = DamerauLevenshtein.normalized_similarity(left, right) >= PLACE_NEAR
    return Level.NEAR if near else Level.DIFFERENT
