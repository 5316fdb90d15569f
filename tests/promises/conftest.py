"""Real PostgreSQL, and one life of a tiny operator that several promises look at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lives import copy_of_a_life
from tests.pipelines.evenings import *  # noqa: F403
from tests.pipelines.tiny import TinyWorkspace
from tests.promises.life import Life, lived
from tests.store.fixtures import *  # noqa: F403


@pytest.fixture(scope="session")
def life() -> Iterator[Life]:
    """Four nights, stewards, another model, an erasure: over, for tests that only look at it."""
    with copy_of_a_life(
        "life", lived, lambda path, database, facts: Life(TinyWorkspace(path, keep=True), database, **facts)
    ) as found:
        yield found
