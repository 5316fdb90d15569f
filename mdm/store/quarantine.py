"""Rows in quarantine as a steward works through them, and how much of each delivery went there."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

_COLUMNS = (
    "quarantine_id, system, local_id, file, line, reason, detail, content, run_id, first_seen, resolved_run"
)  # fmt: skip


def page_of_rows(
    connection: sa.Connection, *, count: int, after: int | None, system: str | None = None, reason: str | None = None
) -> list[dict[str, Any]]:
    """The rows that wait, the latest first. after: the number of the last one of the page before."""
    wanted = {"quarantine_id < %(after)s": after, "system = %(system)s": system, "reason = %(reason)s": reason}
    where = " and ".join(["resolved_run is null", *(text for text, value in wanted.items() if value is not None)])
    rows = connection.exec_driver_sql(
        f"select {_COLUMNS} from quarantine where {where} order by quarantine_id desc limit %(count)s",
        {"after": after, "system": system, "reason": reason, "count": count},
    )
    return [dict(row) for row in rows.mappings()]


def find_row(connection: sa.Connection, number: int) -> dict[str, Any] | None:
    """One row, whether it waits or not; or None."""
    rows = connection.exec_driver_sql(
        f"select {_COLUMNS} from quarantine where quarantine_id = %(number)s", {"number": number}
    )
    return next((dict(row) for row in rows.mappings()), None)


def close_row(connection: sa.Connection, number: int, run_id: str) -> bool:
    """Note under which run id a row was accepted after all; False: it does not wait any more."""
    closed = connection.exec_driver_sql(
        "update quarantine set resolved_run = %(run_id)s where quarantine_id = %(number)s and resolved_run is null",
        {"number": number, "run_id": run_id},
    )
    return closed.rowcount == 1


def shares_rejected(connection: sa.Connection, deliveries: int) -> list[dict[str, Any]]:
    """Of each source its last `deliveries` deliveries that were read, oldest first.

    Rows of system, run_id, file, extracted_at, kind, status, rows_read, quarantined, share (0 to 1; None: no rows).
    """
    rows = connection.exec_driver_sql(
        """
        select system, run_id, file, extracted_at, kind, status, rows_read, quarantined,
            quarantined::double precision / nullif(rows_read, 0) as share
        from (select *, row_number() over (partition by system order by delivery_id desc) as place
            from delivery where status in ('applied', 'stopped')) as d
        where place <= %(deliveries)s order by system, delivery_id
        """,
        {"deliveries": deliveries},
    )
    return [dict(row) for row in rows.mappings()]
