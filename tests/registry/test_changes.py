"""Two versions of a golden record side by side; a document as it was on a day; the times as people write them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm.registry.changes import changes_between, worded
from mdm.registry.effective import covers, in_effect
from mdm.registry.moments import exactly, read_day, read_moment
from mdm.registry.views import Change

FROM_CRM = {"record": ["crm", "1"], "rule": "most_trusted", "support": 1}


def entry(value: Any, **more: Any) -> dict[str, Any]:
    return {"value": value, **FROM_CRM, **more}


def test_values_that_came_went_and_changed() -> None:
    before = {"party": "person", "birth_date": entry("1980-02-03"), "phones": [entry("+1"), entry("+2")]}
    after = {
        "party": "person",
        "name": entry({"given": "Wei", "family": "Zhang", "native": "张伟"}),
        "birth_date": entry("1980-02-04"),
        "phones": [entry("+2"), entry("+3", valid_from="2026-01-01")],
        "identifiers": [entry("X1", type="passport", issuer="CN")],
    }
    name, born, identifiers, phones = changes_between(before, after)
    assert (name.attribute, name.before, name.after) == ("name", None, "张伟")
    assert (born.before, born.after) == ("1980-02-03", "1980-02-04")
    assert born.why == "from crm:1: the most trusted source says so; 1 record holds it"
    assert identifiers == Change("identifiers", added=("passport CN X1",))
    assert phones == Change("phones", added=("+3 (from 2026-01-01)",), removed=("+1",))
    back = changes_between(after, before)
    assert (back[0].before, back[0].after, back[0].why) == ("张伟", None, None)
    assert changes_between(after, after) == ()


def test_the_same_values_on_other_evidence() -> None:
    before = {"party": "person", "sex": entry("male"), "emails": [entry("a@b.example")]}
    after = {"party": "person", "sex": entry("male", support=2), "emails": [entry("a@b.example", support=3)]}
    assert [(c.attribute, c.same_values) for c in changes_between(before, after)] == [("sex", True), ("emails", True)]


PHONES = st.lists(
    st.builds(
        lambda number, since: entry(f"+{number}") | ({"valid_from": since} if since else {}),
        st.integers(1, 5), st.sampled_from((None, "2020-01-01", "2024-01-01")),
    ),
    unique_by=lambda phone: worded("phones", phone),
)  # fmt: skip


@given(PHONES, PHONES)
def test_removed_and_added_lead_from_one_version_to_the_next(
    old: list[dict[str, Any]], new: list[dict[str, Any]]
) -> None:
    found = changes_between({"party": "person", "phones": old}, {"party": "person", "phones": new})
    texts = {worded("phones", phone) for phone in old}
    for change in found:
        assert set(change.removed) <= texts
        texts = texts - set(change.removed) | set(change.added)
    assert texts == {worded("phones", phone) for phone in new}


@pytest.mark.parametrize(
    ("period", "day", "inside"),
    [
        ({}, "9999-12-31", True),
        ({"valid_from": "2020-01-01"}, "2020-01-01", True),
        ({"valid_from": "2020-01-01"}, "2019-12-31", False),
        ({"valid_to": "2020-01-01"}, "2020-01-01", False),
        ({"valid_to": "2020-01-01"}, "0001-01-01", True),
    ],
)
def test_a_period_holds_its_first_day_and_not_its_last(period: dict[str, str], day: str, inside: bool) -> None:
    assert covers(period, day) is inside


def test_an_address_that_was_not_in_effect_gives_way_to_the_one_of_the_day() -> None:
    def said(key: str, street: str, role: str = "customer", **period: str) -> dict[str, Any]:
        return {
            "system": "crm", "local_id": key, "role": role, "recorded": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            "address": {"street": street, "text": street, **period}, "dwelling_key": street,
        }  # fmt: skip

    rows = [
        said("1", "Elm", valid_from="2024-01-01"),
        said("2", "Oak", valid_from="2015-01-01", valid_to="2024-01-01"),
        said("3", "Oak", valid_from="2014-01-01"),
        said("4", "Undated"),
        said("5", "Bought", role="enrichment", valid_from="2019-01-01"),
    ]
    golden = entry(
        {"street": "Elm"}, valid_from="2024-01-01", runner_up={"value": {"street": "?"}, "record": ["a", "b"]}
    )
    found = {
        year: in_effect({"address": golden}, dt.date(year, 6, 1), lambda: rows).get("address")
        for year in (2010, 2014, 2020, 2025)
    }
    assert {year: found[year] and found[year]["value"]["street"] for year in found} == {
        2010: "Undated", 2014: "Oak", 2020: "Oak", 2025: "Elm",
    }  # fmt: skip
    assert found[2020] == {
        "value": {"text": "Oak", "street": "Oak"}, "valid_from": "2015-01-01", "valid_to": "2024-01-01",
        "record": ["crm", "2"], "rule": "in_effect", "support": 2,
    }  # fmt: skip
    assert in_effect({"address": golden}, dt.date(2010, 6, 1), list) == {}


def test_other_values_without_a_period_always_count() -> None:
    document = {"party": "person", "birth_date": entry("1980-02-03"), "identifiers": [entry("X1", type="passport")]}
    assert in_effect(document, dt.date(1900, 1, 1), list) == document


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC)))
def test_a_moment_is_read_as_it_is_written(moment: dt.datetime) -> None:
    assert read_moment(exactly(moment)) == moment
    assert read_day(moment.date().isoformat()) == moment.date()


def test_zones() -> None:
    assert read_moment("2026-04-01T08:00+08:00") == read_moment("2026-04-01 00:00:00z") == read_moment("2026-04-01")
    assert read_moment("2026-04-01T08:00", zone=False) == dt.datetime(2026, 4, 1, 8, tzinfo=dt.UTC)
    with pytest.raises(ValueError, match="which zone is meant"):
        read_moment("2026-04-01T08:00")
