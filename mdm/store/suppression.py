"""Keyed hashes by which rows of erased customers are recognised, and who was erased when, by whom and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from mdm.store.connection import driver_of
from mdm.store.tables import Erasure, Suppression, table_of
from mdm.suppression import Suppressed

_ERASURE, _SUPPRESSION = table_of(Erasure), table_of(Suppression)


class Hash(NamedTuple):
    """A row of `suppression`, without its PIN."""

    digest: str
    kind: str
    system: str | None = None
    proofs: tuple[str, ...] = ()


def suppressed_of(connection: sa.Connection, system: str) -> Suppressed:
    """What rows of a source system are held against; false when nobody was erased."""
    return read_suppressed(ask_suppressed(connection, system))


def ask_suppressed(connection: sa.Connection, system: str) -> psycopg.Cursor[Any]:
    """The question of `suppressed_of`, for `read_suppressed`."""
    return driver_of(connection).execute(
        "select digest, kind, proofs from suppression where system is null or system = %s", (system,), prepare=True
    )


def read_suppressed(asked: psycopg.Cursor[Any]) -> Suppressed:
    """The answer to `ask_suppressed`."""
    rows = asked.fetchall()
    return Suppressed(
        {digest: frozenset(proofs) for digest, kind, proofs in rows if kind == "key"},
        frozenset(digest for digest, kind, _ in rows if kind == "identifier"),
        frozenset(digest for digest, kind, _ in rows if kind == "near"),
    )


def put_hashes(connection: sa.Connection, pin: str, hashes: Iterable[Hash]) -> int:
    """Keep the hashes of an erased customer; how many there are."""
    rows = [{**each._asdict(), "proofs": list(each.proofs), "pin": pin} for each in hashes]
    if rows:
        connection.execute(insert(_SUPPRESSION).on_conflict_do_nothing(index_elements=["digest"]), rows)
    return len(rows)


def hashes_of(connection: sa.Connection, pin: str) -> list[Hash]:
    """The hashes that are kept of an erased customer."""
    rows = connection.execute(_SUPPRESSION.select().where(_SUPPRESSION.c.pin == pin).order_by(_SUPPRESSION.c.digest))
    return [Hash(row.digest, row.kind, row.system, tuple(row.proofs)) for row in rows]


def put_erasure(
    connection: sa.Connection, pin: str, *, actor: str, reason: str, tables: Sequence[str], touched: Sequence[int]
) -> datetime:
    """Note that a customer was erased; when."""
    values = {"pin": pin, "actor": actor, "reason": reason, "tables": list(tables), "touched": list(touched)}
    at: datetime = connection.execute(_ERASURE.insert().values(**values).returning(_ERASURE.c.erased_at)).scalar_one()
    return at


def find_erasure(connection: sa.Connection, pin: str) -> dict[str, Any] | None:
    """When a customer was erased, by whom and why; None for one who was not."""
    row = connection.execute(_ERASURE.select().where(_ERASURE.c.pin == pin)).mappings().first()
    return None if row is None else dict(row)


def end_erasure(connection: sa.Connection, pin: str) -> None:
    """Note that no file of the database holds the content any more."""
    connection.execute(_ERASURE.update().where(_ERASURE.c.pin == pin).values(purged_at=sa.func.clock_timestamp()))


def forget_touched(connection: sa.Connection, pin: str) -> None:
    """Forget whom else it concerned: they were resolved again."""
    connection.execute(_ERASURE.update().where(_ERASURE.c.pin == pin).values(touched=[]))
