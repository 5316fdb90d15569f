"""One digest per table of what the store says, to tell whether two stores are the same.

Left out: recorded times, run ids, and surrogate ids (a record is named by its key and incarnation instead). Order does
not count. Where history matters (how a state came about) only current states are compared, except for PINs: lineage
and what was announced count as multisets of events.
"""

from __future__ import annotations

import sqlalchemy as sa

_KEYS = """
create temporary table named on commit drop as
select distinct on (record_id) record_id, system || '|' || local_id || '|' || incarnation as name
from record order by record_id, recorded_from desc
"""

# table -> (what of a row counts, from where)
_COUNTED = {
    "record": (
        "system, local_id, incarnation, party, role, status, content_hash, changed_at, cleansed, original",
        "record where recorded_to = 'infinity'",
    ),
    "record_key": ("key, n.name", "record_key join named n using (record_id)"),
    "pair": (
        "case when l.name < r.name then l.name else r.name end, case when l.name < r.name then r.name else l.name end, "
        "party, weight, levels, model_id",
        "pair join named l on l.record_id = left_id join named r on r.record_id = right_id",
    ),
    "model": ("model_id, party, status, definition::text", "model"),
    "customer": (
        "pin, party, c.status, redirect_to, merged_into, issued, n.name",
        "customer c left join named n on n.record_id = founder_record_id where recorded_to = 'infinity'",
    ),
    "xref": ("system, local_id, incarnation, pin, home", "xref where recorded_to = 'infinity'"),
    "lineage": (
        "kind, pin, other_pin, reason, (select array_agg(n.name order by n.name) from named n "
        "where n.record_id = any(record_ids))",
        "lineage",
    ),
    "change": ("type, pin, chi, related", "change"),
    "golden": ("pin, doc", "golden where recorded_to = 'infinity'"),
    "household": (
        "chi, kind, dwelling, doc::text, status, redirect_to, issued",
        "household where recorded_to = 'infinity'",
    ),
    "membership": (
        "chi, pin, period, role, valid_from, valid_to, evidence::text",
        "membership where recorded_to = 'infinity'",
    ),
    "address": ("address, number, street, unit, box", "address"),
    "address_key": ("address, key", "address_key"),
    "sighting": ("n.name, address, site", "sighting join named n using (record_id)"),
    "dwelling_join": ("weak, strong, weak_address, strong_address, support, kind, similarity", "dwelling_join"),
    "entity_key": ("n.name, key", "entity_key join named n using (record_id)"),
    "judgement": (
        "case when l.name < r.name then l.name else r.name end, case when l.name < r.name then r.name else l.name end, "
        "verdict, actor, reason, superseded_by is null",
        "judgement join named l on l.record_id = left_id join named r on r.record_id = right_id",
    ),
    "household_decision": (
        "m.name, o.name, verb, verdict, since, actor, reason, withdrawn_at is null",
        "household_decision join named m on m.record_id = mover_id join named o on o.record_id = other_id",
    ),
    "task": (
        "case when l.name < r.name then l.name else r.name end, case when l.name < r.name then r.name else l.name end, "
        "kind, party, weight, evidence::text, detail::text, status, closed_reason",
        "task left join named l on l.record_id = left_id left join named r on r.record_id = right_id",
    ),
    "override": ("pin, attribute, value::text, reason, actor, expires, ended_at is null", "override"),
    "quarantine": (
        "system, local_id, file, line, reason, detail, content, resolved_run is null",
        "quarantine",
    ),
}


def store_fingerprint(connection: sa.Connection) -> dict[str, str]:
    """Table name -> `rows:digest`; equal for equal stores. What a document says of record ids counts as text."""
    connection.exec_driver_sql("drop table if exists pg_temp.named")
    connection.exec_driver_sql(_KEYS)
    connection.exec_driver_sql("alter table named add primary key (record_id)")
    connection.exec_driver_sql("analyze named")
    return {table: _digest(connection, *counted) for table, counted in _COUNTED.items()}


def _digest(connection: sa.Connection, columns: str, source: str) -> str:
    rows, total = connection.exec_driver_sql(
        "select count(*), coalesce(sum(hashtextextended(row(q.*)::text, 0)::numeric), 0) "
        f"from (select {columns} from {source}) as q"
    ).one()
    return f"{rows}:{int(total) % (1 << 64):016x}"
