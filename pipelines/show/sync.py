"""What a sync did, on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from mdm.store.corrections import Correction
from pipelines.show.console import LEFT, RIGHT, console, counted, heading, table
from pipelines.sync.replay import Replayed
from pipelines.sync.reports import Told

MOST = 10  # kinds of altered fields that are shown


def show_told(reports: Sequence[Told]) -> None:
    """Print one part per target: what it was told, what it answered, what could not be written as it is."""
    out = console()
    if not reports:
        out.print("no target contracts yet: write targets/<target>.yaml (docs/sync.md)")
    for report in reports:
        heading(out, f"{report.target}  ({report.seconds:.1f} s)")
        for reply in report.replies:
            if reply.status == "applied":
                said = f"{reply.accepted:,} accepted, {reply.rejected:,} rejected"
                out.print(f"  {reply.file} answers delivery {reply.delivery}: {said}")
            else:
                out.print(Text(f"  {reply.file} {reply.status}: {reply.problem}", style="yellow"))
        for sent in report.deliveries:
            again = ", finished now" if sent.resumed else ""
            repeats = f", {sent.repeats:,} of them again" if sent.repeats else ""
            out.print(f"  delivery {sent.number} ({sent.kind}{again}): {sent.rows:,} rows in {sent.file}")
            out.print(f"    {counted(sent.actions)}{repeats}")
            for field, rows in list(sent.altered.items())[:MOST]:
                out.print(f"    could not be written as it is: {field} (rows: {rows:,})")
        if report.tasks:
            out.print(f"  {report.tasks:,} rows were not taken after all attempts: tasks for stewards")
        if report.error:
            out.print(Text(f"  {report.error}", style="red"))
        elif not report.deliveries:
            out.print("  nothing to tell")


def show_replayed(made: Replayed) -> None:
    """Print where a delivery was made again, and whether it is the same."""
    out = console()
    out.print(f"delivery {made.number} of {made.target}: {made.rows:,} rows in {made.file}")
    if made.same:
        out.print("the same, byte for byte")
    elif made.withheld:
        out.print(f"the same but for {made.withheld:,} rows of people who were erased since")
    else:
        out.print(Text("not the same bytes as then: another version of mdm may have written it", style="red"))


def show_corrections(found: Sequence[Correction]) -> None:
    """Print who was told a wrong PIN, and what became of the correction."""
    out = console()
    if not found:
        out.print("nobody was told a PIN that proved wrong")
        return
    rows = [
        [each.at.strftime("%Y-%m-%d %H:%M"), each.because, f"{each.to} {each.name}", each.key, each.wrong, each.right,
         each.told_in, each.corrected_in, each.state, each.reason]
        for each in found
    ]  # fmt: skip
    columns = {
        "when": LEFT, "because": LEFT, "told": LEFT, "key": LEFT, "wrong": LEFT, "right": LEFT, "in": RIGHT,
        "corrected in": RIGHT, "state": LEFT, "reason": LEFT,
    }  # fmt: skip
    out.print(table(columns, rows))
