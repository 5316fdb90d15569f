"""Who lives with whom by decision: the table of docs/identity.md, and what the sweep makes of it through time."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm.resolve.household_decisions import Decided, contradiction, in_force, place
from mdm.resolve.households import build_households
from tests.resolve.sighting_maker import seen, table
from tests.resolve.test_households import AWAY, HOME, at

PAGE = Path(__file__).parents[2] / "docs" / "identity.md"
DAY = 20_000


def _cases() -> list[Any]:
    lines = PAGE.read_text(encoding="utf-8").split("| decided case |")[1].split("\n\n")[0].splitlines()[2:]
    found = []
    for name, cell, after, _ in ([cell.strip() for cell in line.strip("|").split("|")] for line in lines):
        sources, decisions, households = (re.findall(r"`([^`]+)`", text) for text in (*cell.split(";"), after))
        found.append(pytest.param(sources[-1], decisions, households[0], id=name))
    return found


def _decided(steps: list[str]) -> list[Decided]:
    found: list[Decided] = []
    for day, step in enumerate(steps, start=DAY):
        for movers, sign, others in re.findall(r"(\w+)([/+])(\w+)", step):
            found += [Decided(m, o, sign == "+", day, len(found) + n) for n, (m, o) in enumerate(_each(movers, others))]
    return found


def _each(movers: str, others: str) -> list[tuple[str, str]]:
    return [(m, o) for m in movers for o in others]


@pytest.mark.parametrize(("sources", "decisions", "households"), _cases())
def test_the_table(sources: str, decisions: list[str], households: str) -> None:
    homes = {customer: number for number, home in enumerate(sources.split()) for customer in home}
    where = place(homes, in_force(_decided(decisions), DAY + len(decisions)), {c: c for c in homes})
    together = {"".join(sorted(c for c in where if where[c] == spot)) for spot in where.values()}
    assert sorted(together) == households.split()


@given(st.data())
def test_nobody_lives_with_whom_they_were_told_apart_from_in_whatever_order_it_was_read(data: st.DataObject) -> None:
    people = "ABCDEFG"
    homes = {c: data.draw(st.integers(0, 3)) for c in people}
    each = st.builds(
        Decided, st.sampled_from(people), st.sampled_from(people), st.booleans(), st.integers(0, 3), st.integers(0, 99)
    )
    decided = data.draw(st.lists(each, max_size=12, unique_by=lambda d: d.number))
    holds = in_force(decided, 2)
    where = place(homes, holds, {c: c for c in people})
    assert where.keys() == homes.keys()
    assert all(where[d.mover] != where[d.other] for d in holds if not d.together)
    assert {c for c in people if where[c] != (homes[c], "")} <= {d.mover for d in holds}
    again = place(dict(reversed(homes.items())), in_force(reversed(decided), 2), {c: c for c in people})
    assert again == where


def test_a_chain_that_would_break_is_named() -> None:
    ties = [Decided("b", "a", True, 10, 1), Decided("c", "b", True, 20, 2)]
    assert contradiction([*ties, Decided("c", "a", False, 15, 3)], [10, 15, 20]) == (20, ("c", "b", "a"))
    assert (
        contradiction([*ties, Decided("c", "b", False, 20, 4), Decided("c", "a", False, 15, 3)], [10, 15, 20]) is None
    )


def day(text: str) -> int:
    return (dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days


def test_a_household_is_split_from_a_day_on_and_goes_with_most_of_its_members() -> None:
    rows = [seen(c, HOME, on="2020-04-01") for c in ("a lee", "b lee", "c lee")]
    apart = [Decided("c lee", other, False, day("2022-05-01"), n) for n, other in enumerate(("a lee", "b lee"))]
    found = build_households(table(*rows), decided=apart).to_pylist()
    before, after = at(found, "2022-04-30"), at(found, "2022-05-01")
    assert len(set(before.values())) == 1
    assert before["a lee"] == after["a lee"] == after["b lee"] != after["c lee"]
    assert {r["evidence"][0]["by"] for r in found} == {"address"}  # everybody lives where a record says


def test_who_is_moved_stays_so_when_the_sources_see_them_elsewhere_and_whatever_order_they_come_in() -> None:
    rows = [
        *(seen(c, HOME, on="2020-04-01") for c in ("a lee", "b lee")),
        seen("x reyes", AWAY, on="2021-01-01"),
        seen("x reyes", "7|elm st", on="2023-01-01"),
        seen("y stone", "7|elm st", on="2022-01-01"),
    ]
    decided = [Decided("x reyes", other, True, day("2021-06-01"), n) for n, other in enumerate(("a lee", "b lee"))]
    found = build_households(table(*rows), decided=decided).to_pylist()
    assert at(found, "2021-05-31")["x reyes"] != at(found, "2021-05-31")["a lee"]
    for moment in ("2021-06-01", "2022-12-31", "2023-01-01", "2026-01-01"):
        now = at(found, moment)
        assert now["x reyes"] == now["a lee"] == now["b lee"]
    assert now["y stone"] != now["x reyes"]
    moved = [r for r in found if r["customer"] == "x reyes" and r["valid_from"] >= dt.date(2021, 6, 1)]
    assert {each["by"] for r in moved for each in r["evidence"]} == {"steward"}
    again = build_households(table(*reversed(rows)), decided=list(reversed(decided))).to_pylist()
    assert {(r["customer"], r["valid_from"], r["valid_to"]) for r in again} == {
        (r["customer"], r["valid_from"], r["valid_to"]) for r in found
    }


def test_strangers_who_move_in_do_not_drive_out_who_was_decided_to_live_elsewhere() -> None:
    rows = [
        seen("a lee", HOME, on="2020-04-01"),
        seen("x reyes", AWAY, on="2020-04-01"),
        seen("z stranger", AWAY, on="2023-01-01"),
    ]
    decided = [Decided("x reyes", "a lee", True, day("2020-04-01"), 1)]
    assert "x reyes" not in at(build_households(table(*rows)).to_pylist(), "2024-01-01")
    now = at(build_households(table(*rows), decided=decided).to_pylist(), "2024-01-01")
    assert now["x reyes"] == now["a lee"] != now["z stranger"]


def test_without_a_decision_about_them_nothing_is_otherwise() -> None:
    rows = [seen(c, HOME, on="2020-04-01") for c in ("a lee", "b lee")]
    others = [Decided("q", "r", False, 0, 1)]
    assert build_households(table(*rows), decided=others).equals(build_households(table(*rows)))
