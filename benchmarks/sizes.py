"""`make bench-sizes`: what a row of the first night costs at growing sizes, and the memory of the largest.

    python -m benchmarks.sizes [--rows N ...] [--scratch DIR] [--json OUT]

The sample operator is generated at each size; then the night, as a process, from the files to the golden store. Each
size is four times the one before, unless others are asked for. Leaves with 1 when a target was missed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from benchmarks.process import Took, run_mdm, run_module
from benchmarks.scratch import scratch_directory
from benchmarks.table import Figure, add_json, finish
from benchmarks.timing import show_steps

SIZES = (250_000, 1_000_000, 4_000_000)
GATE_STOPPED = 3
MOST_GROWTH = 1.2  # times the cost of a row, from one size to the next
MOST_MEMORY_MB = 14 * 1024  # at the largest size


class _Size(NamedTuple):
    """A night. asked: rows that were asked for; rows: that it read."""

    asked: int
    rows: int
    took: Took

    @property
    def of_a_row(self) -> float:
        """Microseconds."""
        return self.took.seconds / self.rows * 1e6


def main() -> None:
    """Parse the arguments, measure, print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sizes", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES, help="sizes, smallest first")
    parser.add_argument("--scratch", type=Path, help="an empty directory to work in, kept (default: one that is not)")
    add_json(parser)
    asked = parser.parse_args()
    with scratch_directory(asked.scratch) as scratch:
        found = [_night(rows, scratch / f"operator-{rows}") for rows in asked.rows]
    finish(figures(found), asked.json, steps={size.asked: size.took.said["steps"] for size in found})


def figures(found: list[_Size]) -> list[Figure]:
    """What the nights took, and what a row costs more from one to the next."""
    only_at = "" if max(size.asked for size in found) >= SIZES[-1] else f"{SIZES[-1]:,} rows"
    told: list[Figure] = []
    for size in found:
        name, took = f"{size.asked:,} rows", size.took
        told += [
            Figure(f"{name}, night, wall", took.seconds, "s", None, None, took.processor_seconds, "processor"),
            Figure(f"{name}, of a row", size.of_a_row, "us"),
            Figure(f"{name}, peak memory", took.peak_mb, "MB"),
        ]
    for less, more in pairwise(found):
        growth = more.of_a_row / less.of_a_row
        told.append(Figure(f"a row, {more.asked:,} to {less.asked:,}", growth, "x", None, MOST_GROWTH, only_at=only_at))
    peak = found[-1].took.peak_mb
    return [*told, Figure("peak memory of the largest", peak, "MB", None, MOST_MEMORY_MB, only_at=only_at)]


def _night(rows: int, workspace: Path) -> _Size:
    print(f"... a night of about {rows:,} rows", file=sys.stderr, flush=True)
    run_module("benchmarks.operator", "--rows", str(rows), "--out", workspace)
    try:
        took = run_mdm("run", workspace=workspace, allow=(0, GATE_STOPPED))
    finally:
        run_mdm("stop", workspace=workspace)
        shutil.rmtree(workspace / "var", ignore_errors=True)
    print(f"{took.seconds:.0f} s\n{show_steps(took.said['steps'])}", file=sys.stderr, flush=True)
    return _Size(rows, sum(source["rows_read"] for source in took.said["sources"]), took)


if __name__ == "__main__":
    main()
