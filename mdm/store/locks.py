"""One run at a time: an advisory lock that the server itself drops when its holder is gone."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.rows import dict_row

from mdm.errors import RunInProgress, StoreError
from mdm.store.database import Database

RUN_LOCK = 0x6D646D02  # advisory lock number, "mdm" + 2

# to look without taking it: a run that begins just then must not be refused because of us
_HELD = """
select 1 from pg_locks where locktype = 'advisory' and granted and objsubid = 1
and database = (select oid from pg_database where datname = current_database())
and classid = %s and objid = %s
"""
_LOCK_PARTS = (RUN_LOCK >> 32, RUN_LOCK & 0xFFFFFFFF)

_NOTE = """
insert into lock_holder (name, pid, host, run_id, command, since)
values ('run', %(pid)s, %(host)s, %(run_id)s, %(command)s, now())
on conflict (name) do update set pid = excluded.pid, host = excluded.host, run_id = excluded.run_id,
    command = excluded.command, since = excluded.since
"""


class RunLock:
    """The run lock while we hold it: it is lost with its connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def check(self) -> None:
        """Raise StoreError if the lock is no longer ours: then somebody else may be running."""
        try:
            self._connection.execute("select 1")
        except psycopg.OperationalError as error:
            raise StoreError(
                "the connection that held the run lock was lost",
                remedy="Nothing was applied. Run the command again; the run goes on from where it is.",
            ) from error


@contextmanager
def run_lock(database: Database, holder: Mapping[str, Any]) -> Iterator[RunLock]:
    """Hold the run lock for the block; `holder`: what to tell others (run_id, command), pid and host are added.

    Raises RunInProgress, naming the holder, when another process has it.
    """
    connection = database.connect_raw()
    try:
        taken = connection.execute("select pg_try_advisory_lock(%s)", (RUN_LOCK,)).fetchone()
        if taken is None or not taken[0]:
            raise RunInProgress(_who(connection), remedy="Wait for it, or stop that process; then run again.")
        who = {"pid": os.getpid(), "host": socket.gethostname()}
        connection.execute(_NOTE, {"run_id": None, "command": None, **holder, **who})
        yield RunLock(connection)
    finally:
        with suppress(psycopg.Error):  # at once: the server takes a moment to notice that the connection is closed
            connection.execute("select pg_advisory_unlock_all()")
        connection.close()


def current_holder(database: Database) -> dict[str, Any] | None:
    """Who holds the run lock: pid, host, run_id, command, since; None when nobody does."""
    connection = database.connect_raw()
    try:
        return _holder(connection) if connection.execute(_HELD, _LOCK_PARTS).fetchone() else None
    finally:
        connection.close()


def is_running(connection: sa.Connection) -> bool:
    """Whether somebody holds the run lock now."""
    return connection.exec_driver_sql(_HELD, _LOCK_PARTS).first() is not None


def _holder(connection: psycopg.Connection[Any]) -> dict[str, Any] | None:
    query = "select pid, host, run_id, command, since from lock_holder where name = 'run'"
    return connection.cursor(row_factory=dict_row).execute(query).fetchone()


def _who(connection: psycopg.Connection[Any]) -> str:
    holder = _holder(connection)
    if holder is None:
        return "another run is just beginning"
    name = f"run {holder['run_id']}" if holder["run_id"] else "another run"
    since = f"{holder['since']:%Y-%m-%d %H:%M:%S %Z}"
    return f"{name} is in progress: process {holder['pid']} on {holder['host']}, since {since}"
