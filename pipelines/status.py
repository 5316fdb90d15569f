"""What `mdm status` tells, as plain documents: the last runs, the feeds' ages, counts, queues, who is running."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from mdm.contracts import load_contracts
from mdm.settings import Settings
from mdm.store import customers, overview, runs, tasks
from mdm.store.database import Database
from mdm.store.locks import current_holder
from pipelines.jobs.state import schedule_of


def status_of(settings: Settings, database: Database, count: int) -> dict[str, Any]:
    """Last runs (newest first), steps of the latest, sources, customers, tasks, quarantine, who runs, the schedule."""
    holder = current_holder(database)
    with database.begin() as connection:
        latest = runs.last_runs(connection, count)
        return {
            "workspace": str(settings.workspace),
            "database": "embedded" if database.embedded else database.engine.url.render_as_string(),
            "running": holder,
            "runs": [_run(run, holder) for run in latest],
            "steps": runs.steps(connection, latest[0]["run_id"]) if latest else [],
            "sources": _sources(settings, connection),
            "customers": customers.count_customers(connection),
            "households": overview.count_households(connection),
            "tasks": tasks.count_tasks(connection),
            "quarantine": overview.count_quarantine(connection),
            "schedule": schedule_of(settings, connection),
        }


def quality_of(database: Database, count: int) -> dict[str, Any]:
    """The trend of the expectations over the last runs (expectations.report.QualityTrend as a document)."""
    from expectations.report import quality_trend

    with database.begin() as connection:
        return asdict(quality_trend(runs.expectation_rows(connection, count), last=count))


def _run(run: dict[str, Any], holder: dict[str, Any] | None) -> dict[str, Any]:
    """One run; "running" without anybody who runs it is unfinished: killed, or asked to stop after a step."""
    report = run["report"] or {}
    status = "unfinished" if run["status"] == "running" and holder is None else run["status"]
    if status == "applied" and report.get("status") == "unchanged":
        status = "unchanged"
    facts = {name: run[name] for name in ("run_id", "business_date", "started_at", "ended_at")}
    rows = sum(source["rows_read"] for source in report.get("sources", ()))
    records = report.get("records", {})
    return facts | {
        "status": status,
        "rows_read": rows,
        "records_changed": records.get("records", 0) + records.get("gone", 0),
        "stopped": report.get("stopped", {}),
        "missing": report.get("missing", []),
    }


def _sources(settings: Settings, connection: sa.Connection) -> list[dict[str, Any]]:
    """Each source with its records and its latest applied delivery."""
    counts = overview.count_records(connection)
    systems = [contract.source for contract in load_contracts(settings.sources)]
    now, found = dt.datetime.now(dt.UTC), []
    for system in sorted({*systems, *counts}):
        last = next(iter(runs.last_deliveries(connection, system)), None)
        found.append(
            {
                "system": system,
                "records": counts.get(system, 0),
                "file": last["file"] if last else None,
                "extracted_at": last["extracted_at"] if last else None,
                "age_seconds": round((now - last["extracted_at"]).total_seconds()) if last else None,
                "contract": system in systems,
            }
        )
    return found
