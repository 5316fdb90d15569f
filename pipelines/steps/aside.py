"""The tables of a first night that are loaded beside it, by a connection of their own.

A table is loaded as soon as the step that makes its rows is done, while later steps do their work, which does not
always keep two cores busy. What is loaded aside becomes visible when the applying transaction puts it in place: with
all the rest, or not at all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING

from mdm.store import addresses
from mdm.store.database import Database
from mdm.store.states import is_empty
from mdm.store.twins import drop_twin, fill_twin
from pipelines.steps.rows import rows_of

if TYPE_CHECKING:
    from pipelines.context import Night

Loads = dict[str, Future[int]]  # table -> the number of its rows, when it is loaded
# No table with recorded time: all that a run writes is known from one moment on, that of the applying transaction.
MADE_BY: dict[str, Sequence[str]] = {"match": ("record_key", "pair"), "households": addresses.TABLES}
TABLES = tuple(table for tables in MADE_BY.values() for table in tables)


class Aside:
    """The loads of one night. They end with the block. seconds: what those that have ended took."""

    def __init__(self) -> None:
        self.loads: Loads = {}
        self.seconds = 0.0
        self._asked: set[str] = set()
        self._lock = threading.Lock()  # steps end side by side
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Aside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

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
        if empty and self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="aside")
        for table in empty:
            assert self._pool is not None
            self.loads[table] = self._pool.submit(self._load, night, table)

    def _load(self, night: Night, table: str) -> int:
        night.check_lock()
        began = time.monotonic()
        with night.scratch() as scratch, night.database.begin() as connection:
            count = fill_twin(connection, table, rows_of(night, scratch, table))
        self.seconds += time.monotonic() - began  # one load at a time
        return count

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
