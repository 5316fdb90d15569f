"""What holds for all tests."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests import shared

# The first text that Hypothesis draws in a fresh clone costs seconds (it makes its table of all characters), and the
# machine has neighbours: neither says anything about a strategy.
settings.register_profile("house", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Before there are workers."""
    shared.begin(config)
