"""Real PostgreSQL, and one life of a tiny operator that several promises look at."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdm.store.database import open_database
from tests.pipelines.evenings import *  # noqa: F403
from tests.pipelines.tiny import TinyWorkspace
from tests.promises.life import Life, lived
from tests.shared import copy_workspace, made_once
from tests.store.fixtures import *  # noqa: F403
from tests.store.fixtures import waive_durability, workspace_directory

FACTS = "life.pickle"


@pytest.fixture(scope="session")
def life() -> Iterator[Life]:
    """Four nights, stewards, another model, an erasure: over, for tests that only look at it."""
    with workspace_directory() as directory:
        copy_workspace(made_once("life", _live), directory)
        facts = pickle.loads((directory / FACTS).read_bytes())
        with open_database(None, directory / "var") as database:
            yield Life(TinyWorkspace(directory, keep=True), database, **facts)


def _live(directory: Path) -> None:
    with open_database(None, directory / "var") as database:
        waive_durability(database)
        found = lived(directory, database)
    facts = {name: value for name, value in vars(found).items() if name not in ("workspace", "database")}
    (directory / FACTS).write_bytes(pickle.dumps(facts))
