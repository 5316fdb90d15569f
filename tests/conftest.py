"""What holds for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import shared

# The first text that Hypothesis draws in a fresh clone costs seconds (it makes its table of all characters), and the
# machine has neighbours: neither says anything about a strategy.
settings.register_profile("house", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("house")

# The longest files begin first, so that at the end no process works alone for long; the first of all lives the life
# that the other promises copy, while other processes do something else.
FIRST = (
    "promises/test_promise_01_one_customer_per_record.py", "benchmarks/test_thirty_nights.py", "live",
    "promises", "registry/test_history.py", "pipelines", "stewardship", "registry", "api",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """As `FIRST` says; all else keeps its order."""
    items.sort(key=lambda item: _rank(item.path.relative_to(Path(__file__).parent).as_posix()))


def _rank(path: str) -> int:
    return next((rank for rank, first in enumerate(FIRST) if path.startswith(first)), len(FIRST))


def pytest_configure(config: pytest.Config) -> None:
    """Before there are workers."""
    shared.begin(config)
