"""Everything that the store knows of one customer: found, counted, deleted.

`find_person` says in temporary tables of the transaction what is theirs; the other functions read these:

* ``erased_pin``: the PIN and those that redirect to it.
* ``erased_record``: records whose last cross-reference is to one of these, deleted ones and former incarnations too.
* ``erased_version``: all versions of these; and of a record that became somebody else's because its data changed (a
  line that changed its owner) the versions of the time before.
* ``erased_stay``: the cross-references of such a record from that time.
* ``erased_golden``: golden records of these PINs, and former ones of others while they held one of these records.
* ``erased_sighting``, ``erased_address``, ``erased_site``: where they were seen; where nobody else was.
* ``erased_sync``: what targets were told of these PINs and keys, and of others while they held one of these records.
* ``erased_key``: source keys that are still theirs: not those that were given to somebody else since.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mdm.store import customers, households
from mdm.store.bulk import fetch_arrow

_FOUND = {
    "erased_pin": """
        select distinct pin from customer
        where recorded_to = 'infinity' and (pin = %(pin)s or redirect_to = %(pin)s)""",
    "erased_record": """
        select last.record_id, last.system, last.local_id, last.incarnation from (
            select distinct on (x.record_id) x.record_id, x.system, x.local_id, x.incarnation, x.pin from xref x
            where x.record_id in (select y.record_id from xref y join erased_pin using (pin))
            order by x.record_id, x.recorded_from desc
        ) as last join erased_pin using (pin)""",
    "erased_stay": """
        select x.record_id, x.recorded_from, x.recorded_to from xref x join erased_pin using (pin)
        where x.recorded_to < 'infinity' and x.record_id not in (select record_id from erased_record)
        and exists (select 1 from record n where n.record_id = x.record_id and n.recorded_from = x.recorded_to)""",
    "erased_version": """
        select r.record_id, r.recorded_from from record r join erased_record using (record_id)
        union
        select r.record_id, r.recorded_from from record r join erased_stay x using (record_id)
        where r.recorded_from < x.recorded_to and x.recorded_from < r.recorded_to and r.recorded_to <= x.recorded_to""",
    "erased_golden": """
        select g.pin, g.recorded_from from golden g join erased_pin using (pin)
        union
        select g.pin, g.recorded_from from xref x join erased_record using (record_id) join golden g on g.pin = x.pin
        where g.recorded_from < x.recorded_to and x.recorded_from < g.recorded_to and g.recorded_to < 'infinity'""",
    "erased_key": """
        select e.system, e.local_id from erased_record e where not exists (
            select 1 from record r where r.system = e.system and r.local_id = e.local_id
            and r.recorded_to = 'infinity' and r.record_id <> e.record_id)""",
    "erased_sync": """
        with d as materialized (
            select delivery_id, created_at, contract ->> 'system' as system from sync_delivery
        )
        select t.target_id, t.key, t.delivery_id, t.line from sync_row t join d using (delivery_id)
        where t.pin in (select pin from erased_pin) or t.key in (select pin from erased_pin)
        or (d.system, t.key) in (select system, split_part(local_id, '#', 1) from erased_key)
        or t.pin in (select pin from erased_golden) and exists (
            select 1 from erased_golden e join golden g using (pin, recorded_from)
            where g.pin = t.pin and d.created_at >= g.recorded_from and d.created_at <= g.recorded_to)""",
    "erased_sighting": "select s.* from sighting s join erased_record using (record_id)",
    "erased_address": """
        select distinct e.address from erased_sighting e where not exists (
            select 1 from sighting s where s.address = e.address
            and s.record_id not in (select record_id from erased_record))""",
    "erased_site": """
        select distinct e.site from erased_sighting e where not exists (
            select 1 from sighting s where s.site = e.site
            and s.record_id not in (select record_id from erased_record))""",
}
_RECORDS = "(select record_id from erased_record)"
_PINS = "(select pin from erased_pin)"
_KEYS = "(select system || ':' || local_id from erased_key)"
_ADDRESSES, _SITES = "(select address from erased_address)", "(select site from erased_site)"
# table -> which rows (of t) go
GOES = {
    "record": "(t.record_id, t.recorded_from) in (select record_id, recorded_from from erased_version)",
    "record_key": f"t.record_id in {_RECORDS}",
    "pair": f"t.left_id in {_RECORDS} or t.right_id in {_RECORDS}",
    "xref": f"t.record_id in {_RECORDS} or (t.record_id, t.recorded_from) in "
            "(select record_id, recorded_from from erased_stay)",
    "golden": "(t.pin, t.recorded_from) in (select pin, recorded_from from erased_golden)",
    "membership": f"t.pin in {_PINS}",
    "task": f"t.left_id in {_RECORDS} or t.right_id in {_RECORDS}",
    "override": f"t.pin in {_PINS}",
    "sighting": f"t.record_id in {_RECORDS}",
    "entity_key": f"t.record_id in {_RECORDS}",
    "reference": f"t.record_id in {_RECORDS} or t.pin in {_PINS}",
    "address": f"t.address in {_ADDRESSES}",
    "address_key": f"t.address in {_ADDRESSES}",
    "dwelling_join": f"t.weak in {_SITES} or t.strong in {_SITES} or t.weak_address in {_ADDRESSES} "
                     f"or t.strong_address in {_ADDRESSES}",
    "due": f"t.kind = 'customer' and t.value in {_PINS} or t.kind = 'address' and t.value::bigint in {_ADDRESSES} "
           f"or t.kind = 'record' and t.value::bigint in {_RECORDS}",
    "once": f"t.answer->>'pin' in {_PINS}",
    "quarantine": "(t.system, t.local_id) in (select system, local_id from erased_key union all "
                  "select system, split_part(local_id, '#', 1) from erased_key)",
    "sync_row": "(t.target_id, t.key, t.delivery_id) in (select target_id, key, delivery_id from erased_sync)",
    "sync_answer": "(t.delivery_id, t.key) in (select delivery_id, key from erased_sync)",
    "applying": "true",  # locks of a night that is over: keys made of names and numbers
    "kept_form": "true",  # gone within a day anyway; whom they quote nobody can tell
}  # fmt: skip
_DECIDED = f"(t.mover_id in {_RECORDS} or t.other_id in {_RECORDS})"
# table -> which rows lose what they say, and keep who and when
EMPTIED = {
    "household_decision": f"t.decision in (select decision from household_decision t where {_DECIDED})",
    "judgement": f"t.left_id in {_RECORDS} or t.right_id in {_RECORDS}",
    "lineage": f"t.pin in {_PINS} or t.other_pin in {_PINS} or t.record_ids && array{_RECORDS}",
    "audit": f"t.records && array{_KEYS}",
    "sync_ack": "exists (select 1 from erased_key k where strpos(t.problem, k.local_id) > 0)",
}
_EMPTY = {
    "sync_ack": "problem = null",
    "household_decision": "reason = null, withdrawn_reason = null, "
                          f"mover_id = case when {_DECIDED} then - row_id else mover_id end, "
                          f"other_id = case when {_DECIDED} then - row_id else other_id end, "
                          f"verdict = case when {_DECIDED} then 'erased' else verdict end",
    "audit": f"records = array(select key from unnest(t.records) with ordinality as of(key, n) "
             f"where key not in {_KEYS} order by n)",
    "judgement": "left_id = - judgement_id, right_id = - judgement_id, verdict = 'erased', reason = null, "
                 "superseded_by = coalesce(superseded_by, judgement_id)",
    "lineage": "record_ids = array(select id from unnest(t.record_ids) with ordinality as of(id, n) "
               f"where id not in {_RECORDS} order by n), "
               f"reason = case when t.pin in {_PINS} or t.other_pin in {_PINS} then null else t.reason end",
}  # fmt: skip
# whose households may be others when what was decided about them together is gone
_LEFT_BEHIND = f"""
insert into due (kind, value) select distinct 'customer', x.pin from household_decision t
join xref x on x.record_id in (t.mover_id, t.other_id) and x.recorded_to = 'infinity'
where t.withdrawn_at is null and {_DECIDED} and x.pin not in {_PINS}
on conflict (kind, value) do update set since = now()
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is to be erased. pins: those that lead to it included; keys: (system, local id) -> whether still theirs.

    texts: what their records say, JSON objects: cleansed and as delivered, and what a steward pinned.
    """

    pin: str
    party: str
    status: str
    pins: tuple[str, ...]
    keys: dict[tuple[str, str], bool]
    texts: tuple[str, ...]


def find_person(connection: sa.Connection, pin: str) -> Person | None:
    """What belongs to a customer, into temporary tables of this transaction; None for a PIN never issued."""
    state = customers.find_customer(connection, pin)
    if state is None:
        return None
    for name, query in _FOUND.items():
        connection.exec_driver_sql(f"drop table if exists pg_temp.{name}")
        connection.exec_driver_sql(f"create temporary table {name} on commit drop as {query}", {"pin": pin})
        connection.exec_driver_sql(f"analyze {name}")
    keys = connection.exec_driver_sql(
        "select e.system, e.local_id, bool_or(k.system is not null) from erased_record e "
        "left join erased_key k using (system, local_id) group by e.system, e.local_id order by 1, 2"
    )
    texts = connection.exec_driver_sql(
        "select distinct t from (select unnest(array[r.cleansed, r.original]) as t "
        "from record r join erased_version v using (record_id, recorded_from) "
        "union all select json_build_object('value', o.value)::text from override o join erased_pin using (pin)) as s"
        " where t is not null"
    )
    return Person(
        pin, state["party"], state["status"],
        tuple(connection.exec_driver_sql("select pin from erased_pin order by pin").scalars()),
        {(system, local_id): theirs for system, local_id, theirs in keys},
        tuple(texts.scalars()),
    )  # fmt: skip


_EXPORTED = {
    "pins": "select pin from erased_pin",
    "golden": "select pin, recorded_from from erased_golden",
    "records": "select distinct record_id from erased_record",
    "versions": "select record_id, recorded_from from erased_version",
    "stays": "select record_id, recorded_from from erased_stay",
}


def find_exported(connection: sa.Connection, chis: list[str]) -> dict[str, pa.Table]:
    """What exports of the warehouse may hold of them, by keys, after it was deleted here (pipelines.warehouse.forget).

    chis: households in which they ever were.
    """
    found = {name: fetch_arrow(connection, query) for name, query in _EXPORTED.items()}
    emptied = "select chi, recorded_from from household where chi = any(%(chis)s) and dwelling is null"
    return {**found, "dwellings": fetch_arrow(connection, emptied, {"chis": chis})}


def households_of(connection: sa.Connection) -> list[str]:
    """The households in which they ever were."""
    return list(
        connection.exec_driver_sql(f"select distinct chi from membership where pin in {_PINS} order by chi").scalars()
    )


def count_rows(connection: sa.Connection) -> dict[str, int]:
    """Table -> rows that go, or lose what they say; tables without any are left out."""
    found = {
        table: connection.exec_driver_sql(f"select count(*) from {table} t where {which}").scalar_one()
        for table, which in {**GOES, **EMPTIED}.items()
    }
    return {table: rows for table, rows in found.items() if rows}


def neighbours(connection: sa.Connection) -> list[int]:
    """Records of others to be resolved again: they hang together with theirs by a pair, a judgement, a dwelling."""
    rows = connection.exec_driver_sql(
        f"""
        select record_id from record join (
            select unnest(array[left_id, right_id]) as record_id from pair t where {GOES["pair"]}
            union
            select unnest(array[left_id, right_id]) from judgement t
            where superseded_by is null and ({EMPTIED["judgement"]})
            union
            select unnest(array[mover_id, other_id]) from household_decision t where withdrawn_at is null and {_DECIDED}
            union
            select x.record_id from membership m join membership n using (chi)
            join xref x on x.pin = n.pin and x.recorded_to = 'infinity'
            where m.pin in {_PINS} and m.recorded_to = 'infinity' and n.recorded_to = 'infinity'
            union
            select s.record_id from sighting s join erased_sighting e using (address)
            union
            select s.record_id from erased_sighting e join dwelling_join j on e.site in (j.weak, j.strong)
            join sighting s on s.site in (j.weak, j.strong)
        ) as near using (record_id)
        where recorded_to = 'infinity' and status = 'accepted' and record_id not in {_RECORDS} order by record_id
        """
    )
    return list(rows.scalars())


def delete_person(connection: sa.Connection, person: Person, run_id: str) -> dict[str, int]:
    """Delete what is theirs, and make the PIN an erased one; rows by table. Within `audit.changeable`."""
    chis = households_of(connection)
    counts = {}
    _run(connection, _LEFT_BEHIND)
    for table, which in EMPTIED.items():
        counts[table] = _run(connection, f"update {table} t set {_EMPTY[table]} where {which}")
    for table, which in GOES.items():
        counts[table] = _run(connection, f"delete from {table} t where {which}")
    counts["household"] = _leave_households(connection, chis, run_id)
    _read_again(connection, sorted({system for system, _ in person.keys}))
    _end_customer(connection, person, run_id)
    return {table: rows for table, rows in counts.items() if rows}


def _end_customer(connection: sa.Connection, person: Person, run_id: str) -> None:
    _run(
        connection,
        f"update customer set founder_record_id = null where pin in {_PINS} or founder_record_id in {_RECORDS}",
    )
    state = customers.find_customer(connection, person.pin)
    assert state is not None
    erased = {**state, "status": "erased", "redirect_to": None, "merged_into": None, "run_id": run_id}
    names = ("pin", "party", "status", "redirect_to", "merged_into", "founder_record_id", "issued", "run_id")
    kinds = [pa.int64() if name in ("founder_record_id", "issued") else pa.string() for name in names]
    columns = [pa.array([erased[name]], kind) for name, kind in zip(names, kinds, strict=True)]
    customers.put_customers(connection, pa.table(columns, names=list(names)))


def _leave_households(connection: sa.Connection, chis: list[str], run_id: str) -> int:
    """Households that they were in lose addresses that only they gave; one without members is retired."""
    emptied = _run(
        connection,
        """
        update household h set dwelling = null, doc = null where h.chi = any(%(chis)s) and h.dwelling is not null
        and not exists (select 1 from membership m where m.chi = h.chi
                        and strpos(m.evidence::jsonb::text, to_json(h.dwelling)::text) > 0)
        """,
        {"chis": chis},
    )
    left = connection.exec_driver_sql(
        "select chi, kind, issued from household h where chi = any(%(chis)s) and recorded_to = 'infinity' "
        "and status = 'active' and not exists "
        "(select 1 from membership m where m.chi = h.chi and m.recorded_to = 'infinity') order by chi",
        {"chis": chis},
    ).mappings().all()  # fmt: skip
    if left:
        nothing = {"dwelling": None, "doc": None, "status": "retired", "redirect_to": None, "run_id": run_id}
        rows = [{**row, **nothing} for row in left]
        schema = pa.schema([(name, pa.int64() if name == "issued" else pa.string()) for name in rows[0]])
        households.put_households(connection, pa.Table.from_pylist(rows, schema=schema))
    return emptied


def _read_again(connection: sa.Connection, systems: list[str]) -> None:
    """Forget what the last delivery of each system looked like: it is read again, so that its rows are held back."""
    connection.exec_driver_sql(
        """
        update delivery d set digest = '', content_digest = null from (
            select distinct on (system, kind) system, digest, content_digest from delivery
            where status = 'applied' and system = any(%(systems)s)
            order by system, kind, extracted_at desc, delivery_id desc
        ) as last
        where d.system = last.system and (d.digest = last.digest or d.content_digest = last.content_digest)
        """,
        {"systems": systems},
    )


def _run(connection: sa.Connection, statement: str, parameters: dict[str, Any] | None = None) -> int:
    return connection.exec_driver_sql(statement, parameters or {}).rowcount
