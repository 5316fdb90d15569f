"""Written one by one, real people end as one load has them (the drawn towns of tests/live do the same in CI)."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.accuracy import CASES
from benchmarks.parity import measure_parity

PEOPLE = 60


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sample operator", "linked_feeds"])
def test_written_one_by_one_as_in_one_load(name: str, open_directory: Path) -> None:
    (case,) = (case for case in (make() for make in CASES) if case.name == name)
    if not case.truth.exists():
        pytest.skip(f"no real data: {case.truth} is absent")
    (found,) = measure_parity(case, open_directory, PEOPLE, 1)
    assert found.requests > 2 * PEOPLE
    assert found.differing == {"customers": 0, "golden": 0, "households": 0}, found.told
