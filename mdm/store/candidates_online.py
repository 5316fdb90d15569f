"""The candidate index seen by one request: who holds a key, and the documents of a few records, a statement each.

Statements are prepared by the connection, and rows come in binary: these run while somebody is waiting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from mdm.store.connection import driver_of


class Holders(NamedTuple):
    """The records that hold a key; `more`: there are more than were asked for, and only these came."""

    record_ids: list[int]
    more: bool


class Stored(NamedTuple):
    """A record as it stands. since: recorded time of this version. pin: of its customer, None for enrichment alone.

    cleansed: its document (JSON text), None when the caller has this version already.
    """

    record_id: int
    system: str
    local_id: str
    role: str
    since: datetime
    pin: str | None
    cleansed: str | None


def holders_of(connection: sa.Connection, keys: Mapping[int, int], *, but: Sequence[int] = ()) -> dict[int, Holders]:
    """Key -> who holds it, of `keys` (key -> how many at most); records in `but` do not count."""
    rows = driver_of(connection).execute(
        """
        select asked.key, asked.most, array(
            select k.record_id from record_key k where k.key = asked.key and k.record_id <> all(%s::bigint[])
            limit asked.most + 1
        ) from unnest(%s::bigint[], %s::bigint[]) as asked(key, most)
        """,
        (list(but), list(keys), list(keys.values())),
        prepare=True,
        binary=True,
    )
    return {key: Holders(found[:most], len(found) > most) for key, most, found in rows}


def read_stored(connection: sa.Connection, known: Mapping[int, datetime | None]) -> list[Stored]:
    """The current versions of records (record id -> the version that the caller has already, None: none), by id.

    Who has been deleted since it was asked for is left out.
    """
    rows = driver_of(connection).execute(
        """
        select r.record_id, r.system, r.local_id, r.role, r.recorded_from, x.pin,
               case when r.recorded_from is distinct from asked.since then r.cleansed end
        from unnest(%s::bigint[], %s::timestamptz[]) as asked(record_id, since)
        join record r on r.record_id = asked.record_id and r.recorded_to = 'infinity' and r.status = 'accepted'
        left join xref x on x.record_id = asked.record_id and x.recorded_to = 'infinity'
        order by r.record_id
        """,
        (list(known), list(known.values())),
        prepare=True,
        binary=True,
    )
    return [Stored(*row) for row in rows]


def matching_version(connection: sa.Connection, party: str) -> tuple[object, ...] | None:
    """What changes whenever the model in use of a party type or its generic values do; None: there is no model."""
    return (
        driver_of(connection)
        .execute(
            """
            select m.model_id, m.created_at, g.held, g.run_id from model m,
                   (select count(*) as held, max(run_id) as run_id from generic_value where party = %(party)s) g
            where m.party = %(party)s and m.status = 'current'
            """,
            {"party": party},
            prepare=True,
        )
        .fetchone()
    )


def records_of_pins(connection: sa.Connection, pins: Sequence[str]) -> dict[int, str]:
    """Record id -> PIN, of all records of some customers."""
    rows = driver_of(connection).execute(
        "select record_id, pin from xref where pin = any(%s) and recorded_to = 'infinity'",
        (list(pins),),
        prepare=True,
        binary=True,
    )
    return {int(record_id): str(pin) for record_id, pin in rows}


def documents_with_names(connection: sa.Connection, record_ids: Sequence[int]) -> dict[int, tuple[str, str | None]]:
    """Record id -> its document, and the golden document of its customer (JSON texts), for those to be shown."""
    rows = driver_of(connection).execute(
        """
        select r.record_id, r.cleansed, g.doc from unnest(%s::bigint[]) as asked(record_id)
        join record r on r.record_id = asked.record_id and r.recorded_to = 'infinity'
        left join xref x on x.record_id = asked.record_id and x.recorded_to = 'infinity'
        left join golden g on g.pin = x.pin and g.recorded_to = 'infinity'
        """,
        (list(record_ids),),
        prepare=True,
        binary=True,
    )
    return {int(record_id): (str(cleansed), doc) for record_id, cleansed, doc in rows}
