"""Step 7, judge: the golden gate over the files that are about to be applied; nothing is applied when it fails."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mdm.store import customers as store
from pipelines.context import Night
from pipelines.documents import component_sql

RESULTS = "results"
CHURN = ("merged", "split", "revived")


def judge(night: Night) -> dict[str, Any]:
    """Check what would be applied against the golden expectations, churn included."""
    from expectations.gate import check_golden  # seconds to import
    from expectations.verdict import ExpectationResult

    night.progress("golden gate")
    folder = night.folder
    customers = folder.read("resolve", "customers", columns=["pin", "status"])
    members = folder.read("households", "memberships", columns=["pin"])
    churned = _churned(folder.read("resolve", "lineage", columns=["kind", "other_pin"]))
    with night.database.begin() as connection:
        before = store.count_customers(connection).get("active", 0)
    gate = check_golden(
        [ExpectationResult(**found) for found in folder.read_json("golden", RESULTS)],
        members.filter(pc.is_in(members["pin"], customers["pin"].combine_chunks())),
        active(customers),
        churned=churned,
        active_before=before,
        first_load=before == 0,
        policy=night.settings.gates,
    )
    folder.write_json("judge", RESULTS, [asdict(result) for result in gate.results])
    return {"churned": churned, "active_before": before, "stopped": gate.stopped}


def judge_customers(night: Night) -> None:
    """What can be judged while households are still made: a file of the step golden, whose last part it is."""
    from expectations.gate import GoldenTables, check_customers

    folder = night.folder
    with night.scratch() as scratch:
        component = scratch.sql(
            f"SELECT system, local_id FROM {component_sql(folder)} WHERE role = 'customer'"
        ).to_arrow_table()
    tables = GoldenTables(
        records=component,
        xrefs=folder.read("resolve", "xrefs", columns=["system", "local_id", "pin"]),
        customers=active(folder.read("resolve", "customers", columns=["pin", "status"])),
        documents=folder.read("golden", "golden", columns=["pin"]),
    )
    folder.write_json("golden", RESULTS, [asdict(result) for result in check_customers(tables)])


def active(customers: pa.Table) -> pa.Table:
    """The PINs (pin) of those of `customers` (pin, status) that are active."""
    return customers.filter(pc.equal(customers["status"], "active")).select(["pin"])


def _churned(events: pa.Table) -> int:
    """How many PINs merge, split, or come back out of a merge; one whose deleted record came back is where it was."""
    back = pc.and_(pc.equal(events["kind"], "revived"), pc.is_null(events["other_pin"]))
    churn = pc.and_(pc.is_in(events["kind"], pa.array(CHURN)), pc.invert(back))
    return int(pc.sum(churn).as_py() or 0)
