"""Promise 8: every account balances whatever the cleansed gate says, and says who was held back."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipelines.accounts import COUNTED, settled_accounts

COUNTS = st.integers(0, 50)


@st.composite
def accounts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Accounts of the receive step: balanced, of a few systems with one file or two each."""
    found = []
    for number in range(draw(st.integers(0, 4))):
        row: dict[str, Any] = {
            "system": f"s{number % 3}",
            "file": f"f{number}",
            "reason": None,
            "missing": draw(COUNTS),
        }
        row["status"] = draw(st.sampled_from(["applied", "repeated", "stopped", "older", "failed"]))
        row |= {name: draw(COUNTS) for name in COUNTED}
        found.append(row | {"rows_read": sum(row[name] for name in COUNTED)})
    return found


@given(accounts(), st.data())
def test_rows_in_are_rows_out(received: list[dict[str, Any]], data: st.DataObject) -> None:
    rejected = [
        {"system": row["system"], "file": row["file"], "rows": data.draw(st.integers(0, row["accepted"]))}
        for row in received
        if row["status"] == "applied"
    ]
    stopped = {system: "too many" for system in data.draw(st.sets(st.sampled_from(["s0", "s1", "s2"])))}
    settled = settled_accounts({"deliveries": received}, {"rejected_rows": rejected, "stopped": stopped})
    assert len(settled) == len(received)
    for before, after in zip(received, settled, strict=True):
        assert after["rows_read"] == before["rows_read"] == sum(after[name] for name in COUNTED)
        if before["status"] == "applied":
            _check_applied(before, after, rejected, stopped)


def _check_applied(
    before: dict[str, Any], after: dict[str, Any], rejected: list[dict[str, Any]], stopped: dict[str, str]
) -> None:
    refused = sum(row["rows"] for row in rejected if row["file"] == before["file"])
    assert after["quarantined"] == before["quarantined"] + refused
    if before["system"] in stopped:
        assert (after["status"], after["reason"]) == ("stopped", "too many")
        assert after["accepted"] == after["unchanged"] == after["deletion"] == after["missing"] == 0
    else:
        assert after["accepted"] == before["accepted"] - refused
