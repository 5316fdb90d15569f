"""Counts for people who ask how the store stands."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def count_records(connection: sa.Connection) -> dict[str, int]:
    """How many current accepted records each source system has."""
    rows = connection.exec_driver_sql(
        "select system, count(*) from record where recorded_to = 'infinity' and status = 'accepted' "
        "group by system order by system"
    )
    return {system: count for system, count in rows}


def count_households(connection: sa.Connection) -> dict[str, int]:
    """How many active households of each kind there are."""
    rows = connection.exec_driver_sql(
        "select kind, count(*) from household where recorded_to = 'infinity' and status = 'active' "
        "group by kind order by kind"
    )
    return {kind: count for kind, count in rows}


def count_quarantine(connection: sa.Connection) -> list[dict[str, Any]]:
    """The rows that wait in quarantine: system, reason, rows, since."""
    rows = connection.exec_driver_sql(
        "select system, reason, count(*) as rows, min(first_seen) as since from quarantine "
        "where resolved_run is null group by system, reason order by system, reason"
    )
    return [dict(row) for row in rows.mappings()]
