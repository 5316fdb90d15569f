"""Overrides: golden values pinned by a steward."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.store.bulk import Values, fetch_arrow, load_values

_COLUMNS = "override_id, pin, attribute, value, reason, actor, expires, created_at"


def set_override(
    connection: sa.Connection, pin: str, attribute: str, value: Any, *, actor: str, reason: str, expires: date | None
) -> int:
    """Pin a value (None: no value) until and including `expires`, in place of an earlier override; its number.

    One that says all of this already stays as it is.
    """
    values = {
        "pin": pin, "attribute": attribute, "value": json.dumps(value), "reason": reason, "actor": actor,
        "expires": expires,
    }  # fmt: skip
    there = connection.exec_driver_sql(
        "select override_id from override where pin = %(pin)s and attribute = %(attribute)s and ended_at is null "
        "and value::text = %(value)s and reason = %(reason)s and actor = %(actor)s "
        "and expires is not distinct from %(expires)s::date",
        values,
    ).scalar()
    if there is not None:
        return int(there)
    lift_override(connection, pin, attribute, actor=actor)
    return int(
        connection.exec_driver_sql(
            "insert into override (pin, attribute, value, reason, actor, expires) values "
            "(%(pin)s, %(attribute)s, %(value)s::json, %(reason)s, %(actor)s, %(expires)s) returning override_id",
            values,
        ).scalar_one()
    )


def lift_override(
    connection: sa.Connection, pin: str, attribute: str, *, actor: str, reason: str | None = None
) -> bool:
    """End the override in force, by whom and why; False if there was none."""
    ended = connection.exec_driver_sql(
        "update override set ended_at = now(), ended_by = %(actor)s, ended_reason = %(reason)s "
        "where pin = %(pin)s and attribute = %(attribute)s and ended_at is null",
        {"pin": pin, "attribute": attribute, "actor": actor, "reason": reason},
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


def overrides_of(connection: sa.Connection, pin: str, *, ended: bool) -> list[dict[str, Any]]:
    """What is pinned for a customer, by attribute; `ended`: what was, besides. `value` as JSON says it."""
    rows = connection.exec_driver_sql(
        f"select {_COLUMNS}, ended_at, ended_by, ended_reason from override where pin = %(pin)s "
        "and (%(ended)s or ended_at is null) order by attribute, override_id desc",
        {"pin": pin, "ended": ended},
    )
    return [dict(row) for row in rows.mappings()]


def note_decided(connection: sa.Connection, run_id: str, pin: str) -> None:
    """Note that what was pinned, replaced or lifted in this transaction was carried out at once, under `run_id`."""
    connection.exec_driver_sql(
        "update override set run_id = %(run_id)s where pin = %(pin)s and created_at = now() and run_id is null",
        {"run_id": run_id, "pin": pin},
    )
    connection.exec_driver_sql(
        "update override set ended_run = %(run_id)s where pin = %(pin)s and ended_at = now() and run_id is not null "
        "and ended_run is null",
        {"run_id": run_id, "pin": pin},
    )


def note_carried_out(connection: sa.Connection, run_id: str, held: Values, pins: pa.ChunkedArray) -> None:
    """Note that `run_id` made the golden records of `pins`, in which the overrides `held` (numbers) count, no others.

    An override has two such runs: the first that held it, and the first that held it no more.
    """
    load_values(connection, "held", held)
    connection.exec_driver_sql(
        "update override o set run_id = %(run_id)s from held h where o.override_id = h.value and o.run_id is null",
        {"run_id": run_id},
    )
    lapsed = fetch_arrow(
        connection,
        "select override_id, pin from override o where run_id is not null and ended_run is null "
        "and not exists (select from held h where h.value = o.override_id)",
    )
    load_values(connection, "lapsed", lapsed["override_id"].filter(pc.is_in(lapsed["pin"], pins)))
    connection.exec_driver_sql(
        "update override o set ended_run = %(run_id)s from lapsed l where o.override_id = l.value", {"run_id": run_id}
    )
