"""Tasks: questions to stewards. What a steward said of one that is unchanged (`ANSWERED`) is not asked again."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import Source, Values, fetch_arrow, load_temporary, load_values

_INCOMING = {
    "kind": "text",
    "left_id": "bigint",
    "right_id": "bigint",
    "party": "text",
    "weight": "double precision",
    "evidence": "json",
    "detail": "json",
}
_COLUMNS = ", ".join(_INCOMING)
# Bits of doubt (the entropy of the probability; 1 where the evidence contradicts itself) times the logarithm of the
# number of records of the customers concerned; of a row `a` with kind, left_id, right_id, weight.
VALUE = """
(select case when a.kind = 'possible_match' then -(p * ln(p) + (1 - p) * ln(1 - p)) / ln(2::double precision) else 1 end
        * ln(1 + (select count(*) from xref x where x.recorded_to = 'infinity' and x.pin in (
            select o.pin from xref o where o.record_id in (a.left_id, a.right_id) and o.recorded_to = 'infinity'
        ))) / ln(2::double precision)
 from (select 1 / (1 + power(2::double precision, -least(greatest(coalesce(a.weight, 0), -30), 30)))) as odds(p))
"""
# Where the customers of a row `a` are: the region of an address of the records.
REGION = """
(select r.cleansed::json -> 'address' ->> 'region' from record r
 where r.record_id in (a.left_id, a.right_id) and r.recorded_to = 'infinity'
 and r.cleansed::json -> 'address' ->> 'region' is not null order by r.record_id limit 1)
"""
# The systems of both, which a filter of the queue asks for: looked up here, not in every record for every page.
SYSTEMS = """
array(select distinct r.system from record r where r.record_id in (a.left_id, a.right_id) order by 1)
"""
# Whether a steward dismissed the question `a`, or could not tell (and has not taken that back), on the same evidence;
# of a question that two saw differently it is the lead's word that counts.
ANSWERED = """
exists (select from task d where d.status = 'closed' and d.left_id = a.left_id and d.right_id = a.right_id
        and (d.kind = a.kind and d.checks is null or d.kind = 'disagreement')
        and d.weight is not distinct from a.weight
        and (d.verdict = 'dismissed' or d.verdict = 'unsure' and exists (
            select from judgement j where j.left_id = a.left_id and j.right_id = a.right_id
            and j.verdict = 'unsure' and j.superseded_by is null)))
"""
_ALL = f"task_id, {_COLUMNS}, status, opened_run, closed_run, closed_reason, created_at"


def put_tasks(connection: sa.Connection, run_id: str, source: Source) -> int:
    """Open the tasks in `source` (kind, left_id, right_id, party, weight, evidence, detail); how many are new.

    One that is open already (same kind and records) gets the new weight, evidence and detail and keeps its number.
    """
    load_temporary(connection, "asked", source, _INCOMING)
    connection.exec_driver_sql(
        """
        update task t set weight = a.weight, evidence = a.evidence, detail = a.detail from asked a
        where t.status = 'open' and t.kind = a.kind and t.left_id is not distinct from a.left_id
        and t.right_id is not distinct from a.right_id
        and (t.weight, t.evidence::text, t.detail::text) is distinct from (a.weight, a.evidence::text, a.detail::text)
        """
    )
    return connection.exec_driver_sql(
        f"insert into task ({_COLUMNS}, value, region, systems, status, opened_run) "
        f"select {_COLUMNS}, {VALUE}, {REGION}, {SYSTEMS}, 'open', %(run_id)s from asked a where not {ANSWERED} "
        "order by kind, weight desc, left_id, right_id "
        "on conflict (kind, left_id, right_id) where status = 'open' do nothing",
        {"run_id": run_id},
    ).rowcount


def close_tasks(connection: sa.Connection, run_id: str, task_ids: Values, reason: str) -> int:
    """Close open tasks; how many were open."""
    load_values(connection, "wanted", task_ids)
    return connection.exec_driver_sql(
        "update task t set status = 'closed', closed_run = %(run_id)s, closed_at = now(), closed_reason = %(reason)s "
        "from wanted w where t.task_id = w.value and t.status = 'open'",
        {"run_id": run_id, "reason": reason},
    ).rowcount


def open_tasks_on(connection: sa.Connection, record_ids: Values) -> pa.Table:
    """The open tasks that concern one or both of `record_ids`: task_id, kind, left_id, right_id, weight."""
    columns = "task_id, kind, left_id, right_id, weight"
    if connection.exec_driver_sql("select from task where status = 'open' limit 1").first() is None:
        return fetch_arrow(connection, f"select {columns} from task where false")
    load_values(connection, "wanted", record_ids)
    return fetch_arrow(
        connection,
        f"select {columns} from task where status = 'open' and "
        "(left_id in (select value from wanted) or right_id in (select value from wanted)) order by task_id",
    )


def list_tasks(
    connection: sa.Connection, *, kind: str | None = None, status: str = "open", after: int = 0, count: int = 100
) -> list[dict[str, Any]]:
    """A page of tasks by number: those after the cursor `after`."""
    rows = connection.exec_driver_sql(
        f"select {_ALL} from task where status = %(status)s and task_id > %(after)s "
        "and (%(kind)s::text is null or kind = %(kind)s) order by task_id limit %(count)s",
        {"kind": kind, "status": status, "after": after, "count": count},
    )
    return [dict(row) for row in rows.mappings()]


def all_tasks(connection: sa.Connection, *, status: str = "open") -> pa.Table:
    """All tasks of one status: every column but evidence and detail."""
    return fetch_arrow(
        connection,
        "select task_id, kind, left_id, right_id, party, weight, opened_run, closed_run, closed_reason from task "
        "where status = %(status)s order by task_id",
        {"status": status},
    )


def count_tasks(connection: sa.Connection) -> dict[str, int]:
    """How many tasks of each kind are open."""
    rows = connection.exec_driver_sql(
        "select kind, count(*) from task where status = 'open' group by kind order by kind"
    )
    return {kind: count for kind, count in rows}
