"""The report of a run: where every row went, what became of the records, what each step took."""

from __future__ import annotations

from typing import Any

from mdm.registry.concealing import concealed
from pipelines.accounts import COUNTED, quarantine_reasons, settled_accounts
from pipelines.context import Night

SHOWN = ("system", "file", "status", "rows_read", *COUNTED, "records", "missing", "reason")
TOOK = ("seconds", "cpu_seconds", "peak_mb", "aside_seconds")  # what is said of a step, null where it is not known


def make_report(night: Night, manifests: dict[str, Any], status: str) -> dict[str, Any]:
    """What happened, as one JSON-able document; `pipelines.show` prints it."""
    counts = {name: manifest["counts"] for name, manifest in manifests.items()}
    received, cleansed = counts.get("receive", {}), counts.get("cleanse", {})
    sources = [{name: row[name] for name in SHOWN} for row in settled_accounts(received, cleansed)]
    stopped = {**received.get("stopped", {}), **cleansed.get("stopped", {})}
    matched, resolved = counts.get("match", {}), counts.get("resolve", {})
    return {
        "run_id": night.run_id,
        "business_date": night.business_date.isoformat(),
        "status": status,
        "sources": sources,
        "quarantined": quarantine_reasons(night.folder),
        "missing": received.get("missing", []),
        "stopped": stopped,
        "records": {k: cleansed.get(k, 0) for k in ("records", "new", "reused_keys", "gone", "quarantined")},
        "candidates": matched.get("candidates", {}),
        "pairs": matched.get("pairs", {}),
        "too_common": concealed(matched.get("too_common", [])),
        "generic": matched.get("generic", []),
        "model_notes": matched.get("notes", {}),
        "models": {party: model.model_id for party, model in night.models.items()},
        "churn": {k: v for k, v in counts.get("judge", {}).items() if k != "stopped"},
        "customers": {k: resolved.get(k, 0) for k in ("customers", "minted", "open")},
        "lineage": resolved.get("lineage", {}),
        "households": counts.get("households", {}),
        "golden": counts.get("golden", {}),
        "applied": counts.get("apply", {}),
        "steps": {name: {key: m.get(key) for key in TOOK} for name, m in manifests.items()},
    }  # fmt: skip
