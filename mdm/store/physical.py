"""The files of the database without what was deleted: a deleted row stays in them, in statistics and in the WAL.

VACUUM FULL writes a table anew, and PostgreSQL removes the old file at the next checkpoint. The statistics of the
planner hold the commonest values of a column, so they are made and written anew too. The WAL still holds the rows as
they were once inserted; a segment that is no longer needed is renamed and kept for later, with all that is in it. So on
the embedded server such segments are not kept (`wal_recycle`), those that are there already are used up, and a
checkpoint removes everything before it. All of this may be done again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from mdm.errors import StoreError
from mdm.store.database import Database

PATIENCE = 120.0  # seconds to wait for transactions that still see what was deleted
ROUNDS = 5  # of using up WAL segments; one does unless others write at the same time

_OLDER = """
select pid, application_name from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and xact_start < %s
"""
_SEGMENTS = "select name from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$'"

OTHERS_SERVER = (
    "The database server is not ours (MDM_DATABASE_URL): its WAL, WAL archive, standby servers and backups may still"
    " hold the content. Whoever runs it must wait until they have expired, or remove them.",
    "On that server mdm has written the tables anew and asked for a checkpoint; it cannot see the files.",
)


def purge(database: Database, tables: Sequence[str], progress: Callable[[str], None]) -> list[str]:
    """Write `tables` anew without what was deleted before, and the WAL without what it held; as often as wanted.

    Returns, in words, what could not be done here: nothing on the embedded server. Raises StoreError when somebody's
    transaction still sees the old rows.
    """
    connection: psycopg.Connection[Any] = database.connect_raw()
    try:
        _wait_for_others(connection)
        for table in tables:
            progress(f"write {table} anew")
            connection.execute(sql.SQL("vacuum (full, analyze) {}").format(sql.Identifier(table)))
        progress("write the statistics anew")
        if not database.embedded:
            return [
                *OTHERS_SERVER,
                *_ask_for(connection, "vacuum full pg_statistic"),
                *_ask_for(connection, "checkpoint"),
            ]
        connection.execute("vacuum full pg_statistic")
        progress("write the WAL anew")
        with _no_recycling(connection):
            _use_up_wal(connection)
        return []
    finally:
        connection.close()


def _wait_for_others(connection: psycopg.Connection[Any]) -> None:
    """VACUUM keeps what an open transaction can still see: wait for those that began before now."""
    deadline = time.monotonic() + PATIENCE
    (since,) = connection.execute("select clock_timestamp()").fetchone() or (None,)
    while older := connection.execute(_OLDER, (since,)).fetchall():
        if time.monotonic() > deadline:
            pid, name = older[0]
            raise StoreError(
                f"server process {pid} ({name}) has had a transaction open since before the erasure, and still sees it",
                remedy="Let it end, then run the same command again: only this last part is missing.",
            )
        time.sleep(0.1)


def _ask_for(connection: psycopg.Connection[Any], statement: str) -> list[str]:
    """What somebody else's server may not let us do, in words when it does not."""
    try:
        connection.execute(sql.SQL(statement))
    except psycopg.errors.InsufficientPrivilege:
        return [f"That server does not let mdm do this; its administrator must: {statement.upper()}."]
    return []


@contextmanager
def _no_recycling(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Segments that are not needed any more are removed, not kept under another name; left so by a kill, no harm."""
    connection.execute("alter system set wal_recycle = off")
    connection.execute("select pg_reload_conf()")
    try:
        yield
    finally:
        connection.execute("alter system reset wal_recycle")
        connection.execute("select pg_reload_conf()")


def _use_up_wal(connection: psycopg.Connection[Any]) -> None:
    """Write through every segment that is there, each of which is filled with zeros to its end, and remove them."""
    old = _segments(connection)
    for _ in range(ROUNDS):
        for _ in range(len(old) + 1):
            connection.execute("select pg_current_xact_id()")  # its commit is a record: an empty segment is not left
            connection.execute("select pg_switch_wal()")
        connection.execute("checkpoint")
        old &= _segments(connection)
        if not old:
            return
    raise StoreError(
        f"{len(old)} WAL segments from before the erasure are still there",
        remedy="Run the same command again, when nothing else writes to the database.",
    )


def _segments(connection: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in connection.execute(_SEGMENTS).fetchall()}
