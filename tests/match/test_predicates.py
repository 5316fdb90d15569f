"""What each predicate means, by example; every example is asked of the SQL condition and of the Python twin."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given

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
    Similar,
    Within,
    either,
    every,
    one_edit,
)
from tests.match.rows import DATES, FEATURES, ask_all_pairs, phones_of, scratch

SCRATCH = scratch()
NOTHING: dict[str, Any] = dict.fromkeys(FEATURES.names[2:])


def period(value: str, first: str | None = None, last: str | None = None) -> dict[str, Any]:
    """A number with the days from and to which it was held."""
    return {
        "value": value,
        "valid_from": None if first is None else dt.date.fromisoformat(first),
        "valid_to": None if last is None else dt.date.fromisoformat(last),
    }


def answers(predicate: Predicate, left: dict[str, Any], right: dict[str, Any]) -> set[bool]:
    """What both twins say, in both directions; one answer when they agree and the predicate is symmetric."""
    rows = [NOTHING | left, NOTHING | right]
    found = ask_all_pairs(SCRATCH, rows, [predicate.sql()])
    sql = {bool(found[1][0]), bool(found[2][0])}
    return sql | {predicate.holds(rows[0], rows[1]), predicate.holds(rows[1], rows[0])}


@pytest.mark.parametrize(
    ("predicate", "left", "right", "holds"),
    [
        (Missing("given"), {}, {"given": "ann"}, True),
        (Missing("given"), {"given": "ann"}, {"given": "bo"}, False),
        (Equal("given"), {"given": "ann"}, {"given": "ann"}, True),
        (Equal("given"), {"given": "ann"}, {"given": "anna"}, False),
        (Equal("given"), {}, {}, False),
        (Crossed("given", "family"), {"given": "lee"}, {"family": "lee"}, True),
        (Crossed("given", "family"), {"given": "lee"}, {"given": "lee"}, False),
        (Crossed("given", "family"), {}, {}, False),
        (Meet("emails"), {"emails": ["a", "b"]}, {"emails": ["b", "c"]}, True),
        (Meet("emails"), {"emails": ["a"]}, {"emails": ["b"]}, False),
        (Meet("emails"), {}, {"emails": ["b"]}, False),
        (OneEdit("given"), {"given": "jon"}, {"given": "jno"}, True),
        (OneEdit("given"), {"given": "jon"}, {"given": "john"}, True),
        (OneEdit("given"), {"given": "jon"}, {"given": "ken"}, False),
        (OneEdit("given", letters=4), {"given": "jon"}, {"given": "john"}, False),
        (OneEdit("given", letters=4), {"given": "johm"}, {"given": "john"}, True),
        (Edits("birth", 2), {"birth": "1980-02-03"}, {"birth": "1981-02-04"}, True),
        (Edits("birth", 2), {"birth": "1980-02-03"}, {"birth": "1981-12-04"}, False),
        (Edits("given", 2), {"given": "ca"}, {"given": "abc"}, True),
        (Similar("family", 0.88), {"family": "martha"}, {"family": "marhta"}, True),
        (Similar("family", 0.88), {"family": "martha"}, {"family": "jones"}, False),
        (Similar("street", 0.9), {"street": "mainroad"}, {"street": "mainruud"}, True),  # 0.9 but for its last bit
        (Similar("street", 0.805), {"street": "abaa"}, {"street": "aaaba"}, True),
        (Similar("family", 0.5, letters=4), {"family": "mar"}, {"family": "martha"}, False),
        (Initial("given"), {"given": "w"}, {"given": "william"}, True),
        (Initial("given"), {"given": "w"}, {"given": "ann"}, False),
        (Initial("given"), {"given": "wi"}, {"given": "william"}, False),
        (Within("family"), {"family": "jones"}, {"family": "hojones"}, True),
        (Within("family"), {"family": "jones"}, {"family": "jonesho"}, True),
        (Within("family"), {"family": "jones"}, {"family": "hojonesko"}, False),
        (Within("family"), {"family": "lee"}, {"family": "leeson"}, False),
        (DayMonthSwapped("birth"), {"birth": "1980-02-03"}, {"birth": "1980-03-02"}, True),
        (DayMonthSwapped("birth"), {"birth": "1980-02-03"}, {"birth": "1981-03-02"}, False),
        (DayMonthSwapped("birth"), {"birth": "1980-02-03"}, {"birth": "1980-02-03"}, False),
        (DateParts("birth", 2), {"birth": "1980-02-03"}, {"birth": "1980-02-28"}, True),
        (DateParts("birth", 2), {"birth": "1980-02-03"}, {"birth": "1999-02-03"}, True),
        (DateParts("birth", 2), {"birth": "1980-02-03"}, {"birth": "1999-02-28"}, False),
        (DateParts("birth", 3), {"birth": "1980-02-03"}, {"birth": "1980-02-28"}, False),
        (OneEditAmong("phones"), {"phones": ["12345", "999"]}, {"phones": ["12346"]}, True),
        (OneEditAmong("phones"), {"phones": ["12345", "999"]}, {"phones": ["54321"]}, False),
        (OneEditAmong("phones"), {}, {"phones": ["54321"]}, False),
        (Not(Equal("sex")), {}, {"sex": "male"}, True),
        (Not(Equal("sex")), {"sex": "male"}, {"sex": "male"}, False),
        (every(Equal("sex"), Equal("given")), {"sex": "male"}, {"sex": "male"}, False),
        (either(Equal("sex"), Equal("given")), {"sex": "male"}, {"sex": "male"}, True),
    ],
)
def test_a_predicate_means_what_it_says(
    predicate: Predicate, left: dict[str, Any], right: dict[str, Any], holds: bool
) -> None:
    assert answers(predicate, left, right) == {holds}


@given(DATES, DATES)
def test_any_two_dates_two_edits_apart_share_a_part(a: dt.date, b: dt.date) -> None:
    """So that the costly question is asked of those only (BIRTH, level "close")."""
    near, part = Edits("birth", 2), DateParts("birth", 1)
    left, right = {"birth": str(a)}, {"birth": str(b)}
    assert not near.holds(left, right) or part.holds(left, right)


@pytest.mark.parametrize(
    ("first", "second", "holds"),
    [
        (period("1"), period("1"), True),
        (period("1"), period("2"), False),
        (period("1", last="2020-01-31"), period("1", "2020-01-31"), True),
        (period("1", last="2020-01-30"), period("1", "2020-01-31"), False),  # a recycled number
        (period("1", "2020-01-01", "2020-12-31"), period("1", "2020-03-01", "2020-03-02"), True),
        (period("1", "2020-01-01"), period("1", None, "2019-12-31"), False),
        (period("1", "2020-01-01"), period("1"), True),
    ],
)
def test_a_shared_phone_counts_in_periods_that_meet(first: dict[str, Any], second: dict[str, Any], holds: bool) -> None:
    other = period("77")
    left, right = ({"phone_periods": held, "phones": phones_of(held)} for held in ([other, first], [second]))
    assert answers(Overlap("phones", "phone_periods"), left, right) == {holds}


@pytest.mark.parametrize(
    "predicate",
    [OneEdit("organisation", 2), Edits("organisation", 2), Similar("organisation", 0.8), OneEditAmong("emails")],
)
@pytest.mark.parametrize(
    ("a", "b"),
    [("兰州腾飞科技", "兰州腾非科技"), ("josé", "jose"), ("张伟", "张炜"), ("京东方", "京东方"), ("ab东", "ac东")],
)
def test_distances_of_other_scripts_are_the_same_on_both_paths(predicate: Predicate, a: str, b: str) -> None:
    left, right = {"organisation": a, "emails": [a]}, {"organisation": b, "emails": [b]}
    assert len(answers(predicate, left, right)) == 1


@pytest.mark.parametrize(
    ("a", "b", "close"),
    [("", "a", True), ("ab", "ba", True), ("abc", "axc", True), ("abc", "cba", False), ("a", "abc", False)],
)  # fmt: skip
def test_one_edit(a: str, b: str, close: bool) -> None:
    assert one_edit(a, b) is one_edit(b, a) is close
