"""`make bench-cleanse`: how long cleansing takes, beside bare Splink on the rows that come out, in the same run.

    python -m benchmarks.cleansing [--rows N] [--scratch DIR] [--json OUT]

The sample operator is generated at the size asked for, half of it Chinese, half Canadian, with all attributes. Its
feeds are read and mapped first, which is not counted; then all rows of all sources are cleansed as the night does it:
from columns as delivered to cleansed columns, on two processes. The table below the figures says what the parts cost in
one process, one after the other. Leaves with 1 when the target was missed at the size that it is for.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.process import run_module
from benchmarks.scratch import scratch_directory
from benchmarks.table import Figure, add_json, finish
from mdm.cleanse.batch import start_batch
from mdm.cleanse.parts import LIST_PARTS, SCALAR_PARTS, ListPart
from mdm.cleanse.values import CleanseContext
from mdm.cleanse.workers import Kind, Result, Workers
from mdm.contracts import load_contracts
from mdm.settings import Settings
from pipelines.cleansing import PROCESSES
from pipelines.landing import find_deliveries
from pipelines.mapping import map_rows
from pipelines.readers import read_delivery

FULL_SIZE = 1_000_000  # rows that the target is for; less is start-up more than work
MOST_TIMES_SPLINK = 2.0
Feed = tuple[pa.Table, CleanseContext]


def main() -> None:
    """Parse the arguments, measure, print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cleansing", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000, help="rows to cleanse (default 100,000)")
    parser.add_argument("--scratch", type=Path, help="a directory to work in, kept; feeds that are there are used")
    add_json(parser)
    arguments = parser.parse_args()
    with scratch_directory(arguments.scratch) as scratch:
        figures = measure(arguments.rows, scratch)
    finish(figures, arguments.json)


def measure(rows: int, scratch: Path) -> list[Figure]:
    """The figures, at about `rows` rows."""
    workspace, file = scratch / "operator", scratch / "cleansed.parquet"
    if not workspace.exists():
        run_module("benchmarks.operator", "--rows", str(rows), "--out", workspace)
    feeds = _mapped(workspace)
    count = sum(table.num_rows for table, _ in feeds)
    _say(f"{count:,} rows read and mapped; cleansing")
    began = time.monotonic()
    cleansed = _cleanse(feeds)
    seconds = time.monotonic() - began
    pq.write_table(cleansed, file)
    _say(f"{seconds:.1f} s; bare Splink on what came out")
    bare = run_module("benchmarks.bare_splink", file, "--json").said["seconds"]
    del cleansed
    _say(f"{bare:.1f} s; the parts one by one")
    only_at = "" if rows >= FULL_SIZE else f"{FULL_SIZE:,} rows"
    parts = sorted(_parts(feeds).items(), key=lambda part: -part[1])
    return [
        Figure("rows cleansed", count, "rows"),
        Figure("cleansing, wall", seconds, "s", None, None, bare, "bare Splink (train, predict, cluster)"),
        Figure("cleansing, times bare Splink", seconds / bare, "x", None, MOST_TIMES_SPLINK, only_at=only_at),
        *(Figure(f"part: {name}, one process", took, "s") for name, took in parts),
    ]


def _mapped(workspace: Path) -> list[Feed]:
    """The rows of every source as the night reads them, with what their delivery says of them."""
    settings = Settings.load(workspace)
    found = []
    for contract in load_contracts(settings.sources):
        for delivery in find_deliveries(contract, settings.landing):
            raw = read_delivery(delivery, contract, max_field_bytes=settings.gates.max_field_bytes)
            region = contract.region or settings.cleanse.region
            context = CleanseContext(region, contract.area_code, contract.role, delivery.extracted_at)
            found.append((map_rows(raw.table, contract, file=delivery.name), context))
    return found


def _cleanse(feeds: Sequence[Feed]) -> pa.Table:
    with Workers(PROCESSES) as workers:
        started = [start_batch(table, context=context, workers=workers) for table, context in feeds]
        return pa.concat_tables([wait() for wait in started])


class _OneByOne(Workers):
    """Runs every part in this process, and keeps the seconds of each."""

    def __init__(self) -> None:
        super().__init__(1)
        self.seconds: dict[str, float] = {}

    def run(self, kind: Kind, index: int, values: list[pa.Array], context: CleanseContext) -> Callable[[], Result]:
        part = SCALAR_PARTS[index] if kind == "scalar" else LIST_PARTS[index]
        name = part.column if isinstance(part, ListPart) else part.outputs[0].partition(".")[0]
        began = time.process_time()
        found = super().run(kind, index, values, context)
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - began
        return found


def _parts(feeds: Sequence[Feed]) -> dict[str, float]:
    """Processor seconds of each part, and of the columns around them, in one process."""
    workers = _OneByOne()
    began = time.process_time()
    for table, context in feeds:
        start_batch(table, context=context, workers=workers)()
    whole = time.process_time() - began
    return workers.seconds | {"columns around them": whole - sum(workers.seconds.values())}


def _say(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
