"""Spellings of one dwelling come together on evidence; neighbours stay apart."""

from __future__ import annotations

import random
from typing import Any

import pytest

from mdm.match.model import Frequencies
from mdm.resolve.dwellings import DWELLINGS, group_dwellings
from mdm.resolve.roles import household_role
from mdm.resolve.sightings import SIGHTINGS
from tests.resolve.sighting_maker import seen, table


def dwellings(*rows: dict[str, Any]) -> list[int]:
    return group_dwellings(table(*rows), surnames=Frequencies(0.0, dict.fromkeys(("lee", "ames", "reyes"), 0.001)))[
        "dwelling"
    ].to_pylist()


def together(*rows: dict[str, Any]) -> bool:
    found = dwellings(*rows)
    return len(found) == len(rows) and len(set(found)) == 1


ANN, BOB = "ann lee", "bob lee"
FULL = "1210|river bend rd"
SAME = {
    "equal": (seen(ANN, FULL), seen("tom ames", FULL)),
    "district without its city": (
        seen("a wang", "12|西津西路|3-501", place_key="兰州市七里河区"),
        seen("b li", "12|西津西路|3-501", place_key="七里河区"),
    ),
    "road with its compound": (
        seen("a wang", "12|昆仑街书香门第|1-3-202"),
        seen("b li", "12|昆仑街|1-3-202"),
    ),
    "locality misspelt": (seen(ANN, FULL), seen("tom ames", FULL, place_key="kelsp", locality="Kelsp")),
    "place not given": (seen(ANN, FULL), seen("tom ames", FULL, place_key=None, locality=None)),
    "street misspelt, one surname": (seen(ANN, FULL), seen(BOB, "1210|rivver bemd rd")),
    "plain typo in a long street, long number": (seen(ANN, FULL), seen("tom ames", "1210|river bent rd")),
    "number misspelt, one surname": (seen(ANN, FULL), seen(BOB, "1216|river bend rd")),
    "number read by a scanner": (seen(ANN, FULL), seen(BOB, "l2io|river bend rd")),
    "number missing, one surname": (seen(ANN, FULL), seen(BOB, "|river bend rd")),
    "street missing, one surname": (seen(ANN, FULL), seen(BOB, "1210|")),
    "unit missing, one surname": (seen(ANN, FULL + "|4b"), seen(BOB, FULL)),
    "unit with a word": (seen(ANN, FULL + "|number470"), seen(BOB, FULL + "|470")),
    "the same customer, misspelt": (seen(ANN, FULL), seen(ANN, "1210|river bnd road"), seen("x reyes", FULL)),
    "PO box of one surname": (seen(ANN, "", po_box="77"), seen(BOB, "", po_box="77")),
    "village without numbers, one surname": (
        seen(ANN, "|oak park"),
        seen(BOB, "|oak park"),
        seen("c lee", "|oak park"),
    ),
    "a child whose address lacks the number, the head at the full one": (
        seen(ANN, FULL, role="reference"),
        seen("tom ames", "1210|river bent rd", role="other"),
    ),
}
APART = {
    "neighbours": (seen(ANN, "12|river rd"), seen("tom ames", "14|river rd")),
    "two families of one surname, each with a head": (
        seen(ANN, FULL, role="reference"),
        seen(BOB, "1216|river bend rd", role="reference"),
    ),
    "flats of one building, one digit apart": (seen(ANN, FULL + "|301"), seen(BOB, FULL + "|401")),
    "two roads of one character apart": (seen("a wang", "12|天水南路|501"), seen("b wang", "12|天水北路|501")),
    "two compass points": (seen(ANN, "1210|north 37th st"), seen("tom ames", "1210|south 37th st")),
    "numbered streets": (seen(ANN, "1210|east 37th street"), seen("tom ames", "1210|east 38th street")),
    "no number, strangers": (seen(ANN, "|main st"), seen("tom ames", "|main st")),
    "PO box of strangers": (seen(ANN, "", po_box="77"), seen("tom ames", "", po_box="77")),
    "two towns": (seen(ANN, FULL), seen("tom ames", FULL, place_key="yakima", locality="Yakima")),
    "unit missing, strangers": (seen(ANN, FULL + "|4b"), seen("tom ames", FULL)),
}


@pytest.mark.parametrize("case", SAME)
def test_spellings_of_one_dwelling(case: str) -> None:
    assert together(*SAME[case])


@pytest.mark.parametrize("case", APART)
def test_different_dwellings(case: str) -> None:
    found = dwellings(*APART[case])
    assert len(set(found)) == len(found) == 2


def test_a_missing_part_that_fits_two_dwellings_fits_none() -> None:
    found = dwellings(seen(ANN, "12|river rd"), seen("b lee", "940|river rd"), seen("c lee", "|river rd"))
    assert len(set(found)) == 3


def test_a_common_surname_proves_less_than_a_rare_one() -> None:
    rows = table(seen(ANN, FULL), seen(BOB, "1216|river bend rd"))
    assert len(group_dwellings(rows, surnames=Frequencies(0.0, {"lee": 0.001}))["dwelling"].unique()) == 1
    assert len(group_dwellings(rows, surnames=Frequencies(0.0, {"lee": 0.07}))["dwelling"].unique()) == 2


def test_who_lived_together_before_shares_a_box_now() -> None:
    before = seen("a wang", FULL, on="2019-01-01"), seen("b li", FULL, on="2019-01-01")
    now = seen("a wang", "", po_box="9"), seen("b li", "", po_box="9")
    found = dwellings(*before, *now)
    assert found[2] == found[3]


def test_every_spelling_says_how_it_was_matched() -> None:
    found = group_dwellings(table(seen(ANN, FULL), seen("c lee", FULL), seen(BOB, "1210|rivver bemd rd")))
    assert found.schema.equals(DWELLINGS)
    assert [(r["matched"], r["by"]) for r in found.to_pylist()] == [
        ("exact", "address"),
        ("exact", "address"),
        ("street_spelling", "surname"),
    ]
    assert set(found["address"].to_pylist()) == {"1210 river bend rd kelso"}


def test_business_addresses_and_empty_ones_are_no_dwelling() -> None:
    assert dwellings(seen(ANN, FULL, kind="business"), seen(BOB, "", place_key="kelso")) == []
    assert group_dwellings(SIGHTINGS.empty_table()).schema.equals(DWELLINGS)


def test_the_order_of_arrival_plays_no_part() -> None:
    rows = [row for case in (*SAME.values(), *APART.values()) for row in case]
    expected = partition(rows)
    for seed in range(3):
        shuffled = random.Random(seed).sample(rows, len(rows))
        assert partition(shuffled) == expected


def partition(rows: list[dict[str, Any]]) -> set[frozenset[str]]:
    found: dict[int, set[str]] = {}
    for row in group_dwellings(table(*rows)).to_pylist():
        found.setdefault(row["dwelling"], set()).add(rows[row["sighting"]]["local_id"])
    return {frozenset(group) for group in found.values()}


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Reference person", "reference"), ("Opposite-sex spouse", "spouse"), ("Same-sex unmarried partner", "spouse"),
        ("Biological child", "child"), ("Stepchild", "child"), ("Parent-in-law", "relative"),
        ("Grandchild", "relative"),
        ("Other relative", "relative"), ("Other nonrelative", "other"), ("Roommate or housemate", "other"),
        ("Institutionalized group quarters population", "inmate"), ("户主", "reference"), ("妻子", "spouse"),
        ("儿子", "child"), ("孙女", "relative"), ("母亲", "relative"), ("conjoint", "spouse"), ("Épouse", "spouse"),
        ("x17", None),
    ],
)  # fmt: skip
def test_roles_of_sources(text: str, role: str | None) -> None:
    assert household_role(text) == role
