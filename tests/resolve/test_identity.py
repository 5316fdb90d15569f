"""PINs and households through merges, splits, changes, deletions and reused keys."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from mdm.resolve.first_load import assign_first_pins
from mdm.resolve.identity import RecordChanges, assign_pins
from mdm.resolve.lineage import CustomerState, IdentityState, RecordOrder, Xref
from mdm.resolve.pins import mint_pins
from tests.resolve.identity_world import Customers, Households, after, kinds, mint_numbered

PAGE = Path(__file__).parents[2] / "docs" / "identity.md"


class Case(NamedTuple):
    name: str
    household: bool
    codes: list[str]  # nights and, after them, the expected state


def cases() -> list[Case]:
    """The rows of the tables of docs/identity.md."""
    found, household = [], False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 5:
            if cells[0].endswith("case"):
                household = cells[0].startswith("household")
            else:
                found.append(Case(cells[0], household, re.findall(r"`([^`]+)`", " ".join(cells[1:4]))))
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_case_of_the_page(case: Case) -> None:
    world = Households() if case.household else Customers()
    *nights, expected = case.codes
    for night in nights:
        world.night(night)
    assert world.show() == set(expected.split())


def test_the_page_has_every_case_asked_for() -> None:
    assert len(cases()) >= 50
    assert len({case.name for case in cases()}) == len(cases())
    assert all("=" in case.codes[-1] and "=" not in "".join(case.codes[:-1]) for case in cases())


def test_events_of_a_merge_and_an_unmerge() -> None:
    world = after("AB CD")
    assert kinds(world.changes[0].events) == [("minted", "P1", None, "AB"), ("minted", "P2", None, "CD")]
    assert kinds(world.night("ABCD")) == [("merged", "P2", "P1", "CD")]
    assert kinds(world.night("AB CD")) == [("revived", "P2", "P1", "CD")]


def test_events_of_a_split_a_move_a_retirement() -> None:
    world = after("ABC")
    assert kinds(world.night("AB C")) == [("split", "P1", "P2", "C"), ("minted", "P2", None, "C")]
    assert kinds(world.night("A BC *B")) == [("moved", "P1", "P2", "B")]
    assert kinds(world.night("A B C *B")) == [("moved", "P2", "P3", "B"), ("minted", "P3", None, "B")]
    assert kinds(world.night("B C -A")) == [("retired", "P1", None, "")]
    assert kinds(world.night("A B C *A")) == [("revived", "P1", None, "")]


def test_events_of_a_merge_of_merges() -> None:
    world = after("A B C", "A BC")
    assert kinds(world.night("ABC")) == [("merged", "P2", "P1", "BC"), ("redirected", "P3", "P1", "")]
    assert kinds(world.night("A BC")) == [("revived", "P2", "P1", "BC"), ("redirected", "P3", "P2", "")]


def test_a_night_without_change_has_no_event() -> None:
    world = after("AB CD", "ABCD", "ABD C", "BD C -A")
    before = world.state
    assert world.night("BD C") == ()
    assert world.state == before


def test_founder_and_home_are_kept_through_a_merge() -> None:
    world = after("AB CD", "ABCD")
    assert world.state.customers["P2"] == CustomerState("P2", 2, "redirected", ord("C"), "P1", "P1")
    assert world.state.xrefs[ord("D")] == Xref("P1", "P2")


def test_new_pins_follow_system_and_local_id_not_age() -> None:
    order = {1: RecordOrder(9, "a", "1"), 2: RecordOrder(1, "b", "1"), 3: RecordOrder(0, "c", "1")}
    change = assign_pins(
        [[2], [3, 1]], IdentityState(), order=order, next_number=1, mint=lambda n, count: mint_numbered("P", n, count)
    )
    assert change.after.xrefs[1].pin == change.after.xrefs[3].pin == "P1"
    assert change.after.customers["P1"].founder == 3  # the oldest
    assert change.minted == ("P1", "P2")


@pytest.mark.parametrize(
    ("clusters", "xrefs", "departed", "message"),
    [
        ([[1], []], {}, (), "empty"),
        ([[1], [2, 1]], {}, (), "two clusters"),
        ([[1]], {1: Xref("P1", "P1")}, (1,), "departed and are in a cluster"),
        ([[2]], {1: Xref("P1", "P1")}, (), "did not depart"),
        ([[1]], {1: Xref("P9", "P9")}, (), "not handed in"),
    ],
)
def test_input_that_contradicts_itself_is_refused(
    clusters: list[list[int]], xrefs: dict[int, Xref], departed: tuple[int, ...], message: str
) -> None:
    before = IdentityState({"P1": CustomerState("P1", 1, "active", 1)}, xrefs)
    order = {record: RecordOrder(record, "s", str(record)) for record in (1, 2)}
    with pytest.raises(ValueError, match=message):
        assign_pins(
            clusters,
            before,
            order=order,
            changes=RecordChanges(departed=frozenset(departed)),
            next_number=2,
            mint=lambda n, count: mint_numbered("P", n, count),
        )


def test_redirects_must_be_handed_in_whole() -> None:
    before = IdentityState({"P2": CustomerState("P2", 2, "redirected", None, "P1", "P1")})
    with pytest.raises(ValueError, match="hand in every PIN"):
        assign_pins([], before, order={}, next_number=3, mint=lambda n, count: mint_numbered("P", n, count))


def test_a_pin_is_never_minted_twice() -> None:
    before = IdentityState({"P1": CustomerState("P1", 1, "retired")})
    with pytest.raises(ValueError, match="minted twice"):
        assign_pins(
            [[1]],
            before,
            order={1: RecordOrder(1, "s", "1")},
            next_number=1,
            mint=lambda n, count: mint_numbered("P", n, count),
        )


def test_six_hundred_thousand_new_customers_in_seconds() -> None:
    count = 600_000
    records = np.arange(count, dtype=np.int64)
    start = time.perf_counter()
    load = assign_first_pins(
        records,
        records // 2 * 2,
        rank=records[::-1].copy(),
        age=records,
        next_number=0,
        mint=lambda n, c: mint_pins(n, c, instance="01", key="k"),
    )
    assert time.perf_counter() - start < 5
    assert len(load.pins) == count // 2
