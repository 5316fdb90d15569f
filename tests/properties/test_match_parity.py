"""A comparison is declared once: its DuckDB conditions and its Python twin give the same answer for any two records."""

from __future__ import annotations

from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mdm.match.comparisons import COMPARISONS, Comparison
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
)
from tests.match.rows import ANY_SCRIPT, ask_all_pairs, corpus, feature_rows, scratch

SCRATCH = scratch()
DECLARED = [comparison for comparisons in COMPARISONS.values() for comparison in comparisons]
# One of each kind at least, over texts of few letters, over any script, over lists, dates and periods.
PREDICATES: list[Predicate] = [
    *[kind(name) for kind in (Missing, Equal, OneEdit, Initial) for name in ("given", "street")],
    *[OneEdit("organisation", letters=letters) for letters in (1, 4)],
    *[Edits(name, most) for name in ("family", "place") for most in (1, 2, 3)],
    *[Similar(name, share, letters) for name in ("given", "dwelling") for share in (0.7, 0.88) for letters in (0, 4)],
    *[Within(name, letters=letters) for name in ("family", "place") for letters in (1, 4)],
    *[kind(name) for kind in (Meet, OneEditAmong) for name in ("identifiers", "emails", "phones")],
    *[DateParts("birth", parts) for parts in (1, 2, 3)],
    DayMonthSwapped("birth"),
    Overlap("phones", "phone_periods"),
    Crossed("given", "family"),
    Crossed("street", "place"),
    Not(Equal("sex")),
    Not(Meet("emails")),
    every(Equal("sex"), Not(Missing("given")), OneEditAmong("emails")),
    either(Equal("sex"), every(Crossed("given", "family"), Equal("birth")), Overlap("phones", "phone_periods")),
]
ROWS = st.lists(feature_rows(), min_size=2, max_size=8)
ANY_ROWS = st.lists(feature_rows(ANY_SCRIPT), min_size=2, max_size=8)
# An example is up to 64 pairs. Rows of forty values shrink for minutes, and the failing pair is shown anyway.
FEW = settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])


def assert_predicates_agree(rows: list[dict[str, Any]]) -> None:
    asked = [f"coalesce({predicate.sql()}, false)" for predicate in PREDICATES]
    answers = iter(ask_all_pairs(SCRATCH, rows, asked))
    for left in rows:
        for right in rows:
            for predicate, answer in zip(PREDICATES, next(answers), strict=True):
                assert predicate.holds(left, right) is answer, (predicate, left, right)


def level_sql(comparison: Comparison) -> str:
    """The level as Splink reads the declaration: a CASE over the conditions in order."""
    cases = [f"WHEN {comparison.missing.sql()} THEN -1"]
    for index, level in enumerate(comparison.levels):
        cases.append(f"ELSE {index}" if level.when is None else f"WHEN {level.when.sql()} THEN {index}")
    return f"CASE {' '.join(cases)} END"


def assert_levels_agree(rows: list[dict[str, Any]]) -> set[tuple[int, int]]:
    """Every pair of rows, every comparison; gives (comparison, level) of all that was reached."""
    answers = iter(ask_all_pairs(SCRATCH, rows, [level_sql(comparison) for comparison in DECLARED]))
    reached = set()
    for left in rows:
        for right in rows:
            for number, (comparison, answer) in enumerate(zip(DECLARED, next(answers), strict=True)):
                assert comparison.level_of(left, right) == answer, (comparison.name, left, right)
                reached.add((number, answer))
    return reached


@FEW
@given(ROWS)
def test_predicates_say_the_same_in_sql_and_in_python(rows: list[dict[str, Any]]) -> None:
    assert_predicates_agree(rows)


@FEW
@given(ANY_ROWS)
def test_predicates_say_the_same_of_texts_in_any_script(rows: list[dict[str, Any]]) -> None:
    assert_predicates_agree(rows)


@FEW
@given(ROWS | ANY_ROWS)
def test_levels_are_the_same_in_sql_and_in_python(rows: list[dict[str, Any]]) -> None:
    assert_levels_agree(rows)


def test_levels_of_near_misses_are_the_same_and_every_level_is_met() -> None:
    reached = assert_levels_agree(corpus(20))
    declared = {(number, index) for number, c in enumerate(DECLARED) for index in range(-1, len(c.levels))}
    unmet = declared - reached
    assert not {(DECLARED[n].name, "missing" if i < 0 else DECLARED[n].levels[i].code) for n, i in unmet}, (
        "add a row to tests.match.rows.NOT_QUITE_KATHERINE that meets these levels"
    )


@FEW
@given(ROWS)
def test_a_level_is_the_same_whichever_record_comes_first(rows: list[dict[str, Any]]) -> None:
    for comparison in DECLARED:
        for left in rows:
            for right in rows:
                assert comparison.level_of(left, right) == comparison.level_of(right, left)
