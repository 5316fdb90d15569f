"""What stewards decided about who lives with whom: rows about two records, append-only; a decision is several of them.

What was taken back is kept, and says so. Of two people the row with the greatest number counts that holds on a day
(`mdm.resolve.household_decisions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from mdm.store import counters
from mdm.store.bulk import Values, fetch_arrow, load_values

_STANDS = "d.withdrawn_at is null and d.verdict <> 'erased'"
_PINS = """
join xref m on m.record_id = d.mover_id and m.recorded_to = 'infinity'
join xref o on o.record_id = d.other_id and o.recorded_to = 'infinity'
"""


class Row(NamedTuple):
    """What is decided of two records."""

    mover_id: int
    other_id: int
    together: bool
    since: date


def add(connection: sa.Connection, verb: str, rows: Sequence[Row], *, actor: str, reason: str, run_id: str) -> int:
    """Keep a decision; its number."""
    number = counters.take(connection, "household_decision")
    connection.exec_driver_sql(
        "insert into household_decision (decision, verb, mover_id, other_id, verdict, since, actor, reason, run_id) "
        "select %(number)s, %(verb)s, n.mover, n.other, case when n.together then 'together' else 'apart' end, "
        "n.since, %(actor)s, %(reason)s, %(run_id)s from unnest(%(movers)s::bigint[], %(others)s::bigint[], "
        "%(together)s::boolean[], %(since)s::date[]) with ordinality as n(mover, other, together, since, place) "
        "order by n.place",
        {
            "number": number, "verb": verb, "actor": actor, "reason": reason, "run_id": run_id,
            "movers": [row.mover_id for row in rows], "others": [row.other_id for row in rows],
            "together": [row.together for row in rows], "since": [row.since for row in rows],
        },
    )  # fmt: skip
    return number


def withdraw(connection: sa.Connection, decision: int, *, actor: str, reason: str) -> bool:
    """Take a decision back; False when it was before, or there is none."""
    rows = connection.exec_driver_sql(
        "update household_decision set withdrawn_at = now(), withdrawn_by = %(actor)s, withdrawn_reason = %(reason)s "
        "where decision = %(decision)s and withdrawn_at is null",
        {"decision": decision, "actor": actor, "reason": reason},
    )
    return rows.rowcount > 0


def find(connection: sa.Connection, decision: int) -> list[dict[str, Any]]:
    """The rows of a decision, with the PINs that both have now, or null."""
    return _listed(connection, "d.decision = %(decision)s", {"decision": decision})


def of_pins(connection: sa.Connection, pins: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of all decisions in which one of these customers is named, taken back ones too, the newest first."""
    return _listed(
        connection,
        "d.decision in (select e.decision from household_decision e join xref x on x.record_id in "
        "(e.mover_id, e.other_id) and x.recorded_to = 'infinity' where x.pin = any(%(pins)s::text[]))",
        {"pins": list(pins)},
    )


def _listed(connection: sa.Connection, where: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    rows = connection.exec_driver_sql(
        f"""
        select d.*, m.pin as mover_pin, o.pin as other_pin, exists (
            select from household_decision l where l.row_id > d.row_id and l.withdrawn_at is null and l.since <= d.since
            and ((l.mover_id, l.other_id) = (d.mover_id, d.other_id)
                 or (l.other_id, l.mover_id) = (d.mover_id, d.other_id))
        ) as overruled
        from household_decision d {_PINS.replace("join xref", "left join xref")}
        where {where} and d.verdict <> 'erased' order by d.decision desc, d.row_id
        """,
        parameters,
    )
    return [dict(row) for row in rows.mappings()]


def in_force(connection: sa.Connection) -> pa.Table:
    """All that stands: row_id, mover_id, other_id, together, since."""
    return fetch_arrow(
        connection,
        "select d.row_id, d.mover_id, d.other_id, d.verdict = 'together' as together, d.since "
        f"from household_decision d where {_STANDS} order by d.row_id",
    )


def is_empty(connection: sa.Connection) -> bool:
    """Whether nothing was ever decided."""
    return not connection.exec_driver_sql("select exists (select from household_decision)").scalar_one()


def tied_to(connection: sa.Connection, pins: Values) -> pa.Table:
    """What stands of these customers, and of all whom decisions tie to them, directly or not.

    row_id, mover, other (PINs), together, since; the rows of one customer with themselves are left out.
    """
    load_values(connection, "wanted", pins)
    return fetch_arrow(
        connection,
        f"""
        with recursive near(pin) as (
            select value from wanted
            union
            select n.pin from near join xref x on x.pin = near.pin and x.recorded_to = 'infinity' cross join lateral (
                select case when d.mover_id = x.record_id then d.other_id else d.mover_id end as record_id
                from household_decision d where x.record_id in (d.mover_id, d.other_id) and {_STANDS}
            ) as e join xref n on n.record_id = e.record_id and n.recorded_to = 'infinity'
        )
        select d.row_id, m.pin as mover, o.pin as other, d.verdict = 'together' as together, d.since
        from household_decision d {_PINS} where {_STANDS} and m.pin <> o.pin and m.pin in (select pin from near)
        order by d.row_id
        """,
    )
