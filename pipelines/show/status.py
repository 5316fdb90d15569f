"""`mdm status` on a terminal: pipelines.status drawn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from pipelines.show.console import LEFT, RIGHT, console, counted, duration, heading, table
from pipelines.show.schedule import show_schedule

STYLES = {"applied": "green", "unchanged": "green", "stopped": "red", "failed": "red", "unfinished": "yellow"}
MARKS = {"ok": "", "absent": "dim", "warned": "yellow", "rejected": "yellow", "stopped": "bold red"}


def show_status(found: Mapping[str, Any]) -> None:
    """Print how the workspace stands."""
    out = console()
    out.print(f"workspace {found['workspace']}, database {found['database']}")
    _running(out, found["running"])
    if not found["runs"]:
        out.print("no run yet: mdm run")
        show_schedule(out, found["schedule"])
        return
    _runs(out, found["runs"])
    _steps(out, found)
    _sources(out, found["sources"])
    heading(out, "Customers")
    out.print(f"  customers         {counted(found['customers'])}")
    out.print(f"  households        {counted(found['households'])}")
    out.print(f"  open tasks        {counted(found['tasks'])}")
    if not found["quarantine"]:
        out.print("  quarantine        empty")
    for row in found["quarantine"]:
        since = f"{row['since']:%Y-%m-%d}"
        out.print(f"  quarantine        {row['rows']:,} rows of {row['system']}: {row['reason']}, since {since}")
    show_schedule(out, found["schedule"])


def _running(out: Console, holder: Mapping[str, Any] | None) -> None:
    if holder is None:
        out.print("nobody is running")
        return
    since = f"{holder['since']:%Y-%m-%d %H:%M:%S %Z}"
    what = f"{holder['command'] or 'a run'}: process {holder['pid']} on {holder['host']}, since {since}"
    out.print(Text(f"running now: {what}", style="yellow"))


def _runs(out: Console, runs: list[Mapping[str, Any]]) -> None:
    heading(out, "Last runs")
    columns = {"run": LEFT, "of": LEFT, "began": LEFT, "took": RIGHT, "": LEFT, "rows read": RIGHT}
    columns |= {"records changed": RIGHT, "stopped": LEFT, "missing": LEFT}
    rows = [
        [
            run["run_id"],
            run["business_date"],
            f"{run['started_at']:%Y-%m-%d %H:%M}",
            duration((run["ended_at"] - run["started_at"]).total_seconds()) if run["ended_at"] else "",
            Text(run["status"], style=STYLES.get(run["status"], "")),
            run["rows_read"],
            run["records_changed"],
            ", ".join(run["stopped"]),
            ", ".join(run["missing"]),
        ]
        for run in runs
    ]
    out.print(table(columns, rows))
    for system, reason in runs[0]["stopped"].items():
        out.print(Text(f"{system} was stopped: {reason}", style="red"))


def _steps(out: Console, found: Mapping[str, Any]) -> None:
    heading(out, f"Steps of {found['runs'][0]['run_id']}")
    steps = found["steps"]
    rows = [
        [s["step"], s["status"], duration(s["seconds"]), "" if s["peak_mb"] is None else f"{s['peak_mb']:,.0f} MB"]
        for s in steps
    ]
    out.print(table({"step": LEFT, "": LEFT, "time": RIGHT, "memory": RIGHT}, rows))


def _sources(out: Console, sources: list[Mapping[str, Any]]) -> None:
    heading(out, "Sources")
    columns = {"source": LEFT, "records": RIGHT, "last applied": LEFT, "cut": LEFT, "age": RIGHT, "": LEFT}
    rows = []
    for source in sources:
        cut: dt.datetime | None = source["extracted_at"]
        rows.append(
            [
                source["system"],
                source["records"],
                source["file"] or "never",
                f"{cut:%Y-%m-%d %H:%M}" if cut else "",
                duration(source["age_seconds"]),
                "" if source["contract"] else "no contract any more",
            ]
        )
    out.print(table(columns, rows))


def show_quality(trend: Mapping[str, Any]) -> None:
    """Print the trend of the expectations: a column per run, a row per expectation and source."""
    out = console()
    if not trend["runs"]:
        out.print("no expectation has been checked yet: mdm run")
        return
    columns = {"source": LEFT, "suite": LEFT, "expectation": LEFT, "of": LEFT, **dict.fromkeys(trend["runs"], RIGHT)}
    rows = [
        [
            row["system"],
            row["suite"],
            row["expectation"].replace("_", " "),
            "" if row["column_name"] == row["expectation"] else row["column_name"],
            *(_cell(cell) for cell in row["cells"]),
        ]
        for row in trend["rows"]
    ]
    out.print(table(columns, rows))
    for row in trend["rows"]:
        if row["message"]:
            out.print(f"{row['system'] or 'all'}: {row['message']}")
    out.print("ok: held; number: what was found; yellow: rows in quarantine or a warning; red: stopped; -: not checked")


def _cell(cell: Mapping[str, Any]) -> Text:
    text = "-" if cell["mark"] == "absent" else cell["text"] or "ok"
    return Text(text, style=MARKS[cell["mark"]])
