"""The tables of the warehouse as they are read out: one snapshot for several connections, in parts of bounded size.

A full export reads each table by ranges of its pages, so that the server never sorts and nobody holds more than a part.
An increment reads what belongs to owners that have changed since a mark: customers and households out of the outbox
(`change`); source records, and states that nobody is told of as they differ in evidence only, by the time they came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mdm.store import bulk_out, columnar, feed
from mdm.store.connection import driver_of
from mdm.store.mart import MartTable, Owner

PAGES = 1024  # of 8 KB, read at once: some 50 MB with what is compressed in them
OWNERS = 10_000  # customers, households, records asked for at once

# As each part is planned for itself, the planner would read another table whole for every one of them.
_PLAN_FOR_PARTS = (
    "set local enable_hashjoin = off", "set local enable_mergejoin = off", "set local jit = off",
    "set local max_parallel_workers_per_gather = 0",
)  # fmt: skip
_KINDS: dict[Owner, str] = {"pin": "text", "chi": "text", "record": "bigint", "event": "text", "result": "text"}
_CHANGED = "select {0} from change where position > %(after)s and position <= %(upto)s and {0} is not null"
# who redirects to a customer that changed has nothing left of its own if that one was erased
_PINS = f"""
with told as ({_CHANGED.format("pin")} union select pin from xref where recorded_from >= %(since)s)
select pin from told union
select c.pin from told join customer c on c.redirect_to = told.pin and c.recorded_to = 'infinity' order by 1
"""
_TOUCHED: dict[Owner, str] = {
    "pin": _PINS,
    "event": _PINS,
    "chi": f"{_CHANGED.format('chi')} union select chi from membership where recorded_from >= %(since)s order by chi",
    "record": """
        select record_id from record where recorded_from >= %(since)s union
        select former.record_id from record r join record former using (system, local_id)
        where r.recorded_from >= %(since)s and r.incarnation > 1 and former.recorded_to < 'infinity' order by 1""",
    "result": "select run_id from run where started_at >= %(since)s or ended_at >= %(since)s order by run_id",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to where everything was read. position: of the outbox; last, last_at: the last change up to there, by which
    the store is known again; since: no transaction that began before is still to come.
    """

    position: int
    last: int
    last_at: datetime | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a table: a condition on `t`, with its parameters."""

    table: MartTable
    condition: str
    parameters: Mapping[str, Any]


def mark_now(connection: sa.Connection) -> Mark:
    """The mark of an export that begins to read after this transaction."""
    since = connection.exec_driver_sql(
        "select least(now(), min(xact_start)) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    ).scalar_one()
    position = feed.horizon(connection)
    row = connection.exec_driver_sql(
        "select position, at from change where position <= %(upto)s order by position desc limit 1", {"upto": position}
    ).first()
    last, last_at = (0, None) if row is None else (int(row[0]), row[1])
    return Mark(position, last, last_at, since)


def is_of_this_store(connection: sa.Connection, mark: Mark) -> bool:
    """Whether the store is still the one that the mark was made of: not one from before, restored from a backup."""
    if mark.last == 0:
        return True
    at = connection.exec_driver_sql("select at from change where position = %(at)s", {"at": mark.last}).scalar()
    return at is not None and at == mark.last_at


def share_snapshot(connection: sa.Connection) -> str:
    """A name by which other transactions see the store as this one does, as long as it is open."""
    return str(connection.exec_driver_sql("select pg_export_snapshot()").scalar_one())


def join_snapshot(connection: sa.Connection, name: str) -> None:
    """See what another transaction sees: the first thing that this one does."""
    connection.exec_driver_sql(f"set transaction snapshot '{name}'")
    for setting in _PLAN_FOR_PARTS:
        connection.exec_driver_sql(setting)


def all_parts(connection: sa.Connection, table: MartTable) -> Iterator[Part]:
    """A whole table, page range by page range."""
    size = connection.exec_driver_sql(
        "select pg_relation_size(%(table)s::regclass) / current_setting('block_size')::bigint", {"table": table.base}
    ).scalar_one()
    for first in range(0, max(int(size), 1), PAGES):
        until = f" and t.ctid < '({first + PAGES},0)'::tid" if first + PAGES < size else ""
        yield Part(table, f"t.ctid >= '({first},0)'::tid{until}", {})


def touched(connection: sa.Connection, owner: Owner, since: Mark, now: Mark) -> list[Any]:
    """The owners of whom anything has changed between two marks, or after the first for all that has no position."""
    bounds = {"after": since.position, "upto": now.position, "since": since.since}
    return list(connection.exec_driver_sql(_TOUCHED[owner], bounds).scalars())


def parts_of(table: MartTable, owners: list[Any]) -> Iterator[Part]:
    """All rows of some owners."""
    wanted = f"= any(%(owners)s::{_KINDS[table.owner]}[])"
    condition = f"{table.owned_by} {wanted}"
    if table.owner == "event":
        condition = f"({condition} or t.other_pin {wanted})"
    for first in range(0, len(owners), OWNERS):
        yield Part(table, condition, {"owners": owners[first : first + OWNERS]})


def schema_of(connection: sa.Connection, table: MartTable) -> pa.Schema:
    """The Arrow schema of a table, with what the columns mean."""
    kinds = bulk_out.result_types(driver_of(connection), table.select())
    meanings = {column.name: {"meaning": column.meaning} for column in table.columns}
    return pa.schema(
        [pa.field(name, bulk_out.arrow_type(kind), metadata=meanings[name]) for name, kind in kinds.items()]
    )


def fetch_part(connection: sa.Connection, part: Part) -> pa.Table:
    """The rows of a part."""
    driver = driver_of(connection)
    kinds = bulk_out.result_types(driver, part.table.select())
    bound = bulk_out.bind(driver, part.table.select(part.condition), part.parameters or None)
    found = columnar.fetch(driver, bound, kinds)
    for place, (name, kind) in enumerate(kinds.items()):
        if kind in bulk_out.ARRAYS:
            lists = bulk_out.list_of(found[name].combine_chunks(), bulk_out.ARRAYS[kind])
            found = found.set_column(place, name, lists)
    return found


def count_customers(connection: sa.Connection) -> int:
    """About how many customers there are, as the planner knows."""
    found = connection.exec_driver_sql("select reltuples from pg_class where oid = 'customer'::regclass").scalar_one()
    return max(0, int(found))
