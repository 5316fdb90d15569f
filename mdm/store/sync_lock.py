"""One process at a time tells a target: an advisory lock that the server drops when its holder is gone."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from mdm.errors import RunInProgress
from mdm.store.database import Database

_CLASS = 0x6D646E  # of locks, with the number of the target


@contextmanager
def sync_lock(database: Database, target: str) -> Iterator[None]:
    """Hold the lock of a target for the block. Raises RunInProgress when another process has it."""
    connection = database.connect_raw()
    number = zlib.crc32(f"target:{target}".encode()) - 2**31
    try:
        taken = connection.execute("select pg_try_advisory_lock(%s, %s)", (_CLASS, number)).fetchone()
        if taken is None or not taken[0]:
            raise RunInProgress(
                f"another process tells {target} just now",
                remedy="Wait for it; what it leaves is told by the next one.",
            )
        yield
    finally:
        with suppress(psycopg.Error):
            connection.execute("select pg_advisory_unlock_all()")
        connection.close()
