"""The fixtures of the registry: the small town of the API's tests, and one that lives through a few nights."""

from collections.abc import Iterator

import pytest

from tests.api.world import town, world
from tests.registry.nights import Town, live
from tests.store.fixtures import new_database, server_url, workspace_directory

__all__ = ["lived", "server_url", "town", "world"]


@pytest.fixture(scope="session")
def lived(server_url: str) -> Iterator[Town]:
    """The town after all its nights; for tests that only ask."""
    with workspace_directory() as path, new_database(server_url) as database:
        yield live(path, database)
