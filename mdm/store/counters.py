"""Sequences that roll back with their transaction, so that a repeated run gives the same numbers."""

from __future__ import annotations

import sqlalchemy as sa

_TAKE = """
insert into counter (name, value) values (%(name)s, %(count)s)
on conflict (name) do update set value = counter.value + excluded.value returning value
"""


def take(connection: sa.Connection, name: str, count: int = 1) -> int:
    """The first of `count` consecutive numbers of the sequence `name`, which begins at 1.

    Others who take from it wait for the end of this transaction.
    """
    last = connection.exec_driver_sql(_TAKE, {"name": name, "count": count}).scalar_one()
    return int(last) - count + 1


def last_taken(connection: sa.Connection, name: str) -> int:
    """The last number given, 0 before the first."""
    found = connection.exec_driver_sql("select value from counter where name = %(name)s", {"name": name}).scalar()
    return 0 if found is None else int(found)


def advance(connection: sa.Connection, name: str, value: int) -> None:
    """See that no number up to `value` is given (again): for numbers that a step gave itself."""
    connection.exec_driver_sql(
        "insert into counter (name, value) values (%(name)s, %(value)s) "
        "on conflict (name) do update set value = greatest(counter.value, excluded.value)",
        {"name": name, "value": value},
    )
