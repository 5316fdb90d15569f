"""What targets answered, and what still waits for an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import fetch_arrow, load_temporary

# Rows of unsettled deliveries that were rejected, or not answered for too long, and that no later row of the same key
# has taken the place of. What merely waits is not looked at: a delivery of a million rows may wait for days.
_LATE = "d.written_at + %(patience)s <= clock_timestamp()"
_OPEN = f"""
create temporary table sync_open on commit drop as
with d as materialized (
    select d.*, {_LATE} as late from sync_delivery d
    where d.target_id = %(target)s and not d.settled and d.status = 'written'
), found as (
    select d.number, d.delivery_id, a.key, true as rejected, a.reason from d
    join sync_answer a on a.delivery_id = d.delivery_id and not a.accepted
    union all
    select d.number, d.delivery_id, r.key, false, null from d join sync_row r on r.delivery_id = d.delivery_id
    where d.late and not (%(unlisted)s and d.answered_at is not null)
    and not exists (select 1 from sync_answer a where a.delivery_id = r.delivery_id and a.key = r.key)
)
select r.key, r.delivery_id, f.number, r.attempt, f.rejected, f.reason, r.attempt < %(most)s as again
from found f join sync_row r on r.target_id = %(target)s and r.key = f.key and r.delivery_id = f.delivery_id
where r.line > 0 and not exists (
    select 1 from sync_row n where n.target_id = r.target_id and n.key = r.key and n.delivery_id > r.delivery_id)
"""


def gather_open(connection: sa.Connection, target_id: int, *, patience: object, unlisted: bool, attempts: int) -> None:
    """Table `sync_open`: rows that were rejected or not answered in time; again: those to be delivered again.

    patience: an interval; unlisted: rows that an acknowledgement does not name are accepted.
    """
    connection.exec_driver_sql("drop table if exists pg_temp.sync_open")
    parameters = {"target": target_id, "patience": patience, "unlisted": unlisted, "most": attempts}
    connection.exec_driver_sql(_OPEN, parameters)


def given_up(connection: sa.Connection, target_id: int, system: str | None, suffix: str, attempts: int) -> pa.Table:
    """Rows of `sync_open` that were delivered often enough.

    key, pin, number, attempt, rejected, reason, record_id, party. record_id: of the key's record, or of the customer's
    founder; null when there is none any more.
    """
    return fetch_arrow(
        connection,
        """
        select o.key, r.pin, o.number, o.attempt, o.rejected, o.reason,
            coalesce(x.record_id, c.founder_record_id) as record_id, coalesce(c.party, 'person') as party
        from sync_open o join sync_row r on r.target_id = %(target)s and r.key = o.key and r.delivery_id = o.delivery_id
        left join xref x on x.system = %(system)s and x.local_id = o.key || %(suffix)s and x.recorded_to = 'infinity'
        left join customer c on c.pin = coalesce(x.pin, r.pin) and c.recorded_to = 'infinity'
        where o.attempt >= %(most)s order by o.key
        """,
        {"target": target_id, "system": system, "suffix": suffix, "most": attempts},
    )


def settle(connection: sa.Connection, target_id: int, *, patience: object) -> int:
    """Settle the deliveries of which nothing is waited for any more; after the rows to be repeated were added."""
    return connection.exec_driver_sql(
        "update sync_delivery d set settled = true where d.target_id = %(target)s and not d.settled "
        f"and d.status = 'written' and (d.complete or {_LATE})",
        {"target": target_id, "patience": patience},
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


def put_answers(connection: sa.Connection, delivery_id: int, ack_id: int, *, unlisted: bool) -> list[str]:
    """Keep the answers of `sync_said`; the keys that were accepted. unlisted: what is not named is accepted."""
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
        "update sync_delivery d set answered_at = clock_timestamp(), complete = complete or %(unlisted)s "
        "or (select count(*) from sync_answer where delivery_id = %(id)s) "
        ">= (select count(*) from sync_row where delivery_id = %(id)s and line > 0) where delivery_id = %(id)s",
        {"id": delivery_id, "unlisted": unlisted},
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
