"""Who is sent changes, how far each was told, and what was refused (see `mdm.store.tables.subscribers`).

A sender and the commands write to the same row. Each says with `save` which turn of it they have seen, and is told when
somebody was before them: then they begin anew from what there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

_COLUMNS = (
    "name, url, types, with_values, pii, batch, salt, former_salt, former_until, position, ahead, sending, turn, "
    "failures, failing_since, next_at, error, told_at, paused_at, paused_by, created_at, created_by"
)
_WRITABLE = frozenset(_COLUMNS.split(", ")) - {"name", "turn", "created_at", "created_by"}


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscriber as it stands in the store."""

    name: str
    url: str
    types: list[str] | None
    with_values: bool
    pii: bool
    batch: int
    salt: str
    former_salt: str | None
    former_until: datetime | None
    position: int
    ahead: list[int]
    sending: int
    turn: int
    failures: int
    failing_since: datetime | None
    next_at: datetime | None
    error: str | None
    told_at: datetime | None
    paused_at: datetime | None
    paused_by: str | None
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Held:
    """A change that was refused, or waits behind such a one."""

    position: int
    key: str
    attempts: int
    first_at: datetime
    error: str | None


def add(connection: sa.Connection, row: Mapping[str, Any]) -> bool:
    """Add a subscriber; whether there was none of that name."""
    columns = ", ".join(row)
    values = ", ".join(f"%({name})s" for name in row)
    return bool(
        connection.exec_driver_sql(
            f"insert into subscriber ({columns}, turn, failures) values ({values}, 0, 0) on conflict do nothing",
            dict(row),
        ).rowcount
    )


def find(connection: sa.Connection, name: str) -> Subscriber | None:
    """A subscriber by its name."""
    row = connection.exec_driver_sql(
        f"select {_COLUMNS} from subscriber where name = %(name)s", {"name": name}
    ).mappings().first()  # fmt: skip
    return None if row is None else Subscriber(**row)


def every(connection: sa.Connection) -> list[Subscriber]:
    """All subscribers by name."""
    return [
        Subscriber(**row)
        for row in connection.exec_driver_sql(f"select {_COLUMNS} from subscriber order by name").mappings()
    ]


def save(connection: sa.Connection, seen: Subscriber, changes: Mapping[str, Any]) -> bool:
    """Write what changes of a subscriber; False, and nothing written, when it is not as it was `seen` any more."""
    assert changes.keys() <= _WRITABLE
    setting = "".join(f"{name} = %({name})s, " for name in changes)
    return bool(
        connection.exec_driver_sql(
            f"update subscriber set {setting} turn = turn + 1 where name = %(of)s and turn = %(seen)s",
            {**changes, "of": seen.name, "seen": seen.turn},
        ).rowcount
    )


def put(connection: sa.Connection, name: str, changes: Mapping[str, Any]) -> None:
    """Write what has nothing to do with how far a subscriber was told: nobody who sends need begin anew for it."""
    assert changes.keys() <= {"url", "paused_at", "paused_by", "salt", "former_salt", "former_until", "next_at"}
    setting = ", ".join(f"{each} = %({each})s" for each in changes)
    connection.exec_driver_sql(f"update subscriber set {setting} where name = %(of)s", {**changes, "of": name})


def remove(connection: sa.Connection, name: str) -> bool:
    """Remove a subscriber and all that is held for it; whether there was one."""
    connection.exec_driver_sql("delete from webhook_held where subscriber = %(name)s", {"name": name})
    return bool(connection.exec_driver_sql("delete from subscriber where name = %(name)s", {"name": name}).rowcount)


# -- what was refused --------------------------------------------------------------------------------------------------


def held_keys(connection: sa.Connection, name: str) -> set[str]:
    """Whose changes wait behind one that was refused."""
    query = "select distinct key from webhook_held where subscriber = %(name)s and dead_at is null"
    return set(connection.exec_driver_sql(query, {"name": name}).scalars())


def due_held(connection: sa.Connection, name: str, count: int) -> list[Held]:
    """The first change of each of these, if it is due; the longest refused first."""
    rows = connection.exec_driver_sql(
        """
        select position, key, attempts, first_at, error from (
            select distinct on (key) position, key, attempts, first_at, next_at, error from webhook_held
            where subscriber = %(name)s and dead_at is null order by key, position
        ) as first where next_at is null or next_at <= clock_timestamp() order by next_at nulls first limit %(count)s
        """,
        {"name": name, "count": count},
    )
    return [Held(**row) for row in rows.mappings()]


def next_held_at(connection: sa.Connection, name: str) -> datetime | None:
    """When the next of these is due; None when none is held."""
    found: datetime | None = connection.exec_driver_sql(
        "select min(coalesce(next_at, clock_timestamp())) from webhook_held "
        "where subscriber = %(name)s and dead_at is null",
        {"name": name},
    ).scalar()
    return found


def hold(connection: sa.Connection, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Hold changes (position, key, attempts, next_at, error) back."""
    for row in rows:
        connection.exec_driver_sql(
            "insert into webhook_held (subscriber, position, key, attempts, next_at, error) values "
            "(%(name)s, %(position)s, %(key)s, %(attempts)s, %(next_at)s, %(error)s) on conflict do nothing",
            {"name": name, **row},
        )


def let_go(connection: sa.Connection, name: str, positions: Sequence[int]) -> None:
    """These were told."""
    connection.exec_driver_sql(
        "delete from webhook_held where subscriber = %(name)s and position = any(%(positions)s::bigint[])",
        {"name": name, "positions": list(positions)},
    )


def refused_again(connection: sa.Connection, name: str, row: Mapping[str, Any]) -> None:
    """One (position, attempts, next_at, error, dead_at) was refused once more, or is given up."""
    connection.exec_driver_sql(
        "update webhook_held set attempts = %(attempts)s, next_at = %(next_at)s, error = %(error)s, "
        "dead_at = %(dead_at)s where subscriber = %(name)s and position = %(position)s",
        {"name": name, **row},
    )


def forget_held(connection: sa.Connection, name: str, after: int) -> None:
    """Forget what is held beyond a position: it will be told anew."""
    connection.exec_driver_sql(
        "delete from webhook_held where subscriber = %(name)s and position > %(after)s", {"name": name, "after": after}
    )


def dead_letters(connection: sa.Connection, name: str) -> list[dict[str, Any]]:
    """What was given up, with what it is about."""
    rows = connection.exec_driver_sql(
        "select h.position, c.type, h.key, h.attempts, h.first_at, h.dead_at, h.error from webhook_held h "
        "left join change c using (position) where h.subscriber = %(name)s and h.dead_at is not null order by position",
        {"name": name},
    )
    return [dict(row) for row in rows.mappings()]


def revive(connection: sa.Connection, name: str) -> int:
    """Try dead letters again; how many there were."""
    return connection.exec_driver_sql(
        "update webhook_held set dead_at = null, next_at = null, attempts = 0, first_at = clock_timestamp() "
        "where subscriber = %(name)s and dead_at is not null",
        {"name": name},
    ).rowcount


def counts(connection: sa.Connection) -> dict[str, tuple[int, int]]:
    """Subscriber -> how many changes are held, and how many were given up."""
    rows = connection.exec_driver_sql(
        "select subscriber, count(*) filter (where dead_at is null), count(dead_at) from webhook_held group by 1"
    )
    return {name: (held, dead) for name, held, dead in rows}
