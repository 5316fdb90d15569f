"""The comparisons, each declared once: what is compared, its levels from "the same" to "different", in words.

A comparison has a `missing` predicate (no evidence either way) and levels; the first level that holds is the answer,
the last one always holds. `m` is the share of true matches expected at a level before anything was learned from
data; training replaces it (mdm/match/model.py). The numbers are ordinary ones from the literature (Christen 2012,
ch. 5: about nine in ten true matches agree on a name, one in twenty differs altogether) and only a starting point.

The conditions read feature columns (mdm/match/features.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mdm.match.features import PERIODS
from mdm.match.predicates import (
    Crossed,
    DateParts,
    DayMonthSwapped,
    Edits,
    Equal,
    Initial,
    Meet,
    Missing,
    Not,
    OneEdit,
    OneEditAmong,
    Overlap,
    Predicate,
    Row,
    Similar,
    Within,
    either,
    every,
    features_read,
)
from mdm.party import PartyType


@dataclass(frozen=True, slots=True)
class Level:
    """One answer of a comparison. `when` is None for the last level, which always holds.

    m: share of true matches at this level, before training. frequency: feature whose term frequency sharpens the
    evidence (a shared rare surname says more than a shared common one).
    """

    code: str
    words: str
    when: Predicate | None
    m: float
    frequency: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared.

    `counted`: equality between different parties is too rare to be met in a random sample of pairs, so `u` is counted
    from this list feature: "unique" as 1 / number of values, "shared" as the share of all pairs that have one in
    common.
    """

    name: str
    words: str
    missing: Predicate
    levels: tuple[Level, ...]
    counted: Literal["unique", "shared"] | None = None

    def features(self) -> set[str]:
        """The features that are read of each record."""
        return features_read(self.missing, *(level.when for level in self.levels))

    def level_of(self, left: Row, right: Row) -> int:
        """Index of the level that two feature rows reach; -1 when one of them says nothing."""
        if self.missing.holds(left, right):
            return -1
        for index, level in enumerate(self.levels):
            if level.when is None or level.when.holds(left, right):
                return index
        raise AssertionError(f"the last level of {self.name} must always hold")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A pattern of levels, (comparison, code), that no automatic match may have, however high the sum.

    unless: groups of levels; the pattern does not count where all of one group are reached.
    ask_if_number: with an equal identity number a steward should see it: one of the two borrowed it, or has changed.
    """

    words: str
    pattern: tuple[tuple[str, str], ...]
    unless: tuple[tuple[tuple[str, str], ...], ...] = ()
    ask_if_number: bool = False


def _name(feature: str, words: str, *others: Level) -> Comparison:
    native = f"{feature}_native"
    return Comparison(
        feature,
        words,
        missing=Missing(feature),
        levels=(
            Level("same_characters", "written with the same characters", Equal(native), 0.05, native),
            Level("same_sound", "same sound, other characters", every(Not(Missing(native)), Equal(feature)), 0.01),
            Level("same", "the same", Equal(feature), 0.82, feature),
            *others,
            Level("typo", "one letter apart", OneEdit(feature, letters=4), 0.02),
            Level("similar", "similar", Similar(feature, 0.88, letters=4), 0.01),
            Level("different", "different", None, 0.05),
        ),
    )


GIVEN = _name(
    "given",
    "given name",
    Level("nickname", "a short form of the other", Meet("nicknames"), 0.02),
    Level("initial", "the initial fits", Initial("given"), 0.01),
    Level(
        "swapped",
        "given, middle and family name swapped",
        either(Crossed("given", "family"), Crossed("given", "middle")),
        0.01,
    ),
)

FAMILY = _name(
    "family",
    "family name",
    Level("former", "a former family name", either(Crossed("family", "former"), Equal("former")), 0.01),
    Level("part", "one is a part of the other", Within("family"), 0.01),
    Level("swapped", "given and family name swapped", Crossed("family", "given"), 0.01),
)

MIDDLE = Comparison(
    "middle",
    "middle name",
    missing=Missing("middle"),
    levels=(
        Level("same", "the same", Equal("middle"), 0.6, "middle"),
        Level("initial", "the initial fits", Initial("middle"), 0.3),
        Level(
            "typo", "one letter apart", either(OneEdit("middle", letters=4), Similar("middle", 0.88, letters=4)), 0.05
        ),
        Level("different", "different", None, 0.05),
    ),
)

BIRTH = Comparison(
    "birth",
    "birth date",
    missing=Missing("birth"),
    levels=(
        Level("same", "the same", Equal("birth"), 0.92),
        Level(
            "typo",
            "one digit apart, or day and month swapped",
            either(OneEdit("birth"), DayMonthSwapped("birth")),
            0.03,
        ),
        Level("close", "two digits apart, or two of year, month and day agree",
              either(DateParts("birth", 2), every(DateParts("birth", 1), Edits("birth", 2))), 0.01),
        Level("different", "different", None, 0.04),
    ),
)  # fmt: skip

SEX = Comparison(
    "sex",
    "sex",
    missing=Missing("sex"),
    levels=(Level("same", "the same", Equal("sex"), 0.98), Level("different", "different", None, 0.02)),
)


def _identifiers(feature: str, words: str) -> Comparison:
    return Comparison(
        feature,
        words,
        missing=either(Missing(feature), Not(Meet(f"{feature}_kinds"))),
        levels=(
            Level("same", "the same", Meet(feature), 0.95),
            Level("typo", "one digit apart", OneEditAmong(feature), 0.03),
            Level("different", "different", None, 0.02),
        ),
        counted="unique",
    )


IDENTIFIERS = _identifiers("identifiers", "identity number")
PAPERS = _identifiers("papers", "passport or permit")

PHONES = Comparison(
    "phones",
    "phone",
    missing=Missing("phones"),
    levels=(
        Level("same", "the same, in periods that fit", Overlap("phones", PERIODS), 0.6),
        Level("typo", "one digit apart", OneEditAmong("phones"), 0.03),
        Level("different", "different", None, 0.37),
    ),
    counted="shared",
)

EMAILS = Comparison(
    "emails",
    "e-mail",
    missing=Missing("emails"),
    levels=(
        Level("same", "the same", Meet("emails"), 0.6),
        Level("typo", "one letter apart", OneEditAmong("emails"), 0.05),
        Level("different", "different", None, 0.35),
    ),
    counted="shared",
)

ADDRESS = Comparison(
    "address",
    "address",
    missing=every(Missing("street"), Not(either(Equal("dwelling"), Equal("place")))),
    levels=(
        Level("same", "the same dwelling", Equal("dwelling"), 0.55, "dwelling"),
        Level("house", "the same house, the unit or the spelling differs",
              every(Equal("number"), either(Equal("street"), Similar("street", 0.9, letters=4))), 0.08),
        Level("near", "the same street, the number one digit apart",
              every(either(Equal("street"), Similar("street", 0.92, letters=4)), OneEdit("number", letters=2)), 0.02),
        Level("street", "the same street", every(Equal("street"), Equal("place")), 0.03),
        Level("town_only", "the same town, one without a street", every(Missing("street"), Equal("place")), 0.02),
        Level("place", "the same town, another street", Equal("place"), 0.18),
        Level("different", "different", None, 0.12),
    ),
)  # fmt: skip

ORGANISATION = Comparison(
    "organisation",
    "company name",
    missing=Missing("organisation"),
    levels=(
        Level("same", "the same", Equal("organisation"), 0.75, "organisation"),
        Level("typo", "one letter apart", OneEdit("organisation", letters=6), 0.05),
        Level("part", "one is a part of the other", Within("organisation", letters=6), 0.05),
        Level("similar", "similar", Similar("organisation", 0.92, letters=6), 0.07),
        Level("different", "different", None, 0.08),
    ),
)

COMPARISONS: dict[PartyType, tuple[Comparison, ...]] = {
    "person": (GIVEN, MIDDLE, FAMILY, BIRTH, SEX, IDENTIFIERS, PAPERS, PHONES, EMAILS, ADDRESS),
    "organisation": (ORGANISATION, IDENTIFIERS, PHONES, EMAILS, ADDRESS),
}

# Two people who share a dwelling, a phone, a family name or even a borrowed identity number share evidence that the sum
# counts as independent. What tells them apart are their own names and birth dates; where these disagree outright, or
# nothing of them agrees, it is not one person. "missing" stands for a comparison in which one side says nothing.
# They only count in data that has families (Model.families): where nobody shares a dwelling the sum is right as it is.
CONTRADICTIONS: dict[PartyType, tuple[Contradiction, ...]] = {
    "person": (
        Contradiction(
            "given name and birth date both differ",
            (("given", "different"), ("birth", "different")),
            ask_if_number=True,
        ),
        Contradiction("given and middle name both differ", (("given", "different"), ("middle", "different"))),
        Contradiction(
            "given and family name both differ",
            (("given", "different"), ("family", "different")),
            unless=((("birth", "same"), ("identifiers", "same")),),
        ),
        Contradiction(
            "same family name and birth date, another given name: twins",
            (("given", "different"), ("birth", "same")),
            unless=(
                (("identifiers", "same"),),
                (("identifiers", "typo"),),
                # Of brother and sister, or husband and wife, one initial in the middle says nothing.
                *((("middle", middle), ("sex", sex)) for middle in ("same", "initial") for sex in ("same", "missing")),
            ),
        ),
        Contradiction(
            "the given name differs, and neither the birth date nor number and middle name speak for one person",
            (("given", "different"),),
            unless=(
                (("birth", "same"),),
                (("birth", "typo"),),
                *(
                    (("identifiers", number), ("middle", middle))
                    for number in ("same", "typo")
                    for middle in ("same", "initial", "typo")
                ),
            ),
        ),
        Contradiction(
            "no given name to compare, and neither birth date nor number: only the household speaks for it",
            (("given", "missing"),),
            unless=tuple(((name, code),) for name in ("birth", "identifiers", "papers") for code in ("same", "typo")),
        ),
        Contradiction(
            "no given name to compare, and the middle name differs",
            (("given", "missing"), ("middle", "different")),
        ),
    ),
    "organisation": (),
}

# What counts as well where others hold the number that two records have in common, under names that contradict each
# other (mdm.resolve.clusters). Somebody borrowed it, most often from the family, whose name and address agree anyhow.
CONTESTED: dict[PartyType, tuple[Contradiction, ...]] = {
    "person": (
        Contradiction(
            "the given name differs, and the number that both hold is held under several names",
            (("given", "different"), ("identifiers", "same")),
            unless=((("birth", "same"),), (("birth", "typo"),)),
        ),
        Contradiction(
            "no given name to compare, and the number that both hold is held under several names",
            (("given", "missing"), ("identifiers", "same")),
            unless=(
                *(((name, code),) for name in ("birth", "papers") for code in ("same", "typo")),
                *((("middle", code),) for code in ("same", "initial", "typo")),
            ),
        ),
    ),
    "organisation": (),
}
