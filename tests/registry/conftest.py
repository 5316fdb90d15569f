"""The fixtures of the registry: the small town of the API's tests, and one that lives through a few nights."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.world import town, world
from tests.lives import copy_of_a_life
from tests.registry.nights import Town, live
from tests.store.fixtures import server_url

__all__ = ["lived", "server_url", "town", "world"]


@pytest.fixture(scope="session")
def lived() -> Iterator[Town]:
    """The town after all its nights; for tests that only ask."""
    with copy_of_a_life("lived", live, lambda path, database, facts: Town(path, database, **facts)) as found:
        yield found
