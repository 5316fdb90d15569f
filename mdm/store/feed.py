"""Changes as they are read, in order (written: `changes.py`).

Transactions are not committed in the order of their positions: a reader that went on from the last position that it
sees would miss a smaller one that is committed a moment later. `horizon` is the position up to which that cannot be:
the smallest from which on somebody who is announcing takes them, or else the last one that was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from psycopg.rows import dict_row

from mdm.store.changes import ANNOUNCING, ROUND, SEQUENCE
from mdm.store.connection import driver_of


def last_given(connection: sa.Connection) -> int:
    """The last position that was given to anybody, committed or not; 0 before the first."""
    query = sa.text(f"select last_value - (not is_called)::int from {SEQUENCE}")
    return int(connection.execute(query).scalar_one())


def horizon(connection: sa.Connection) -> int:
    """The position up to which everything is committed or never will be.

    For a transaction that begins after this call: one that sees the store as it was when it began (REPEATABLE READ)
    must not be the one that asks.
    """
    last = last_given(connection)  # first: who takes a position from here on is not asked for
    held = connection.exec_driver_sql(
        "select objid::bigint from pg_locks where locktype = 'advisory' and objsubid = 2 and classid = %s::bigint::oid "
        "and database = (select oid from pg_database where datname = current_database())",
        (ANNOUNCING,),
    ).scalars()
    behind = ((last - number) % ROUND for number in held)
    return last - max((steps for steps in behind if steps < ROUND // 2), default=0)


def read_changes(
    connection: sa.Connection, after: int, upto: int, count: int, types: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """The first `count` changes after a position and up to another one, in order; of some types only."""
    rows = connection.exec_driver_sql(
        "select position, type, pin, chi, related, run_id, actor, at from change "
        "where position > %(after)s and position <= %(upto)s "
        "and (%(types)s::text[] is null or type = any(%(types)s::text[])) order by position limit %(count)s",
        {"after": after, "upto": upto, "count": count, "types": None if types is None else list(types)},
    )
    return [dict(row) for row in rows.mappings()]


def changes_at(connection: sa.Connection, positions: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Position -> the change that has it."""
    rows = connection.exec_driver_sql(
        "select position, type, pin, chi, related, run_id, actor, at from change "
        "where position = any(%(positions)s::bigint[])",
        {"positions": list(positions)},
    )
    return {row["position"]: dict(row) for row in rows.mappings()}


def values_of(connection: sa.Connection, positions: Sequence[int]) -> dict[int, tuple[Any, Any]]:
    """Position -> what was known of the customer (golden document) or household (members) before and after.

    None where nothing was, or is no more: of an erased person there is nothing.
    """
    rows = driver_of(connection).cursor(row_factory=dict_row).execute(_VALUES, (list(positions),))
    return {row["position"]: (row["before"], row["after"]) for row in rows}


def _known(when: str) -> str:
    """SQL: what was known of a change's customer or household, by a condition on recorded time of `t`."""
    return f"""
    case when c.pin is not null then (
        select t.doc::json from golden t where t.pin = c.pin and {when} order by t.recorded_from desc limit 1
    ) else (
        select json_agg(
            json_build_object('pin', t.pin, 'role', t.role, 'valid_from', t.valid_from, 'valid_to', t.valid_to)
            order by t.pin, t.period)
        from membership t where t.chi = c.chi and {when}
    ) end
    """


_VALUES = f"""
select c.position, {_known("t.recorded_from < c.at and t.recorded_to >= c.at")} as before,
    {_known("t.recorded_from <= c.at and t.recorded_to > c.at")} as after
from change c where c.position = any(%s::bigint[])
"""
