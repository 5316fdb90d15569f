"""A row of figures over time as a small drawing: a line from delivery to delivery, and a mark where one failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 160.0, 36.0, 4.0


@dataclass(frozen=True, slots=True)
class Dot:
    """One figure at its place. failed: it was not as expected."""

    x: float
    y: float
    failed: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """What is drawn, in a box of `width` by `height`. line: points of a polyline. limit: height of what may be."""

    line: str
    dots: tuple[Dot, ...]
    limit: float | None
    width: float = WIDTH
    height: float = HEIGHT


def trend(
    figures: Sequence[float | None],
    failed: Sequence[bool] | None = None,
    *,
    limit: float | None = None,
    least: float = 0.0,
) -> Trend:
    """Figures from the oldest to the latest, from zero up; a missing one leaves a gap that the line spans.

    least: the height of the box is at least this much, so that little looks little.
    limit: the most that may be; it is drawn where it is in sight, that is below twice the largest figure.
    """
    wrong = failed or [False] * len(figures)
    largest = max((figure for figure in figures if figure is not None), default=0.0)
    shown = limit if limit is not None and 0 < limit <= 2 * largest else None
    top = max(largest, shown or 0.0, least) or 1.0
    step = (WIDTH - 2 * MARGIN) / max(len(figures) - 1, 1)
    first = MARGIN if len(figures) > 1 else WIDTH / 2

    def height(figure: float) -> float:
        return round(HEIGHT - MARGIN - figure / top * (HEIGHT - 2 * MARGIN), 1)

    dots = tuple(
        Dot(round(first + place * step, 1), height(figure), bad)
        for place, (figure, bad) in enumerate(zip(figures, wrong, strict=True))
        if figure is not None
    )
    return Trend(" ".join(f"{dot.x},{dot.y}" for dot in dots), dots, None if shown is None else height(shown))
