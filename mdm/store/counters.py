"""Sequences that roll back with their transaction, so that a repeated run gives the same numbers."""

from __future__ import annotations

import sqlalchemy as sa

from mdm.store import issued

_TAKE = """
insert into counter (name, value) values (%(name)s, %(count)s)
on conflict (name) do update set value = counter.value + excluded.value returning value
"""


def take(connection: sa.Connection, name: str, count: int = 1) -> int:
    """The first of `count` consecutive numbers of the sequence `name`, which begins at 1.

    Others who take from it wait for the end of this transaction.
    """
    last = connection.exec_driver_sql(_TAKE, {"name": name, "count": count}).scalar_one()
    issued.allow(connection, name, int(last))
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
    issued.allow(connection, name, value)


def reserve(connection: sa.Connection, name: str, holder: str, first: int, count: int) -> bool:
    """Set the numbers `first` ... aside for a holder, who uses them in a later transaction; False: others took some.

    A holder who reserved them before and asks for no more of them has them still.
    """
    there = reserved_for(connection, name, holder)
    if there is not None and there[0] == first and there[1] >= count:
        return True
    taken = connection.exec_driver_sql(
        "insert into counter (name, value) values (%(name)s, %(last)s) on conflict (name) do update "
        "set value = excluded.value where counter.value = %(before)s returning value",
        {"name": name, "last": first - 1 + count, "before": first - 1},
    ).scalar()
    if taken is None:
        return False
    issued.allow(connection, name, first - 1 + count)
    for part, value in zip(_parts(name, holder), (first, count), strict=True):
        connection.exec_driver_sql(
            "insert into counter (name, value) values (%(part)s, %(value)s) "
            "on conflict (name) do update set value = excluded.value",
            {"part": part, "value": value},
        )
    return True


def reserved_for(connection: sa.Connection, name: str, holder: str) -> tuple[int, int] | None:
    """The first of the numbers that a holder has reserved, and how many they are."""
    first, count = (last_taken(connection, part) for part in _parts(name, holder))
    return (first, count) if first else None


def forget_reservation(connection: sa.Connection, name: str, holder: str) -> None:
    """The numbers were used."""
    connection.exec_driver_sql("delete from counter where name = any(%(parts)s)", {"parts": _parts(name, holder)})


def give_back(connection: sa.Connection, name: str, holder: str) -> None:
    """The holder will not use its numbers: the next ones are these, unless others have taken some since."""
    there = reserved_for(connection, name, holder)
    if there is None:
        return
    connection.exec_driver_sql(
        "update counter set value = %(before)s where name = %(name)s and value = %(last)s",
        {"name": name, "before": there[0] - 1, "last": there[0] - 1 + there[1]},
    )
    forget_reservation(connection, name, holder)


def _parts(name: str, holder: str) -> list[str]:
    return [f"{name} reserved for {holder}: first", f"{name} reserved for {holder}: count"]
