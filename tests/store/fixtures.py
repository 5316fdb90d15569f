"""Real PostgreSQL for tests: one embedded server per session, `connection` rolled back, `fresh_database` of its own.

Other rooms import the fixtures in their conftest: `from tests.store.fixtures import *  # noqa: F403`.
"""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from mdm.store import embedded
from mdm.store.database import Database, open_database

__all__ = [
    "connection", "database", "fresh_database", "module_database", "open_directory", "server_url",
    "workspace_directory",
]  # fmt: skip

_numbers = itertools.count(1)


@contextmanager
def workspace_directory() -> Iterator[Path]:
    """An empty directory that others may enter; pytest's own tmp_path is closed, and PostgreSQL is not root."""
    directory = Path(tempfile.mkdtemp(prefix="mdm-test-"))
    directory.chmod(0o755)
    yield directory
    embedded.remove(directory / "var")
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A `workspace_directory` for one test."""
    with workspace_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The URL of a server for the whole session, with the database `template_mdm` of empty tables."""
    with workspace_directory() as directory:
        server = embedded.join(directory / "var")
        with Database(server.url) as database:
            waive_durability(database)
        _administer(server.url, "create database template_mdm")
        open_database(server.url.replace("/postgres?", "/template_mdm?"), directory / "var").close()
        yield server.url
        server.leave()


@pytest.fixture(scope="session")
def database(server_url: str) -> Iterator[Database]:
    """A database with empty tables, shared by all tests that commit nothing."""
    with new_database(server_url) as database:
        yield database


@pytest.fixture
def fresh_database(server_url: str) -> Iterator[Database]:
    """A database with empty tables for one test, which may commit."""
    with new_database(server_url) as database:
        yield database


@pytest.fixture(scope="module")
def module_database(server_url: str) -> Iterator[Database]:
    """A database with empty tables for the tests of one module, which commit and follow one another."""
    with new_database(server_url) as database:
        yield database


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    """A transaction on empty tables, rolled back at the end."""
    with database.engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@contextmanager
def new_database(server_url: str, template: str = "template_mdm") -> Iterator[Database]:
    """A database with empty tables, or a copy of another one on the same server that nobody uses meanwhile."""
    name = f"test_{next(_numbers)}"
    _administer(server_url, f"create database {name} template {template}")
    database = Database(server_url.replace("/postgres?", f"/{name}?"))
    try:
        yield database
    finally:
        database.close()
        _administer(server_url, f"drop database {name} with (force)")


def waive_durability(database: Database) -> None:
    """Let a server of tests, from now on, not wait for the disk: nobody cuts its power."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("alter system set fsync = off")
        connection.exec_driver_sql("select pg_reload_conf()")


def _administer(url: str, statement: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
