"""What many nights come to: the linked feeds in random nights, and the operator's nights of the acceptance test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.feeds_in_nights import measure_feeds_in_nights
from benchmarks.table import Figure
from benchmarks.thirty_nights.run import live

FULL_SIZE = (10_000, 30)  # customers and nights that the targets are for


def measure_nights(customers: int, nights: int, scratch: Path, say: Callable[[str], None]) -> list[Figure]:
    """The figures of both; a target that is for more customers or nights than these does not bind."""
    figures = measure_feeds_in_nights(scratch / "feeds", say)
    say(f"{nights} nights of {customers:,} customers")
    (scratch / "operator").mkdir(mode=0o711)
    lived = live(scratch / "operator", customers, nights, answers=1, writes=1)
    full = customers >= FULL_SIZE[0] and nights >= FULL_SIZE[1]
    only_at = "" if full else "{:,} customers, {} nights".format(*FULL_SIZE)
    shares = [replace(figure, only_at=only_at) if figure.unit == "%" else figure for figure in lived.figures()]
    return [*figures, *(replace(figure, what=f"nights: {figure.what}") for figure in shares)]
