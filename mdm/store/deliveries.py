"""Deliveries to targets: positions, numbers, and what became of each (rows: `told.py`; answers: `answers.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

_COLUMNS = (
    "d.delivery_id, d.target_id, t.target, d.number, d.kind, d.status, d.position_from, d.position_to, "
    "d.business_date, d.contract, d.folder, d.file, d.rows, d.withheld, d.checksum, d.created_at, d.written_at, "
    "d.answered_at, d.settled"
)
_FROM = "sync_delivery d join sync_target t using (target_id)"
TELLING = 0x6D64_6D03  # advisory lock: shared by whoever tells a target, alone by who erases


@dataclass(frozen=True, slots=True)
class Target:
    """A target as the store knows it. position: changes up to here were told; number: of its last delivery."""

    target_id: int
    position: int
    number: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery; see `mdm.store.tables.sync.SyncDelivery`."""

    delivery_id: int
    target_id: int
    target: str
    number: int
    kind: str
    status: str
    position_from: int
    position_to: int
    business_date: date
    contract: dict[str, Any]
    folder: str
    file: str
    rows: int
    withheld: int
    checksum: str | None
    created_at: datetime
    written_at: datetime | None
    answered_at: datetime | None
    settled: bool


def hold_target(connection: sa.Connection, target: str) -> Target:
    """The target, known from now on; nobody else can tell it anything before the transaction ends."""
    hold_telling(connection)
    connection.exec_driver_sql(
        "insert into sync_target (target, position, number) values (%(target)s, 0, 0) on conflict (target) do nothing",
        {"target": target},
    )
    row = connection.exec_driver_sql(
        "select target_id, position, number from sync_target where target = %(target)s for update", {"target": target}
    ).one()
    return Target(*row)


def hold_telling(connection: sa.Connection) -> None:
    """Nobody is erased before the end of the transaction."""
    connection.exec_driver_sql("select pg_advisory_xact_lock_shared(%(lock)s)", {"lock": TELLING})


def let_nobody_tell(connection: sa.Connection) -> None:
    """Wait until nobody tells a target anything, and let nobody before the transaction ends: for erasing."""
    connection.exec_driver_sql("select pg_advisory_xact_lock(%(lock)s)", {"lock": TELLING})


def find_target(connection: sa.Connection, target: str) -> Target | None:
    """The target; None when nothing was ever sent to it."""
    row = connection.exec_driver_sql(
        "select target_id, position, number from sync_target where target = %(target)s", {"target": target}
    ).first()
    return None if row is None else Target(*row)


def advance(connection: sa.Connection, target: Target, position: int) -> None:
    """Changes up to a position have been told, or needed not be."""
    connection.exec_driver_sql(
        "update sync_target set position = %(position)s where target_id = %(target)s",
        {"position": position, "target": target.target_id},
    )


def add_delivery(connection: sa.Connection, target: Target, facts: Mapping[str, Any]) -> int:
    """The next delivery of a target: its id. facts: kind, position_from, position_to, business_date, contract (JSON),
    folder, file, settled; its rows are counted by `count_rows`."""
    connection.exec_driver_sql(
        "update sync_target set number = number + 1 where target_id = %(target)s", {"target": target.target_id}
    )
    row = connection.exec_driver_sql(
        "insert into sync_delivery (target_id, number, kind, status, position_from, position_to, business_date, "
        "contract, folder, file, rows, withheld, complete, settled) "
        "values (%(target)s, %(number)s, %(kind)s, 'prepared', %(position_from)s, %(position_to)s, %(business_date)s, "
        "%(contract)s, %(folder)s, %(file)s, 0, 0, false, %(settled)s) "
        "returning delivery_id",
        {**facts, "target": target.target_id, "number": target.number + 1},
    )
    return int(row.scalar_one())


def drop_delivery(connection: sa.Connection, delivery_id: int) -> None:
    """Take back a delivery that has no row, in the transaction that added it: its number is given again."""
    connection.exec_driver_sql(
        "with gone as (delete from sync_delivery where delivery_id = %(id)s returning target_id) "
        "update sync_target t set number = number - 1 from gone g where t.target_id = g.target_id",
        {"id": delivery_id},
    )


def note_rows(connection: sa.Connection, delivery_id: int, rows: int) -> None:
    """How many lines the file of a delivery has."""
    connection.exec_driver_sql(
        "update sync_delivery set rows = %(rows)s where delivery_id = %(id)s", {"rows": rows, "id": delivery_id}
    )


def note_rendered(connection: sa.Connection, delivery_id: int, checksum: str) -> None:
    """The file lies under its temporary name, whole and flushed."""
    connection.exec_driver_sql(
        "update sync_delivery set status = 'rendered', checksum = %(checksum)s where delivery_id = %(id)s",
        {"checksum": checksum, "id": delivery_id},
    )


def note_written(connection: sa.Connection, delivery_id: int) -> None:
    """The file has its name: the target may have read it."""
    connection.exec_driver_sql(
        "update sync_delivery set status = 'written', written_at = clock_timestamp() where delivery_id = %(id)s",
        {"id": delivery_id},
    )


def unwritten(connection: sa.Connection, target: str) -> list[Delivery]:
    """The deliveries of a target that were begun and not finished, in order."""
    return _deliveries(connection, "t.target = %(target)s and d.status <> 'written'", {"target": target})


def find_delivery(connection: sa.Connection, target: str, number: int) -> Delivery | None:
    """A delivery by its number; None when there is none."""
    where = "t.target = %(target)s and d.number = %(number)s"
    found = _deliveries(connection, where, {"target": target, "number": number})
    return found[0] if found else None


def last_deliveries(connection: sa.Connection, target: str, count: int = 10) -> list[Delivery]:
    """The last deliveries of a target, the latest first."""
    parameters = {"target": target, "count": count}
    return _deliveries(connection, "t.target = %(target)s", parameters, "order by d.number desc limit %(count)s")


def withhold(connection: sa.Connection) -> list[Delivery]:
    """Count the rows of `erased_sync` (mdm.store.erasure) as withheld from their deliveries, and return these.

    From a full delivery those are missing whose last row before it is gone.
    """
    ids = connection.exec_driver_sql(
        """
        with gone as (
            select e.delivery_id, count(*) as rows from erased_sync e where e.line > 0 group by e.delivery_id
            union all
            select d.delivery_id, count(distinct e.key) from sync_delivery d
            join erased_sync e on e.target_id = d.target_id and e.delivery_id < d.delivery_id and e.line > 0
            where d.kind = 'full' and d.number > 1 and not exists (
                select 1 from erased_sync o where o.delivery_id = d.delivery_id and o.key = e.key)
            group by d.delivery_id
        )
        update sync_delivery d set withheld = withheld + g.rows
        from (select delivery_id, sum(rows) as rows from gone group by delivery_id) as g
        where d.delivery_id = g.delivery_id returning d.delivery_id
        """
    ).scalars()
    return _deliveries(connection, "d.delivery_id = any(%(ids)s::bigint[])", {"ids": sorted(ids)})


def _deliveries(
    connection: sa.Connection, where: str, parameters: Mapping[str, Any], order: str = "order by d.number"
) -> list[Delivery]:
    rows = connection.exec_driver_sql(f"select {_COLUMNS} from {_FROM} where {where} {order}", dict(parameters))
    return [Delivery(**row) for row in rows.mappings()]
