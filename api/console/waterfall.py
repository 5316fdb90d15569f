"""The evidence of two records as a waterfall: each bar begins where the one before ended; the sum is the weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in hundredths of the width. kind: for | against | prior | sum. zero: of no bits; limit: of a match."""

    kind: str
    x: float
    width: float
    zero: float
    limit: float | None


def waterfall(prior: float, evidence: Sequence[float], match_weight: float | None = None) -> list[Bar]:
    """The bars of the prior, of each comparison (bits), and of their sum, on one scale."""
    ends = [0.0, prior]
    for each in evidence:
        ends.append(ends[-1] + each)
    marks = [*ends, *([] if match_weight is None else [match_weight])]
    low, high = min(marks), max(marks)
    span = (high - low) or 1.0

    def place(weight: float) -> float:
        return round((weight - low) / span * 100, 2)

    zero, limit = place(0.0), None if match_weight is None else place(match_weight)
    kinds = ["prior", *("for" if each >= 0 else "against" for each in evidence)]
    steps = [*zip(kinds, ends, ends[1:], strict=False), ("sum", 0.0, ends[-1])]
    return [Bar(kind, min(place(a), place(b)), _width(abs(place(a) - place(b))), zero, limit) for kind, a, b in steps]


def _width(width: float) -> float:
    """Wide enough to be seen, unless it is nothing."""
    return 0.0 if width == 0 else round(max(width, 0.4), 2)
