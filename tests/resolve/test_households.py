"""Who lived together, when: through moves, strangers, group quarters and any order of arrival."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from itertools import pairwise, zip_longest
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mdm.match.model import Frequencies
from mdm.resolve.household_sweep import Stay, Sweep
from mdm.resolve.households import HouseholdRules, build_households
from mdm.resolve.memberships import MEMBERSHIPS
from mdm.resolve.sightings import SIGHTINGS
from tests.resolve.sighting_maker import seen, table

HOME, AWAY = "12|river rd", "940|oak park ave"


def members(*rows: dict[str, Any], rules: HouseholdRules | None = None) -> list[dict[str, Any]]:
    return list(build_households(table(*rows), rules).to_pylist())


def at(found: list[dict[str, Any]], day: str) -> dict[str, int]:
    """Customer -> household at a day; fails when somebody is in two."""
    when = dt.date.fromisoformat(day)
    rows = [r for r in found if r["valid_from"] <= when and (r["valid_to"] is None or r["valid_to"] > when)]
    assert len({r["customer"] for r in rows}) == len(rows)
    return {r["customer"]: r["household"] for r in rows}


def test_people_of_one_dwelling_with_their_evidence() -> None:
    found = build_households(
        table(
            seen("ann lee", HOME, role="reference"),
            seen("tom ames", HOME, role="spouse", local_id="T1"),
            seen("x reyes", AWAY),
        )
    )
    assert found.schema.equals(MEMBERSHIPS)
    rows = {r["customer"]: r for r in found.to_pylist()}
    assert rows["ann lee"]["household"] == rows["tom ames"]["household"] != rows["x reyes"]["household"]
    assert [rows[c]["role"] for c in ("ann lee", "tom ames", "x reyes")] == ["reference", "spouse", "member"]
    assert rows["tom ames"]["evidence"] == [
        {"system": "s", "local_id": "T1", "effective": dt.date(2020, 4, 1),
         "address": "12 river rd kelso", "matched": "exact", "by": "address"}
    ]  # fmt: skip


def test_whose_household_goes_on_where_two_meet_does_not_depend_on_the_numbers_of_dwellings() -> None:
    """Two who lived alone since the same day move together: the household of the one with the first record goes on."""

    def goes_on(one: int, other: int) -> str:
        stays = [
            Stay(0, "x", one, 10, 20, 20, True),
            Stay(1, "a", other, 10, 20, 20, True),
            Stay(2, "x", 5, 20, None, 20, True),
            Stay(3, "a", 5, 20, None, 20, True),
        ]
        household = {stay: number for stay, number, _, _ in Sweep(stays, {}, {"x": "K1", "a": "K2"}).pieces()}
        assert household[2] == household[3]
        return "x" if household[2] == household[0] else "a" if household[2] == household[1] else ""

    assert goes_on(1, 2) == goes_on(2, 1) == "x"


def test_who_goes_on_when_two_part_does_not_depend_on_what_they_are_called() -> None:
    def parting(one: str, other: str) -> set[str]:
        """Whose household goes on, by the key of the record."""
        found = members(
            *(seen(c, HOME, on="2020-04-01", local_id=f"{key}1") for c, key in ((one, "A"), (other, "B"))),
            seen(one, AWAY, on="2023-01-01", local_id="A2"),
            seen(other, "7|elm st", on="2023-01-01", local_id="B2"),
        )
        before, after = at(found, "2022-01-01"), at(found, "2024-01-01")
        return {key for c, key in ((one, "A"), (other, "B")) if before[c] == after[c]}

    assert parting("1 lee", "2 lee") == parting("2 lee", "1 lee") == {"A"}


def test_a_family_that_moves_stays_one_household() -> None:
    found = members(
        *(seen(c, HOME, on="2020-04-01") for c in ("a lee", "b lee", "c lee")),
        *(seen(c, AWAY, on="2023-01-01") for c in ("a lee", "b lee")),
    )
    before, after = at(found, "2022-01-01"), at(found, "2024-01-01")
    assert before["a lee"] == before["c lee"] == after["a lee"] == after["b lee"] != after["c lee"]


def test_strangers_who_move_in_are_another_household() -> None:
    found = members(
        seen("a lee", HOME, on="2015-01-01"),
        seen("b lee", HOME, on="2015-01-01"),
        *(seen(c, AWAY, on="2019-01-01") for c in ("a lee", "b lee")),
        *(seen(c, HOME, on="2019-06-01") for c in ("t ames", "u ames")),
    )
    now = at(found, "2020-01-01")
    assert now["t ames"] == now["u ames"] != now["a lee"] == now["b lee"]


def test_who_was_not_seen_again_does_not_live_with_strangers() -> None:
    rows = [seen("old reyes", HOME, on="2012-01-01"), seen("t ames", HOME, on="2020-01-01")]
    assert "old reyes" not in at(members(*rows), "2021-01-01")
    confirmed = rows[0] | {"seen_at": dt.datetime(2022, 1, 1, tzinfo=dt.UTC)}
    now = at(members(confirmed, rows[1]), "2021-01-01")
    assert now["old reyes"] == now["t ames"]
    unknown = [row | {"seen_at": None} for row in rows]
    assert len(at(members(*unknown), "2021-01-01")) == 2


def test_a_newborn_joins_and_nobody_else_is_touched() -> None:
    found = members(seen("a lee", HOME), seen("n lee", HOME, on="2024-05-05"))
    assert "n lee" not in at(found, "2024-05-04")
    later = at(found, "2024-05-05")
    assert later["a lee"] == later["n lee"] == at(found, "2021-01-01")["a lee"]


def test_one_who_moves_in_joins_the_larger_household() -> None:
    found = members(
        seen("s ames", AWAY, on="2020-01-01"),
        *(seen(c, HOME, on="2020-01-01", seen_at=dt.datetime(2023, 1, 1, tzinfo=dt.UTC)) for c in ("a lee", "b lee")),
        seen("s ames", HOME, on="2022-01-01"),
    )
    now = at(found, "2023-01-01")
    assert now["s ames"] == now["a lee"] == at(found, "2021-01-01")["b lee"] != at(found, "2021-01-01")["s ames"]


def test_the_dates_of_the_address_come_first() -> None:
    row = seen("a lee", HOME, on="2024-01-01", valid_from=dt.date(2019, 1, 1), valid_to=dt.date(2021, 1, 1))
    found = members(row)
    assert [(r["valid_from"], r["valid_to"]) for r in found] == [(dt.date(2019, 1, 1), dt.date(2021, 1, 1))]


def test_an_undated_address_reaches_back_to_the_customers_first_record_for_two_years() -> None:
    call = seen("a lee", "", on="2019-06-01")
    assert [r["valid_from"] for r in members(call, seen("a lee", HOME))] == [dt.date(2019, 6, 1)]
    dated = seen("a lee", HOME, valid_from=dt.date(2020, 4, 1))
    assert [r["valid_from"] for r in members(call, dated)] == [dt.date(2020, 4, 1)]
    assert [r["valid_from"] for r in members(call, seen("a lee", HOME, on="2022-04-01"))] == [dt.date(2022, 4, 1)]


def test_group_quarters_are_no_household() -> None:
    declared = [seen(f"p{i} n{i}", HOME, kind="group_quarters") for i in range(4)]
    assert members(*declared) == []
    crowd = [seen(f"p{i} lee", HOME) for i in range(16)]
    assert members(*crowd) == []
    assert len(members(*crowd, rules=HouseholdRules(max_dwelling_people=16))) == 16
    strangers = [seen(f"p{i} n{i}", HOME) for i in range(13)]
    assert members(*strangers) == []
    assert len(members(*(seen(f"p{i} lee", HOME) for i in range(13)))) == 13


def test_one_wrong_mark_does_not_make_group_quarters() -> None:
    found = members(seen("a lee", HOME), seen("b lee", HOME), seen("c lee", HOME, kind="group_quarters"))
    assert len(at(found, "2021-01-01")) == 3


def test_who_leaves_group_quarters_comes_home() -> None:
    inmates = [seen(f"p{i} n{i}", AWAY, on="2019-01-01", kind="group_quarters") for i in range(5)]
    found = members(
        seen("a lee", HOME, on="2018-01-01"), seen("b lee", HOME, on="2018-01-01"), *inmates,
        seen("b lee", AWAY, on="2020-01-01", kind="group_quarters"), seen("b lee", HOME, on="2022-01-01"),
    )  # fmt: skip
    assert "b lee" not in at(found, "2021-01-01")
    assert at(found, "2019-06-01")["a lee"] == at(found, "2023-01-01")["b lee"]
    assert sorted(r["valid_from"].year for r in found if r["customer"] == "b lee") == [2018, 2022]


def test_nothing_gives_an_empty_table() -> None:
    assert build_households(SIGHTINGS.empty_table()).equals(MEMBERSHIPS.empty_table())


def worlds(seed: int, count: int = 40) -> list[dict[str, Any]]:
    """Small worlds side by side, each of few people, dwellings and dates (so that they meet), with its own words."""
    random = Random(seed)
    rows = []
    for _ in range(count):
        word = "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=9))
        people = [f"{word}{c} {word}{f}" for c in "abcd" for f in ("lee", "ames")]
        places = [f"12|{word}", f"940|{word} ave", f"77|elm {word}|3", f"|{word} ave", f"|{word}"]
        for _ in range(random.randint(1, 14)):
            day = dt.datetime(random.randint(2000, 2006), 1, 1, tzinfo=dt.UTC)
            last = random.choice([None, day, dt.datetime(2006, 1, 1, tzinfo=dt.UTC)])
            rows.append(seen(random.choice(people), random.choice(places), on=day.date().isoformat(), seen_at=last))
    return rows


def test_households_are_a_function_of_the_records_not_of_their_order() -> None:
    rows = worlds(1)
    expected = members(*rows)
    for seed in range(3):
        assert members(*Random(seed).sample(rows, len(rows))) == expected


def test_memberships_never_overlap_and_every_one_has_evidence() -> None:
    of: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in members(*worlds(2, 150)):
        assert row["evidence"]
        assert row["valid_to"] is None or row["valid_from"] < row["valid_to"]
        of[row["customer"]].append(row)
    for rows in of.values():
        rows.sort(key=lambda r: r["valid_from"])
        for one, two in pairwise(rows):
            assert one["valid_to"] is not None
            assert one["valid_to"] <= two["valid_from"]


def test_a_subset_closed_under_shared_dwellings_gives_the_same_households() -> None:
    here, there = worlds(3), worlds(4)
    shares = Frequencies(0.01, {})
    alone = build_households(table(*here), surnames=shares).to_pylist()
    both = build_households(table(*there, *here), surnames=shares).to_pylist()
    mine = {row["customer"] for row in here}
    assert groups(alone) == groups([r for r in both if r["customer"] in mine])


@st.composite
def lives(draw: st.DrawFn) -> list[Stay]:
    """Stays of up to five customers, one after the other, in three dwellings."""
    stays: list[Stay] = []
    for customer in "abcde":
        days = sorted(draw(st.sets(st.integers(0, 12), max_size=4)))
        for start, end in zip_longest(days, days[1:]):
            if end is not None and draw(st.booleans()):
                end = draw(st.integers(start + 1, end))
            dwelling, seen_until = draw(st.integers(0, 2)), draw(st.integers(start, 12))
            stays.append(Stay(len(stays), customer, dwelling, start, end, seen_until, draw(st.booleans())))
    return stays


@given(lives(), st.randoms(use_true_random=False))
def test_the_sweep_gives_every_day_of_a_stay_to_one_household_and_every_household_one_dwelling(
    stays: list[Stay], random: Random
) -> None:
    first = {stay.customer: stay.customer for stay in stays}
    pieces = Sweep(stays, {}, first).pieces()
    where: dict[tuple[int, int], int] = {}
    for stay in stays:
        days = [d for n, _, a, b in pieces if n == stay.stay for d in range(a, 20 if b is None else b)]
        end = 20 if stay.end is None else stay.end
        assert sorted(days) == list(range(stay.start, stay.start + len(days)))  # no gap, from the first day
        assert len(days) <= end - stay.start
        assert len(days) >= min(end, stay.seen + 1) - stay.start  # never cut short while somebody confirms it
        for _, household, a, b in (p for p in pieces if p[0] == stay.stay):
            for day in range(a, 20 if b is None else b):
                assert where.setdefault((household, day), stay.dwelling) == stay.dwelling
    shuffled = random.sample(stays, len(stays))
    assert sorted(map(str, Sweep(shuffled, {}, first).pieces())) == sorted(map(str, pieces))


def groups(rows: list[dict[str, Any]]) -> set[frozenset[tuple[Any, ...]]]:
    found: dict[int, set[tuple[Any, ...]]] = defaultdict(set)
    for row in rows:
        found[row["household"]].add((row["customer"], row["valid_from"], row["valid_to"], row["role"]))
    return {frozenset(group) for group in found.values()}
