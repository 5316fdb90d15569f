"""Golden records: one document per customer and state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import Source, Values, fetch_arrow, load_values
from mdm.store.states import StateCounts, at_time, end_states, put_states


def find_golden(connection: sa.Connection, pin: str, *, known_at: datetime | None = None) -> dict[str, Any] | None:
    """The golden record of `pin`, current or as known at a time: pin, doc, run_id, recorded_from, recorded_to."""
    rows = connection.exec_driver_sql(
        "select pin, doc::json, run_id, recorded_from, nullif(recorded_to, 'infinity') as recorded_to from golden g "
        f"where pin = %(pin)s and {at_time('g', known_at)} order by recorded_from desc limit 1",
        {"pin": pin, "known_at": known_at},
    )
    return next((dict(row) for row in rows.mappings()), None)


def find_names(connection: sa.Connection, pins: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    """PIN -> its golden entries `name` and `organisation`, as they are now; what has no golden record is left out."""
    rows = connection.exec_driver_sql(
        "select pin, doc::json -> 'name', doc::json -> 'organisation' from golden "
        "where pin = any(%(pins)s) and recorded_to = 'infinity'",
        {"pins": list(pins)},
    )
    return {pin: (name, organisation) for pin, name, organisation in rows}


def golden_states(connection: sa.Connection, pin: str) -> list[dict[str, Any]]:
    """All states of the golden record of `pin`, oldest first."""
    rows = connection.exec_driver_sql(
        "select pin, doc::json, run_id, recorded_from, nullif(recorded_to, 'infinity') as recorded_to from golden "
        "where pin = %(pin)s order by recorded_from",
        {"pin": pin},
    )
    return [dict(row) for row in rows.mappings()]


def golden_documents(connection: sa.Connection, pins: Values) -> pa.Table:
    """The current golden records of many PINs: pin, doc (JSON text)."""
    load_values(connection, "wanted", pins)
    return fetch_arrow(
        connection,
        "select g.pin, g.doc from wanted w join golden g on g.pin = w.value where g.recorded_to = 'infinity'",
    )


def all_golden(connection: sa.Connection) -> pa.Table:
    """All current golden records: pin, doc (JSON text)."""
    return fetch_arrow(connection, "select pin, doc from golden where recorded_to = 'infinity'")


def put_golden(connection: sa.Connection, source: Source) -> StateCounts:
    """New golden records (pin, doc, run_id)."""
    return put_states(connection, "golden", source, key=("pin",))


def end_golden(connection: sa.Connection, source: Source) -> int:
    """Close the golden records of the PINs in `source` (pin): redirected, retired or erased."""
    return end_states(connection, "golden", source, key=("pin",))
