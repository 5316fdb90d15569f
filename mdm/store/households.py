"""Households and legal entities, and who belongs to them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import Source, Values, fetch_arrow, fetch_columns, load_values
from mdm.store.ordered import by_index
from mdm.store.states import StateCounts, at_time, end_states, put_states

_HOUSEHOLD = "h.chi, h.kind, h.dwelling, h.doc, h.status, h.redirect_to, h.issued"
_MEMBER = "m.chi, m.pin, m.period, m.role, m.valid_from, m.valid_to, m.evidence"
_AS_OF = (
    "(%(as_of)s::date is null or ((m.valid_from is null or m.valid_from <= %(as_of)s) "
    "and (m.valid_to is null or m.valid_to > %(as_of)s)))"
)


def find_household(connection: sa.Connection, chi: str, *, known_at: datetime | None = None) -> dict[str, Any] | None:
    """The state of `chi`, current or as known at a time; None for one never issued (then)."""
    rows = connection.exec_driver_sql(
        f"select {_HOUSEHOLD}, h.run_id, h.recorded_from, nullif(h.recorded_to, 'infinity') as recorded_to "
        f"from household h where h.chi = %(chi)s and {at_time('h', known_at)} order by h.recorded_from desc limit 1",
        {"chi": chi, "known_at": known_at},
    )
    return next((dict(row) for row in rows.mappings()), None)


def members(
    connection: sa.Connection, chi: str, *, as_of: date | None = None, known_at: datetime | None = None
) -> list[dict[str, Any]]:
    """The memberships of a household: those in effect at `as_of`, or all; as known now or at `known_at`."""
    return _memberships(connection, "m.chi = %(key)s", chi, as_of, known_at)


def memberships_of(
    connection: sa.Connection, pin: str, *, as_of: date | None = None, known_at: datetime | None = None
) -> list[dict[str, Any]]:
    """The memberships of a customer: those in effect at `as_of`, or all; as known now or at `known_at`."""
    return _memberships(connection, "m.pin = %(key)s", pin, as_of, known_at)


def _memberships(
    connection: sa.Connection, where: str, key: str, as_of: date | None, known_at: datetime | None
) -> list[dict[str, Any]]:
    rows = connection.exec_driver_sql(
        f"select {_MEMBER} from membership m where {where} and {_AS_OF} and {at_time('m', known_at)} "
        "order by m.chi, m.valid_from nulls first, m.pin, m.period",
        {"key": key, "as_of": as_of, "known_at": known_at},
    )
    return [dict(row) for row in rows.mappings()]


def memberships_around(connection: sa.Connection, pins: Values) -> pa.Table:
    """The current memberships of all households in which one of `pins` is or was a member."""
    load_values(connection, "wanted", pins)
    with by_index(connection, pins):
        return fetch_columns(
            connection,
            f"""
            select {_MEMBER} from membership m where m.recorded_to = 'infinity' and m.chi in (
                select n.chi from wanted w join membership n on n.pin = w.value where n.recorded_to = 'infinity'
            ) order by m.chi, m.pin, m.period
            """,
        )


def housemates(connection: sa.Connection, pins: Values) -> pa.Table:
    """Who is or was in a household with one of `pins`, themselves included: pin."""
    load_values(connection, "wanted", pins)
    return fetch_columns(
        connection,
        """
        select distinct m.pin from wanted w join membership n on n.pin = w.value and n.recorded_to = 'infinity'
        join household h on h.chi = n.chi and h.kind = 'household' and h.recorded_to = 'infinity'
        join membership m on m.chi = n.chi and m.recorded_to = 'infinity'
        """,
    )


def find_households(connection: sa.Connection, chis: Values) -> pa.Table:
    """The current states of many households, and of those that redirect to one of them."""
    load_values(connection, "wanted", chis)
    with by_index(connection, chis):
        return fetch_columns(
            connection,
            f"""
            with found as (
                select value as chi from wanted
                union
                select h.chi from wanted w join household h on h.redirect_to = w.value where h.recorded_to = 'infinity'
            )
            select {_HOUSEHOLD} from found join household h using (chi) where h.recorded_to = 'infinity'
            """,
        )


def all_households(connection: sa.Connection) -> pa.Table:
    """The current states of all households and legal entities."""
    return fetch_arrow(connection, f"select {_HOUSEHOLD} from household h where h.recorded_to = 'infinity'")


def all_memberships(connection: sa.Connection) -> pa.Table:
    """All current memberships."""
    return fetch_arrow(connection, f"select {_MEMBER} from membership m where m.recorded_to = 'infinity'")


def put_households(connection: sa.Connection, source: Source) -> StateCounts:
    """New states of households (chi, kind, dwelling, doc, status, redirect_to, issued, run_id)."""
    return put_states(connection, "household", source, key=("chi",))


def put_memberships(connection: sa.Connection, source: Source) -> StateCounts:
    """New memberships (chi, pin, period, role, valid_from, valid_to, evidence, run_id)."""
    return put_states(connection, "membership", source, key=("chi", "pin", "period"))


def end_memberships(connection: sa.Connection, source: Source) -> int:
    """Close memberships (chi, pin, period): no longer believed to have been; a member who left gets a `valid_to`."""
    return end_states(connection, "membership", source, key=("chi", "pin", "period"))
