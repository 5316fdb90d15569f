"""GET /console/quality: per source what is expected of it as a trend, and the rows that wait in quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response

from api.console.documents import shown
from api.console.pages import number, percent, render
from api.console.trend import trend
from api.console.visitors import Visitor, may
from api.store import reading
from api.writing import writer_of
from mdm.store import overview, quarantine, runs

router = APIRouter()

PAGE = 50
RUNS = 30  # of which a trend is drawn
SMALL = 0.02  # a share of rejected rows that is drawn as high as the box: less looks like less
Row = Mapping[str, Any]


@router.get("/console/quality")
def quality(visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """All sources, or one (`system`) with its expectations; and the rows in quarantine, by source and reason."""
    asked = {name: value for name, value in request.query_params.items() if value and "\x00" not in value}
    system, reason, after = asked.get("system"), asked.get("reason"), asked.get("after", "")
    known = sorted(writer_of(request.app).contracts)
    with reading(request) as connection:
        rows = quarantine.page_of_rows(
            connection, count=PAGE + 1, after=int(after[:18]) if after.isdecimal() else None, system=system,
            reason=reason,
        )  # fmt: skip
        waiting = overview.count_quarantine(connection)
        sources = _sources(connection, known, waiting) if system is None else []
        found = [] if system is None else runs.expectation_rows(connection, RUNS, system=system)
        visitor.caller.saw(fields=["quarantine"])
    expectations = [_expectation(list(group)) for _, group in groupby(sorted(found, key=_which), key=_which)]
    reasons = sorted({each["reason"] for each in waiting if system in (None, each["system"])})
    return render(
        request, "quality.html", system=system, systems=known, sources=sources, reason=reason, reasons=reasons,
        rows=shown([{name: row[name] for name in _LISTED} for row in rows[:PAGE]], visitor), runs=RUNS,
        expectations=expectations,
        next=rows[PAGE - 1]["quarantine_id"] if len(rows) > PAGE else None,
    )  # fmt: skip


# -- the parts ---------------------------------------------------------------------------------------------------------

_LISTED = ("quarantine_id", "system", "local_id", "file", "line", "reason", "detail", "first_seen", "run_id")


def _sources(connection: sa.Connection, known: Sequence[str], waiting: Sequence[Row]) -> list[dict[str, Any]]:
    """Every source with its latest delivery and the trend of its rejected shares."""
    shares: dict[str, list[dict[str, Any]]] = {}
    for row in quarantine.shares_rejected(connection, RUNS):
        shares.setdefault(row["system"], []).append(row)
    found = []
    for system in sorted({*known, *shares}):
        read = shares.get(system, [])
        results = runs.expectation_rows(connection, 1, system=system)
        found.append(
            {
                "system": system, "latest": read[-1] if read else None,
                "trend": trend(
                    [row["share"] for row in read], [row["status"] == "stopped" for row in read], least=SMALL
                ),
                "waiting": sum(row["rows"] for row in waiting if row["system"] == system),
                "failed": sum(not row["success"] for row in results), "judged": len(results),
            }
        )  # fmt: skip
    return found


def _which(row: Row) -> tuple[str, str, str]:
    return row["suite"], row["expectation"], row["column_name"] or ""


def _expectation(results: list[Row]) -> dict[str, Any]:
    """One expectation over the runs, oldest first; dull: it held every time, and its figure was always nothing."""
    latest = results[-1]
    figures = [_figure(row) for row in results]
    failed = [not row["success"] for row in results]
    bounds = latest["observed"] or {}
    most, least = bounds.get("max"), bounds.get("min")
    said = _written(latest, figures[-1])
    measured = latest["severity"] != "row"
    return {
        **{name: latest[name] for name in ("suite", "expectation", "severity", "message")},
        "column": latest["column_name"] if latest["expectation"] in _OF_A_COLUMN else None,
        "figure": said, "failed": failed[-1], "times": sum(failed), "runs": len(results),
        "most": _written(latest, most) if measured and most not in (None, 1.0) else None,
        "least": _written(latest, least) if measured and least not in (None, 0.0) else None,
        "trend": trend(figures, failed, limit=most if measured and most != 1.0 else None),
        "dull": not any(failed) and not any(figures),
    }  # fmt: skip


_OF_A_COLUMN = ("unreadable_share", "suspicious_share", "repaired_share", "null_share", "constant")


def _figure(row: Row) -> float | None:
    """What was measured: of a row check the share of rows that failed it, else the observed number."""
    if row["severity"] == "row":
        share = row["unexpected_share"]
        return None if share is None else float(share)
    value = (row["observed"] or {}).get("value")
    return float(value) if isinstance(value, int | float) else None


def _written(row: Row, figure: float | None) -> str:
    if figure is None:
        return ""
    name = row["expectation"]
    share = row["severity"] == "row" or name.endswith("_share") or name in ("constant", "row_count_change", "churn")
    return percent(figure) if share else number(int(figure) if float(figure).is_integer() else round(figure, 2))
