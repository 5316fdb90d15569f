"""GET /console/runs: the nights. GET /console/runs/{run}: one, with its steps, deliveries and what came of it"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from api.console.documents import shown
from api.console.pages import render
from api.console.visitors import Visitor, may
from api.models import WITHOUT_NUL
from api.store import reading
from mdm.errors import NotFound
from mdm.store import runs

router = APIRouter()

PAGE = 50
STATUSES = ("applied", "stopped", "failed", "running")
COUNTED = ("rows_read", "accepted", "unchanged", "duplicate", "deletion", "quarantined", "suppressed")
# what a report tells in numbers, by section
TOLD = ("records", "candidates", "pairs", "customers", "lineage", "households", "golden", "churn", "applied")
RunId = Annotated[str, Path(max_length=100, pattern=WITHOUT_NUL)]


@router.get("/console/runs")
def nights(visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """The runs, the latest first."""
    asked = dict(request.query_params)
    status = asked["status"] if asked.get("status") in STATUSES else None
    with reading(request) as connection:
        rows = runs.page_of_runs(connection, PAGE + 1, after=_after(asked.get("after")), status=status)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return render(
        request, "runs.html", runs=[_line(row) for row in rows[:PAGE]], statuses=STATUSES, wanted=status,
        next=None if last is None else f"{last['started_at'].isoformat()}|{last['run_id']}",
    )  # fmt: skip


@router.get("/console/runs/{run}")
def night(run: RunId, visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """One run. What it says of values that many hold is left out: they are somebody's."""
    with reading(request) as connection:
        row = runs.find_run(connection, run)
        if row is None:
            raise NotFound(f"no run {run}", remedy="See the list of runs.")
        steps = runs.steps(connection, run)
        deliveries = runs.deliveries(connection, run)
        results = runs.expectation_results(connection, run)
    report = row["report"] or {}
    longest = max((step["seconds"] or 0.0 for step in steps), default=0.0) or 1.0
    return render(
        request, "run.html", run=_line(row), report=shown(_without_values(report), visitor),
        steps=[{**step, "width": round((step["seconds"] or 0.0) / longest * 100, 1)} for step in steps],
        deliveries=deliveries, counted=[name for name in COUNTED if any(each[name] for each in deliveries)],
        told=[(name, _numbers(report[name])) for name in TOLD if _numbers(report.get(name))],
        failed=[result for result in results if not result["success"]], judged=len(results),
        quarantined=report.get("quarantined") or (), missing=report.get("missing") or (),
        stopped=report.get("stopped") or {},
    )  # fmt: skip


# -- the parts ---------------------------------------------------------------------------------------------------------


def _line(row: dict[str, Any]) -> dict[str, Any]:
    """A run as the list shows it."""
    report = row["report"] or {}
    sources = report.get("sources") or ()
    ended = row["ended_at"]
    return {
        **{name: row[name] for name in ("run_id", "business_date", "status", "started_at", "ended_at")},
        "seconds": None if ended is None else (ended - row["started_at"]).total_seconds(),
        "rows": sum(each.get("rows_read") or 0 for each in sources),
        "quarantined": sum(each.get("quarantined") or 0 for each in sources),
        "minted": (report.get("lineage") or {}).get("minted", 0),
        "tasks": (report.get("applied") or {}).get("tasks_opened", 0),
    }


def _numbers(section: Any) -> list[tuple[str, int | float]]:
    """The numbers of a section of a report, but for zeros; those of a section within it too."""
    found: list[tuple[str, int | float]] = []
    for name, value in (section or {}).items():
        if isinstance(value, dict):
            found += [(f"{name}.{inner}", number) for inner, number in _numbers(value)]
        elif isinstance(value, int | float) and not isinstance(value, bool) and value:
            found.append((name, value))
    return found


def _without_values(report: dict[str, Any]) -> dict[str, Any]:
    lists = ("too_common", "generic")
    return {name: len(value) if name in lists else value for name, value in report.items()}


def _after(text: str | None) -> tuple[datetime, str] | None:
    """The run that a cursor names; what is none of ours is the beginning."""
    moment, _, run = (text or "").partition("|")
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (found, run) if run and found.tzinfo is not None and "\x00" not in run else None
