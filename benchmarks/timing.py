"""How long the night takes and how much memory, beside bare Splink on the same cleansed rows in the same run.

The sample operator is generated at the size asked for; then, each as a process: the night, bare Splink, the night again
with nothing new, once more with every file touched and its rows in another order, and nights in which some rows change.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.increments import measure_increments
from benchmarks.process import Took, run_mdm, run_module
from benchmarks.shuffle import shuffle_feeds
from benchmarks.storing import measure_storing
from benchmarks.table import Figure

GATE_STOPPED = 3
SEED = 7
FULL_SIZE = 1_000_000  # rows that the targets of time and memory are for; less is start-up more than work
MOST_TIMES_SPLINK = 8.0
MOST_MEMORY_MB = 8 * 1024
MOST_OF_FIRST = 0.1
SPLINK, FIRST = "bare Splink", "the first run"


def measure_time(rows: int, scratch: Path, say: Callable[[str], None]) -> tuple[list[Figure], dict[str, Any]]:
    """The figures of time and memory at `rows` rows, and what each step of the night took."""
    workspace = scratch / "operator"
    say(f"making about {rows:,} rows")
    made = run_module("benchmarks.operator", "--rows", str(rows), "--out", workspace)
    try:
        say(f"made in {made.seconds:.0f} s; the night")
        night = _night(workspace)
        say(f"{night.seconds:.0f} s; bare Splink on the same cleansed rows")
        cleansed = scratch / "cleansed.parquet"
        run_module("benchmarks.cleansed", workspace, cleansed)
        bare = run_module("benchmarks.bare_splink", cleansed, "--truth", workspace / "truth.csv", "--json")
        only_at = "" if rows >= FULL_SIZE else f"{FULL_SIZE:,} rows"
        say(f"{bare.said['seconds']:.0f} s; COPY of what the night stored")
        stored = measure_storing(workspace, night, scratch, only_at)
        say("the night again")
        again = _night(workspace)
        shuffle_feeds(workspace / "landing")
        say(f"{again.seconds:.0f} s; the night with files touched and rows shuffled")
        shuffled = _night(workspace)
        later = measure_increments(rows, workspace, bare.said["seconds"], scratch, only_at, say)
    finally:
        run_mdm("stop", workspace=workspace)
    figures = _first(night, bare, only_at) + stored
    for name, run in (("again", again), ("shuffled", shuffled)):
        figures += _second(name, run, night, only_at)
    return [*figures, *later], night.said["steps"]


def show_steps(steps: dict[str, dict[str, float]]) -> str:
    """Where the time of the night goes."""
    total = sum(step["seconds"] for step in steps.values())
    lines = [f"{'step':12}{'seconds':>10}{'share':>8}{'peak MB':>10}"]
    for name, step in steps.items():
        share = step["seconds"] / total if total else 0.0
        lines.append(f"{name:12}{step['seconds']:>10.1f}{share:>8.1%}{step['peak_mb']:>10,.0f}")
    return "\n".join([*lines, f"{'together':12}{total:>10.1f}"])


def _night(workspace: Path) -> Took:
    return run_mdm("run", workspace=workspace, allow=(0, GATE_STOPPED))


def _first(night: Took, bare: Took, only_at: str) -> list[Figure]:
    said = bare.said
    rows = sum(source["rows_read"] for source in night.said["sources"])
    parts = ", ".join(f"{name} {said[f'{name}_seconds']}" for name in ("train", "predict", "cluster"))
    peak = max(night.peak_mb, *(step["peak_mb"] for step in night.said["steps"].values()))
    return [
        Figure("rows read", rows, "rows"),
        Figure("night, wall", night.seconds, "s", None, None, said["seconds"], f"{SPLINK} ({parts})"),
        Figure("night, wall, times bare Splink", night.seconds / said["seconds"], "x", None, MOST_TIMES_SPLINK,
               only_at=only_at),
        Figure("night, processor", night.processor_seconds, "s", None, None, bare.processor_seconds,
               f"{SPLINK}, whole process"),
        Figure("night, peak memory", peak, "MB", None, MOST_MEMORY_MB, said["peak_mb"], SPLINK, only_at),
    ]  # fmt: skip


def _second(name: str, run: Took, first: Took, only_at: str) -> list[Figure]:
    """A run that has nothing to do: its time, and how many records it took for changed."""
    records = run.said["records"]
    return [
        Figure(f"night {name}, wall", run.seconds, "s", None, None, first.seconds, FIRST),
        Figure(f"night {name}, of the first", run.seconds / first.seconds, "%", None, MOST_OF_FIRST, only_at=only_at),
        Figure(f"night {name}, records changed", records["records"] + records["gone"], "records", None, 0.0),
    ]
