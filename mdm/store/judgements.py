"""Judgements: what stewards decided about two records. Append-only; a later one on the same two supersedes."""

from __future__ import annotations

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
    """Keep a verdict (same, different, unsure) about two records, in either order; its number.

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
