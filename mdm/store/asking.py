"""Connections for single statements, of one event loop: what is asked most, in one round trip and without a thread.

Each statement is a transaction of its own that does not wait for the disk: all that it may write is an entry of the
audit log (see audit.py). Connections are made when they are needed, and kept; there is no ping before one is used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from mdm.errors import StoreError

_OPTIONS = "-c synchronous_commit=off"


class Asking:
    """At most `size` connections to the server of `url` (as psycopg reads it)."""

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._free: list[psycopg.AsyncConnection[tuple[Any, ...]]] = []
        self._room = asyncio.Semaphore(size)
        self._closed = False
        self.used = 0

    @property
    def free(self) -> int:
        """Connections that are open and not in use."""
        return len(self._free)

    async def one(self, query: str, values: Sequence[Any] | Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row that a statement gives; None: it gives none.

        Raises StoreError when the server is gone or was started anew: whoever asks again has a new connection.
        """
        async with self._room:
            connection = self._free.pop() if self._free else await self._connect()
            self.used += 1
            try:
                found = await (await connection.execute(query, values, prepare=True)).fetchone()
            except BaseException as error:
                connection.pgconn.finish()
                if isinstance(error, psycopg.OperationalError):
                    self._give_up()
                    raise _gone(error) from error
                raise
            finally:
                self.used -= 1
            if self._closed:
                connection.pgconn.finish()
            else:
                self._free.append(connection)
            return found

    def close(self) -> None:
        """Close all connections; those in use when their statement ends."""
        self._closed = True
        self._give_up()

    def _give_up(self) -> None:
        """Close the connections that nobody uses: they know the same server."""
        while self._free:
            connection = self._free.pop()
            connection.pgconn.finish()

    async def _connect(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        try:
            return await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=10, application_name="mdm", options=_OPTIONS
            )
        except psycopg.OperationalError as error:
            raise _gone(error) from error


def _gone(error: psycopg.OperationalError) -> StoreError:
    return StoreError(f"the database is gone: {' '.join(str(error).split())}", remedy="Try again in a moment.")
