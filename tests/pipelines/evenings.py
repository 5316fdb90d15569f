"""Workspaces and stores as they are after some nights: made once for all tests that go on from there, and copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from mdm.store.database import Database
from tests.pipelines.tiny import TinyWorkspace, family_of_sources
from tests.store.fixtures import new_database

__all__ = ["after"]

Make = Callable[[Path, Database], object]
After = Callable[[Make], "Evening"]


@dataclass(frozen=True)
class Evening:
    """A workspace, and the name of its database."""

    path: Path
    server_url: str
    database: str

    @contextmanager
    def copied(self, path: Path) -> Iterator[tuple[TinyWorkspace, Database]]:
        """The workspace at `path`, which is made, and its store: to be changed."""
        shutil.copytree(self.path, path)
        with new_database(self.server_url, self.database) as database:
            yield TinyWorkspace(path, keep=True), database


@pytest.fixture(scope="session")
def after(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[After]:
    """``after(make)``: what ``make(path, database)`` leaves behind, which is called once."""
    with ExitStack() as stack:

        @cache
        def made(make: Make) -> Evening:
            path = tmp_path_factory.mktemp(make.__name__) / "operator"
            database = stack.enter_context(new_database(server_url))
            make(path, database)
            database.close()  # what somebody uses cannot be copied
            name = database.engine.url.database
            assert name is not None
            return Evening(path, server_url, name)

        yield made


def first_night(path: Path, database: Database) -> None:
    """The family of sources after its first night."""
    assert family_of_sources(path).night(database)["status"] == "applied"
