"""Customers by what their current records hold: the numbers of values in the candidate index."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from mdm.store.connection import driver_of


class FoundCustomer(NamedTuple):
    """A customer with its golden document (JSON text) and since when that is known; None: it has none."""

    pin: str
    party: str
    doc: str | None
    since: datetime | None


class StandingCustomer(NamedTuple):
    """A PIN as it stands; status and redirect_to as in `customer`."""

    pin: str
    party: str
    status: str
    doc: str | None
    since: datetime | None


def standing_customer(connection: sa.Connection, pin: str) -> StandingCustomer | None:
    """The current state of a PIN with its golden document (JSON text), in one round trip; None: never issued."""
    driver = driver_of(connection)
    with driver.pipeline():  # with the beginning of the transaction
        row = driver.execute(
            """
            select c.pin, c.party, c.status, g.doc, g.recorded_from from customer c
            left join golden g on g.pin = c.pin and g.recorded_to = 'infinity'
            where c.pin = %s and c.recorded_to = 'infinity'
            """,
            (pin,),
            prepare=True,
        ).fetchone()
    return None if row is None else StandingCustomer(*row)


def customers_holding(
    connection: sa.Connection,
    values: Sequence[Sequence[int]],
    *,
    record: tuple[str, str] | None = None,
    after: str,
    count: int,
) -> list[FoundCustomer]:
    """The active customers of which, for each of `values` (keys of it), a current record holds one; by PIN.

    record: source key (system, local id) of one of its records. after: the PIN below which nothing is wanted; count:
    how many at most.
    """
    holders = (
        "select x.pin from record_key k join xref x on x.record_id = k.record_id and x.recorded_to = 'infinity' "
        "where k.key = any(%s::bigint[])"
    )
    parts = [holders] * len(values)
    if record is not None:
        parts.append("select pin from xref where system = %s and local_id = %s and recorded_to = 'infinity'")
    driver = driver_of(connection)
    with driver.pipeline():  # with the beginning of the transaction
        rows = driver.execute(
            f"""
            with found as ({" intersect ".join(parts)})
            select c.pin, c.party, g.doc, g.recorded_from
            from (select distinct pin from found where pin > %s order by pin limit %s) f
            join customer c on c.pin = f.pin and c.recorded_to = 'infinity' and c.status = 'active'
            left join golden g on g.pin = f.pin and g.recorded_to = 'infinity'
            order by c.pin
            """,
            (*(list(keys) for keys in values), *(record or ()), after, count),
            prepare=True,
        ).fetchall()
    return [FoundCustomer(*row) for row in rows]
