"""Which pairs of sites may be one dwelling: what people say for it, what differs, and how strong that is together.

A difference is excused by people: the stronger the difference, the more of them it takes. Where the people say only "a
namesake", the number of namesakes that chance would put on that street, or at that number, decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdm.resolve.spellings import Level, number_levels, place_level, street_levels, unit_levels

Columns = dict[str, NDArray[Any]]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

# what people say for a pair, strongest first: the same customer at both; people who lived together elsewhere; one
# surname and only one of the two sites with a reference person; one surname; only the latter; nothing
PERSON, MATES, SURNAME_AND_ROLES, SURNAME, ROLES, NOBODY = 5, 4, 3, 2, 1, 0
BY = {PERSON: "person", MATES: "housemates", SURNAME_AND_ROLES: "surname and roles", SURNAME: "surname",
      ROLES: "roles", NOBODY: "address"}  # fmt: skip
KINDS = (
    "place", "po_box", "unit_missing", "street_spelling", "unit_spelling", "number_spelling", "number_missing",
    "street_missing", "number_wrong", "spelling",
)  # fmt: skip
_SAME_ADDRESS = ("place", "po_box")


@dataclass(frozen=True, slots=True)
class DwellingRules:
    """Constants of the grouping of spellings, each a judgement about slips of hand, none fitted to a set."""

    largest_block: int = 40  # sites that share a key: beyond, the key proves nothing (and pairs grow with its square)
    coincidence: float = 0.02  # a near address is a typo in about 1 record of 50: a chance namesake must be rarer
    coincidence_missing: float = 0.3  # a part that is not given: the question is only which dwelling, not whether
    long_number: int = 3  # digits of a number, and letters of a street, that no two addresses share by chance
    long_street: int = 8
    household: int = 12  # people of a site who count as having lived together


@dataclass(frozen=True, slots=True)
class Join:
    """A pair of sites that may be one dwelling; joins of equal `rank` (lowest first) are decided together."""

    rank: tuple[int, int]  # (- what people say, index of KINDS)
    weak: int
    strong: int
    similarity: float

    @property
    def same_address(self) -> bool:
        """Whether number, street and unit (or the PO box) are equal, so that joins do not compete."""
        return KINDS[self.rank[1]] in _SAME_ADDRESS


def admissible(pairs: Columns, rules: DwellingRules) -> list[Join]:
    """The pairs that may be joined, each with its kind and what speaks for it."""
    if not len(pairs["weak"]):
        return []
    support, spelt = _support(pairs), _spelt(pairs, _place_levels(pairs))
    kinds, similarity = _kinds(pairs, spelt, support, rules), spelt.similarity
    weak, strong = pairs["weak"], pairs["strong"]
    return [
        Join((-int(support[i]), int(kinds[i])), int(weak[i]), int(strong[i]), round(float(similarity[i]), 6))
        for i in np.flatnonzero(kinds >= 0)
    ]


def conceivable(pairs: Columns, rules: DwellingRules) -> Flags:
    """Which pairs of addresses could be admissible, were their people, places and counts such as speak most for it.

    pairs: number, street, unit and box of both sides; `person`, whether a customer has been at both; `roles`, whether
    any role is known that could speak.
    """
    size = len(pairs["number_a"])
    best: dict[str, Any] = {"whole_a": True, "whole_b": True, "rivals": False, "share": 0.0, "on_street": 0.0,
                            "at_number": 0.0, "places": 0.0}  # fmt: skip
    generous = {**pairs, **{name: np.full(size, value) for name, value in best.items()}}
    spelt = _spelt(pairs, np.full(size, Level.EQUAL, dtype=np.int8))
    found = np.zeros(size, dtype=np.bool_)
    for support in range(NOBODY, PERSON + 1):
        may = np.full(size, True)
        if support == PERSON:
            may = pairs["person"]
        elif support in (ROLES, SURNAME_AND_ROLES):
            may = pairs["roles"]
        found |= may & (_kinds(generous, spelt, np.full(size, support), rules) >= 0)
    return found


def _support(pairs: Columns) -> Ints:
    """What the people of both sites say for their being one dwelling."""
    support = np.full(len(pairs["weak"]), NOBODY, dtype=np.int64)
    support[pairs["complement"]] = ROLES
    support[pairs["surname"]] = SURNAME
    support[pairs["complement"] & pairs["surname"]] = SURNAME_AND_ROLES
    support[pairs["mates"]] = MATES
    support[pairs["person"]] = PERSON
    return support


@dataclass(frozen=True, slots=True)
class _People:
    """What the people of each pair excuse, from least to most."""

    kin: Flags  # a namesake, a housemate or the same customer
    likely_on_street: Flags  # of whom chance would not put another on the street, the dwelling being one of several
    likely_at_number: Flags
    likely_at_line: Flags  # ... in another place with the same street and number
    rare_on_street: Flags  # of whom chance puts fewer than typos do
    sure: Flags  # the same customer, or housemates of whom not both sides head a household
    same: Flags  # the same customer
    alone: Flags  # nobody else on the street, and only together a household with a reference person


def _people(pairs: Columns, support: Ints, rules: DwellingRules) -> _People:
    same, kin = support == PERSON, support >= SURNAME
    sure = same | ((support == MATES) & ~pairs["rivals"])

    def rarer(others: str, than: float) -> Flags:
        return np.asarray(sure | (kin & (pairs["share"] * pairs[others] <= than)), dtype=np.bool_)

    return _People(
        kin=kin,
        likely_on_street=rarer("on_street", rules.coincidence_missing),
        likely_at_number=rarer("at_number", rules.coincidence_missing),
        likely_at_line=rarer("places", rules.coincidence),
        rare_on_street=sure | (rarer("on_street", rules.coincidence) & ~pairs["rivals"]),
        sure=sure,
        same=same,
        alone=(support == ROLES) & (pairs["on_street"] <= 1),
    )


@dataclass(frozen=True, slots=True)
class _Spelt:
    """How alike the parts of each pair are, and how similar (0..1) its streets."""

    number: NDArray[np.int8]
    unit: NDArray[np.int8]
    street: NDArray[np.int8]
    place: NDArray[np.int8]
    similarity: NDArray[np.float64]


def _spelt(pairs: Columns, place: NDArray[np.int8]) -> _Spelt:
    number = number_levels(pairs["number_a"], pairs["number_b"])
    unit = unit_levels(pairs["unit_a"], pairs["unit_b"])
    street, similarity = street_levels(pairs["street_a"], pairs["street_b"])
    return _Spelt(number, unit, street, place, similarity)


def _kinds(pairs: Columns, spelt: _Spelt, support: Ints, rules: DwellingRules) -> Ints:
    """Index into `KINDS` of every pair, -1 where the pair is not admissible."""
    number, unit, street, place = spelt.number, spelt.unit, spelt.street, spelt.place
    people = _people(pairs, support, rules)
    by_roles, both_in_part = support == SURNAME_AND_ROLES, (support == ROLES)
    boxed = (pairs["box_a"] != "") | (pairs["box_b"] != "")
    same_number = (number == Level.EQUAL) & (pairs["number_a"] != "")
    same_street = (street == Level.EQUAL) & (pairs["street_a"] != "")
    here = ~boxed & ((place >= Level.NEAR) | ((place == Level.WEAK) & people.sure)) & (unit >= Level.NEAR)
    long_number = _longer(pairs["number_a"], rules.long_number)
    plain_typo = pairs["whole_a"] & pairs["whole_b"] & _longer(pairs["street_a"], rules.long_street) & long_number
    more_said = (
        _starts(pairs["street_a"], pairs["street_b"]) & (pairs["unit_a"] == pairs["unit_b"]) & (pairs["unit_a"] != "")
    )
    at_line = ~boxed & (number == Level.EQUAL) & same_street

    rule = {
        "place": at_line & (unit == Level.EQUAL) & (
            people.sure | people.alone | (people.kin & (place >= Level.WEAK)) | people.likely_at_line),
        "po_box": boxed & (pairs["box_a"] == pairs["box_b"]) & people.kin & ((place >= Level.NEAR) | people.sure),
        "unit_missing": here & same_number & same_street & (unit == Level.MISSING) & (support >= ROLES),
        "street_spelling": here & same_number & (
            (street == Level.NEAR) & (
                people.kin | (both_in_part & long_number) | more_said | (plain_typo & (unit == Level.EQUAL)))
            | (street == Level.WEAK) & people.likely_at_number),
        "unit_spelling": at_line & here & same_number & (unit == Level.NEAR) & (
            people.sure | (people.kin & ~pairs["rivals"])),
        "number_spelling": here & same_street & (number == Level.NEAR) & (
            people.rare_on_street | (by_roles & people.likely_on_street) | people.alone),
        "number_missing": here & (number == Level.MISSING) & (
            (same_street & (people.likely_on_street | people.alone))
            | ((street == Level.NEAR) & people.rare_on_street)),
        "street_missing": here & same_number & (street == Level.MISSING) & (
            people.likely_at_number | (both_in_part & long_number)),
        "number_wrong": here & same_street & (number <= Level.WEAK) & (
            (people.same & (number == Level.WEAK)) | (by_roles & people.rare_on_street)),
        "spelling": here & people.same & (number >= Level.NEAR) & (street >= Level.NEAR),
    }  # fmt: skip
    kinds = np.full(len(support), -1, dtype=np.int64)
    for i in reversed(range(len(KINDS))):
        kinds[rule[KINDS[i]]] = i
    return kinds


def _longer(texts: NDArray[np.object_], letters: int) -> Flags:
    return np.fromiter((len(text) >= letters for text in texts), bool, len(texts))


def _starts(left: NDArray[np.object_], right: NDArray[np.object_]) -> Flags:
    """Whether one street is the beginning of the other (a road, and the same road with the compound)."""
    return np.fromiter((a.startswith(b) or b.startswith(a) for a, b in zip(left, right, strict=True)), bool, len(left))


def _place_levels(pairs: Columns) -> NDArray[np.int8]:
    """As `place_level`; most pairs are of one place, or one says none."""
    names = ("place", "postcode", "locality")
    left, right = ([pairs[f"{name}_{end}"] for name in names] for end in "ab")
    levels = np.full(len(pairs["weak"]), Level.EQUAL, dtype=np.int8)
    levels[(left[0] == "") | (right[0] == "")] = Level.MISSING
    cache: dict[Any, Level] = {}
    for i in np.flatnonzero((left[0] != right[0]) & (levels == Level.EQUAL)):
        pair = tuple(column[i] for column in left), tuple(column[i] for column in right)
        if pair not in cache:
            cache[pair] = place_level(*pair)
        levels[i] = cache[pair]
    return levels
