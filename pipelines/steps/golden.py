"""Step 6, golden: the golden record of every customer that was resolved again.

Out: ``golden`` (pin, doc), ``ended`` (pin: no longer a customer of its own), ``overrides`` (override_id: those held),
``results`` (what the golden gate finds of them: see `pipelines.steps.judge`).
"""

from __future__ import annotations

from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from mdm.golden.bulk import golden_batch
from mdm.golden.overrides import Override
from mdm.store import overrides as store
from mdm.store.echoes import tells_anybody
from pipelines.context import Night
from pipelines.documents import component_sql
from pipelines.steps.judge import judge_customers


def golden(night: Night) -> dict[str, Any]:
    """Survivorship over the records of every affected customer."""
    night.progress("golden records")
    folder, settings = night.folder, night.settings.golden
    xrefs = folder.read("resolve", "xrefs", columns=["system", "local_id", "pin"])
    customers = folder.read("resolve", "customers", columns=["pin", "status"])
    active = customers.filter(pc.equal(customers["status"], "active"))["pin"]
    ended = customers.filter(pc.not_equal(customers["status"], "active"))["pin"]
    with night.database.begin() as connection:
        echoes = tells_anybody(connection)
    with night.scratch() as scratch:
        scratch.execute(f"CREATE VIEW component AS SELECT * FROM {component_sql(folder)}")
        documents = golden_batch(
            scratch.table("component"),
            xrefs.filter(pc.is_in(xrefs["pin"], active.combine_chunks())),
            trust=night.trust,
            rules=settings.rules,
            half_life_days=settings.half_life_days,
            overrides=_overrides(night, active),
            business_date=night.business_date,
            connection=scratch,
            echoes=echoes,
        )
    folder.write("golden", "golden", documents)
    folder.write("golden", "ended", pa.table({"pin": ended}))
    judge_customers(night)
    return {"documents": documents.num_rows}


def _overrides(night: Night, pins: pa.ChunkedArray) -> dict[str, list[Override]]:
    with night.database.begin() as connection:
        table = store.overrides_in_force(connection, night.business_date)
    table = table.filter(pc.is_in(table["pin"], pins.combine_chunks()))
    night.folder.write("golden", "overrides", table.select(["override_id"]))
    found: dict[str, list[Override]] = {}
    for row in table.to_pylist():
        value = orjson.loads(row["value"])
        found.setdefault(row["pin"], []).append(
            Override(row["attribute"], value, row["reason"], row["actor"], row["expires"])
        )
    return found
