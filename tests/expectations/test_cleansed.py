"""The gate after cleansing: records without anything usable, impossible values, and attributes that drift."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from expectations.attributes import attribute_figures, attribute_of, mapped_attributes, mark_figures
from expectations.gate import CleansedGate, ExpectationResult, check_cleansed
from mdm.contracts import SourceContract
from mdm.party import CLEANSED, QUARANTINE
from mdm.settings import GateSettings
from tests.expectations.rows import cleansed

LENIENT = GateSettings(max_rejected_share=1)
NAMELESS: dict[str, Any] = {"name_given": None, "family_key": None}


def failed(gate: CleansedGate) -> dict[str, ExpectationResult]:
    return {f"{result.expectation}.{result.column_name}": result for result in gate.results if not result.success}


BAD = {
    "a TEST customer with nothing else": (
        NAMELESS | {"original": '{"name.full": "TEST"}', "sex": "male"},
        "nothing_usable",
    ),
    "empty lists and structs": (NAMELESS | {"phones": [], "address": {"text": None}}, "nothing_usable"),
    "only attributes": (NAMELESS | {"attributes": [{"name": "score", "value": "1"}]}, "nothing_usable"),
    "no key": ({"local_id": None}, "missing_key"),
    "born in 2943": ({"birth_date": date(2943, 1, 1)}, "date_range"),
    "died in 1849": ({"death_date": date(1849, 12, 31)}, "date_range"),
    "a phone as it was written": ({"phones": [{"number": "+8613800138000"}, {"number": "0931-8412"}]}, "phone_format"),
    "a phone without a number": ({"phones": [{"number": None}]}, "phone_format"),
    "a phone of sixteen digits": ({"phones": [{"number": "+1234567890123456"}]}, "phone_format"),
    "an identifier of no known type": ({"identifiers": [{"type": "badge", "value": "1"}]}, "identifier_format"),
    "an identifier without a value": ({"identifiers": [{"type": "passport", "value": ""}]}, "identifier_format"),
}
GOOD = {
    "only a phone": NAMELESS | {"phones": [{"number": "+8613800138000"}]},
    "only a birth date": NAMELESS | {"birth_date": date(1980, 2, 3)},
    "only a postcode": NAMELESS | {"address": {"postcode": "730000"}},
    "an enrichment record": NAMELESS | {"role": "enrichment", "attributes": [{"name": "score", "value": "1"}]},
    "two identifiers": {"identifiers": [{"type": "passport", "value": "E1"}, {"type": "other", "value": "7"}]},
    "set in the future": {"birth_date": date(2041, 1, 1)},
}


@pytest.fixture(scope="module")
def mixed(full: SourceContract) -> CleansedGate:
    """All bad records in one batch, and the good ones after them."""
    records = [record for record, _ in BAD.values()] + list(GOOD.values())
    return check_cleansed(cleansed(*records), full, policy=LENIENT)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_record_goes_to_quarantine(name: str, mixed: CleansedGate) -> None:
    line = list(BAD).index(name) + 1
    assert [row["reason"] for row in mixed.quarantined.to_pylist() if row["line"] == line] == [BAD[name][1]]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_record_is_accepted(name: str, mixed: CleansedGate) -> None:
    assert len(BAD) + list(GOOD).index(name) + 1 in mixed.accepted["line"].to_pylist()


def test_no_record_is_lost_and_what_was_delivered_is_kept(mixed: CleansedGate) -> None:
    assert mixed.accepted.num_rows + mixed.quarantined.num_rows == len(BAD) + len(GOOD)
    assert mixed.quarantined.schema == QUARANTINE
    assert "TEST" in mixed.quarantined["content"][0].as_py()
    assert mixed.stopped is None


def test_too_many_bad_records_stop_the_source(full: SourceContract) -> None:
    strict = GateSettings(max_rejected_share=0.2)
    gate = check_cleansed(cleansed(*[{}, NAMELESS] * 5), full, policy=strict)
    quiet = check_cleansed(cleansed(NAMELESS), full, policy=strict)  # the one change of a quiet night
    assert gate.stopped == "50.0% of the records had nothing usable or impossible values, at most 20.0% may have"
    assert quiet.stopped is None


def test_an_empty_batch_goes_on(full: SourceContract, policy: GateSettings) -> None:
    trend = {"null_share.phones": [0.0], "unreadable_share.phones": [0.0], "constant.phones": [0.0]}
    gate = check_cleansed(CLEANSED.empty_table(), full, policy=policy, trend=trend)
    assert (gate.stopped, gate.accepted.num_rows, failed(gate)) == (None, 0, {})


def test_a_table_of_another_schema_stops(full: SourceContract, policy: GateSettings) -> None:
    gate = check_cleansed(cleansed({}).drop_columns(["sex"]), full, policy=policy)
    assert gate.stopped is not None
    assert "sex: string" in gate.stopped


def batch(size: int, **columns: Any) -> pa.Table:
    """`size` records; a column is a function of the record's number."""
    return cleansed(*({name: make(number) for name, make in columns.items()} for number in range(size)))


def number(index: int) -> list[dict[str, Any]]:
    return [{"number": f"+86138{index:08}"}]


def not_read(reason: str) -> list[dict[str, Any]]:
    return [{"attribute": "phones", "mark": "unreadable", "reason": reason}]


def test_an_attribute_that_was_filled_and_now_is_empty_is_shown(full: SourceContract, policy: GateSettings) -> None:
    table = batch(200, phones=lambda n: number(n) if n < 100 else None)
    usual = check_cleansed(table, full, policy=policy, trend={"null_share.phones": [0.4, 0.5]})
    emptied = check_cleansed(table, full, policy=policy, trend={"null_share.phones": [0.1, 0.2]})
    assert failed(usual) == {}
    assert list(failed(emptied)) == ["null_share.phones"]
    assert "phones is empty in 50.0%" in failed(emptied)["null_share.phones"].message
    assert emptied.stopped is None


def test_a_rare_attribute_that_vanishes_is_shown(full: SourceContract, policy: GateSettings) -> None:
    gate = check_cleansed(batch(200), full, policy=policy, trend={"null_share.birth_date": [0.9, 0.9]})
    assert list(failed(gate)) == ["null_share.birth_date"]


def test_an_attribute_that_became_a_constant_is_shown(full: SourceContract, policy: GateSettings) -> None:
    table = batch(200, birth_date=lambda n: date(1980, 1, 1))
    gate = check_cleansed(table, full, policy=policy, trend={"constant.birth_date": [0.0, 0.0]})
    assert list(failed(gate)) == ["constant.birth_date"]
    always = check_cleansed(table, full, policy=policy, trend={"constant.birth_date": [1.0, 1.0]})
    assert failed(always) == {}


def test_an_attribute_that_can_no_longer_be_read_stops_the_source(full: SourceContract, policy: GateSettings) -> None:
    table = batch(
        300,
        phones=lambda n: number(n) if n < 120 else None,
        issues=lambda n: not_read("not a valid number of CN") if n >= 120 else [],
    )
    stopped = check_cleansed(table, full, policy=policy, trend={"unreadable_share.phones": [0.1, 0.1]})
    first = check_cleansed(table, full, policy=policy)
    assert stopped.stopped == "60.0% of the values of phones cannot be read; is the contract right?"
    assert list(failed(first)) == ["unreadable_share.phones"]
    assert first.stopped is None


def test_placeholders_are_empty_not_unreadable() -> None:
    table = batch(300, phones=lambda n: number(n) if n < 120 else None, issues=lambda n: not_read("placeholder"))
    figures = attribute_figures(table, ["phones"])
    assert figures["unreadable_share.phones"] == 0
    assert figures["null_share.phones"] == pytest.approx(0.6)


def test_figures_are_shares_of_what_was_delivered() -> None:
    """One of two phones unreadable: the record counts once on both sides."""
    table = batch(200, phones=number, issues=lambda n: not_read("short code") * 2 if n < 50 else [])
    assert attribute_figures(table, ["phones"])["unreadable_share.phones"] == pytest.approx(0.25)


def test_marks_are_figures_that_people_are_shown_and_that_fail_nothing() -> None:
    odd = [{"attribute": "phones", "mark": mark, "reason": "odd"} for mark in ("suspicious", "repaired", "repaired")]
    table = batch(200, phones=number, issues=lambda n: odd if n < 50 else [])
    assert mark_figures(table, ["phones", "name"]) == {
        ("suspicious_share", "phones"): 0.25, ("repaired_share", "phones"): 0.25,
    }  # fmt: skip
    assert mark_figures(batch(20, phones=number, issues=lambda n: odd), ["phones"]) == {}


def test_too_few_records_say_nothing() -> None:
    assert set(attribute_figures(batch(20, phones=number), ["phones"]).values()) == {None}


def test_only_mapped_attributes_are_watched(full: SourceContract) -> None:
    assert mapped_attributes(full) == ("name", "birth_date", "identifiers", "phones")


@pytest.mark.parametrize(
    ("column", "attribute"),
    [
        ("name_given", "name"),
        ("address.postcode", "address"),
        ("identifiers.passport", "identifiers"),
        ("birth_date", "birth_date"),
        ("organisation_name", "organisation"),
        ("household_role", None),
    ],
)
def test_issues_belong_to_attributes(column: str, attribute: str | None) -> None:
    assert attribute_of(column) == attribute
