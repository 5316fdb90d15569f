"""Lineage: what happened to PINs. Append-only."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from mdm.store.bulk import Source, column_names, copy_rows


def add_events(connection: sa.Connection, source: Source) -> int:
    """Append events (run_id, actor, kind, pin, other_pin, record_ids, reason), in the order of `source`; how many."""
    return copy_rows(connection, "lineage", column_names(source), source)


def events_of(connection: sa.Connection, pin: str) -> list[dict[str, Any]]:
    """Everything that happened to `pin` or made use of it, oldest first."""
    rows = connection.exec_driver_sql(
        "select event_id, run_id, actor, kind, pin, other_pin, record_ids, reason, at from lineage "
        "where pin = %(pin)s or other_pin = %(pin)s order by event_id",
        {"pin": pin},
    )
    return [dict(row) for row in rows.mappings()]


def count_events(connection: sa.Connection, run_id: str) -> dict[str, int]:
    """How many events of each kind a run caused."""
    rows = connection.exec_driver_sql(
        "select kind, count(*) from lineage where run_id = %(run_id)s group by kind order by kind", {"run_id": run_id}
    )
    return {kind: count for kind, count in rows}
