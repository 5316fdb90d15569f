"""Evidence in sentences, without a store."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm.match.comparisons import COMPARISONS, Comparison, Level
from mdm.registry.words import Said, and_, compared_sentence, odds_sentence, probability, settling_sentence

LEVELS = [
    pytest.param(comparison, level, id=f"{party}-{comparison.name}-{level.code}")
    for party, comparisons in COMPARISONS.items()
    for comparison in comparisons
    for level in comparison.levels
]


def said(attribute: str, code: str | None, left: str = "x", right: str = "y", **bits: float) -> Said:
    return Said(attribute, code, "one letter apart", left, right, **{"bits": 5.0, "best": 6.0, "worst": -6.0, **bits})


@pytest.mark.parametrize(("comparison", "level"), LEVELS)
def test_every_answer_of_every_comparison_makes_a_sentence(comparison: Comparison, level: Level) -> None:
    text = compared_sentence([Said(comparison.words, level.code, level.words, "male", "female", 5.0, 6.0, -6.0)])
    assert text[0].isupper()
    assert text.endswith(".")
    assert "_" not in text
    assert "{" not in text
    assert len(text) > 10


@pytest.mark.parametrize(
    ("compared", "sentence"),
    [
        ([said("given name", "same"), said("family name", "same"), said("birth date", "same"),
          said("phone", "different")],
         "The same full name and the same birth date; the phones differ (x / y)."),
        ([said("given name", "different", "Wei", "Ming"), said("birth date", "different", "1980-01-01", "1990-02-02")],
         "The given names differ (Wei / Ming), and so do the birth dates (1980-01-01 / 1990-02-02)."),
        ([said("given name", "nickname", "Bob", "Rob"), said("family name", "same"), said("e-mail", "same")],
         "The same family name and the same e-mail address; one given name is a short form of the other (Bob / Rob)."),
        ([said("family name", "same"), said("sex", "same", bits=0.9), said("address", "house", "a" * 30, "b" * 30)],
         "The same family name; it is the same house, but the unit or the spelling differs."),
        ([said("sex", "same", bits=0.9)], "The same sex."),
        ([said("sex", "different", "male", "female")], "One is male, the other female."),
        ([said("birth date", "typo", "1980-01-01", "1980-01-02")],
         "The birth dates are one letter apart (1980-01-01 / 1980-01-02)."),
        ([said("phone", None)], ""),
    ],
)  # fmt: skip
def test_what_was_compared_in_one_sentence(compared: list[Said], sentence: str) -> None:
    assert compared_sentence(compared) == sentence


@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        (40.0, "Of 1,000 such pairs practically all are one person: it is practically certain."),
        (9.0, "Out of 1,000 such pairs about 998 are one person."),
        (3.0, "Out of 100 such pairs about 89 are one person."),
        (0.0, "Out of 100 such pairs about 50 are one person."),
        (-9.0, "Out of 1,000 such pairs about 2 are one person."),
        (-10.0, "Out of 1,000 such pairs about 1 is one person."),
        (-40.0, "Of 1,000 such pairs fewer than one is one person: it is practically ruled out."),
    ],
)
def test_how_sure_that_makes_us(weight: float, sentence: str) -> None:
    assert odds_sentence(weight, "person") == sentence


@given(st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_more_evidence_never_makes_it_less_probable(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= probability(low) <= probability(high) <= 1


def test_a_possible_match_is_settled_by_what_would_decide_it() -> None:
    missing = [said("phone", None, best=1.0), said("identity number", None, worst=-9.0), said("birth date", None)]
    text = settling_sentence(missing, 1.0, 4.0, 0.0)
    assert text.startswith(
        "It would be settled if both records told an identity number or a birth date: agreement joins"
    )
    assert "a difference rules it out" in text
    assert "a difference" not in settling_sentence(missing, 8.0, 9.0, 0.0)
    assert "a steward who can ask" in settling_sentence([], 1.0, 4.0, 0.0)


@given(st.lists(st.text("abc", min_size=1), min_size=1, max_size=5))
def test_lists_read_well(parts: list[str]) -> None:
    assert and_(parts).count(" and ") == min(len(parts) - 1, 1)
    assert set(chain(*(p.split(" and ") for p in and_(parts).split(", ")))) == set(parts)
