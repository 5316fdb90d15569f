"""The one table that the benchmarks print: what, measured, must reach, baseline; and how each of them ends."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

import orjson

HEADINGS = ("what", "measured", "must reach", "baseline")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line. at_least, at_most: what must be reached (neither: a fact without a target).

    only_at: the size that the target is for, in words, when this run was smaller: then it is shown and does not bind.
    """

    what: str
    measured: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    baseline: float | None = None
    baseline_is: str = ""
    only_at: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target is met; None without one that binds."""
        if self.only_at or (self.at_least is None and self.at_most is None):
            return None
        above = self.at_least is None or self.measured >= self.at_least
        return above and (self.at_most is None or self.measured <= self.at_most)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self) | {"reached": self.reached}


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json OUT`: the same of every benchmark."""
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures here too")


def finish(figures: Sequence[Figure], out: Path | None, **more: Any) -> NoReturn:
    """Print the table and `leave`."""
    print(f"\n{show(figures)}\n", flush=True)
    leave(figures, out, **more)


def leave(figures: Sequence[Figure], out: Path | None, **more: Any) -> NoReturn:
    """Write the figures, and what else machines are told, to `out`; leave with 1 when a target was missed."""
    if out is not None:
        document = {"figures": [figure.to_json() for figure in figures], **more}
        out.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    sys.exit(any(figure.reached is False for figure in figures))


def show(figures: Iterable[Figure]) -> str:
    """The figures as a table of plain text; a target that was missed is marked."""
    rows = [HEADINGS, *map(_row, figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _row(figure: Figure) -> tuple[str, str, str, str]:
    target = ""
    if figure.at_least is not None:
        target = f">= {_number(figure.at_least, figure.unit)}"
    elif figure.at_most is not None:
        target = f"<= {_number(figure.at_most, figure.unit)}"
    if figure.only_at:
        target += f" at {figure.only_at}"
    if figure.reached is False:
        target += "  MISSED"
    baseline = figure.baseline_is
    if figure.baseline is not None:
        baseline = f"{_number(figure.baseline, figure.unit)} {baseline}"
    return figure.what, _number(figure.measured, figure.unit), target, baseline


def _number(value: float, unit: str) -> str:
    if unit == "%":
        return f"{value:.2%}"
    if unit == "":
        return f"{value:.4f}"
    return f"{value:,.0f} {unit}" if abs(value) >= 100 else f"{value:.2f} {unit}"
