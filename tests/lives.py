"""Stories that a store lives through once for a whole test run, and that many tests look at."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from mdm.store.database import Database, open_database
from tests.shared import copy_workspace, made_once
from tests.store.fixtures import waive_durability, workspace_directory

FACTS = "facts.pickle"
PLACES = {"workspace", "path", "database"}  # where the story was lived; a copy has its own

T = TypeVar("T")


@contextmanager
def copy_of_a_life(
    name: str, live: Callable[[Path, Database], object], tell: Callable[[Path, Database, dict[str, Any]], T]
) -> Iterator[T]:
    """A copy of the workspace and store that `live` leaves behind, which is called once.

    tell: makes what the tests see of the copy and of the other fields of what `live` returned.
    """
    with workspace_directory() as directory:
        copy_workspace(made_once(name, partial(_live, live)), directory)
        facts = pickle.loads((directory / FACTS).read_bytes())
        with open_database(None, directory / "var") as database:
            yield tell(directory, database, facts)


def _live(live: Callable[[Path, Database], object], directory: Path) -> None:
    with open_database(None, directory / "var") as database:
        waive_durability(database)
        found = live(directory, database)
    facts = {name: value for name, value in vars(found).items() if name not in PLACES}
    (directory / FACTS).write_bytes(pickle.dumps(facts))
