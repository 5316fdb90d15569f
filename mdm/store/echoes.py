"""What was sent under keys that come back with a feed."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import fetch_columns, load_temporary


def tells_anybody(connection: sa.Connection) -> bool:
    """Whether anything was ever sent to a target."""
    return connection.exec_driver_sql("select 1 from sync_row limit 1").first() is not None


def layouts_of(connection: sa.Connection, systems: list[str]) -> list[tuple[list[int], dict[str, Any]]]:
    """The contracts by which targets with keys of these systems were told: the deliveries of each, and the contract."""
    rows = connection.exec_driver_sql(
        "select array_agg(delivery_id order by delivery_id), contract::text::json from sync_delivery "
        "where contract ->> 'system' = any(%(systems)s) group by contract::text order by 1",
        {"systems": systems},
    )
    return [(list(ids), contract) for ids, contract in rows]


def sent_under(connection: sa.Connection, keys: pa.Table, layouts: list[tuple[list[int], dict[str, Any]]]) -> pa.Table:
    """What was sent under `keys` (system, local_id): see `mdm.sync.echoes.SENT`."""
    load_temporary(connection, "sync_back", keys, {"system": "text", "local_id": "text"})
    rows = [
        {"delivery_id": delivery, "layout": number, "system": contract["system"], "suffix": _suffix(contract)}
        for number, (deliveries, contract) in enumerate(layouts)
        for delivery in deliveries
    ]
    kinds = {"delivery_id": "bigint", "layout": "bigint", "system": "text", "suffix": "text"}
    schema = pa.schema([(name, pa.int64() if kind == "bigint" else pa.string()) for name, kind in kinds.items()])
    load_temporary(connection, "sync_layout", pa.Table.from_pylist(rows, schema=schema), kinds)
    return fetch_columns(
        connection,
        "select distinct k.system, k.local_id, l.layout, r.content from sync_back k "
        "join (select distinct d.target_id from sync_delivery d join sync_layout using (delivery_id)) t on true "
        "join sync_row r on r.target_id = t.target_id and r.key = split_part(k.local_id, '#', 1) "
        "join sync_layout l on l.delivery_id = r.delivery_id and l.system = k.system "
        "and k.local_id = r.key || l.suffix where r.content is not null",
    )


def versions_of(connection: sa.Connection, keys: pa.Table) -> pa.Table:
    """The current versions of `keys` (system, local_id): system, local_id, cleansed, original."""
    load_temporary(connection, "sync_back", keys, {"system": "text", "local_id": "text"})
    return fetch_columns(
        connection,
        "select r.system, r.local_id, r.cleansed, r.original from sync_back k join record r using (system, local_id) "
        "where r.recorded_to = 'infinity' and r.status = 'accepted'",
    )


def _suffix(contract: dict[str, Any]) -> str:
    return f"#{contract['record']}" if contract.get("record") else ""
