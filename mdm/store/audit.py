"""The audit log: who read or wrote what of whom, when, why; rows are added, and refused any change by a trigger.

An entry names attributes, never their values. What belongs to a write is added in its transaction and is as durable as
it. What belongs to a read goes to the server in one message with the end of the reading transaction (`end_reading`), so
that it costs no round trip, and is answered before the caller is: the service may be killed at any moment then. Such a
transaction does not wait for the disk (`synchronous_commit = off`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from mdm.store.connection import driver_of

Reason = Literal["erasure", "retention"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of `audit`, but for its number and time. actor: key id or login name; status: of HTTP."""

    actor: str
    action: str
    status: int
    pins: list[str]
    records: list[str]
    fields: list[str]
    masked: bool
    actor_name: str | None = None
    purpose: str | None = None
    trace_id: str | None = None


_NAMES = tuple(each.name for each in fields(Entry))
_INSERT = """
insert into audit (actor, actor_name, purpose, action, pins, records, fields, masked, status, trace_id)
select %(actor)s::text, %(actor_name)s::text, %(purpose)s::text, %(action)s::text, %(pins)s::text[],
    %(records)s::text[], %(fields)s::text[], %(masked)s::boolean, %(status)s::smallint, %(trace_id)s::text
"""
_WITHOUT_WAITING = f"{_INSERT} from (select set_config('synchronous_commit', 'off', true)) as s"


def put_entry(connection: sa.Connection, entry: Entry) -> None:
    """Add an entry in the open transaction: it is there exactly if what it tells of is."""
    driver_of(connection).execute(_INSERT, _values(entry), prepare=True)


def end_reading(connection: sa.Connection, how: Literal["commit", "rollback"], entry: Entry) -> None:
    """End the open transaction, which only read, and add an entry in one of its own, in one message to the server."""
    driver = driver_of(connection)
    with driver.pipeline():
        driver.execute(how)
        driver.execute(_WITHOUT_WAITING, _values(entry), prepare=True)


def _values(entry: Entry) -> dict[str, Any]:
    """The parameters of an insert; `asdict` would copy every list."""
    return {name: getattr(entry, name) for name in _NAMES}


@contextmanager
def changeable(connection: sa.Connection, reason: Reason) -> Iterator[None]:
    """Within it rows of `audit` may be changed and deleted: for erasing a person, or because they are old enough."""
    connection.exec_driver_sql("select set_config('mdm.audit_change', %(reason)s, true)", {"reason": reason})
    yield
    connection.exec_driver_sql("select set_config('mdm.audit_change', '', true)")


def find_entries(
    connection: sa.Connection,
    *,
    pin: str | None = None,
    actor: str | None = None,
    since: datetime | None = None,
    count: int = 100,
) -> list[dict[str, Any]]:
    """Entries, the newest first: of a PIN, of an actor (key id, name of a key, login name), since a moment."""
    rows = connection.exec_driver_sql(
        "select audit_id, at, actor, actor_name, purpose, action, pins, records, fields, masked, status, trace_id "
        "from audit where (%(pin)s::text is null or pins @> array[%(pin)s::text]) "
        "and (%(actor)s::text is null or actor = %(actor)s or actor_name = %(actor)s) "
        "and (%(since)s::timestamptz is null or at >= %(since)s) order by audit_id desc limit %(count)s",
        {"pin": pin, "actor": actor, "since": since, "count": count},
    )
    return [dict(row) for row in rows.mappings()]


def delete_before(connection: sa.Connection, moment: datetime) -> int:
    """Delete entries older than a moment (retention); how many."""
    with changeable(connection, "retention"):
        return connection.exec_driver_sql("delete from audit where at < %(moment)s", {"moment": moment}).rowcount
