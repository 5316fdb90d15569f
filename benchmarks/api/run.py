"""`make bench-api`: what looking up, identifying and writing take, beside baselines of the same run.

    python -m benchmarks.api [--rows N | --workspace DIR] [--requests N] [--connections N] [--rounds N] [--json OUT]

A store of the sample operator's people is made by a night, or one that is there is used; beside it a small one, of a
hundredth of the size. Server, database and load generator share the machine. The night that is run beside the writing
clients at the end changes the store. Leaves with 1 when a target was missed at the size that the target is for.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks.api.beside_night import measure_beside_a_night
from benchmarks.api.identify import measure_identify
from benchmarks.api.lookups import measure_lookups
from benchmarks.api.queue import measure_queue
from benchmarks.api.stores import Asked, opened, serving, store_made
from benchmarks.api.write import bodies_of, measure_write
from benchmarks.scratch import scratch_directory
from benchmarks.table import Figure, add_json, finish

FULL_SIZE = 1_000_000  # records that the targets are for
SMALL, LEAST_SMALL = 0.01, 2_000  # the small store: of the rows of the large one, and at least
WRITTEN_TO = "identify by name + birth date, p50"
WORKERS = 2  # processes that serve those who write: one for each core; all else is asked of one


def main() -> None:
    """Parse the arguments, measure, print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the store that is made (default 100,000)")
    parser.add_argument("--workspace", type=Path, help="a workspace whose store is there; a night will change it")
    parser.add_argument("--requests", type=int, default=1000, help="requests of each kind (default 1,000)")
    parser.add_argument("--connections", type=int, default=16, help="at once, for look-ups (default 16)")
    parser.add_argument("--rounds", type=int, default=5, help="of look-ups, in turn (default 5)")
    add_json(parser)
    asked = parser.parse_args()
    with scratch_directory() as scratch:
        figures = measure(asked, scratch, lambda text: print(f"... {text}", file=sys.stderr, flush=True))
    finish(figures, asked.json)


def measure(asked: argparse.Namespace, scratch: Path, say: Callable[[str], None]) -> list[Figure]:
    """All figures."""
    with ExitStack() as stack:
        workspace = asked.workspace or stack.enter_context(store_made(asked.rows, scratch / "operator"))
        large = stack.enter_context(opened(workspace, asked.requests))
        rows = max(LEAST_SMALL, round(large.size * SMALL))
        small = stack.enter_context(opened(stack.enter_context(store_made(rows, scratch / "small")), asked.requests))
        only_at = "" if large.size >= FULL_SIZE * 0.95 else f"{FULL_SIZE:,} records"
        figures = [
            Figure("load of the machine before, of 1 minute", os.getloadavg()[0], "processes"),
            Figure("records in the store", large.size, "records"),
        ]
        say("looking up")
        figures += measure_lookups(large, small, connections=asked.connections, rounds=asked.rounds, only_at=only_at)
        with serving(large.service()) as port:
            say("turning pages of the queue")
            figures += measure_queue(large, port)
            say("identifying")
            identified = measure_identify(large.database, large.settings, large.drawn, port, large.key, only_at)
        with serving(large.service(WORKERS)) as port:
            written = _write(large, port, scratch, identified, only_at, say)
        figures += [*identified, *written]
    return [*figures, Figure("load of the machine after, of 1 minute", os.getloadavg()[0], "processes")]


def _write(
    large: Asked, port: int, scratch: Path, identified: list[Figure], only_at: str, say: Callable[[str], None]
) -> list[Figure]:
    asking = next(figure.measured for figure in identified if figure.what == WRITTEN_TO)
    say("writing")
    bodies = bodies_of(large)
    written, idle = measure_write(large, port, bodies, asking, only_at)
    say("writing beside a night of 1%")
    return [*written, *measure_beside_a_night(large, port, idle, bodies, scratch, only_at)]
