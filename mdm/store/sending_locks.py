"""One sender per subscriber: advisory locks of one connection, which the server drops when their holder is gone."""

from __future__ import annotations

import zlib
from types import TracebackType
from typing import Any

import psycopg

from mdm.errors import StoreError
from mdm.store.database import Database

_CLASS = 0x6D6473  # of the locks; their numbers are made of the names of subscribers


class SendingLocks:
    """The subscribers that this process sends to."""

    def __init__(self, database: Database) -> None:
        self._connection: psycopg.Connection[Any] = database.connect_raw()

    def take(self, name: str) -> bool:
        """Be the one who sends to a subscriber; False: somebody else is."""
        row = self._connection.execute("select pg_try_advisory_lock(%s, %s)", (_CLASS, _number(name))).fetchone()
        return row is not None and bool(row[0])

    def leave(self, name: str) -> None:
        """Let others send."""
        self._connection.execute("select pg_advisory_unlock(%s, %s)", (_CLASS, _number(name)))

    def check(self) -> None:
        """Raise StoreError if they are no longer ours: then somebody else may be sending."""
        try:
            self._connection.execute("select 1")
        except psycopg.OperationalError as error:
            raise StoreError(
                "the connection that held the locks of the sender was lost", remedy="Run it again: nothing was lost."
            ) from error

    def __enter__(self) -> SendingLocks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()


def _number(name: str) -> int:
    return zlib.crc32(name.encode()) - 2**31
