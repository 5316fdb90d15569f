"""Households made again around a change are those of the whole, and those of one load of the same records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm.match.model import Frequencies
from mdm.resolve.dwelling_pairs import DwellingRules
from mdm.resolve.households import HouseholdRules
from mdm.store.database import Database
from tests.pipelines.household_world import HouseholdNights, Said, Seen

# Thresholds that little worlds cross: three people of a dwelling are a crowd, three addresses a key too common.
RULES = HouseholdRules(max_dwelling_people=4, crowd=3, dwellings=DwellingRules(largest_block=3, household=3))
SURNAMES = Frequencies(0.004, {"lee": 0.05})
PINS = [f"P{number}" for number in range(1, 9)]
PLACES = (
    "1210|river bend rd||kelso", "1210|river bend rd||yakima", "1210|river bend rd||", "1210|rivver bemd rd||kelso",
    "1216|river bend rd||kelso", "1218|river bend rd||kelso", "1210|river bend rd|4b|kelso", "|river bend rd||kelso",
    "1210|river bend rd|5|kelso", "1210|||kelso", "77|elm st||kelso", "77|elm st||yakima", "||||77", "||||", "",
    "77|elm|2|kelso",
)  # fmt: skip
BYSTANDERS = [Seen(f"z{n:02}", f"P{n}", f"{n}|quiet lane {n}||elsewhere", f"name{n}") for n in range(100, 130)]


def seen(key: str) -> st.SearchStrategy[Seen]:
    return st.builds(
        Seen,
        key=st.just(key),
        pin=st.sampled_from(PINS),
        at=st.sampled_from(PLACES),
        family=st.sampled_from(["lee", "ames", "reyes"]),
        former=st.sampled_from([None, None, "reyes"]),
        role=st.sampled_from([None, None, "head", "spouse", "child"]),
        kind=st.sampled_from([None, None, None, "group_quarters", "mailing", "business"]),
        year=st.sampled_from([None, 2010, 2012, 2015]),
        until=st.sampled_from([None, None, 2013, 2018]),
        changed=st.sampled_from([2014, 2020]),
    )


KEYS = [f"r{number:02}" for number in range(14)]
SAID = st.builds(
    Said, mover=st.sampled_from(KEYS), other=st.sampled_from(KEYS), together=st.booleans(),
    year=st.sampled_from([2000, 2013, 2021]),
)  # fmt: skip
Night = tuple[list[Seen], list[str], dict[str, str]]
Decided = list[tuple[list[Said], list[int]]]


@st.composite
def decisions(draw: st.DrawFn) -> Decided:
    """What is decided before each night but the first, and which of all that was said so far is taken back."""
    found: Decided = []
    so_far = 0
    for _ in range(3):
        said = draw(st.lists(SAID, max_size=4))
        so_far += len(said)
        found.append((said, draw(st.lists(st.integers(0, so_far - 1), max_size=1)) if so_far else []))
    return found


@st.composite
def nights(draw: st.DrawFn) -> list[Night]:
    """(changed, gone, merged) of some nights; who was merged has no new record."""
    first = [draw(seen(key)) for key in draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=4))]
    found: list[Night] = [([*first, *BYSTANDERS], [], {})]
    merged: dict[str, str] = {}
    for _ in range(draw(st.integers(1, 3))):
        keys = draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=1, max_size=5))
        gone = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=2))
        rows = [draw(seen(key)) for key in keys if key not in gone]
        rows = [replace(row, pin=merged.get(row.pin, row.pin)) for row in rows]
        loser, winner = draw(st.permutations(PINS))[:2]
        free = loser not in merged and winner not in merged and loser not in merged.values()
        now = {loser: winner} if free and draw(st.booleans()) else {}
        merged |= now
        found.append((rows, gone, now))
    return found


@pytest.mark.slow
@settings(max_examples=40)
@given(history=nights(), decided=decisions())
def test_any_history_at_length(
    history: list[Night],
    decided: Decided,
    module_database: Database,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    check(history, decided, module_database, tmp_path_factory.mktemp("nights"))


@settings(max_examples=2)
@given(history=nights(), decided=decisions())
def test_any_history_gives_what_one_load_gives(
    history: list[Night],
    decided: Decided,
    module_database: Database,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    check(history, decided, module_database, tmp_path_factory.mktemp("nights"))


def check(history: list[Night], decided: Decided, database: Database, path: Path) -> None:
    """Around changes, whole every night, at once when it is decided, and in one load: the same households.

    The former two with the same ids.
    """
    before = [([], []), *decided]
    little = HouseholdNights(database, path / "little", RULES, whole_from=1.0, surnames=SURNAMES)
    told, groups = [], []
    for night, (said, withdrawn) in zip(history, before, strict=False):
        little.decide(said, withdrawn)
        little.night(*night)
        told.append(little.digests())
        groups.append(little.groups())
    assert little.whole == [True] + [False] * (len(history) - 1)
    index = little.index()
    whole = HouseholdNights(database, path / "whole", RULES, whole_from=0.0, surnames=SURNAMES)
    for number, (night, (said, withdrawn)) in enumerate(zip(history, before, strict=False)):
        whole.decide(said, withdrawn)
        whole.night(*night)
        assert whole.digests() == told[number]
    assert all(whole.whole)
    at_once = HouseholdNights(database, path / "at-once", RULES, whole_from=1.0, surnames=SURNAMES)
    for number, (night, (said, withdrawn)) in enumerate(zip(history, before, strict=False)):
        at_once.decide(said, withdrawn, at_once=True)
        at_once.night(*night)
        assert at_once.groups() == groups[number]
    once = HouseholdNights(database, path / "once", RULES, whole_from=0.0, surnames=SURNAMES)
    for said, withdrawn in before[: len(history)]:
        once.decide(said, withdrawn)
    once.night(list(little.known.values()))
    assert once.groups() == groups[-1]
    assert once.index() == index
