"""What one request asks, in one indexed statement each: no temporary tables, so it also runs on a read-only server."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from mdm.store.states import at_time, ever

_VERSION = (
    "r.record_id, r.system, r.local_id, r.incarnation, r.party, r.role, r.status, r.extracted_at, r.changed_at, "
    "r.cleansed::json, r.original::json"
)


def records_of_pin(connection: sa.Connection, pin: str, *, known_at: datetime | None = None) -> list[dict[str, Any]]:
    """The records of a customer: record_id, system, local_id, incarnation, role, extracted_at, changed_at, since.

    `since`: when the record was given to this customer (recorded time).
    """
    return _rows(
        connection,
        f"""
        select x.record_id, x.system, x.local_id, x.incarnation, r.role, r.extracted_at, r.changed_at,
               x.recorded_from as since
        from xref x join record r on r.record_id = x.record_id and {at_time("r", known_at)}
        where x.pin = %(pin)s and {at_time("x", known_at)} order by x.system, x.local_id, x.incarnation
        """,
        {"pin": pin, "known_at": known_at},
    )


def addresses_of_pin(connection: sa.Connection, pin: str, *, known_at: datetime | None = None) -> list[dict[str, Any]]:
    """What each record of a customer says of the address, by key; records that say nothing are left out.

    Columns: system, local_id, role, recorded (the record's own date: changed_at, or else extracted_at), address,
    dwelling_key.
    """
    return _rows(
        connection,
        f"""
        select r.system, r.local_id, r.role, coalesce(r.changed_at, r.extracted_at) as recorded,
               r.cleansed::json -> 'address' as address, r.cleansed::json ->> 'dwelling_key' as dwelling_key
        from xref x join record r on r.record_id = x.record_id and {at_time("r", known_at)}
        where x.pin = %(pin)s and {at_time("x", known_at)} and r.cleansed::json -> 'address' is not null
        order by r.system, r.local_id
        """,
        {"pin": pin, "known_at": known_at},
    )


def known_since(connection: sa.Connection) -> datetime | None:
    """Since when the store knows anything: the recorded time of its first event; None while it is empty."""
    found: datetime | None = connection.exec_driver_sql("select at from lineage order by event_id limit 1").scalar()
    return found


def first_known(connection: sa.Connection, table: str, **key: str) -> datetime | None:
    """The recorded time of the first state of a key in `table` (customer, household, record); None for none."""
    where = " and ".join(f"{name} = %({name})s" for name in key)
    ever_known = f" and {ever(table)}" if table == "record" else ""
    found: datetime | None = connection.exec_driver_sql(
        f"select min(recorded_from) from {table} where {where}{ever_known}", key
    ).scalar()
    return found


def households_of_pin(
    connection: sa.Connection, pin: str, *, as_of: date | None = None, known_at: datetime | None = None
) -> list[dict[str, Any]]:
    """Households and legal entities of a customer with all their members, one row per member.

    Columns: chi, kind, status, dwelling, evidence, pin, period, role, valid_from, valid_to, name,
    organisation (golden entries). In effect at `as_of`; without it, those that have not ended.
    """
    own = f"o.pin = %(pin)s and {_in_effect('o', as_of)} and {at_time('o', known_at)}"
    where = f"m.chi in (select o.chi from membership o where {own})"
    return _members(connection, where, {"pin": pin}, as_of, known_at)


def members_of_household(
    connection: sa.Connection, chi: str, *, as_of: date | None = None, known_at: datetime | None = None
) -> list[dict[str, Any]]:
    """The members of one household: as `households_of_pin`."""
    return _members(connection, "m.chi = %(chi)s", {"chi": chi}, as_of, known_at)


def _members(
    connection: sa.Connection, where: str, parameters: dict[str, Any], as_of: date | None, known_at: datetime | None
) -> list[dict[str, Any]]:
    return _rows(
        connection,
        f"""
        select h.chi, h.kind, h.status, h.dwelling, m.evidence,
               m.pin, m.period, m.role, m.valid_from, m.valid_to,
               g.doc::json -> 'name' as name, g.doc::json -> 'organisation' as organisation
        from membership m
        join household h on h.chi = m.chi and {at_time("h", known_at)}
        left join golden g on g.pin = m.pin and {at_time("g", known_at)}
        where {where} and {_in_effect("m", as_of)} and {at_time("m", known_at)}
        order by h.chi, m.valid_from nulls first, m.pin, m.period
        """,
        {**parameters, "as_of": as_of, "known_at": known_at},
    )


def _in_effect(alias: str, as_of: date | None) -> str:
    if as_of is None:
        return f"{alias}.valid_to is null"
    return (
        f"({alias}.valid_from is null or {alias}.valid_from <= %(as_of)s) "
        f"and ({alias}.valid_to is null or {alias}.valid_to > %(as_of)s)"
    )


def lineage_of_pin(connection: sa.Connection, pin: str, *, known_at: datetime | None = None) -> list[dict[str, Any]]:
    """What happened to a PIN, oldest first: kind, pin, other_pin, actor, reason, run_id, at, records (keys)."""
    return _rows(
        connection,
        """
        select l.kind, l.pin, l.other_pin, l.actor, l.reason, l.run_id, l.at, array(
            select distinct r.system || ':' || r.local_id from record r where r.record_id = any(l.record_ids) order by 1
        ) as records
        from lineage l where (l.pin = %(pin)s or l.other_pin = %(pin)s)
        and (%(known_at)s::timestamptz is null or l.at <= %(known_at)s) order by l.event_id
        """,
        {"pin": pin, "known_at": known_at},
    )


def xrefs_of_keys(
    connection: sa.Connection, keys: Sequence[tuple[str, str]], *, known_at: datetime | None = None
) -> list[tuple[str | None, datetime | None]]:
    """The PIN of each (system, local_id) and since when, in their order; None where there is no customer."""
    asked = "unnest(%(systems)s::text[], %(locals)s::text[]) with ordinality as asked(system, local_id, n)"
    past = "" if known_at is None else f"and {ever('x')}"
    rows = connection.exec_driver_sql(
        f"""
        select found.pin, found.recorded_from from {asked} left join lateral (
            select x.pin, x.recorded_from from xref x
            where x.system = asked.system and x.local_id = asked.local_id and {at_time("x", known_at)} {past}
            order by x.recorded_from desc limit 1
        ) as found on true order by asked.n
        """,
        {
            "systems": [system for system, _ in keys], "locals": [local_id for _, local_id in keys],
            "known_at": known_at,
        },
    )  # fmt: skip
    return [(pin, since) for pin, since in rows]


def pins_of_records(connection: sa.Connection, record_ids: Sequence[int]) -> dict[int, str]:
    """Record id -> PIN, for those that have one."""
    rows = connection.exec_driver_sql(
        "select record_id, pin from xref where record_id = any(%(ids)s) and recorded_to = 'infinity'",
        {"ids": list(record_ids)},
    )
    return {record_id: pin for record_id, pin in rows}


def systems(connection: sa.Connection) -> list[str]:
    """The source systems of which there are records, by skipping along the index: a few reads, however many records."""
    rows = connection.exec_driver_sql(
        """
        with recursive found as (
            (select system from record where recorded_to = 'infinity' order by system limit 1)
            union all
            select (
                select r.system from record r where r.system > f.system and r.recorded_to = 'infinity'
                order by r.system limit 1
            ) from found f where f.system is not null
        )
        select system from found where system is not null
        """
    )
    return [system for (system,) in rows]


def latest_version(connection: sa.Connection, system: str, local_id: str) -> dict[str, Any] | None:
    """The current version of a source key, deleted or not, with its document and originals."""
    found = _rows(
        connection,
        f"select {_VERSION} from record r where r.system = %(system)s and r.local_id = %(local_id)s "
        "and r.recorded_to = 'infinity'",
        {"system": system, "local_id": local_id},
    )
    return next(iter(found), None)


def versions_of(connection: sa.Connection, record_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Record id -> current version with its document and originals."""
    found = _rows(
        connection,
        f"select {_VERSION} from record r where r.record_id = any(%(ids)s) and r.recorded_to = 'infinity'",
        {"ids": list(record_ids)},
    )
    return {row["record_id"]: row for row in found}


def quarantined(connection: sa.Connection, system: str, local_id: str) -> dict[str, Any] | None:
    """Why the latest row of a source key is in quarantine (reason, detail, file, line), if it is."""
    found = _rows(
        connection,
        "select reason, detail, file, line from quarantine where system = %(system)s and local_id = %(local_id)s "
        "and resolved_run is null order by quarantine_id desc limit 1",
        {"system": system, "local_id": local_id},
    )
    return next(iter(found), None)


def pairs_among(connection: sa.Connection, record_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The stored pairs whose two records are both among `record_ids`, the strongest first."""
    return _rows(
        connection,
        "select left_id, right_id, party, weight, levels, evidence, model_id from pair "
        "where left_id = any(%(ids)s) and right_id = any(%(ids)s) order by weight desc, left_id, right_id",
        {"ids": list(record_ids)},
    )


def pairs_touching(connection: sa.Connection, record_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The stored pairs with one or both records among `record_ids`: columns as `pairs_among`."""
    columns = "left_id, right_id, party, weight, levels, evidence, model_id"
    return _rows(
        connection,
        f"select {columns} from pair where left_id = any(%(ids)s) "
        f"union all select {columns} from pair where right_id = any(%(ids)s) and not left_id = any(%(ids)s)",
        {"ids": list(record_ids)},
    )


def judgements_among(connection: sa.Connection, record_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The judgements in force about two of `record_ids`, oldest first."""
    return _rows(
        connection,
        "select left_id, right_id, verdict, actor, reason, created_at from judgement where superseded_by is null "
        "and verdict <> 'withdrawn' and left_id = any(%(ids)s) and right_id = any(%(ids)s) order by judgement_id",
        {"ids": list(record_ids)},
    )


def tasks_among(connection: sa.Connection, record_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The open tasks about two of `record_ids`: task_id, kind, left_id, right_id, weight, detail."""
    return _rows(
        connection,
        "select task_id, kind, left_id, right_id, weight, detail from task where status = 'open' "
        "and left_id = any(%(ids)s) and right_id = any(%(ids)s) order by task_id",
        {"ids": list(record_ids)},
    )


def holders_of_keys(connection: sa.Connection, keys: Sequence[int], *, most: int) -> dict[int, int]:
    """Blocking key -> how many current records hold it, counted up to `most` + 1."""
    rows = connection.exec_driver_sql(
        """
        select asked.key, (select count(*) from (
            select from record_key k where k.key = asked.key limit %(most)s + 1) as few)
        from unnest(%(keys)s::bigint[]) as asked(key)
        """,
        {"keys": list(keys), "most": most},
    )
    return {key: count for key, count in rows}


def _rows(connection: sa.Connection, query: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.exec_driver_sql(query, parameters).mappings()]
