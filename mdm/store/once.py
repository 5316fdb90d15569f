"""Orders that are carried out once: who sends the same again, under the same key, is told the same again."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa

from mdm.store.connection import driver_of
from mdm.store.live import hold, number_of

KEPT = "2 days"


class Once(NamedTuple):
    """An order. caller: who sends it; key: chosen by the caller; digest: of everything that was asked for."""

    caller: str
    key: str
    digest: str


class OtherOrder(Exception):
    """The caller has used the key for something else."""


def told_before(connection: sa.Connection, order: Once) -> dict[str, Any] | None:
    """What the caller was told, None if the order is new; others who send it wait for the end of this transaction.

    Raises OtherOrder.
    """
    hold(connection, [-number_of(f"once|{order.caller}|{order.key}")])
    row = (
        driver_of(connection)
        .execute(
            "select digest, answer from once where caller = %s and key = %s", (order.caller, order.key), prepare=True
        )
        .fetchone()
    )
    if row is None:
        return None
    if row[0] != order.digest:
        raise OtherOrder
    answer: dict[str, Any] = row[1]
    return answer


def answer_to(connection: sa.Connection, caller: str, key: str) -> dict[str, Any] | None:
    """What a caller was told of an order; None: nothing is known of it (any more)."""
    row = (
        driver_of(connection)
        .execute("select answer from once where caller = %s and key = %s", (caller, key), prepare=True)
        .fetchone()
    )
    return None if row is None else row[0]


def remember(connection: sa.Connection, order: Once, answer: dict[str, Any]) -> None:
    """Keep what the caller is told; it holds nothing personal. What is older than two days is forgotten by and by."""
    driver = driver_of(connection)
    driver.execute(
        "delete from once where (caller, key) in (select caller, key from once "
        f"where at < now() - interval '{KEPT}' order by at limit 10 for update skip locked)",
        prepare=True,
    )
    driver.execute(
        "insert into once (caller, key, digest, answer) values (%s, %s, %s, %s)",
        (*order, orjson.dumps(answer).decode()),
        prepare=True,
    )
