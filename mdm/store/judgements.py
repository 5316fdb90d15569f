"""Judgements: what stewards decided about two records. Append-only; a later one on the same two supersedes.

*withdrawn* is no verdict: who takes back the one before, and why. Nothing is judged of the two then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import Values, fetch_arrow, load_values

_COLUMNS = (
    "j.judgement_id, j.left_id, j.right_id, l.system as left_system, l.local_id as left_local_id, "
    "l.incarnation as left_incarnation, r.system as right_system, r.local_id as right_local_id, "
    "r.incarnation as right_incarnation, j.verdict, j.actor, j.reason, j.created_at"
)
# a record that its key's next holder replaced has no current version: its judgements stay, told by its latest version
_KEYS = """
cross join lateral (select system, local_id, incarnation from record where record_id = j.left_id
                    order by recorded_from desc limit 1) as l
cross join lateral (select system, local_id, incarnation from record where record_id = j.right_id
                    order by recorded_from desc limit 1) as r
"""


def lock(connection: sa.Connection) -> None:
    """Keep others from adding judgements until the end of the transaction: two could contradict each other unseen."""
    connection.exec_driver_sql("lock table judgement in share row exclusive mode")


def add_judgement(
    connection: sa.Connection, one: int, other: int, verdict: str, *, actor: str, reason: str | None = None
) -> int:
    """Keep a verdict (same, different, unsure; or withdrawn) about two records, in either order; its number.

    A judgement in force on the same two is superseded.
    """
    values = {
        "left": min(one, other), "right": max(one, other), "verdict": verdict, "actor": actor, "reason": reason,
    }  # fmt: skip
    number = connection.exec_driver_sql(
        "select nextval(pg_get_serial_sequence('judgement', 'judgement_id'))"
    ).scalar_one()
    connection.exec_driver_sql(
        "update judgement set superseded_by = %(id)s "
        "where left_id = %(left)s and right_id = %(right)s and superseded_by is null",
        {**values, "id": number},
    )
    connection.exec_driver_sql(
        "insert into judgement (judgement_id, left_id, right_id, verdict, actor, reason) "
        "values (%(id)s, %(left)s, %(right)s, %(verdict)s, %(actor)s, %(reason)s)",
        {**values, "id": number},
    )
    return int(number)


def add_judgements(
    connection: sa.Connection, pairs: Sequence[tuple[int, int]], verdict: str, *, actor: str, reason: str | None
) -> list[int]:
    """As `add_judgement`, of different pairs at once; their numbers."""
    numbers: list[int] = list(
        connection.exec_driver_sql(
            "select nextval(pg_get_serial_sequence('judgement', 'judgement_id')) from generate_series(1, %(count)s)",
            {"count": len(pairs)},
        ).scalars()
    )
    values = {
        "ids": numbers, "left": [min(pair) for pair in pairs], "right": [max(pair) for pair in pairs],
        "verdict": verdict, "actor": actor, "reason": reason,
    }  # fmt: skip
    new = "unnest(%(ids)s::bigint[], %(left)s::bigint[], %(right)s::bigint[]) as n(id, left_id, right_id)"
    connection.exec_driver_sql(
        f"update judgement j set superseded_by = n.id from {new} "
        "where j.left_id = n.left_id and j.right_id = n.right_id and j.superseded_by is null",
        values,
    )
    connection.exec_driver_sql(
        "insert into judgement (judgement_id, left_id, right_id, verdict, actor, reason) "
        f"select n.id, n.left_id, n.right_id, %(verdict)s, %(actor)s, %(reason)s from {new}",
        values,
    )
    return numbers


def tied_to(connection: sa.Connection, record_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The judgements in force among these records and all that judgements *same* tie to them, directly or not."""
    rows = connection.exec_driver_sql(
        f"""
        with recursive tied(record_id) as (
            select unnest(%(ids)s::bigint[])
            union
            select case when s.left_id = t.record_id then s.right_id else s.left_id end
            from tied t join lateral (
                select left_id, right_id from judgement where left_id = t.record_id and verdict = 'same'
                and superseded_by is null
                union all
                select left_id, right_id from judgement where right_id = t.record_id and verdict = 'same'
                and superseded_by is null
            ) as s on true
        )
        select {_COLUMNS} from judgement j {_KEYS}
        where j.superseded_by is null and j.left_id in (select record_id from tied)
        and j.right_id in (select record_id from tied) order by j.judgement_id
        """,
        {"ids": list(record_ids)},
    )
    return [dict(row) for row in rows.mappings()]


def find_judgement(connection: sa.Connection, judgement_id: int) -> dict[str, Any] | None:
    """One judgement, in force or not, with the keys of both records; `superseded_by` too."""
    rows = connection.exec_driver_sql(
        f"select {_COLUMNS}, j.superseded_by from judgement j {_KEYS} where j.judgement_id = %(id)s",
        {"id": judgement_id},
    )
    return next((dict(row) for row in rows.mappings()), None)


def in_force(connection: sa.Connection, one: int, other: int) -> int | None:
    """The judgement on two records that is in force."""
    found: int | None = connection.exec_driver_sql(
        "select judgement_id from judgement where left_id = least(%(a)s::bigint, %(b)s::bigint) "
        "and right_id = greatest(%(a)s::bigint, %(b)s::bigint) and superseded_by is null "
        "and verdict in ('same', 'different', 'unsure')",
        {"a": one, "b": other},
    ).scalar()
    return found


def of_run(connection: sa.Connection, run_id: str) -> list[int]:
    """The judgements that a run, or a decision, was the first to carry out."""
    rows = connection.exec_driver_sql(
        "select judgement_id from judgement where run_id = %(run_id)s order by judgement_id", {"run_id": run_id}
    )
    return list(rows.scalars())


def page_by_actor(
    connection: sa.Connection, actor: str | None, *, before: int | None, count: int
) -> list[dict[str, Any]]:
    """What somebody judged (None: anybody), the newest first: as `find_judgement`, with `run_id`, before a number."""
    rows = connection.exec_driver_sql(
        f"select {_COLUMNS}, j.superseded_by, j.run_id from judgement j {_KEYS} "
        "where (%(actor)s::text is null or j.actor = %(actor)s) and j.verdict <> 'erased' "
        "and (%(before)s::bigint is null or j.judgement_id < %(before)s) order by j.judgement_id desc limit %(count)s",
        {"actor": actor, "before": before, "count": count},
    )
    return [dict(row) for row in rows.mappings()]


def page_of_judgements(
    connection: sa.Connection, record_ids: Sequence[int], *, before: int | None, count: int
) -> list[dict[str, Any]]:
    """What was ever judged of one of these records, the newest first: as `find_judgement`, those before a number."""
    rows = connection.exec_driver_sql(
        f"select {_COLUMNS}, j.superseded_by from judgement j {_KEYS} "
        "where (j.left_id = any(%(ids)s::bigint[]) or j.right_id = any(%(ids)s::bigint[])) "
        "and (%(before)s::bigint is null or j.judgement_id < %(before)s) order by j.judgement_id desc limit %(count)s",
        {"ids": list(record_ids), "before": before, "count": count},
    )
    return [dict(row) for row in rows.mappings()]


def note_decided(connection: sa.Connection, run_id: str, numbers: Sequence[int]) -> None:
    """Note that these judgements were carried out at once, under `run_id`."""
    connection.exec_driver_sql(
        "update judgement set run_id = %(run_id)s where judgement_id = any(%(ids)s::bigint[]) and run_id is null",
        {"run_id": run_id, "ids": list(numbers)},
    )


def judgements_in_force(connection: sa.Connection) -> pa.Table:
    """All judgements in force, oldest first, with the keys of both records."""
    return fetch_arrow(
        connection,
        f"select {_COLUMNS} from judgement j {_KEYS} where j.superseded_by is null order by j.judgement_id",
    )


def judgements_on(connection: sa.Connection, record_ids: Values) -> pa.Table:
    """The judgements in force that concern one or both of `record_ids`."""
    load_values(connection, "wanted", record_ids)
    return fetch_arrow(
        connection,
        f"select {_COLUMNS} from judgement j {_KEYS} where j.superseded_by is null and "
        "(j.left_id in (select value from wanted) or j.right_id in (select value from wanted)) order by j.judgement_id",
    )


def note_carried_out(connection: sa.Connection, run_id: str, carried_out: Values) -> None:
    """Note that `run_id` resolved the records of these judgements (numbers) with them; the first run counts."""
    load_values(connection, "carried_out", carried_out)
    connection.exec_driver_sql(
        "update judgement j set run_id = %(run_id)s from carried_out c "
        "where j.judgement_id = c.value and j.run_id is null",
        {"run_id": run_id},
    )


def history(connection: sa.Connection, one: int, other: int) -> list[dict[str, Any]]:
    """Everything ever judged about two records, oldest first."""
    rows = connection.exec_driver_sql(
        "select * from judgement where left_id = %(left)s and right_id = %(right)s order by judgement_id",
        {"left": min(one, other), "right": max(one, other)},
    )
    return [dict(row) for row in rows.mappings()]
