"""How the golden record of a customer came to be what it is: its states, and what is recorded of their causes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

Moment = tuple[str, datetime]  # a run and the recorded time of what it wrote

# A record counts as of the customer when it was so up to that moment, or from it on.
_OF_CUSTOMER = "x.pin = %(pin)s and x.recorded_from <= m.at and x.recorded_to >= m.at"
_MOMENTS = "unnest(%(runs)s::text[], %(ats)s::timestamptz[]) as m(run_id, at)"


def golden_versions(
    connection: sa.Connection, pin: str, *, before: int | None = None, count: int
) -> list[dict[str, Any]]:
    """The latest `count` states of a golden record, those numbered below `before`, newest first.

    Columns: number (1 is the oldest), doc, previous (the doc before; None for the first), run_id, recorded_from,
    recorded_to (None for the current), next_from (when the next state began; None for the latest).
    """
    return _rows(
        connection,
        """
        select number, doc::json as doc, previous::json as previous, run_id, recorded_from,
               nullif(recorded_to, 'infinity') as recorded_to, next_from
        from (
            select row_number() over ordered as number, doc, lag(doc) over ordered as previous, run_id, recorded_from,
                   recorded_to, lead(recorded_from) over ordered as next_from
            from golden where pin = %(pin)s window ordered as (order by recorded_from)
        ) as states
        where %(before)s::bigint is null or number < %(before)s order by number desc limit %(count)s
        """,
        {"pin": pin, "before": before, "count": count},
    )


def business_dates(connection: sa.Connection, run_ids: Sequence[str]) -> dict[str, Any]:
    """Run id -> its business date; runs that are not kept are left out."""
    rows = connection.exec_driver_sql(
        "select run_id, business_date from run where run_id = any(%(runs)s)", {"runs": list(set(run_ids))}
    )
    return {run_id: date for run_id, date in rows}


def records_written(connection: sa.Connection, pin: str, moments: Sequence[Moment]) -> list[dict[str, Any]]:
    """The versions of records of the customer that came with these runs, by key.

    Columns: run_id, system, local_id, status, first (the record had no version before).
    """
    return _rows(
        connection,
        f"""
        select m.run_id, r.system, r.local_id, r.status, not exists (
            select from record p where p.record_id = r.record_id and p.recorded_from < r.recorded_from) as first
        from {_MOMENTS}
        join (select distinct record_id from xref where pin = %(pin)s) as own on true
        join record r on r.record_id = own.record_id and r.recorded_from = m.at and r.run_id = m.run_id
        where exists (select from xref x where x.record_id = r.record_id and {_OF_CUSTOMER})
        order by r.system, r.local_id
        """,
        _parameters(pin, moments),
    )


def judgements_carried_out(connection: sa.Connection, pin: str, moments: Sequence[Moment]) -> list[dict[str, Any]]:
    """The judgements about records of the customer that these runs were the first to carry out, in their order.

    Columns: run_id, verdict, actor, reason, created_at, left_key, right_key (system:local_id).
    """
    return _rows(
        connection,
        f"""
        select j.run_id, j.verdict, j.actor, j.reason, j.created_at, l.key as left_key, r.key as right_key
        from {_MOMENTS} join judgement j using (run_id)
        cross join lateral (
            select system || ':' || local_id as key from record where record_id = j.left_id limit 1) as l
        cross join lateral (
            select system || ':' || local_id as key from record where record_id = j.right_id limit 1) as r
        where exists (select from xref x where x.record_id in (j.left_id, j.right_id) and {_OF_CUSTOMER})
        order by j.judgement_id
        """,
        _parameters(pin, moments),
    )


def overrides_carried_out(connection: sa.Connection, pin: str, run_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The overrides of the customer that these runs were the first to hold, or the first to hold no more."""
    return _rows(
        connection,
        "select run_id, ended_run, attribute, value, actor, reason, created_at, expires, ended_at, ended_by, "
        "ended_reason from override where pin = %(pin)s and (run_id = any(%(runs)s) or ended_run = any(%(runs)s)) "
        "order by override_id",
        {"pin": pin, "runs": list(set(run_ids))},
    )


def _parameters(pin: str, moments: Sequence[Moment]) -> dict[str, Any]:
    return {"pin": pin, "runs": [run_id for run_id, _ in moments], "ats": [at for _, at in moments]}


def _rows(connection: sa.Connection, query: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.exec_driver_sql(query, parameters).mappings()]
