"""Workspaces and stores as they are after some nights: made once for all tests that go on from there, and copied."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import pytest

from mdm.store import dump
from mdm.store.database import Database
from tests.pipelines.tiny import TinyWorkspace, family_of_sources
from tests.shared import made_once
from tests.store.fixtures import new_database

__all__ = ["after"]

Make = Callable[[Path, Database], object]
After = Callable[[Make], "Evening"]
Copied = tuple[TinyWorkspace, Database]


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
def after(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> After:
    """``after(make)``: what ``make(path, database)`` leaves behind, which is called once for a whole test run."""
    numbers = itertools.count(1)

    @cache
    def made(make: Make) -> Evening:
        name = f"{make.__module__}.{make.__qualname__}"
        if "<locals>" in name:  # there may be others of this name
            name += f"-{os.getpid()}-{id(make)}"
        found = made_once(name, partial(_made, make, server_url))
        path = tmp_path_factory.mktemp(make.__name__) / "operator"
        shutil.copytree(found / "operator", path)
        database = f"evening_{next(numbers)}"
        dump.restore(server_url, database, found / "database", processes=1)
        return Evening(path, server_url, database)

    return made


def _made(make: Make, server_url: str, directory: Path) -> None:
    with new_database(server_url) as database:
        make(directory / "operator", database)
        dump.dump(database, directory / "database", processes=1)


def fixtures_after(make: Make, scope: Literal["function", "module"] = "function") -> tuple[Any, Any, Any]:
    """Fixtures of a module: `evening` (both), `workspace`, `store`, as `make` left them; for each test, or for all."""

    @pytest.fixture(scope=scope)
    def evening(after: After, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
        with after(make).copied(tmp_path_factory.mktemp(make.__name__) / "operator") as found:
            yield found

    @pytest.fixture(scope=scope)
    def workspace(evening: Copied) -> TinyWorkspace:
        return evening[0]

    @pytest.fixture(scope=scope)
    def store(evening: Copied) -> Database:
        return evening[1]

    return evening, workspace, store


def first_night(path: Path, database: Database) -> None:
    """The family of sources after its first night."""
    assert family_of_sources(path).night(database)["status"] == "applied"
