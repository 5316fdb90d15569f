"""Recorded time in the tables that keep it: a new state closes the one before, in one statement each.

Both ends are the time of the transaction. A state that the same transaction wrote was never seen outside and is
replaced without a trace. Where a state equals the current one nothing is written: a repeated run changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from mdm.store.bulk import Source, column_names, column_types, copy_rows, load_temporary
from mdm.store.tables import CURRENT, PAST


@dataclass(frozen=True, slots=True)
class StateCounts:
    """inserted: states written, new and changed; changed: of these, those that closed another; equal: left alone."""

    inserted: int
    changed: int
    equal: int


def put_states(
    connection: sa.Connection,
    table: str,
    source: Source,
    *,
    key: Sequence[str],
    besides: Sequence[str] = ("run_id",),
) -> StateCounts:
    """Make the rows of `source` the current states of their `key` in `table`; at most one row per key.

    A row that differs from the current state in none of its columns but those of `besides` is left out.
    """
    columns = column_names(source)
    if is_empty(connection, table):
        return StateCounts(inserted=copy_rows(connection, table, columns, source), changed=0, equal=0)
    types = column_types(connection, table, columns)
    load_temporary(connection, "incoming", source, types)
    return _put_incoming(connection, table, types, key=key, besides=besides)


def put_selected(
    connection: sa.Connection, table: str, columns: Sequence[str], query: str, *, key: Sequence[str]
) -> int:
    """As `put_states` for what a query selects, its columns in the order of `columns`; how many were written."""
    types = column_types(connection, table, columns)
    connection.exec_driver_sql("drop table if exists pg_temp.incoming")
    names = ", ".join(f'"{name}"' for name in columns)
    connection.exec_driver_sql(f"create temporary table incoming ({names}) on commit drop as {query}")
    return _put_incoming(connection, table, types, key=key, besides=("run_id",)).inserted


def _put_incoming(
    connection: sa.Connection, table: str, types: Mapping[str, str], *, key: Sequence[str], besides: Sequence[str]
) -> StateCounts:
    columns = list(types)
    compared = [name for name in columns if name not in key and name not in besides]
    same = " and ".join(_same(name, types[name]) for name in compared) or "true"
    equal = _run(connection, f"delete from incoming i using {table} t where {_at(key)} and t.{CURRENT} and {same}")
    changed = _close(connection, table, "incoming", key)
    names = ", ".join(f'"{name}"' for name in columns)
    inserted = _run(connection, f"insert into {table} ({names}) select {names} from incoming")
    return StateCounts(inserted, changed, equal)


def end_states(connection: sa.Connection, table: str, source: Source, *, key: Sequence[str]) -> int:
    """Close the current states of the keys in `source` without a next one; how many there were."""
    load_temporary(connection, "incoming", source, column_types(connection, table, key))
    return _close(connection, table, "incoming", key)


def is_empty(connection: sa.Connection, table: str) -> bool:
    """Whether `table` has no row at all."""
    return connection.exec_driver_sql(f'select 1 from "{table}" limit 1').first() is None


def at_time(alias: str, known_at: datetime | None) -> str:
    """SQL: the current state, or the one known at the parameter `known_at`. Two texts, for the planner's sake."""
    if known_at is None:
        return f"{alias}.{CURRENT}"
    return f"{alias}.recorded_from <= %(known_at)s and {alias}.recorded_to > %(known_at)s"


def ever(alias: str) -> str:
    """SQL that is always true: in two arms, so that the planner finds a state by the index of the present or the past.

    For keys that have a `current_index` and a `past_index` and none over all states.
    """
    return f"({alias}.{CURRENT} or {alias}.{PAST})"


def _close(connection: sa.Connection, table: str, keys: str, key: Sequence[str]) -> int:
    where = f"{_at(key)} and t.{CURRENT}"
    replaced = _run(connection, f"delete from {table} t using {keys} i where {where} and t.recorded_from = now()")
    return replaced + _run(
        connection,
        f"update {table} t set recorded_to = greatest(now(), t.recorded_from) from {keys} i where {where}",
    )


def _at(key: Sequence[str]) -> str:
    return " and ".join(f't."{name}" = i."{name}"' for name in key)


def _same(name: str, kind: str) -> str:
    cast = "::text" if kind == "json" else ""
    return f't."{name}"{cast} is not distinct from i."{name}"{cast}'


def _run(connection: sa.Connection, statement: str) -> int:
    return connection.exec_driver_sql(statement).rowcount
