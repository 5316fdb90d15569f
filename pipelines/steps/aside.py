"""The tables of a first night that are loaded beside the applying transaction, by a connection of their own.

Two cores load what one connection would load one after the other. What is loaded aside becomes visible when the
applying transaction puts it in place: with all the rest, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from mdm.store import addresses, pairs
from mdm.store.bulk import Source
from mdm.store.database import Database
from mdm.store.states import is_empty
from mdm.store.twins import drop_twin, fill_twin
from pipelines.context import Night

Loads = dict[str, Future[int]]  # table -> the number of its rows, when it is loaded
TABLES = ("record_key", "pair", *addresses.TABLES)


@contextmanager
def loading_aside(night: Night) -> Iterator[Loads]:
    """Start to load those of TABLES that are still empty."""
    forget(night.database)
    with night.database.begin() as connection:
        empty = [table for table in TABLES if is_empty(connection, table)]
    with ThreadPoolExecutor(1, thread_name_prefix="aside") as pool:
        try:
            yield {table: pool.submit(_load, night, table) for table in empty}
        finally:
            pool.shutdown(cancel_futures=True)


def forget(database: Database) -> None:
    """Drop what an apply that was killed has left behind."""
    with database.begin() as connection:
        for table in TABLES:
            drop_twin(connection, table)


def _load(night: Night, table: str) -> int:
    night.check_lock()
    with night.scratch() as scratch:
        source: Source = night.folder.file("households", f"{table}.parquet")
        if table == "record_key":
            source = scratch.sql(f"SELECT key, record_id FROM {night.folder.sql('match', 'keys')} ORDER BY record_id")
        elif table == "pair":
            source = scratch.sql(f"SELECT {', '.join(pairs.PAIR_COLUMNS)} FROM {night.folder.sql('match', 'pairs')}")
        with night.database.begin() as connection:
            return fill_twin(connection, table, source)
