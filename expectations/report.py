"""Stored expectation results as a trend: per source and expectation, how the last runs did.

Works on plain rows (dicts with the fields of `ExpectationResult` and `run_id`), so that the store, the CLI and the API
can all use it; nothing here draws.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Mark = Literal["ok", "warned", "rejected", "stopped", "absent"]
"""rejected: rows went to quarantine; stopped: the source or run; warned: a trend; absent: not checked in that run."""

_MARK_OF: dict[str, Mark] = {"row": "rejected", "batch": "stopped", "trend": "warned"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One expectation in one run: a mark, and a number as people read it ("" when there is none)."""

    mark: Mark
    text: str = ""


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One expectation of one source over the runs, oldest first; `message` is that of the latest failure shown."""

    system: str
    suite: str
    expectation: str
    column_name: str
    cells: tuple[Cell, ...]
    message: str = ""


@dataclass(frozen=True, slots=True)
class QualityTrend:
    """What `mdm status --quality` prints: a column per run, a row per source and expectation."""

    runs: tuple[str, ...]
    rows: tuple[TrendRow, ...]


def quality_trend(results: Iterable[Mapping[str, Any]], *, last: int = 5, failed_only: bool = False) -> QualityTrend:
    """The last `last` runs of stored results; `run_id` values must sort in the order of the runs.

    `failed_only` leaves out expectations that held in every run shown.
    """
    stored = list(results)
    runs = sorted({row["run_id"] for row in stored})[-last:]
    found: dict[tuple[str, str, str, str], dict[Any, Mapping[str, Any]]] = defaultdict(dict)
    for row in stored:
        if row["run_id"] in runs:
            found[row["system"] or "", row["suite"], row["expectation"], row["column_name"]][row["run_id"]] = row
    rows = [_trend_row(key, by_run, runs) for key, by_run in sorted(found.items())]
    kept = [row for row in rows if not failed_only or any(cell.mark not in ("ok", "absent") for cell in row.cells)]
    return QualityTrend(tuple(str(run) for run in runs), tuple(kept))


def trend_of(results: Iterable[Mapping[str, Any]], *, system: str, last: int) -> dict[str, list[float]]:
    """Figure -> its values in the last `last` runs of a source, oldest first, as `check_cleansed` takes them.

    What stopped a source is left out: a broken night must not become the usual. What only warned counts, so that people
    are told of a lasting change for `last` runs and no longer. "null_share.phones" is the figure of an attribute.
    """
    figures: dict[str, list[float]] = defaultdict(list)
    mine = [row for row in results if row["system"] == system and (row["success"] or row["severity"] == "trend")]
    for row in sorted(mine, key=lambda row: row["run_id"]):
        value = row["observed"].get("value")
        if isinstance(value, int | float):
            figures[_figure(row)].append(float(value))
    return {name: values[-last:] for name, values in figures.items()}


def _figure(row: Mapping[str, Any]) -> str:
    name, column = row["expectation"], row["column_name"]
    return name if column == name else f"{name}.{column}"


def _trend_row(
    key: tuple[str, str, str, str], by_run: Mapping[Any, Mapping[str, Any]], runs: Sequence[Any]
) -> TrendRow:
    messages = [by_run[run]["message"] for run in runs if run in by_run and not by_run[run]["success"]]
    cells = tuple(_cell(by_run.get(run)) for run in runs)
    return TrendRow(*key, cells=cells, message=messages[-1] if messages else "")


def _cell(row: Mapping[str, Any] | None) -> Cell:
    if row is None:
        return Cell("absent")
    mark: Mark = "ok" if row["success"] else _MARK_OF[row["severity"]]
    return Cell(mark, _text(row))


def _text(row: Mapping[str, Any]) -> str:
    """A share in percent, a count as a whole number; for a row expectation the failing rows."""
    value = row["observed"].get("value")
    if row["severity"] == "row":
        return f"{row['unexpected_count']:,}" if row["unexpected_count"] else ""
    if not isinstance(value, int | float):
        return ""
    is_count = row["expectation"] in ("rows_read", "rows_lost", "control_rows")
    return f"{value:,.0f}" if is_count else f"{value:.1%}"
