"""The gate before applying: promises about customers hold on the tables, or nothing is applied."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10

from expectations.gate import GoldenGate, check_customers, check_golden
from expectations.golden import GoldenTables, remainders
from mdm.resolve.pins import mint_pins
from mdm.settings import GateSettings

ANN, BO, OLD = mint_pins(0, 3, instance="01", key="a key of the tests, long enough")
POLICY = GateSettings(max_churn=0.1)


def pins(*values: str | None) -> pa.Table:
    return pa.table({"pin": pa.array(values, pa.string())})


def keys(*ids: str) -> pa.Table:
    return pa.table({"system": pa.array(["m"] * len(ids), pa.string()), "local_id": pa.array(ids, pa.string())})


def xrefs(*pairs: tuple[str, str]) -> pa.Table:
    return keys(*(key for key, _ in pairs)).append_column("pin", pa.array([pin for _, pin in pairs], pa.string()))


GOOD = GoldenTables(
    records=keys("1", "2", "3"),
    xrefs=xrefs(("1", ANN), ("2", ANN), ("3", BO)),
    customers=pins(ANN, BO),
    documents=pins(ANN, BO),
)
MEMBERS = pins(ANN, BO, ANN)


def judge(
    tables: GoldenTables, members: pa.Table = MEMBERS, *, churned: int = 0, active: int = 100, first: bool = False
) -> GoldenGate:
    return check_golden(
        check_customers(tables), members, tables.customers,
        churned=churned, active_before=active, first_load=first, policy=POLICY,
    )  # fmt: skip


def test_a_sound_store_passes_every_expectation() -> None:
    gate = judge(GOOD, churned=10)
    assert gate.stopped is None
    assert [result.expectation for result in gate.results] == [
        "one_xref", "xref_active", "pin_unique", "pin_valid", "golden_active", "golden_unique", "member_active",
        "churn",
    ]  # fmt: skip
    assert all(result.success for result in gate.results)


BROKEN = {
    "a record without a customer": (replace(GOOD, xrefs=xrefs(("1", ANN), ("3", BO))), "1 accepted records do not"),
    "a record of two customers": (
        replace(GOOD, xrefs=xrefs(("1", ANN), ("1", BO), ("2", ANN), ("3", BO))),
        "1 accepted records do not belong to exactly one customer",
    ),
    "an xref to a PIN that is not active": (
        replace(GOOD, xrefs=xrefs(("1", ANN), ("2", OLD), ("3", BO))),
        "1 cross-references lead to no active PIN",
    ),
    "a PIN twice": (replace(GOOD, customers=pins(ANN, BO, BO)), "2 PINs are held by more than one customer"),
    "a PIN with a wrong check digit": (
        replace(GOOD, customers=pins(ANN, BO, OLD[:-1] + str((int(OLD[-1]) + 1) % 10))),
        "1 PINs are not 12 digits with a right check digit",
    ),
    "a PIN of another shape": (replace(GOOD, customers=pins(ANN, BO, "H" + ANN)), "1 PINs are not 12 digits"),
    "a golden record of nobody": (replace(GOOD, documents=pins(ANN, BO, OLD)), "1 golden records belong to no"),
    "two golden records of one PIN": (replace(GOOD, documents=pins(ANN, ANN)), "2 PINs have more than one golden"),
    "a golden record without a PIN": (replace(GOOD, documents=pins(ANN, None)), "1 golden records belong to no"),
}


@pytest.mark.parametrize(("tables", "message"), BROKEN.values(), ids=BROKEN)
def test_nothing_is_applied_when_a_promise_is_broken(tables: GoldenTables, message: str) -> None:
    stopped = judge(tables).stopped
    assert stopped is not None
    assert message in stopped


def test_nothing_is_applied_with_a_former_customer_in_a_household() -> None:
    stopped = judge(GOOD, pins(ANN, OLD)).stopped
    assert stopped is not None
    assert "1 household members are no active" in stopped


def test_churn_stops_but_not_a_first_load() -> None:
    assert judge(GOOD, churned=10).stopped is None
    stopped = judge(GOOD, churned=11).stopped
    assert stopped == "11.00% of the active PINs would merge or split, at most 10.00% may; nothing was applied"
    assert judge(GOOD, churned=11, first=True).stopped is None
    assert judge(GOOD, churned=0, active=0).stopped is None


def test_a_night_without_changes_passes() -> None:
    nothing = GoldenTables(keys(), xrefs(), pins(), pins())
    assert judge(nothing, pins()).stopped is None


@given(st.lists(st.text("0123456789", min_size=12, max_size=12), max_size=30))
def test_remainders_are_those_of_the_library(candidates: list[str]) -> None:
    """stdnum is the oracle."""
    found = remainders(pa.chunked_array([pa.array([*candidates, None, "", "12345", "1234567890１２"], pa.string())]))
    assert found.tolist() == [*(mod_11_10.checksum(pin) for pin in candidates), -1, -1, -1, -1]
