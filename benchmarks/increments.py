"""What a night costs that changes 10,000 rows of a store of a million, beside bare Splink on the million.

The changes come as a delta of one source, then, other ones, in full deliveries of all sources; the delta also on a
store of a tenth of the size. Process start is included. Runs after benchmarks.timing, on its workspace.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.changes import change_feed, declare, only_changes
from benchmarks.process import Took, run_mdm, run_module
from benchmarks.table import Figure

GATE_STOPPED = 3
ROWS = 10_000
OF_SMALL = 10  # the smaller store has so many times fewer rows
FIRST_DAY = dt.date(2026, 4, 1)
MOST_DELTA, MOST_FULL, MOST_OF_SMALL = 1.0, 2.5, 2.0
SPLINK = "bare Splink on the whole store"


def measure_increments(
    rows: int, workspace: Path, bare_seconds: float, scratch: Path, only_at: str, say: Callable[[str], None]
) -> list[Figure]:
    """The figures of two nights with `ROWS` changed rows (fewer on a small store) on a store of `rows` rows."""
    changed = min(ROWS, rows // 20)
    say(f"a delta of {changed:,} rows")
    delta = _delta_night(workspace, changed, scratch / "delta")
    say(f"{delta.seconds:.0f} s; full deliveries with {changed:,} other rows changed")
    change_feed(workspace / "landing", changed, FIRST_DAY + dt.timedelta(1), seed=2)
    full = _night(workspace, workspace / "landing")
    say(f"{full.seconds:.0f} s; the delta on a store of {rows // OF_SMALL:,} rows")
    small = scratch / "small"
    run_module("benchmarks.operator", "--rows", str(rows // OF_SMALL), "--out", small)
    try:
        _night(small, small / "landing")
        on_small = _delta_night(small, changed, scratch / "delta-small")
    finally:
        run_mdm("stop", workspace=small)
    return [
        Figure("delta, records changed", delta.said["records"]["records"], "records"),
        Figure("delta, wall", delta.seconds, "s", None, None, bare_seconds, SPLINK),
        Figure("delta, of bare Splink", delta.seconds / bare_seconds, "x", None, MOST_DELTA, only_at=only_at),
        Figure("delta, of the same on a tenth", delta.seconds / on_small.seconds, "x", None, MOST_OF_SMALL,
               on_small.seconds, "s on the smaller store", only_at=only_at),
        Figure("full, records changed", full.said["records"]["records"], "records"),
        Figure("full, wall", full.seconds, "s", None, None, bare_seconds, SPLINK),
        Figure("full, of bare Splink", full.seconds / bare_seconds, "x", None, MOST_FULL, only_at=only_at),
    ]  # fmt: skip


def _delta_night(workspace: Path, changed: int, scratch: Path) -> Took:
    """Change rows of the feed in the landing folder, and let a night read only these."""
    landing, before = workspace / "landing", scratch / "before"
    shutil.copytree(landing, before)
    change_feed(landing, changed, FIRST_DAY, seed=1)
    only_changes(before, landing, scratch / "landing")
    declare(workspace, "delta")
    try:
        return _night(workspace, scratch / "landing")
    finally:
        declare(workspace, "full")


def _night(workspace: Path, landing: Path) -> Took:
    return run_mdm("run", workspace=workspace, landing=landing, allow=(0, GATE_STOPPED))
