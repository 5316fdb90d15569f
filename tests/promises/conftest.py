"""Real PostgreSQL, and one life of a tiny operator that several promises look at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.promises.life import Life, lived
from tests.store.fixtures import *  # noqa: F403
from tests.store.fixtures import new_database, workspace_directory


@pytest.fixture(scope="session")
def life(server_url: str) -> Iterator[Life]:
    """Four nights, stewards, another model, an erasure: over, for tests that only look at it."""
    with workspace_directory() as directory, new_database(server_url) as database:
        yield lived(directory, database)
