"""The candidate index seen by one request: who holds a key, and the documents of a few records, a statement each.

Statements are prepared by the connection, and rows come in binary: these run while somebody is waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa

from mdm.store.connection import at_once, driver_of

Version = tuple[object, ...]
Rows = psycopg.Cursor[Any]


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
    return read_holders(ask_holders(connection, keys, but=but))


def holders_and_version(
    connection: sa.Connection, keys: Mapping[int, int], party: str, *, but: Sequence[int] = ()
) -> tuple[dict[int, Holders], Version | None]:
    """`holders_of` and `matching_version` in one round trip."""
    with at_once(connection):
        held, version = ask_holders(connection, keys, but=but), _ask_version(connection, party)
        return read_holders(held), version.fetchone()


def ask_holders(connection: sa.Connection, keys: Mapping[int, int], *, but: Sequence[int] = ()) -> Rows:
    """The question of `holders_of`, for `read_holders`."""
    return driver_of(connection).execute(
        """
        select asked.key, asked.most, array(
            select k.record_id from record_key k where k.key = asked.key and k.record_id <> all(%s::bigint[])
            limit asked.most + 1
        ) from unnest(%s::bigint[], %s::bigint[]) as asked(key, most)
        """,
        (array_text(but), array_text(keys), array_text(keys.values())),
        prepare=True,
        binary=True,
    )


def read_holders(rows: Rows) -> dict[int, Holders]:
    """The answer to `ask_holders`."""
    return {key: Holders(found[:most], len(found) > most) for key, most, found in rows}


def matching_version(connection: sa.Connection, party: str) -> Version | None:
    """What changes whenever the model in use of a party type or its generic values do; None: there is no model."""
    return _ask_version(connection, party).fetchone()


def _ask_version(connection: sa.Connection, party: str) -> Rows:
    return driver_of(connection).execute(
        """
        select m.model_id, m.created_at, g.held, g.run_id from model m,
               (select count(*) as held, max(run_id) as run_id from generic_value where party = %(party)s) g
        where m.party = %(party)s and m.status = 'current'
        """,
        {"party": party},
        prepare=True,
    )


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
        (array_text(known), list(known.values())),
        prepare=True,
        binary=True,
    )
    return [Stored(*row) for row in rows]


class Customers(NamedTuple):
    """What the clustering reads of a few customers, and the documents of the records that are to be shown.

    members: all current records (cleansed: None for those that the caller knows). pairs, judgements: among them.
    shown: record id -> its document and the golden document of its customer (JSON texts).
    """

    members: list[Stored]
    pairs: list[Mapping[str, Any]]
    judgements: list[tuple[int, int, str]]
    shown: dict[int, tuple[str, str | None]]


_MEMBERS = "(select record_id from xref where pin = any(%(pins)s) and recorded_to = 'infinity')"


def read_customers(
    connection: sa.Connection, pins: Sequence[str], known: Iterable[int], shown: Iterable[int]
) -> Customers:
    """The customers `pins` as they stand, in one round trip; `known`: records of which no document is needed."""
    driver = driver_of(connection)
    asked = {"pins": list(pins), "known": array_text(known)}
    with at_once(connection):
        members = pairs = judgements = None
        if pins:
            members = driver.execute(
                """
                select r.record_id, r.system, r.local_id, r.role, r.recorded_from, x.pin,
                       case when r.record_id <> all(%(known)s::bigint[]) then r.cleansed end
                from xref x join record r on r.record_id = x.record_id and r.recorded_to = 'infinity'
                where x.pin = any(%(pins)s) and x.recorded_to = 'infinity' and r.status = 'accepted'
                """,
                asked,
                prepare=True,
            )
            pairs = driver.execute(
                "select left_id, right_id, party, weight, levels from pair "
                f"where left_id in {_MEMBERS} and right_id in {_MEMBERS}",
                asked,
                prepare=True,
            )
            judgements = driver.execute(
                "select left_id, right_id, verdict from judgement where superseded_by is null "
                f"and left_id in {_MEMBERS} and right_id in {_MEMBERS}",
                asked,
                prepare=True,
            )
        documents = driver.execute(
            """
            select r.record_id, r.cleansed, g.doc from unnest(%s::bigint[]) as asked(record_id)
            join record r on r.record_id = asked.record_id and r.recorded_to = 'infinity'
            left join xref x on x.record_id = asked.record_id and x.recorded_to = 'infinity'
            left join golden g on g.pin = x.pin and g.recorded_to = 'infinity'
            """,
            (array_text(shown),),
            prepare=True,
        )
        names = ("left_id", "right_id", "party", "weight", "levels")
        return Customers(
            [Stored(*row) for row in members or ()],
            [dict(zip(names, row, strict=True)) for row in pairs or ()],
            [(left, right, verdict) for left, right, verdict in judgements or ()],
            {number: (cleansed, doc) for number, cleansed, doc in documents},
        )


def array_text(numbers: Iterable[int]) -> str:
    """Numbers as PostgreSQL writes an array: said in one text, they cost the driver nothing to pack."""
    return "{" + ",".join(map(str, numbers)) + "}"
