"""The one file that knows Great Expectations: what it asks, what it makes of the answers."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from expectations import beside
from expectations.engine import validate
from expectations.suites import Check, Limit
from mdm.errors import MdmError

BETWEEN = Check(
    "size", "ExpectColumnValuesToBeBetween", "a", "row", "", "size", {"min_value": Limit("low"), "max_value": 3}
)


def test_importing_the_gates_does_not_import_great_expectations() -> None:
    code = "import sys, expectations.gate, expectations.report; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_rows_are_positions_and_limits_are_bound() -> None:
    outcome = validate([BETWEEN], pd.DataFrame({"a": [0, 1, 2, 3, 4, 1]}), {"low": 2})["size.a"]
    assert outcome.rows.tolist() == [0, 1, 4, 5]
    assert (outcome.success, outcome.count, outcome.share) == (False, 4, 4 / 6)
    assert outcome.observed == {
        "type": "expect_column_values_to_be_between",
        "examples": ["0", "1", "4"],
        "min": 2,
        "max": 3,
    }


def test_each_frame_is_judged_for_itself() -> None:
    """The place where frames are put is made once; nothing of an earlier frame may stay."""
    assert not validate([BETWEEN], pd.DataFrame({"a": [9]}), {"low": 0})["size.a"].success
    assert validate([BETWEEN], pd.DataFrame({"a": [1]}), {"low": 0})["size.a"].success


def test_a_check_without_its_limit_is_left_out() -> None:
    assert validate([BETWEEN], pd.DataFrame({"a": [9]})) == {}


def test_an_expectation_that_cannot_be_computed_is_an_error() -> None:
    """Great Expectations reports it as a failed expectation; that would quarantine nothing and stop nobody."""
    lost = Check("lost", "ExpectColumnValuesToNotBeNull", "b", "row", "")
    with pytest.raises(MdmError, match=r"lost\.b could not be checked"):
        validate([lost], pd.DataFrame({"a": [1]}))


def test_a_process_beside_this_one_answers_the_same_and_may_be_lost() -> None:
    frame, lost = (
        pd.DataFrame({"a": [0, 1, 2, 3, 4, 1]}),
        Check("lost", "ExpectColumnValuesToNotBeNull", "b", "row", ""),
    )
    here = validate([BETWEEN], frame, {"low": 2})["size.a"]
    with beside.started():
        there = beside.ask([BETWEEN], frame, {"low": 2})["size.a"]
        assert (there.rows.tolist(), there.observed, there.share) == (here.rows.tolist(), here.observed, here.share)
        with pytest.raises(MdmError, match=r"lost\.b could not be checked"):
            validate([lost], frame)
        assert beside.ask("no checks at all", frame, {}) is None  # it fell over that
        assert validate([BETWEEN], frame, {"low": 2})["size.a"].count == here.count
    assert not beside.is_running()


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    validate([BETWEEN], pd.DataFrame({"a": [9] * 10}), {"low": 0})
    assert capfd.readouterr() == ("", "")
