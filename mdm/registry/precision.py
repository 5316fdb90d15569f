"""How often stewards confirm what the model thinks, per band of match weights: the precision that they imply."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mdm.store import judged

WIDTH = 2.0  # bits of a band
Z = 1.959964  # of the normal distribution: 95% lie within


@dataclass(frozen=True, slots=True)
class Band:
    """Pairs whose weight is from `low` to below `high` bits. same, different, unsure: answers to tasks.

    precision: same of (same + different), with the 95% interval from `least` to `most`; None: nobody answered.
    expected: the share that the model expects of those with an answer. unasked: what was judged without a task, such
    as by a merge or a split; whoever looks for errors finds errors, so that is no sample, and not in the precision.
    """

    low: float
    high: float
    same: int
    different: int
    unsure: int
    precision: float | None
    least: float | None
    most: float | None
    expected: float | None
    unasked_same: int
    unasked_different: int


def precision_by_band(connection: sa.Connection, party: str) -> list[Band]:
    """The bands in which stewards have judged pairs of a party type, the strongest first."""
    return bands(judged.judged_by_weight(connection, party, WIDTH))


def bands(rows: Iterable[Mapping[str, Any]]) -> list[Band]:
    """Bands of counted judgements (`mdm.store.judged`), the strongest first."""
    by_band: dict[float, dict[tuple[bool, str], Mapping[str, Any]]] = {}
    for row in rows:
        by_band.setdefault(row["low"], {})[row["asked"], row["verdict"]] = row
    return [_band(low, counted) for low, counted in sorted(by_band.items(), reverse=True)]


def interval(hits: int, of: int) -> tuple[float, float]:
    """The 95% interval of a share, after Wilson (1927): honest for few, and where nearly all or nearly none hit."""
    share, spread = hits / of, Z * Z / of
    middle = (share + spread / 2) / (1 + spread)
    reach = Z * math.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def _band(low: float, counted: Mapping[tuple[bool, str], Mapping[str, Any]]) -> Band:
    def pairs(asked: bool, verdict: str) -> int:
        row = counted.get((asked, verdict))
        return 0 if row is None else int(row["pairs"])

    same, different = pairs(True, "same"), pairs(True, "different")
    answered = same + different
    said = [counted[True, verdict] for verdict in ("same", "different") if (True, verdict) in counted]
    least, most = interval(same, answered) if answered else (None, None)
    return Band(
        low, low + WIDTH, same, different, pairs(True, "unsure"), same / answered if answered else None, least, most,
        sum(float(row["expected"]) for row in said) / answered if answered else None, pairs(False, "same"),
        pairs(False, "different"),
    )  # fmt: skip
