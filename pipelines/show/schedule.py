"""The schedule on a terminal: what runs next, how it went last, what failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from pipelines.show.console import LEFT, heading, table

STYLES = {"done": "green", "failed": "red", "stopped": "red", "misused": "red", "lost": "yellow"}


def show_schedule(out: Console, found: Mapping[str, Any]) -> None:
    """Print it; nothing where nothing is planned."""
    if found["problem"] is not None:
        heading(out, "Schedule")
        out.print(Text(found["problem"], style="red"))
    if not found["jobs"]:
        return
    heading(out, f"Schedule ({found['time_zone']})")
    rows = []
    for job in found["jobs"]:
        last = job["last"]
        outcome = "" if last is None else last["outcome"] or "under way"
        rows.append(
            [
                job["job"],
                job["cron"],
                f"{job['next']:%Y-%m-%d %H:%M}" + (", and one that was missed" if job["missed"] else ""),
                "" if last is None else f"{last['started_at'].astimezone(job['next'].tzinfo):%Y-%m-%d %H:%M}",
                Text(outcome, style=STYLES.get(outcome, "")),
            ]
        )
    out.print(table({"job": LEFT, "line": LEFT, "next": LEFT, "last": LEFT, "": LEFT}, rows))
    if not found["workers"]:
        out.print(Text("no worker is alive: mdm worker", style="yellow"))
    failed = found["last_failure"]
    if failed is not None:
        code = "" if failed["exit_code"] is None else f" with {failed['exit_code']}"
        again = "" if failed["again_at"] is None else f", tried again at {failed['again_at']:%Y-%m-%d %H:%M:%S %Z}"
        what = f"last failure: {failed['job']} ({failed['outcome']}{code}), {failed['ended_at']:%Y-%m-%d %H:%M %Z}"
        out.print(Text(what + again, style="red"))
        out.print(f"  log: var/log/{failed['log']} on {failed['worker'].partition(':')[0]}")
