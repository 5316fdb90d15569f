"""The report of a run (pipelines.report) on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from pipelines.show.console import LEFT, RIGHT, console, counted, duration, heading, table

# promise 8: rows read = the sum of these
EQUATION = {
    "accepted": "=accepted", "unchanged": "+unchanged", "duplicate": "+duplicate", "deletion": "+deletion",
    "quarantined": "+quarantined", "suppressed": "+suppressed",
}  # fmt: skip
ALWAYS = ("rows_read", "accepted", "unchanged", "quarantined")  # the others where any source has some
TITLES = {"rows_read": "read", **EQUATION, "records": "records", "missing": "gone from the feed"}
STATUS = {
    "applied": ("applied", "green"),
    "unchanged": ("nothing changed", "green"),
    "stopped": ("stopped; nothing was applied", "red"),
    "dry_run": ("dry run; nothing was applied", "yellow"),
    "unfinished": ("not finished, as asked for; the next run goes on from there", "yellow"),
}


def show_report(report: Mapping[str, Any]) -> None:
    """Print what became of every row, of the records and the customers, and what each step took."""
    out = console()
    words, style = STATUS[report["status"]]
    out.print(Text.assemble(f"Run {report['run_id']} of {report['business_date']}: ", (words, f"bold {style}")))
    if report.get("reason"):
        out.print(f"  {report['reason']}")
    _sources(out, report)
    if "match" in report["steps"]:
        _customers(out, report)
    _steps(out, report["steps"])


def _sources(out: Console, report: Mapping[str, Any]) -> None:
    rows = report["sources"]
    heading(out, "Rows")
    names = [name for name in TITLES if name in ALWAYS or any(row[name] for row in rows)]
    columns = {"source": LEFT, "file": LEFT, **{TITLES[name]: RIGHT for name in names}, "": LEFT}
    body = [[row["system"], row["file"], *(row[n] for n in names), _state(row)] for row in rows]
    total = ["all", "", *(sum(row[n] for row in rows) for n in names), ""]
    drawn = table(columns, body, footer=total)
    if out.measure(drawn, options=out.options.update(max_width=1000)).maximum <= out.width:
        out.print(drawn)
    else:  # a number must not be cut
        _equations(out, rows)
    for system, reason in report["stopped"].items():
        out.print(Text(f"{system} was stopped, nothing of it was applied: {reason}", style="red"))
    for row in rows:
        if row["status"] == "older":
            out.print(Text(f"{row['system']}: {row['file']} was left aside: {row['reason']}", style="yellow"))
    for system in report["missing"]:
        out.print(Text(f"{system}: no feed was delivered; its records stay as they are", style="yellow"))
    if report["quarantined"]:
        heading(out, "Sent to quarantine")
        columns = {"source": LEFT, "rows": RIGHT, "reason": LEFT, "the first": LEFT, "": LEFT}
        names = ["system", "rows", "reason", "where", "detail"]
        out.print(table(columns, [[row[name] for name in names] for row in report["quarantined"]]))


def _equations(out: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """The same for narrow terminals, a line per file."""
    for row in rows:
        parts = [f"{row[name]:,} {name}" for name in EQUATION if row[name]] or ["0"]
        gone = f"; {row['missing']:,} gone from the feed" if row["missing"] else ""
        text = f"  {row['system']} {row['file']}: {row['rows_read']:,} rows = {' + '.join(parts)}{gone} "
        out.print(Text.assemble(text, _state(row)))


def _state(row: Mapping[str, Any]) -> Text:
    styles = {"applied": "", "repeated": "dim", "older": "yellow", "stopped": "red", "failed": "red"}
    words = {"applied": "", "repeated": "delivered before", "failed": "unreadable"}
    return Text(words.get(row["status"], row["status"]), style=styles.get(row["status"], ""))


def _customers(out: Console, report: Mapping[str, Any]) -> None:
    heading(out, "Customers")
    width = max(len(name) for name, _ in _facts(report))
    for name, text in _facts(report):
        out.print(f"  {name:<{width}}  {text}", soft_wrap=True)


def _facts(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What changed, one line each: a name and a text."""
    records, households = report["records"], report["households"]
    some = {"new": records["new"], "changed": records["records"] - records["new"], "gone": records["gone"],
            "keys given to somebody else": records["reused_keys"]}  # fmt: skip
    yield "records", counted(some)
    yield "candidate pairs", counted(report["candidates"])
    yield "pairs kept", counted(report["pairs"])
    yield "customers", f"{report['customers']['customers']:,} resolved; PINs: {counted(report['lineage'])}"
    kinds = {kind: households[kind] for kind in ("household", "legal_entity") if kind in households}
    yield "households", counted(kinds)
    applied = report["applied"]
    open_tasks = f"{report['customers']['open']:,}"
    if applied:
        open_tasks += f" among these; {applied['tasks_opened']:,} tasks opened, {applied['tasks_closed']:,} closed"
    yield "possible matches", open_tasks
    changed = {name.removesuffix("_changed"): applied[name] for name in applied if name.endswith("_changed")}
    if changed:
        yield "changed in the store", counted(changed)
    for party, notes in report["model_notes"].items():
        for note in notes:
            yield f"model of {party}s", note
    for key in report["too_common"][:10]:
        value = f"{key['value']} ({key['key']}, {key['records']:,} {key['party']} records)"
        yield "too common to match by", value
    for value in report["generic"]:
        held = f"{value['value']} ({value['kind']}, held by {value['people']:,} {value['party']}s)"
        yield "no evidence any more" if value["generic"] else "evidence again", held


def _steps(out: Console, steps: Mapping[str, Mapping[str, Any]]) -> None:
    heading(out, "Time and peak memory")
    rows = [[name, duration(s["seconds"]), _megabytes(s["peak_mb"])] for name, s in steps.items()]
    seconds = sum(s["seconds"] or 0 for s in steps.values())
    peak = max((s["peak_mb"] or 0 for s in steps.values()), default=0)
    footer = ["all", duration(seconds), _megabytes(peak)]
    out.print(table({"step": LEFT, "time": RIGHT, "memory": RIGHT}, rows, footer=footer))


def _megabytes(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f} MB"
