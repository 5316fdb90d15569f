"""Overrides: golden values pinned by a steward."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import fetch_arrow

_COLUMNS = "override_id, pin, attribute, value, reason, actor, expires, created_at"


def set_override(
    connection: sa.Connection, pin: str, attribute: str, value: Any, *, actor: str, reason: str, expires: date | None
) -> int:
    """Pin a value (None: no value) until and including `expires`, in place of an earlier override; its number."""
    lift_override(connection, pin, attribute)
    return int(
        connection.exec_driver_sql(
            "insert into override (pin, attribute, value, reason, actor, expires) values "
            "(%(pin)s, %(attribute)s, %(value)s::json, %(reason)s, %(actor)s, %(expires)s) returning override_id",
            {
                "pin": pin, "attribute": attribute, "value": json.dumps(value), "reason": reason, "actor": actor,
                "expires": expires,
            },
        ).scalar_one()
    )  # fmt: skip


def lift_override(connection: sa.Connection, pin: str, attribute: str) -> bool:
    """End the override in force; False if there was none."""
    ended = connection.exec_driver_sql(
        "update override set ended_at = now() where pin = %(pin)s and attribute = %(attribute)s and ended_at is null",
        {"pin": pin, "attribute": attribute},
    )
    return ended.rowcount > 0


def overrides_in_force(connection: sa.Connection, on: date) -> pa.Table:
    """All overrides in force on a business date, `value` as JSON text."""
    return fetch_arrow(
        connection,
        f"select {_COLUMNS} from override where ended_at is null and (expires is null or expires >= %(on)s) "
        "order by pin, attribute",
        {"on": on},
    )
