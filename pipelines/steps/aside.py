"""The tables of a first night that are loaded beside it, by a connection of their own.

A table is loaded as soon as the step that makes its rows is done, while later steps do their work, which does not
always keep two cores busy. What is loaded aside becomes visible when the applying transaction puts it in place: with
all the rest, or not at all.

All that a run writes is known from one moment on, that of the applying transaction. So this begins before the first
table with recorded time is loaded, and waits: rows that are loaded aside say its moment, as its own do by themselves.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

import sqlalchemy as sa

from mdm.store import addresses
from mdm.store.applying import wait_in
from mdm.store.database import Database
from mdm.store.states import is_empty
from mdm.store.twins import drop_twin, fill_twin
from pipelines.giving_way import give_way
from pipelines.steps.rows import rows_of

if TYPE_CHECKING:
    from pipelines.context import Night

Loads = dict[str, Future[int]]  # table -> the number of its rows, when it is loaded
MADE_BY: dict[str, Sequence[str]] = {
    "cleanse": ("record",),
    "match": ("record_key", "pair"),
    "resolve": ("customer", "xref"),
    "golden": ("golden",),
    "households": addresses.TABLES,
}
RECORDED = ("record", "customer", "xref", "golden")  # those with recorded time
TABLES = tuple(table for tables in MADE_BY.values() for table in tables)


class Aside:
    """The loads of one night. They end with the block, and with them a transaction that nobody has asked for."""

    def __init__(self) -> None:
        self.loads: Loads = {}
        self._applying = ExitStack()  # ends the transaction
        self._connection: sa.Connection | None = None
        self._moment: dt.datetime | None = None
        self._asked: set[str] = set()
        self._lock = threading.Lock()  # steps end side by side
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Aside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._applying.close()

    @contextmanager
    def applying(self, database: Database) -> Iterator[sa.Connection]:
        """The applying transaction: the one that waits, or else a new one; committed on leaving."""
        if self._connection is None:
            self._begin(database)
        assert self._connection is not None
        with self._applying.pop_all():
            yield self._connection

    def _begin(self, database: Database) -> None:
        self._connection = self._applying.enter_context(database.begin())
        self._moment = wait_in(self._connection)

    def start(self, night: Night, steps: Sequence[str]) -> None:
        """Begin to load what `steps`, which are done, have made, where it is for a table that is still empty."""
        with self._lock:
            self._start(night, steps)

    def _start(self, night: Night, steps: Sequence[str]) -> None:
        tables = [table for step in steps for table in MADE_BY.get(step, ()) if table not in self._asked]
        if not tables:
            return
        if not self._asked:
            forget(night.database)
        self._asked.update(tables)
        with night.database.begin() as connection:
            empty = [table for table in tables if is_empty(connection, table)]
        if "record" in empty and self._moment is None:
            self._begin(night.database)
        if empty and self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="aside", initializer=give_way)
        for table in empty:
            moment = self._moment if table in RECORDED else None
            if moment is None and table in RECORDED:
                continue  # this is no first night
            assert self._pool is not None
            self.loads[table] = self._pool.submit(_load, night, table, moment)

    def drop(self, night: Night) -> None:
        """Nothing will be applied: remove what was loaded."""
        self._end()
        if self.loads:
            forget(night.database)

    def _end(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def forget(database: Database) -> None:
    """Drop what a run that was killed has left behind."""
    with database.begin() as connection:
        for table in TABLES:
            drop_twin(connection, table)


def _load(night: Night, table: str, moment: dt.datetime | None) -> int:
    night.check_lock()
    with night.scratch() as scratch, night.database.begin() as connection:
        return fill_twin(connection, table, rows_of(night, scratch, table, known_from=moment))
