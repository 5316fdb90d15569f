"""The door to PostgreSQL: one `Database` per process, one transaction per use case.

`open_database(url, var)` takes the server that `url` names, or else the embedded one of the workspace, and brings its
tables up to date. Whoever opens a transaction with `begin` commits it by leaving the block; the functions of
`mdm.store` execute in it and never commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg
import sqlalchemy as sa

from mdm.errors import StoreError
from mdm.store import embedded
from mdm.store.asking import Asking
from mdm.store.audit import Entry, end_reading
from mdm.store.connection import driver_of
from mdm.store.issued import OPTION, Issued
from mdm.store.migrations import migrate
from mdm.store.restoring import see_that_nobody_restores

__all__ = ["Database", "LastWord", "driver_of", "open_database"]


class Connections(NamedTuple):
    """The connections of a process: in use, and open and free."""

    used: int
    free: int


LastWord = Callable[[Exception | None], Entry]


class Database:
    """An open database: `engine`, transactions, single statements of an event loop (`asking`), plain connections."""

    def __init__(
        self,
        url: str,
        server: embedded.EmbeddedServer | None = None,
        *,
        pool_size: int = 8,
        issued: Issued | None = None,
    ) -> None:
        self.url, self._server = url, server
        self.engine = sa.create_engine(
            url,
            pool_size=pool_size,
            max_overflow=24,
            pool_pre_ping=True,
            hide_parameters=True,  # of statements, in the text of errors: they may be personal
            connect_args={"connect_timeout": 10, "application_name": "mdm"},
            execution_options={OPTION: issued},  # numbers are noted beside the database, see mdm.store.issued
        )
        self.asking = Asking(psycopg_url(url), pool_size)
        self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @property
    def embedded(self) -> bool:
        """Whether this is the embedded server of the workspace."""
        return self._server is not None

    @property
    def connections(self) -> Connections:
        """How its connections are used just now."""
        pool = self.engine.pool
        assert isinstance(pool, sa.QueuePool)
        return Connections(pool.checkedout() + self.asking.used, pool.checkedin() + self.asking.free)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction: committed on leaving, rolled back on an error.

        Raises StoreError when the server is gone, was lost on the way, or has no room left.
        """
        with self._telling(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self, last: LastWord | None = None) -> Iterator[sa.Connection]:
        """One read-only transaction that sees one state of the store from its first query to its last.

        last: makes the entry of the audit log that is added at its end, of the error with which it ends, if with one;
        an error of the database itself leaves none. Raises StoreError as `begin`.
        """
        with self._telling(), self._reading.begin() as connection:
            try:
                yield connection
            except (sa.exc.SQLAlchemyError, psycopg.Error, StoreError):
                raise
            except Exception as error:
                if last is not None:
                    end_reading(connection, "rollback", last(error))
                raise
            if last is not None:
                end_reading(connection, "commit", last(None))

    def connect_raw(self) -> psycopg.Connection[tuple[object, ...]]:
        """A psycopg connection of its own, in no transaction (autocommit); the caller closes it."""
        with self._telling():
            return psycopg.connect(psycopg_url(self.url), autocommit=True, connect_timeout=10)

    def close(self) -> None:
        """Close all connections and leave the embedded server, which stops when nobody else uses it."""
        self.asking.close()
        self.engine.dispose()
        if self._server is not None:
            self._server.leave()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn what the driver says about a lost, missing or full server into a StoreError with a remedy."""
        try:
            yield
        except (sa.exc.DBAPIError, psycopg.Error) as error:
            known = self._explain(error)
            if known is None:
                raise
            raise known from error

    def _explain(self, error: Exception) -> StoreError | None:
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
        text = " ".join(str(cause).split())
        if isinstance(cause, (psycopg.errors.DiskFull, psycopg.errors.OutOfMemory)):
            return StoreError(f"the database has no room left: {text}", remedy="Free some and run the command again.")
        if isinstance(cause, psycopg.OperationalError) and cause.sqlstate not in _ABOUT_THE_STATEMENT:
            return StoreError(
                f"the database is gone: {text}",
                where=self.engine.url.render_as_string(hide_password=True),
                remedy="Nothing of the open transaction was kept. Run the command again; a run goes on from there."
                + ("" if self.embedded else " Is the server of MDM_DATABASE_URL up?"),
            )
        return None


# OperationalErrors of psycopg that a query causes, not the loss of the server: lock, cancelled, deadlock, serialization
_ABOUT_THE_STATEMENT = {"55P03", "57014", "40P01", "40001"}


def open_database(url: str | None, var: Path, *, pool_size: int = 8) -> Database:
    """Open the database that `url` names, or else the embedded one in `var`, with its tables up to date.

    `url` is any PostgreSQL URL, with or without a driver in it. `pool_size`: connections kept open.
    Raises StoreError when the server cannot be reached or started, and before a restore that was killed is done.
    """
    see_that_nobody_restores(var)
    issued = Issued(var)
    if url is not None:
        database = Database(sqlalchemy_url(url), pool_size=pool_size, issued=issued)
    else:
        server = embedded.join(var)
        database = Database(server.url, server, pool_size=pool_size, issued=issued)
    try:
        with database.begin() as connection:
            migrate(connection)
    except BaseException:
        database.close()
        raise
    return database


def sqlalchemy_url(url: str) -> str:
    """`url` with the driver psycopg. Raises StoreError when it names no PostgreSQL database."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in ("postgres", "postgresql"):
        raise StoreError(
            f"{scheme}: only PostgreSQL is supported",
            where="MDM_DATABASE_URL",
            remedy="postgresql://user@host/database",
        )
    return f"postgresql+psycopg://{rest}"


def psycopg_url(url: str) -> str:
    """`url` as psycopg itself reads it."""
    return "postgresql://" + url.partition("://")[2]
