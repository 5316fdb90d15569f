"""The gate of one delivery: rows to quarantine with their reasons, batches that stop, and no row lost."""

from __future__ import annotations

from functools import partial
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.gate import ExpectationResult, SourceGate, check_source
from mdm.contracts import SourceContract
from mdm.party import MAPPED, QUARANTINE
from mdm.settings import GateSettings
from tests.expectations.rows import mapped, unreadable

NONE = QUARANTINE.empty_table()
LENIENT = GateSettings(max_rejected_share=1)


def failed(gate: SourceGate) -> dict[str, ExpectationResult]:
    return {result.expectation: result for result in gate.results if not result.success}


BAD_ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "no key": ({"local_id": None}, "missing_key"),
    "a key of 201 characters": ({"local_id": "x" * 201}, "key_length"),
    "an empty key": ({"local_id": ""}, "key_length"),
    "a line feed in the key": ({"local_id": "A\nB"}, "key_characters"),
    "a NUL in the key": ({"local_id": "A\0"}, "key_characters"),
    "no party": ({"party": None}, "party_unknown"),
    "an unknown party": ({"party": "robot"}, "party_unknown"),
    "nothing but a title and a birth date": (
        {"name_full": None, "name_prefix": "Mr", "birth_date": "1980-01-01"},
        "no_content",
    ),
    "an empty list of phones": ({"name_full": None, "phones": []}, "no_content"),
    "an address without a field": ({"name_full": None, "address": {"text": None}}, "no_content"),
}


@pytest.fixture(scope="module")
def bad(full: SourceContract) -> SourceGate:
    """All bad rows in one delivery, each followed by a good one."""
    rows = [row for bad, _ in BAD_ROWS.values() for row in (bad, {})]
    return check_source(mapped(*rows), full, unreadable=NONE, rows_read=len(rows), policy=LENIENT)


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_goes_to_quarantine(name: str, bad: SourceGate) -> None:
    line = 2 * list(BAD_ROWS).index(name) + 1
    told = [row["reason"] for row in bad.quarantined.to_pylist() if row["line"] == line]
    assert told == [BAD_ROWS[name][1]]


def test_the_rows_beside_bad_rows_are_accepted(bad: SourceGate) -> None:
    assert bad.accepted["line"].to_pylist() == list(range(2, 2 * len(BAD_ROWS) + 1, 2))
    assert bad.stopped is None
    assert failed(bad)["no_content"].unexpected_count == 3


GOOD_ROWS: dict[str, dict[str, Any]] = {
    "a key of 200 characters": {"local_id": "x" * 200},
    "a key in hanzi": {"local_id": "客户-1"},
    "an organisation": {"party": "organisation", "name_full": None, "organisation_name": "Acme"},
    "only a phone": {"name_full": None, "phones": [{"value": "138"}]},
    "only an identifier": {"name_full": None, "identifiers": [{"type": "other", "value": "1"}]},
    "only an address": {"name_full": None, "address": {"text": "1 Main St"}},
    "only an account": {"name_full": None, "accounts": ["7"]},
}


def test_rows_that_say_something_are_accepted(full: SourceContract) -> None:
    table = mapped(*GOOD_ROWS.values())
    gate = check_source(table, full, unreadable=NONE, rows_read=len(GOOD_ROWS), policy=LENIENT)
    assert gate.accepted.equals(table)
    assert not failed(gate)


def test_all_reasons_of_a_row_are_told(full: SourceContract) -> None:
    row = {"local_id": None, "party": None, "name_full": None}
    gate = check_source(mapped(row, {}), full, unreadable=NONE, rows_read=2, policy=LENIENT)
    (told,) = gate.quarantined.to_pylist()
    assert told["reason"] == "missing_key"
    assert told["detail"].count(";") == 2
    assert "person or an organisation" in told["detail"]


def test_attributes_alone_are_content_of_an_enrichment_row(full: SourceContract, enrichment: SourceContract) -> None:
    table = mapped({"name_full": None, "attributes": [{"name": "score", "value": "7"}]}, {})
    assert check_source(table, enrichment, unreadable=NONE, rows_read=2, policy=LENIENT).accepted.num_rows == 2
    assert check_source(table, full, unreadable=NONE, rows_read=2, policy=LENIENT).accepted.num_rows == 1


def test_a_deletion_needs_a_key_and_nothing_else(delta: SourceContract) -> None:
    gone = {"deleted": True, "party": None, "name_full": None}
    gate = check_source(mapped(gone, gone | {"local_id": None}), delta, unreadable=NONE, rows_read=2, policy=LENIENT)
    assert gate.deleted["local_id"].to_pylist() == ["C1"]
    assert gate.accepted.num_rows == 0
    assert (gate.rows.deletions, gate.rows.quarantined) == (1, 1)


def test_a_superseded_row_says_which_line_stays(full: SourceContract) -> None:
    table = mapped({"local_id": "A", "name_full": "old"}, {"local_id": "A", "name_full": "new"})
    gate = check_source(table, full, unreadable=NONE, rows_read=2, policy=LENIENT)
    assert gate.accepted["name_full"].to_pylist() == ["new"]
    assert gate.quarantined["detail"].to_pylist()[0].endswith("kept: mobile.csv line 2")


def test_repeats_of_a_bad_row_count_once_as_bad(full: SourceContract) -> None:
    gate = check_source(
        mapped(*[{"local_id": "A", "party": None}] * 3), full, unreadable=NONE, rows_read=3, policy=LENIENT
    )
    assert (gate.rows.duplicates, gate.rows.quarantined) == (2, 1)
    assert failed(gate)["party_unknown"].unexpected_count == 1


def test_a_row_of_several_records_counts_once(full: SourceContract) -> None:
    """A spouse without a party is quarantined; its row is accepted, because its main record is."""
    table = mapped({"line": 1}, {"line": 1, "local_id": "C1#spouse", "party": None}, {"line": 2, "party": None})
    gate = check_source(table, full, unreadable=unreadable(3), rows_read=3, policy=LENIENT)
    assert (gate.rows.accepted, gate.rows.quarantined, gate.rows.lost) == (1, 2, 0)
    assert gate.quarantined.num_rows == 3


STOPS: dict[str, tuple[dict[str, Any], str, str]] = {
    "control file": ({"control_rows": 4}, "control_rows", "3 rows were read, the control file says 4"),
    "row count": ({"history": [10, 10]}, "row_count_change", "differ by 70.0%"),
    "deletions": ({"deletions": 30, "known": 100}, "deleted_share", "30.0% of the known records would be deleted"),
    "lost rows": ({"rows_read": 5}, "rows_lost", "2 rows of the delivery are not accounted for"),
}


@pytest.mark.parametrize(("numbers", "name", "message"), STOPS.values(), ids=STOPS)
def test_a_bad_batch_stops_the_source(
    numbers: dict[str, Any], name: str, message: str, full: SourceContract, policy: GateSettings
) -> None:
    arguments: dict[str, Any] = {"rows_read": 3} | numbers
    gate = check_source(mapped({}, {}, {}), full, unreadable=NONE, policy=policy, **arguments)
    assert list(failed(gate)) == [name]
    assert gate.stopped is not None
    assert message in gate.stopped


def test_a_batch_as_usual_goes_on(full: SourceContract, policy: GateSettings) -> None:
    gate = check_source(
        mapped({}, {}, {}), full, unreadable=NONE, rows_read=3, control_rows=3, history=[3, 4], deletions=1, known=100,
        organisation_shares=[0.1], policy=policy,
    )  # fmt: skip
    assert gate.stopped is None
    assert not failed(gate)
    assert {result.expectation for result in gate.results} >= {"control_rows", "row_count_change", "deleted_share"}


def test_too_many_rejected_rows_stop_the_source(full: SourceContract, policy: GateSettings) -> None:
    gate = check_source(mapped({}), full, unreadable=unreadable(2, 3), rows_read=3, policy=policy)
    assert gate.stopped == "66.7% of the rows were rejected, at most 50.0% may be"


def test_a_few_bad_rows_of_a_small_delivery_stop_nothing(full: SourceContract, delta: SourceContract) -> None:
    strict = GateSettings(max_rejected_share=0.05)
    judge = partial(check_source, unreadable=NONE, policy=strict)
    assert judge(mapped(*[{}] * 9, {"party": None}), full, rows_read=10).stopped is None
    assert judge(mapped({"party": None}), delta, rows_read=1).stopped is None
    assert judge(mapped({"party": None}), full, rows_read=1).stopped is not None
    assert judge(mapped(*[{}] * 9, *[{"party": None}] * 5), delta, rows_read=14).stopped is not None


def test_an_empty_full_delivery_stops_and_an_empty_delta_does_not(
    full: SourceContract, delta: SourceContract, policy: GateSettings
) -> None:
    empty = MAPPED.empty_table()
    stopped = check_source(empty, full, unreadable=NONE, rows_read=0, organisation_shares=[0.5], policy=policy)
    assert stopped.stopped == "the delivery has no rows"
    assert stopped.accepted.schema == MAPPED
    assert check_source(empty, delta, unreadable=NONE, rows_read=0, policy=policy).stopped is None


def test_another_party_mix_is_shown_and_stops_nothing(full: SourceContract, policy: GateSettings) -> None:
    gate = check_source(mapped({}), full, unreadable=NONE, rows_read=1, organisation_shares=[0.9, 0.7], policy=policy)
    assert list(failed(gate)) == ["organisation_share"]
    assert gate.stopped is None


def test_a_table_of_another_schema_is_not_judged(full: SourceContract, policy: GateSettings) -> None:
    table = mapped({}).drop_columns(["sex"]).append_column("gender", pa.array(["F"]))
    gate = check_source(table, full, unreadable=NONE, rows_read=1, policy=policy)
    assert gate.stopped is not None
    assert "gender: string" in gate.stopped
    assert "sex: string" in gate.stopped
    assert gate.accepted.num_rows == 0


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "local_id": st.sampled_from(["A", "B", "C", "", None]),
            "party": st.sampled_from(["person", "organisation", None]),
            "name_full": st.sampled_from(["Ann", "Bo", None]),
            "deleted": st.booleans(),
        }
    ),
    max_size=8,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, lost=st.integers(0, 3))
def test_promise_8_no_row_is_lost(rows: list[dict[str, Any]], lost: int, full: SourceContract) -> None:
    """rows read == accepted + duplicates + deletions + quarantined, in the counts and in the tables."""
    bad = unreadable(*range(100, 100 + lost))
    gate = check_source(mapped(*rows), full, unreadable=bad, rows_read=len(rows) + lost, policy=LENIENT)
    assert gate.rows.lost == 0
    tables = (gate.accepted, gate.deleted, gate.quarantined)
    assert sum(table.num_rows for table in tables) + gate.duplicates == len(rows) + lost
    assert gate.quarantined.schema == QUARANTINE
