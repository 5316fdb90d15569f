"""A channel that writes a record which we told it: what it only repeats is marked, as the night does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mdm.contracts.target_model import TargetContract
from mdm.live.orders import Writer
from mdm.party import CLEANSED
from mdm.store import echoes


def with_echoes(
    writer: Writer, connection: sa.Connection, before: Mapping[str, Any] | None, cleansed: dict[str, Any]
) -> dict[str, Any]:
    """The CLEANSED row with echoes among its issues; as it is where its key was never told anything."""
    if before is None or cleansed["system"] not in writer.told:
        return cleansed
    layouts = echoes.layouts_of(connection, [cleansed["system"]])
    key = pa.table({name: [cleansed[name]] for name in ("system", "local_id")})
    sent = echoes.sent_under(connection, key, layouts) if layouts else None
    if sent is None or sent.num_rows == 0:
        return cleansed
    import duckdb

    from mdm.sync.echoes import mark_echoes

    contracts = [TargetContract.model_validate(contract) for _, contract in layouts]
    row = pa.Table.from_pylist([cleansed], schema=CLEANSED)
    with duckdb.connect() as scratch:
        marked = mark_echoes(row, echoes.versions_of(connection, key), sent, contracts, scratch)
    return {**cleansed, "issues": marked["issues"][0].as_py()}
