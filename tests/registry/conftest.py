"""The fixtures of the registry: the small town of the API's tests, and one that lives through a few nights."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdm.store.database import open_database
from tests.api.world import town, world
from tests.registry.nights import Town, live
from tests.shared import copy_workspace, made_once
from tests.store.fixtures import server_url, waive_durability, workspace_directory

__all__ = ["lived", "server_url", "town", "world"]
FACTS = "town.pickle"


@pytest.fixture(scope="session")
def lived() -> Iterator[Town]:
    """The town after all its nights; for tests that only ask."""
    with workspace_directory() as directory:
        copy_workspace(made_once("lived", _live), directory)
        facts = pickle.loads((directory / FACTS).read_bytes())
        with open_database(None, directory / "var") as database:
            yield Town(directory, database, **facts)


def _live(directory: Path) -> None:
    with open_database(None, directory / "var") as database:
        waive_durability(database)
        found = live(directory, database)
    facts = {name: value for name, value in vars(found).items() if name not in ("path", "database")}
    (directory / FACTS).write_bytes(pickle.dumps(facts))
