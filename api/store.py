"""The API's door to the store: opened at start, opened again after it was lost, without a restart of the process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, Request

from api.audit import entry_of_reading
from mdm.errors import StoreError
from mdm.settings import Settings
from mdm.store.asking import Asking
from mdm.store.database import Connections, Database, LastWord, open_database

log = logging.getLogger("mdm.api")

RETRY_SECONDS = 2.0  # between two attempts to open the store again


class Store:
    """The database of a workspace, or the promise to open it as soon as it can be reached."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database: Database | None = None
        self._opening = threading.Lock()
        self._failed_at = float("-inf")

    def open(self) -> None:
        """Open the store if it is not; a failure is logged and tried again by later requests."""
        try:
            self._opened()
        except StoreError as error:
            log.error("the store cannot be opened yet: %s", error)

    @contextmanager
    def read(self, entry: LastWord | None = None) -> Iterator[sa.Connection]:
        """One read-only transaction, with an entry of the audit log at its end (see `Database.read`).

        Raises StoreError when the store is gone; the next request opens it again.
        """
        with self._using() as database, database.read(entry) as connection:
            yield connection

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction that may write, committed on leaving. Raises StoreError as `read`."""
        with self._using() as database, database.begin() as connection:
            yield connection

    @property
    def asking(self) -> Asking | None:
        """Connections for single statements of the event loop; None while the store is not open."""
        database = self._database
        return None if database is None else database.asking

    @property
    def connections(self) -> Connections | None:
        """How its connections are used; None while it is not open."""
        database = self._database
        return None if database is None else database.connections

    @contextmanager
    def _using(self) -> Iterator[Database]:
        database = self._opened()
        try:
            yield database
        except StoreError:
            if database.embedded:  # a server of our own is started again, not waited for
                self._lose(database)
            raise

    def close(self) -> None:
        """Close all connections and leave the embedded server."""
        database, self._database = self._database, None
        if database is not None:
            database.close()

    def _opened(self) -> Database:
        database = self._database
        if database is not None:
            return database
        if not self._opening.acquire(blocking=False):
            raise StoreError("the database is just being opened", remedy="Try again in a moment.")
        try:
            return self._database or self._open()
        finally:
            self._opening.release()

    def _open(self) -> Database:
        if time.monotonic() - self._failed_at < RETRY_SECONDS:
            raise StoreError("the database is gone", remedy="Try again in a moment.")
        try:
            pool_size = self._settings.api.pool_size
            self._database = open_database(self._settings.database_url, self._settings.var, pool_size=pool_size)
        except StoreError:
            self._failed_at = time.monotonic()
            raise
        return self._database

    def _lose(self, database: Database) -> None:
        """Forget a database whose server has ended; who is the first to notice closes it."""
        with self._opening:
            if self._database is not database:
                return
            self._database = None
        log.warning("the embedded database server has gone; it is started again")
        database.close()


def connection(request: Request) -> Iterator[sa.Connection]:
    """Dependency: `reading`."""
    with reading(request) as opened:
        yield opened


@contextmanager
def reading(request: Request) -> Iterator[sa.Connection]:
    """A read-only transaction for one request; who asked for what is noted before the answer goes out.

    A route that is asked often opens it itself: as a dependency it goes through three threads instead of one.
    """
    store: Store = request.app.state.store
    known = getattr(request.state, "caller", None) is not None
    with store.read(partial(entry_of_reading, request) if known else None) as opened:
        yield opened


Connection = Annotated[sa.Connection, Depends(connection, scope="function")]  # ends before the answer goes out
