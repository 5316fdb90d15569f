"""Customers, their PINs and the cross-reference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import Source, Values, fetch_arrow, fetch_columns, load_temporary, load_values
from mdm.store.ordered import by_index
from mdm.store.states import StateCounts, at_time, end_states, ever, put_states

_CUSTOMER = "c.pin, c.party, c.status, c.redirect_to, c.merged_into, c.founder_record_id, c.issued"
_XREF = "x.system, x.local_id, x.incarnation, x.record_id, x.pin, x.home"
_RECORDED = "{0}.recorded_from, nullif({0}.recorded_to, 'infinity') as recorded_to"


def find_customer(connection: sa.Connection, pin: str, *, known_at: datetime | None = None) -> dict[str, Any] | None:
    """The state of `pin`, current or as known at a time; None for a PIN never issued (then).

    Columns of `customer`; recorded_to is None in the current state.

    Redirects are not followed: the caller says where it was sent. They have one hop only.
    """
    rows = connection.exec_driver_sql(
        f"select {_CUSTOMER}, c.run_id, {_RECORDED.format('c')} from customer c "
        f"where c.pin = %(pin)s and {at_time('c', known_at)} "
        "order by c.recorded_from desc limit 1",
        {"pin": pin, "known_at": known_at},
    )
    return next((dict(row) for row in rows.mappings()), None)


def resolve_pin(connection: sa.Connection, pin: str) -> dict[str, Any] | None:
    """The current customer that `pin` leads to, through a redirect if there is one; None for a PIN never issued."""
    found = find_customer(connection, pin)
    while found is not None and found["status"] == "redirected":
        found = find_customer(connection, found["redirect_to"])
    return found


def find_xref(
    connection: sa.Connection, system: str, local_id: str, *, known_at: datetime | None = None
) -> dict[str, Any] | None:
    """The cross-reference of a source key, current or as known at a time: columns of `xref`."""
    rows = connection.exec_driver_sql(
        f"select {_XREF}, {_RECORDED.format('x')} from xref x "
        f"where x.system = %(system)s and x.local_id = %(local_id)s and {at_time('x', known_at)} and {ever('x')} "
        "order by x.recorded_from desc limit 1",
        {"system": system, "local_id": local_id, "known_at": known_at},
    )
    return next((dict(row) for row in rows.mappings()), None)


def find_xrefs(connection: sa.Connection, keys: Source) -> pa.Table:
    """The current cross-references of many source keys (system, local_id)."""
    load_temporary(connection, "wanted", keys, {"system": "text", "local_id": "text"})
    return fetch_arrow(
        connection,
        f"select {_XREF} from wanted w join xref x using (system, local_id) where x.recorded_to = 'infinity'",
    )


def xrefs_of_pin(connection: sa.Connection, pin: str, *, known_at: datetime | None = None) -> list[dict[str, Any]]:
    """The cross-references of one customer, by system and key."""
    rows = connection.exec_driver_sql(
        f"select {_XREF}, {_RECORDED.format('x')} from xref x where x.pin = %(pin)s and {at_time('x', known_at)} "
        "order by x.system, x.local_id, x.incarnation",
        {"pin": pin, "known_at": known_at},
    )
    return [dict(row) for row in rows.mappings()]


def xrefs_of_records(connection: sa.Connection, record_ids: Values) -> pa.Table:
    """The current cross-references of `record_ids`: system, local_id, incarnation, record_id, pin."""
    load_values(connection, "wanted", record_ids)
    with by_index(connection, record_ids):
        return fetch_columns(
            connection,
            f"select {_XREF} from wanted w join xref x on x.record_id = w.value where x.recorded_to = 'infinity'",
        )


def former_xrefs(connection: sa.Connection, record_ids: Values) -> pa.Table:
    """The last cross-references of records that have none now: record_id, home; and what that home leads to today.

    This is `pin`, and its `status`.
    """
    load_values(connection, "wanted", record_ids)
    return fetch_arrow(
        connection,
        """
        select x.record_id, x.home, c.pin, c.status from wanted w
        cross join lateral (
            select record_id, home from xref where record_id = w.value order by recorded_from desc limit 1
        ) as x
        join customer h on h.pin = x.home and h.recorded_to = 'infinity'
        join customer c on c.pin = coalesce(h.redirect_to, h.pin) and c.recorded_to = 'infinity'
        """,
    )


def all_xrefs(connection: sa.Connection) -> pa.Table:
    """All current cross-references."""
    return fetch_arrow(connection, f"select {_XREF} from xref x where x.recorded_to = 'infinity'")


def states_around(connection: sa.Connection, record_ids: Values, pins: Sequence[str] = ()) -> pa.Table:
    """The current states of all PINs that concern `record_ids`, and of `pins`, as resolving needs them.

    These are the PINs of the records, the PINs that they founded, and all that redirect to or from one of these:
    pin, party, status, redirect_to, founder_record_id, issued.
    """
    load_values(connection, "wanted", record_ids)
    load_values(connection, "wanted_pin", pa.array(pins, pa.string()))
    with by_index(connection, record_ids):
        return fetch_columns(
            connection,
            f"""
        with recursive around as (
            select x.pin from wanted w join xref x on x.record_id = w.value where x.recorded_to = 'infinity'
            union
            select c.pin from wanted w join customer c on c.founder_record_id = w.value where c.recorded_to = 'infinity'
            union
            select value from wanted_pin
            union
            select next_pin from around a cross join lateral (
                select c.pin as next_pin from customer c where c.redirect_to = a.pin and c.recorded_to = 'infinity'
                union all
                select c.redirect_to from customer c
                where c.pin = a.pin and c.recorded_to = 'infinity' and c.redirect_to is not null
            ) as linked
        )
        select {_CUSTOMER} from around join customer c using (pin) where c.recorded_to = 'infinity' order by c.issued
            """,
        )


def all_customers(connection: sa.Connection, *, status: str | None = None) -> pa.Table:
    """The current states of all PINs, or of those of one status."""
    return fetch_arrow(
        connection,
        f"select {_CUSTOMER} from customer c where c.recorded_to = 'infinity' "
        "and (%(status)s::text is null or c.status = %(status)s)",
        {"status": status},
    )


def count_customers(connection: sa.Connection) -> dict[str, int]:
    """How many PINs are in each status."""
    rows = connection.exec_driver_sql(
        "select status, count(*) from customer where recorded_to = 'infinity' group by status order by status"
    )
    return {status: count for status, count in rows}


def put_customers(connection: sa.Connection, source: Source) -> StateCounts:
    """New states of PINs (pin, party, status, redirect_to, merged_into, founder_record_id, issued, run_id)."""
    return put_states(connection, "customer", source, key=("pin",))


def put_xrefs(connection: sa.Connection, source: Source) -> StateCounts:
    """New cross-references (system, local_id, incarnation, record_id, pin, home, run_id); a key's former is closed."""
    return put_states(connection, "xref", source, key=("system", "local_id"))


def end_xrefs(connection: sa.Connection, source: Source) -> int:
    """Close the cross-references of the records in `source` (record_id): deleted, or the key was reused."""
    return end_states(connection, "xref", source, key=("record_id",))


def of_party(connection: sa.Connection, pins: Values, party: str) -> pa.Table:
    """Those of `pins` that are of a party type, whatever became of them: pin."""
    load_values(connection, "wanted", pins)
    return fetch_arrow(
        connection,
        "select c.pin from wanted w join customer c on c.pin = w.value "
        "where c.recorded_to = 'infinity' and c.party = %(party)s",
        {"party": party},
    )
