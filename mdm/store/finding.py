"""What a search box asks: customers by what they hold, by where they live, by PIN; each answered from an index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa


class Standing(NamedTuple):
    """A PIN as it stands; doc: its golden document, None unless active."""

    pin: str
    party: str
    status: str
    redirect_to: str | None
    doc: dict[str, Any] | None


def pins_holding(connection: sa.Connection, keys: Sequence[int], *, most: int) -> list[tuple[int, str]]:
    """Of each key of the candidate index: who holds it (key, PIN), by at most `most` records, those known longest."""
    rows = connection.exec_driver_sql(
        """
        select distinct w.key, x.pin from unnest(%(keys)s::bigint[]) as w(key)
        cross join lateral (
            select record_id from record_key k where k.key = w.key order by k.record_id limit %(most)s) as held
        join xref x on x.record_id = held.record_id and x.recorded_to = 'infinity'
        """,
        {"keys": list(keys), "most": most},
    )
    return [(key, pin) for key, pin in rows]


def pins_of_keys(connection: sa.Connection, systems: Sequence[str], local_id: str) -> list[str]:
    """Whose records have this local id in one of the systems."""
    rows = connection.exec_driver_sql(
        "select distinct pin from xref where system = any(%(systems)s) and local_id = %(local_id)s "
        "and recorded_to = 'infinity'",
        {"systems": list(systems), "local_id": local_id},
    )
    return [pin for (pin,) in rows]


def pins_on_street(connection: sa.Connection, street: str, number: str | None, *, most: int) -> list[str]:
    """People whose records name an address on a street, whatever the town, and at a number if one is given.

    street: how its key begins; the key itself comes first. `most` records at most.
    """
    begins = street.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    rows = connection.exec_driver_sql(
        """
        select x.pin from (
            select address, street from address
            where street like %(begins)s and (%(number)s::text is null or number = %(number)s::text)
            order by street, number limit %(most)s
        ) as a
        join sighting s on s.address = a.address
        join xref x on x.record_id = s.record_id and x.recorded_to = 'infinity'
        order by a.street, x.pin limit %(most)s
        """,
        {"begins": f"{begins}%", "number": number, "most": most},
    )
    return list(dict.fromkeys(pin for (pin,) in rows))


def standing(connection: sa.Connection, pins: Sequence[str]) -> dict[str, Standing]:
    """PINs as they stand, with their golden records; those never issued are left out."""
    rows = connection.exec_driver_sql(
        """
        select c.pin, c.party, c.status, c.redirect_to, g.doc::json from customer c
        left join golden g on g.pin = c.pin and g.recorded_to = 'infinity'
        where c.pin = any(%(pins)s) and c.recorded_to = 'infinity'
        """,
        {"pins": list(pins)},
    )
    return {row[0]: Standing(*row) for row in rows}
