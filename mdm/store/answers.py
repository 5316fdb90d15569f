"""What targets answered, and what still waits for an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import fetch_arrow, load_temporary

# Rows of unsettled deliveries that were not accepted, and that no later row of the same key has taken the place of.
_OPEN = """
create temporary table sync_open on commit drop as
select r.key, r.delivery_id, d.number, r.attempt, r.line, a.accepted is false as rejected, a.reason,
    a.accepted is false or (d.written_at is not null and d.written_at + %(patience)s <= clock_timestamp()) as due,
    false as again
from sync_delivery d join sync_row r on r.delivery_id = d.delivery_id and r.target_id = d.target_id
left join sync_answer a on a.delivery_id = r.delivery_id and a.key = r.key
where d.target_id = %(target)s and not d.settled and d.status = 'written' and r.line > 0
and (a.accepted is false or (a.delivery_id is null and not (%(unlisted)s and d.answered_at is not null)))
and not exists (
    select 1 from sync_row n where n.target_id = r.target_id and n.key = r.key and n.delivery_id > r.delivery_id)
"""


def gather_open(connection: sa.Connection, target_id: int, *, patience: object, unlisted: bool, attempts: int) -> None:
    """Table `sync_open`: rows that are not accepted; again: those to be delivered again.

    patience: an interval; unlisted: rows that an acknowledgement does not name are accepted.
    """
    connection.exec_driver_sql("drop table if exists pg_temp.sync_open")
    connection.exec_driver_sql(_OPEN, {"target": target_id, "patience": patience, "unlisted": unlisted})
    connection.exec_driver_sql("update sync_open set again = due and attempt < %(most)s", {"most": attempts})


def given_up(connection: sa.Connection, target_id: int, system: str | None, suffix: str, attempts: int) -> pa.Table:
    """Rows of `sync_open` that were delivered often enough.

    key, pin, number, attempt, rejected, reason, record_id, party. record_id: of the key's record, or of the customer's founder; null when there is none any more.
    """
    return fetch_arrow(
        connection,
        """
        select o.key, r.pin, o.number, o.attempt, o.rejected, o.reason,
            coalesce(x.record_id, c.founder_record_id) as record_id, coalesce(c.party, 'person') as party
        from sync_open o join sync_row r on r.target_id = %(target)s and r.key = o.key and r.delivery_id = o.delivery_id
        left join xref x on x.system = %(system)s and x.local_id = o.key || %(suffix)s and x.recorded_to = 'infinity'
        left join customer c on c.pin = coalesce(x.pin, r.pin) and c.recorded_to = 'infinity'
        where o.due and o.attempt >= %(most)s order by o.key
        """,
        {"target": target_id, "system": system, "suffix": suffix, "most": attempts},
    )


def settle(connection: sa.Connection, target_id: int) -> int:
    """Settle the deliveries of which nothing is waited for any more; after the rows to be repeated were added."""
    return connection.exec_driver_sql(
        "update sync_delivery d set settled = true where d.target_id = %(target)s and not d.settled "
        "and d.status = 'written' "
        "and not exists (select 1 from sync_open o where o.delivery_id = d.delivery_id and not o.due)",
        {"target": target_id},
    ).rowcount


@dataclass(frozen=True, slots=True)
class Held:
    """What an acknowledgement would do. unknown: keys that the delivery did not have; answered: rows answered before
    otherwise; again: rows answered before alike."""

    unknown: list[str]
    answered: list[str]
    again: int


def weigh(connection: sa.Connection, target_id: int, delivery_id: int, answers: pa.Table) -> Held:
    """Hold answers (key, accepted, reason) against a delivery; leaves them in table `sync_said`.

    Of a full delivery the row that was told may be one of an earlier delivery.
    """
    load_temporary(connection, "sync_said", answers, {"key": "text", "accepted": "boolean", "reason": "text"})
    parameters = {"target": target_id, "delivery": delivery_id}
    connection.exec_driver_sql("alter table sync_said add column told_by bigint")
    connection.exec_driver_sql(
        "update sync_said s set told_by = (select max(r.delivery_id) from sync_row r "
        "where r.target_id = %(target)s and r.key = s.key and r.line > 0 and (r.delivery_id = %(delivery)s "
        "or r.delivery_id < %(delivery)s and d.kind = 'full')) from sync_delivery d where d.delivery_id = %(delivery)s",
        parameters,
    )
    unknown = connection.exec_driver_sql("select key from sync_said where told_by is null order by key").scalars()
    before = connection.exec_driver_sql(
        "select s.key, a.accepted = s.accepted as alike from sync_said s "
        "join sync_answer a on a.key = s.key and a.delivery_id = s.told_by order by s.key"
    ).all()
    return Held(list(unknown), [key for key, alike in before if not alike], sum(alike for _, alike in before))


def put_answers(connection: sa.Connection, delivery_id: int, ack_id: int) -> list[str]:
    """Keep the answers of `sync_said`; the keys that were accepted."""
    connection.exec_driver_sql(
        "insert into sync_answer (delivery_id, key, accepted, reason, ack_id) "
        "select told_by, key, accepted, reason, %(ack)s from sync_said "
        "where told_by is not null on conflict (delivery_id, key) do nothing",
        {"ack": ack_id},
    )
    connection.exec_driver_sql(
        "update sync_delivery d set settled = false "
        "where d.settled and d.delivery_id in (select told_by from sync_said where not accepted)"
    )
    connection.exec_driver_sql(
        "update sync_delivery set answered_at = clock_timestamp() where delivery_id = %(id)s", {"id": delivery_id}
    )
    return list(connection.exec_driver_sql("select key from sync_said where accepted order by key").scalars())


def find_ack(connection: sa.Connection, target_id: int, digest: str) -> dict[str, Any] | None:
    """The file with these bytes, if it was read before: status, file, problem, read_at."""
    rows = connection.exec_driver_sql(
        "select status, file, problem, read_at from sync_ack where target_id = %(target)s and digest = %(digest)s",
        {"target": target_id, "digest": digest},
    )
    return next((dict(row) for row in rows.mappings()), None)


def put_ack(connection: sa.Connection, facts: dict[str, Any]) -> int:
    """Note an acknowledgement file (target_id, file, digest, delivery_id, status, accepted, rejected, problem): its id.

    One that was refused before and is read again is the same one.
    """
    row = connection.exec_driver_sql(
        "insert into sync_ack (target_id, file, digest, delivery_id, status, accepted, rejected, problem) values "
        "(%(target_id)s, %(file)s, %(digest)s, %(delivery_id)s, %(status)s, %(accepted)s, %(rejected)s, %(problem)s) "
        "on conflict (target_id, digest) do update set file = excluded.file, delivery_id = excluded.delivery_id, "
        "status = excluded.status, accepted = excluded.accepted, rejected = excluded.rejected, "
        "problem = excluded.problem, read_at = now() returning ack_id",
        facts,
    )
    return int(row.scalar_one())
