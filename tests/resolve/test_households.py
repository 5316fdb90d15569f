"""Who lived together, when: through moves, strangers, group quarters and any order of arrival."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

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
         "dwelling": rows["ann lee"]["evidence"][0]["dwelling"], "address": "12 river rd kelso",
         "matched": "exact", "by": "address"}
    ]  # fmt: skip


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


# random lives: few people, dwellings and dates, so that they meet
LIVES = st.lists(
    st.tuples(
        st.sampled_from([f"{c} {f}" for c in "abcd" for f in ("lee", "ames")]),
        st.sampled_from([HOME, AWAY, "77|elm st|3", "|elm st", "12|"]),
        st.integers(2000, 2006),
        st.booleans(),
    ),
    max_size=14,
)


def as_rows(lives: list[tuple[str, str, int, bool]]) -> list[dict[str, Any]]:
    return [
        seen(
            who,
            where,
            on=f"{year}-01-01",
            local_id=str(i),
            seen_at=dt.datetime(2006, 1, 1, tzinfo=dt.UTC) if still else None,
        )
        for i, (who, where, year, still) in enumerate(lives)
    ]


@settings(max_examples=15, deadline=None)
@given(LIVES, st.randoms(use_true_random=False))
def test_households_are_a_function_of_the_records_not_of_their_order(lives: Any, random: Any) -> None:
    rows = as_rows(lives)
    expected = members(*rows)
    random.shuffle(rows)
    assert members(*rows) == expected


@settings(max_examples=15, deadline=None)
@given(LIVES)
def test_memberships_never_overlap_and_every_one_has_evidence(lives: Any) -> None:
    found = members(*as_rows(lives))
    of: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        assert row["evidence"]
        assert row["valid_to"] is None or row["valid_from"] < row["valid_to"]
        of[row["customer"]].append(row)
    for rows in of.values():
        rows.sort(key=lambda r: r["valid_from"])
        for one, two in pairwise(rows):
            assert one["valid_to"] is not None
            assert one["valid_to"] <= two["valid_from"]


@settings(max_examples=10, deadline=None)
@given(LIVES, LIVES)
def test_a_subset_closed_under_shared_dwellings_gives_the_same_households(lives: Any, others: Any) -> None:
    here = as_rows(lives)
    there = [
        row
        | {
            "customer": "z" + row["customer"],
            "place_key": "yakima",
            "locality": "Yakima",
            "family_key": "z" + row["family_key"],
        }
        for row in as_rows(others)
    ]
    shares = dict.fromkeys(("lee", "ames", "zlee", "zames"), 0.01)
    alone = build_households(table(*here), surname_share=shares).to_pylist()
    both = build_households(table(*here, *there), surname_share=shares).to_pylist()
    assert groups(alone) == groups([r for r in both if not r["customer"].startswith("z")])


def groups(rows: list[dict[str, Any]]) -> set[frozenset[tuple[Any, ...]]]:
    found: dict[int, set[tuple[Any, ...]]] = defaultdict(set)
    for row in rows:
        found[row["household"]].add((row["customer"], row["valid_from"], row["valid_to"], row["role"]))
    return {frozenset(group) for group in found.values()}
