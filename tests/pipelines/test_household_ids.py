"""Ids of a first load, in whole columns, are those that the rule gives with nothing before."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm.resolve.household_identity import HouseholdsBefore, assign_chis
from mdm.resolve.household_ids import STATES, identify_households

DAYS = st.one_of(st.none(), st.dates(dt.date(2020, 1, 1), dt.date(2020, 1, 3)))
MEMBERSHIPS = pa.schema([("household", pa.int64()), ("customer", pa.string()), ("valid_from", pa.date32())])


def mint(first: int, count: int) -> list[str]:
    return [f"H{number}" for number in range(first, first + count)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(st.sampled_from("ABC"), DAYS), min_size=1, max_size=4), max_size=15))
def test_first_ids_are_those_of_the_rule(households: list[list[tuple[str, dt.date | None]]]) -> None:
    rows = [(number, pin, day) for number, members in enumerate(households) for pin, day in members]
    memberships = pa.table([[row[place] for row in rows] for place in range(3)], schema=MEMBERSHIPS)
    found = identify_households(memberships, STATES.empty_table(), pa.table({}), {}, 7, mint)
    expected = assign_chis(tokens(households), HouseholdsBefore(), next_number=7, mint=mint)
    assert found.chis.to_pylist() == list(expected.chis)
    assert found.minted == len(expected.minted)
    states = [(row["chi"], row["issued"], row["status"], row["redirect_to"]) for row in found.states.to_pylist()]
    assert states == [tuple(state) for state in expected.states.values()]


def tokens(households: list[list[tuple[str, dt.date | None]]]) -> list[list[str]]:
    """Each member with the number of households that it came to later, or on the same day and that stand before."""
    latest = [{pin: max(seen(day) for who, day in rows if who == pin) for pin, _ in rows} for rows in households]

    def place(pin: str, number: int) -> int:
        came = [(-members[pin], other) for other, members in enumerate(latest) if pin in members]
        return sorted(came).index((-latest[number][pin], number))

    return [[f"{pin}@{place(pin, number)}" for pin in members] for number, members in enumerate(latest)]


def seen(day: dt.date | None) -> int:
    return 0 if day is None else day.toordinal()
