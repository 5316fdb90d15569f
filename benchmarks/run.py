"""`make bench`: accuracy and time of the product, and what many nights come to, beside baselines in the same run.

    python -m benchmarks [--rows N] [--customers N] [--nights N] [--only accuracy|time|nights] [--scratch DIR]
                         [--json OUT]

Figures are ratios to baselines, as a machine is never the same twice. Leaves with 1 when a target was missed at the
size that the target is for; README.md beside this file says what each figure means.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from benchmarks.scratch import scratch_directory
from benchmarks.table import Figure, add_json, leave, show


def main() -> None:
    """Parse the arguments, measure, print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000, help="rows to measure time with (default 100,000)")
    parser.add_argument("--customers", type=int, default=300, help="customers to live nights with (default 300)")
    parser.add_argument("--nights", type=int, default=4, help="nights to live (default 4; the targets are for 30)")
    parser.add_argument("--only", choices=("accuracy", "time", "nights"), help="measure nothing else")
    parser.add_argument("--scratch", type=Path, help="an empty directory to work in, kept (default: one that is not)")
    add_json(parser)
    arguments = parser.parse_args()
    with scratch_directory(arguments.scratch) as scratch:
        for name in ("time", "accuracy", "nights"):
            (scratch / name).mkdir()
        figures, steps = _measure(arguments, scratch)
    leave(figures, arguments.json, steps=steps)


def _measure(asked: argparse.Namespace, scratch: Path) -> tuple[list[Figure], dict[str, Any]]:
    figures: list[Figure] = []
    steps: dict[str, Any] = {}
    if asked.only in (None, "time"):
        from benchmarks.timing import measure_time, show_steps

        timed, steps = measure_time(asked.rows, scratch / "time", _say)
        print(f"\n{show(timed)}\n\nWhere the time of the first night goes:\n{show_steps(steps)}\n", flush=True)
        figures += timed
    if asked.only in (None, "accuracy"):
        from benchmarks.accuracy import measure_accuracy

        accurate = measure_accuracy(scratch / "accuracy", _say)
        print(f"\n{show(accurate)}\n", flush=True)
        figures += accurate
    if asked.only in (None, "nights"):
        from benchmarks.nights import measure_nights

        lived = measure_nights(asked.customers, asked.nights, scratch / "nights", _say)
        print(f"\n{show(lived)}\n", flush=True)
        figures += lived
    return figures, steps


def _say(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)
