"""The acceptance test of the product: an operator's nights, each held against the truth of its date."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.thirty_nights.run import CHURN, MOST_CHURN, MOST_LOST, PASSED, Lived, live


def hold(lived: Lived) -> None:
    """What the issue asks for, whatever the size; a failure says what was found."""
    told = [f"night {f.night}, {f.run}: {f.check}: {f.what}" for f in lived.findings]
    assert lived.count(*PASSED) == 0, told
    assert lived.count("rows", "records", "stopped") == 0, told
    assert lived.one_load == dict.fromkeys(("customers", "golden", "households"), 0), lived.differences
    for what in ("pairwise", "household"):
        assert lived.f1(what, -1) >= lived.f1(what, 0) - MOST_LOST, what


def test_a_few_nights_of_a_small_operator(open_directory: Path) -> None:
    lived = live(open_directory, 300, 2, pace=6, answers=1, writes=1)
    hold(lived)
    assert lived.count(*CHURN) <= 1, lived.findings  # one PIN of so few is 0.1% already
    assert sum(night["reused_keys"] for night in lived.nights) > 0
    assert sum(night["minted"] for night in lived.nights[1:]) > 0


@pytest.mark.slow
def test_thirty_nights(open_directory: Path) -> None:
    lived = live(open_directory, 1000, 30, answers=1, writes=1)
    hold(lived)
    assert lived.churn < MOST_CHURN, lived.findings
