"""Values that we sent ourselves and that come back are marked, before the records become versions."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from mdm.contracts.target_model import TargetContract
from mdm.store import echoes
from mdm.sync.echoes import mark_echoes
from pipelines.context import Night


def with_echoes(
    night: Night, cleansed: pa.Table, known: pa.Table | None, scratch: duckdb.DuckDBPyConnection
) -> pa.Table:
    """`cleansed` with the echoes of what was sent marked; as it is where nobody was ever told anything.

    known: the versions that the store has of these records.
    """
    if cleansed.num_rows == 0 or known is None or known.num_rows == 0:
        return cleansed
    with night.database.begin() as connection:
        if not echoes.tells_anybody(connection):
            return cleansed
        systems = pc.unique(known["system"]).to_pylist()
        layouts = echoes.layouts_of(connection, systems)
        if not layouts:
            return cleansed
        sources = pa.array(sorted({contract["system"] for _, contract in layouts}), pa.string())
        keys = known.filter(pc.is_in(known["system"], sources)).select(["system", "local_id"])
        sent = echoes.sent_under(connection, keys, layouts)
        if sent.num_rows == 0:
            return cleansed
        back = sent.group_by(["system", "local_id"]).aggregate([])
        before = echoes.versions_of(connection, back)
    contracts = [TargetContract.model_validate(contract) for _, contract in layouts]
    return mark_echoes(cleansed, before, sent, contracts, scratch)
