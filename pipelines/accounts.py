"""Promise 8 at the end of a night: what became of every row of every delivery, after all gates have spoken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from mdm.party import QUARANTINE
from pipelines.folder import RunFolder

# rows read = the sum of these, in every account
COUNTED = ("accepted", "unchanged", "duplicate", "deletion", "quarantined", "suppressed")


def settled_accounts(received: Mapping[str, Any], cleansed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The accounts of `receive`, corrected by what the cleansed gate refused (counts of the two steps).

    Rows that it sent to quarantine were not accepted after all; of a source that it stopped nothing was.
    """
    rejected = {(row["system"], row["file"]): row["rows"] for row in cleansed.get("rejected_rows", ())}
    stopped = cleansed.get("stopped") or {}
    accounts = []
    for account in received.get("deliveries", ()):
        row = dict(account)
        refused = min(rejected.get((row["system"], row["file"]), 0), row["accepted"])
        row["accepted"] -= refused
        row["quarantined"] += refused
        if row["system"] in stopped and row["status"] == "applied":
            held = ("accepted", "unchanged", "deletion")
            row["suppressed"] += sum(row[name] for name in held)
            row |= {**dict.fromkeys((*held, "missing"), 0), "status": "stopped", "reason": stopped[row["system"]]}
        lost = row["rows_read"] - sum(row[name] for name in COUNTED)
        if lost:
            raise AssertionError(f"{row['system']} {row['file']}: {lost} rows are unaccounted for")
        accounts.append(row)
    return accounts


def quarantine_reasons(folder: RunFolder) -> list[dict[str, Any]]:
    """Why rows went to quarantine tonight: system, reason, rows, and where the first one is (file:line, detail)."""
    tables = [folder.read(step, "quarantine", QUARANTINE) for step in ("receive", "cleanse")]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in pa.concat_tables(tables).select(["system", "reason", "file", "line", "detail"]).to_pylist():
        first = {"system": row["system"], "reason": row["reason"], "rows": 0}
        first |= {"where": f"{row['file']}:{row['line']}", "detail": row["detail"]}
        found.setdefault((row["system"], row["reason"]), first)["rows"] += 1
    return [found[key] for key in sorted(found)]
