"""What `mdm check` found, on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from mdm.openid import OpenIdSettings
from pipelines.check import DeliveryReport, SourceReport
from pipelines.show.console import LEFT, RIGHT, console, heading, table
from pipelines.sync.checking import TargetReport


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
    for row in delivery.rejected:
        out.print(Text(f"  line {row.line} would go to quarantine, {row.reason}: {row.detail}", style="yellow"))
    for note in delivery.notes:
        out.print(f"  {note}")
