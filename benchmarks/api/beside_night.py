"""What writing and reading take while a night is under way that changes 1% of the rows of the store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path

from benchmarks.api.load import Load, Request, put_load
from benchmarks.api.stores import GATE_STOPPED, Asked
from benchmarks.api.write import Bodies
from benchmarks.changes import change_feed, declare, only_changes
from benchmarks.increments import FIRST_DAY
from benchmarks.process import Took, run_mdm
from benchmarks.table import Figure

SHARE = 0.01
MOST_P99 = 5.0  # times that of an idle machine
LONGEST = 2000.0  # ms
PAUSE = 0.05  # seconds between two reads: they shall see waiting, not make it


def measure_beside_a_night(
    asked: Asked, port: int, idle: Load, bodies: Bodies, scratch: Path, only_at: str
) -> list[Figure]:
    """The figures of one client that writes, and one that looks up, from the beginning of the night to its end.

    idle: one client that writes, without a night. The night reads a delta of the mobile billing feed.
    """
    workspace = asked.settings.workspace
    changed = _delta(asked, scratch)
    declare(workspace, "delta")
    try:
        with ThreadPoolExecutor(3) as pool:
            night = pool.submit(
                run_mdm, "run", workspace=workspace, landing=scratch / "landing", allow=(0, GATE_STOPPED)
            )
            writing = pool.submit(_ask, port, bodies.requests("night", count()), asked.key, night, 0.0)
            reading = pool.submit(_ask, port, _pins(asked), asked.key, night, PAUSE)
            writes, reads, took = writing.result(), reading.result(), night.result()
    finally:
        declare(workspace, "full")
    apply = took.said["steps"]["apply"]["seconds"]
    words = f"of {took.seconds:.0f} s, {changed:,} rows, apply {apply:.1f} s"
    longest = max(writes.seconds) * 1000
    return [
        Figure(f"beside a night {words}: writes", len(writes.whole), "records"),
        Figure("beside a night: write, p50", writes.at(0.5), "ms", None, None, idle.at(0.5), "without a night"),
        Figure("beside a night: write, p99", writes.at(0.99), "ms", None, None, idle.at(0.99), "without a night"),
        Figure("beside a night: write, p99 times idle", writes.at(0.99) / idle.at(0.99), "x", None, MOST_P99,
               only_at=only_at),
        Figure("beside a night: write, longest", longest, "ms", None, LONGEST, only_at=only_at),
        Figure("beside a night: write, asked to come again (503)", writes.retried, "answers"),
        Figure("beside a night: write, longest with coming again", max(writes.whole) * 1000, "ms"),
        Figure("beside a night: write, refused or failed", writes.refused, "writes", None, 0),
        Figure("beside a night: look up, p99", reads.at(0.99), "ms"),
        Figure("beside a night: look up, longest", max(reads.seconds) * 1000, "ms", None, LONGEST, only_at=only_at),
    ]  # fmt: skip


def _ask(port: int, requests: Iterator[Request], key: str, night: Future[Took], pause: float) -> Load:
    return put_load(port, requests, connections=1, key=key, until=night.done, pause=pause, come_again=True)


def _delta(asked: Asked, scratch: Path) -> int:
    """Rows of the mobile billing feed that changed, in `scratch`/landing; how many."""
    landing, before, after = asked.settings.landing, scratch / "before", scratch / "after"
    for copy in (before, after):
        copy.mkdir()
        for file in landing.glob("mobile_*"):
            shutil.copy(file, copy)
    change_feed(after, max(1, round(asked.size * SHARE)), FIRST_DAY, seed=5)
    return only_changes(before, after, scratch / "landing")


def _pins(asked: Asked) -> Iterator[Request]:
    return (("GET", f"/v1/customers/{asked.drawn.pins[n % len(asked.drawn.pins)]}", None) for n in count())
