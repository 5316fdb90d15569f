"""What `mdm check` found, on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from mdm.cleanse.values import VALID
from mdm.openid import OpenIdSettings
from pipelines.check import DeliveryReport, SourceReport
from pipelines.cleansed_rows import CleansedValue
from pipelines.show.console import LEFT, RIGHT, console, heading, table
from pipelines.sync.checking import TargetReport

WHOLE = 3  # records that are shown whole; of the others what is not valid
_STYLES = {"valid": "green", "repaired": "cyan", "suspicious": "yellow", "unreadable": "red"}


def show_check(
    reports: Sequence[SourceReport], targets: Sequence[TargetReport] = (), openid: OpenIdSettings | None = None
) -> None:
    """Print one part per source: its files, what is mapped from what, what would be rejected; targets; where people
    sign in."""
    out = console()
    if not reports:
        out.print("no source contracts yet: write sources/<system>.yaml after the example there")
    for report in reports:
        heading(out, f"{report.source}  ({report.contract})")
        if report.problem:
            out.print(Text(f"  {report.problem}", style="red"))
        for delivery in report.deliveries:
            _delivery(out, delivery)
    for target in targets:
        heading(out, f"to {target.target}: {target.of}  ({target.contract})")
        out.print("  " + ", ".join(f"{name} = {value}" for name, value in target.columns))
        if target.problem:
            out.print(Text(f"  {target.problem}", style="red"))
    if openid is not None:
        known = "is set" if openid.secret is not None else "is not set"
        out.print(Text(f"console: people sign in at {openid.issuer}; {openid.secret_variable} {known} here"))
    bad = [report.source for report in reports if report.problems]
    if bad:
        out.print(Text(f"\nwould be stopped or missing: {', '.join(bad)}", style="red"))


def _delivery(out: Console, delivery: DeliveryReport) -> None:
    cut = f"{delivery.extracted_at:%Y-%m-%d %H:%M} UTC"
    out.print(f"  {delivery.name}, {delivery.size:,} bytes, cut {cut}")
    if delivery.problem:
        out.print(Text(f"  {delivery.problem}", style="red"))
    if delivery.rows:
        out.print(f"  the first {delivery.rows} rows make {delivery.records} records:")
        rows = [[c.key, c.columns, c.filled, "  |  ".join(c.samples)] for c in delivery.mapped]
        out.print(table({"mapped to": LEFT, "from": LEFT, "filled": RIGHT, "for instance": LEFT}, rows))
        _cleansed(out, delivery.cleansed)
    for row in delivery.rejected:
        out.print(Text(f"  line {row.line} would go to quarantine, {row.reason}: {row.detail}", style="yellow"))
    for note in delivery.notes:
        out.print(f"  {note}")


def _cleansed(out: Console, values: Sequence[CleansedValue]) -> None:
    """Original, cleansed, mark and reason: the first records whole, and of the other rows what is not valid."""
    if not values:
        return
    first = list(dict.fromkeys((value.line, value.record) for value in values))[:WHOLE]
    shown = [value for value in values if (value.line, value.record) in first or value.mark != VALID]
    counts = Counter(value.mark for value in values)
    marks = ", ".join(f"{counts[mark]} {mark}" for mark in _STYLES if counts[mark])
    out.print(f"  cleansed: {len(values)} values, {marks}; the first records whole, of the others what is not valid:")
    rows = []
    for value in shown:
        mark = Text(value.mark, style=_STYLES[value.mark])
        rows.append(
            [str(value.line), value.record, value.attribute, value.original, value.cleansed, mark, value.reason]
        )
    columns = ("line", "record", "attribute", "original", "cleansed", "mark", "why")
    out.print(table(dict.fromkeys(columns, LEFT), rows))
