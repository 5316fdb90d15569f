"""A store that was restored from a backup: what it must not issue again, and what others hold that it never heard of.

Between the backup and the restore PINs were issued, targets and subscribers were told, jobs ran. The store forgot all
of it; the world did not. So here every number that may have been used since is retired, sequences that others see go on
beyond all that they have seen, and everything that changed since is announced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa

from mdm.errors import StoreError
from mdm.store import issued
from mdm.store.bulk import load_values
from mdm.store.database import Database

FAR = 10**9  # positions that are skipped: more changes than a store has between two backups
SOME = 10**6  # internal numbers that are skipped: those that a process may still hold
RUN = "restore"

_UNUSED = """
select n from generate_series(1, %(bound)s::bigint) as n
except select issued from customer order by 1
"""
_RETIRE = """
with known as (
    insert into customer (pin, party, status, issued, run_id)
    select pin, 'person', 'retired', number, %(run)s
    from unnest(%(pins)s::text[], %(numbers)s::bigint[]) as t(pin, number)
    returning pin
), events as (
    insert into lineage (run_id, actor, kind, pin, record_ids, reason)
    select %(run)s, 'restore', 'retired', pin, '{}', %(reason)s from known order by pin
)
insert into change (type, pin, run_id, actor) select 'retired', pin, %(run)s, 'restore' from known order by pin
"""
_HOUSEHOLDS = """
with known as (
    insert into household (chi, kind, status, issued, run_id)
    select chi, %(kind)s, 'retired', number, %(run)s
    from unnest(%(ids)s::text[], %(numbers)s::bigint[]) as t(chi, number)
    returning chi
)
insert into change (type, chi, run_id, actor)
select 'household_changed', chi, %(run)s, 'restore' from known order by chi
"""
_CHANGED = """
insert into change (type, pin, chi, run_id, actor)
select 'changed', c.pin, null, %(run)s, 'restore' from told_pin t join customer c on c.pin = t.value
where c.recorded_to = 'infinity' and c.status = 'active'
union all
select 'household_changed', null, h.chi, %(run)s, 'restore' from told_chi t join household h on h.chi = t.value
where h.recorded_to = 'infinity'
"""
GAP = 1000  # numbers of deliveries that are skipped, at least one and at most so many
# the delivery that stands for all that the target was told and the store forgot; it has no file
_MARK = """
insert into sync_delivery (target_id, number, kind, status, position_from, position_to, business_date, contract, folder,
    file, rows, withheld, written_at, complete, settled)
select t.target_id, %(number)s, 'delta', 'written', 0, 0, current_date, d.contract, d.folder, '', 0, 0,
    now(), true, true
from sync_target t cross join lateral (
    select contract, folder from sync_delivery d where d.target_id = t.target_id order by d.number desc limit 1
) d where t.target = %(target)s
"""
_MARKED = """
(select d.target_id, d.delivery_id, d.contract ->> 'system' as system from sync_delivery d
 join sync_target t using (target_id) where t.target = %(target)s and d.number = %(number)s) as marked
"""
_UNSURE = f"""
insert into sync_row (target_id, key, delivery_id, line, action, pin, attempt)
select target_id, key, marked_id, 0, 'changed', pin, 1 from (
    select distinct on (r.key) r.target_id, r.key, r.action, r.pin, marked.delivery_id as marked_id
    from sync_row r join {_MARKED} using (target_id) order by r.key, r.delivery_id desc
) as last where action <> 'gone'
"""
_RETIRED_KEYS = f"""
insert into sync_row (target_id, key, delivery_id, line, action, pin, attempt)
select marked.target_id, pin, marked.delivery_id, 0, 'new', pin, 1
from {_MARKED} cross join unnest(%(retired)s::text[]) as r(pin) where marked.system is null on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class Future:
    """What the database as it was knows of the time after the backup."""

    bounds: Mapping[str, int]  # counter -> the last number
    position: int
    pins: Sequence[str]  # of changes since
    chis: Sequence[str]
    targets: Mapping[str, int]  # target -> number of its last delivery


def look_into(connection: sa.Connection, position: int) -> Future:
    """What happened after a position of the changes, asked of the database as it was."""

    def column(query: str) -> list[str]:
        return list(connection.exec_driver_sql(query, {"position": position}).scalars())

    bounds = {
        name: number for name, number in connection.exec_driver_sql("select name, value from counter")
        if name in issued.NAMES
    }  # fmt: skip
    since = "from change where position > %(position)s"
    return Future(
        bounds=bounds,
        position=int(connection.exec_driver_sql("select coalesce(max(position), 0) from change").scalar_one()),
        pins=column(f"select distinct pin {since} and pin is not null order by 1"),
        chis=column(f"select distinct chi {since} and chi is not null order by 1"),
        targets=dict(map(tuple, connection.exec_driver_sql("select target, number from sync_target"))),
    )


def look_back(url: str, position: int) -> Future | None:
    """As `look_into`, of the database at `url`; None when there is none of ours, or it cannot be read."""
    try:
        with bare(url) as database, database.read() as connection:
            return look_into(connection, position)
    except (StoreError, sa.exc.SQLAlchemyError):
        return None


def end_unfinished(connection: sa.Connection) -> int:
    """Runs that were under way go on no more; the numbers that they had reserved may have been used. How many runs."""
    connection.exec_driver_sql("delete from counter where name like '%% reserved for %%'")
    connection.exec_driver_sql("delete from lock_holder")
    connection.exec_driver_sql(
        "update job_run set outcome = 'lost', ended_at = clock_timestamp() where ended_at is null"
    )
    return connection.exec_driver_sql(
        "update run set status = 'failed', ended_at = clock_timestamp() where status = 'running'"
    ).rowcount


def go_beyond(connection: sa.Connection, bounds: Mapping[str, int], position: int) -> None:
    """Let no number be given again: PINs and household ids from `bounds` on, all others with a gap."""
    connection.exec_driver_sql(
        "update counter set value = value + %(some)s where name <> all(%(names)s)",
        {"some": SOME, "names": list(issued.NAMES)},
    )
    for name, bound in bounds.items():
        if bound:
            connection.exec_driver_sql(
                "insert into counter (name, value) values (%(name)s, %(bound)s) "
                "on conflict (name) do update set value = greatest(counter.value, excluded.value)",
                {"name": name, "bound": bound},
            )
    connection.exec_driver_sql("select setval('change_position_seq', %(value)s)", {"value": position + FAR})


def unused_numbers(connection: sa.Connection, bound: int) -> list[int]:
    """Numbers up to `bound` that may have been given to customers of whom the store knows nothing."""
    return list(connection.exec_driver_sql(_UNUSED, {"bound": bound}).scalars())


def unused_ids(connection: sa.Connection, kind: str, bound: int) -> list[int]:
    """The same for households, or legal entities."""
    query = (
        "select n from generate_series(1, %(bound)s::bigint) as n "
        "except select issued from household where kind = %(kind)s order by 1"
    )
    return list(connection.exec_driver_sql(query, {"bound": bound, "kind": kind}).scalars())


def retire_pins(connection: sa.Connection, numbers: Sequence[int], pins: Sequence[str], reason: str) -> None:
    """Let these PINs be retired, and announce it: whoever was given one is told."""
    connection.exec_driver_sql(_RETIRE, {"pins": list(pins), "numbers": list(numbers), "run": RUN, "reason": reason})


def retire_ids(connection: sa.Connection, kind: str, numbers: Sequence[int], ids: Sequence[str]) -> None:
    """The same for ids of households, or of legal entities."""
    connection.exec_driver_sql(_HOUSEHOLDS, {"ids": list(ids), "numbers": list(numbers), "kind": kind, "run": RUN})


def announce(connection: sa.Connection, pins: Sequence[str], chis: Sequence[str]) -> int:
    """Announce those whom others may know otherwise, as they are now; how many."""
    load_values(connection, "told_pin", pa.array(pins, pa.string()))
    load_values(connection, "told_chi", pa.array(chis, pa.string()))
    return connection.exec_driver_sql(_CHANGED, {"run": RUN}).rowcount


def forget_what_targets_hold(connection: sa.Connection, known: Mapping[str, int], retired: Sequence[str]) -> list[str]:
    """Let every target be told everything anew by its next delivery, under a number beyond all that it has seen.

    What the ledger says of a key becomes "something else": it is delivered again as it is now, or as gone. Targets that
    know customers by PIN are taken to hold the retired ones. known: target -> number of its last delivery, of the
    database as it was. Returns the targets.
    """
    rows = connection.exec_driver_sql("select target, number from sync_target").all()
    numbers = {target: max(number, known.get(target, 0)) for target, number in rows} | {
        target: number for target, number in known.items() if target not in {name for name, _ in rows}
    }
    for target, number in sorted(numbers.items()):
        marker = (number // GAP + 1) * GAP
        connection.exec_driver_sql(
            "insert into sync_target (target, position, number) values (%(target)s, 0, %(number)s) "
            "on conflict (target) do update set position = 0, number = excluded.number",
            {"target": target, "number": marker},
        )
        connection.exec_driver_sql(_MARK, {"target": target, "number": marker})
        asked = {"target": target, "number": marker, "retired": list(retired)}
        connection.exec_driver_sql(_UNSURE, asked)
        connection.exec_driver_sql(_RETIRED_KEYS, asked)
    return sorted(numbers)


def bare(url: str) -> Database:
    """A database as it stands: no tables are brought up to date, no server is started."""
    return Database(url, pool_size=1)
