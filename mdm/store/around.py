"""Who hangs together with a few records, and what there is between them: as one writing request sees it.

Statements are prepared, and several go in one message.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from psycopg.rows import dict_row

from mdm.store.connection import at_once, driver_of
from mdm.store.references import LINKED

# Both walks end in a subquery for each row (`offset 0` keeps it one): whatever is expected of them beforehand, a plan
# made once looks up by index what they reach, instead of reading whole tables beside it (`plan_once`).
_REACHED = f"""
with recursive reached(record_id) as (
    select unnest(%(seeds)s::bigint[])
    union
    select n.next_id from reached f cross join lateral (
        select p.right_id as next_id from pair p where p.left_id = f.record_id and p.weight >= %(least)s
        union all
        select p.left_id from pair p where p.right_id = f.record_id and p.weight >= %(least)s
        union all
        select j.right_id from judgement j
        where j.left_id = f.record_id and j.verdict = 'same' and j.superseded_by is null
        union all
        select j.left_id from judgement j
        where j.right_id = f.record_id and j.verdict = 'same' and j.superseded_by is null
        union all
        select t.record_id from xref x join xref t on t.pin = x.pin and t.recorded_to = 'infinity'
        where x.record_id = f.record_id and x.recorded_to = 'infinity'
        union all
        {LINKED}
    ) as n
)
select n.* from reached f cross join lateral (
    select r.record_id, r.system, r.local_id, r.incarnation, r.party, r.role, r.recorded_from, x.pin, x.home
    from record r left join xref x on x.record_id = r.record_id and x.recorded_to = 'infinity'
    where r.record_id = f.record_id and r.recorded_to = 'infinity' and r.status = 'accepted' offset 0
) as n order by n.system, n.local_id
"""
_STATES = """
with recursive around(pin) as (
    select c.pin from customer c where c.founder_record_id = any(%(records)s::bigint[]) and c.recorded_to = 'infinity'
    union
    select unnest(%(pins)s::text[])
    union
    select n.next_pin from around a cross join lateral (
        select c.pin as next_pin from customer c where c.redirect_to = a.pin and c.recorded_to = 'infinity'
        union all
        select c.redirect_to from customer c
        where c.pin = a.pin and c.recorded_to = 'infinity' and c.redirect_to is not null
    ) as n
)
select n.* from around a cross join lateral (
    select c.pin, c.party, c.status, c.redirect_to, c.merged_into, c.founder_record_id, c.issued
    from customer c where c.pin = a.pin and c.recorded_to = 'infinity' offset 0
) as n order by n.issued
"""
_PAIRS = """
select left_id, right_id, weight, levels, party from pair
where left_id = any(%(ids)s::bigint[]) and right_id = any(%(ids)s::bigint[])
"""
_JUDGED = """
select left_id, right_id, verdict from judgement
where superseded_by is null and verdict in ('same', 'different')
and left_id = any(%(ids)s::bigint[]) and right_id = any(%(ids)s::bigint[])
"""
_FORMER = """
select x.home, c.pin, c.status from (
    select home from xref where record_id = %s order by recorded_from desc limit 1
) as x
join customer h on h.pin = x.home and h.recorded_to = 'infinity'
join customer c on c.pin = coalesce(h.redirect_to, h.pin) and c.recorded_to = 'infinity'
"""

_Rows = psycopg.Cursor[Any]


class Reached(NamedTuple):
    """A current record that hangs together with others; `since`: recorded time of its version."""

    record_id: int
    system: str
    local_id: str
    incarnation: int
    party: str
    role: str
    since: datetime
    pin: str | None
    home: str | None


class Asked(NamedTuple):
    """What is asked around a few records: who hangs together with `seeds`, and where record `own` was before."""

    seeds: Collection[int]
    least_weight: float
    own: int | None = None


class Seen(NamedTuple):
    """reached: all current records that hang together with some, these included, by (system, local id).

    They do through stored pairs of a least weight, judgements *same* in force, and common customers. former: of a
    record without a customer: the home that it had last, the PIN that this leads to today, and its status.
    """

    reached: list[Reached]
    former: tuple[str, str, str] | None


class Concerned(NamedTuple):
    """Records, those of them that are customers', and PINs."""

    records: tuple[int, ...]
    owners: tuple[int, ...]
    pins: frozenset[str]


class Bonds(NamedTuple):
    """What there is about records and PINs.

    pairs: between two of the records (left_id, right_id, weight, levels, party). judged: the same (left_id, right_id,
    same | different). states: of the PINs, of what the customers' records founded, and of all that redirect to or from
    one of them.
    """

    pairs: list[tuple[int, int, float, list[int], str]]
    judged: list[tuple[int, int, str]]
    states: list[dict[str, Any]]


def look(connection: sa.Connection, asked: Asked) -> Seen:
    """What hangs together with records, as it is now."""
    with at_once(connection):
        return _seen(*_look(connection, asked))


def bonds_of(connection: sa.Connection, concerned: Concerned) -> Bonds:
    """What there is about records and PINs, as it is now."""
    with at_once(connection):
        return _bonds(*_ask_bonds(connection, concerned))


def look_again(connection: sa.Connection, asked: Asked, concerned: Concerned) -> tuple[Seen, Bonds]:
    """Both, in one message: the bonds are of those whom the first look gave."""
    with at_once(connection):
        seen, bonds = _look(connection, asked), _ask_bonds(connection, concerned)
        return _seen(*seen), _bonds(*bonds)


def _look(connection: sa.Connection, asked: Asked) -> tuple[_Rows, _Rows | None]:
    driver, values = driver_of(connection), {"seeds": list(asked.seeds), "least": asked.least_weight}
    reached = driver.execute(_REACHED, values, prepare=True)
    return reached, None if asked.own is None else driver.execute(_FORMER, (asked.own,), prepare=True)


def _seen(reached: _Rows, former: _Rows | None) -> Seen:
    return Seen([Reached(*row) for row in reached], None if former is None else former.fetchone())


def _ask_bonds(connection: sa.Connection, concerned: Concerned) -> tuple[_Rows | None, _Rows | None, _Rows]:
    driver, ids = driver_of(connection), {"ids": list(concerned.records)}
    several = len(concerned.records) > 1
    pairs = driver.execute(_PAIRS, ids, prepare=True) if several else None
    judged = driver.execute(_JUDGED, ids, prepare=True) if several else None
    around = {"records": list(concerned.owners), "pins": sorted(concerned.pins)}
    return pairs, judged, driver.cursor(row_factory=dict_row).execute(_STATES, around, prepare=True)


def _bonds(pairs: _Rows | None, judged: _Rows | None, states: _Rows) -> Bonds:
    return Bonds(list(pairs or ()), list(judged or ()), states.fetchall())
