"""How often a second steward, unseen, says the same: by steward, and by band of match weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mdm.registry.precision import WIDTH, interval
from mdm.store import second_looks

FEW = 30  # looks; with fewer the 95% interval of a share of 90% is wider than 20 points


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of so many second looks, how many agreed, with the 95% interval from `least` to `most`.

    settled: of those that did not, how many a lead has decided; upheld: and so as this steward had said. Of a band
    these two are of the first steward.
    """

    looks: int
    agreed: int
    settled: int
    upheld: int

    @property
    def share(self) -> float:
        """Agreed, of all."""
        return self.agreed / self.looks

    @property
    def least(self) -> float:
        """The lower end of the interval."""
        return interval(self.agreed, self.looks)[0]

    @property
    def most(self) -> float:
        """The upper end of it."""
        return interval(self.agreed, self.looks)[1]

    @property
    def few(self) -> bool:
        """Whether there are too few to tell much."""
        return self.looks < FEW


def agreement(
    connection: sa.Connection, party: str
) -> tuple[list[tuple[str, Agreement]], list[tuple[float, float, Agreement]]]:
    """By steward, in order of names; and by band (from, to, bits), the strongest first."""
    rows = second_looks.answered(connection, party=party)
    stewards: dict[str, list[Mapping[str, Any]]] = {}
    bands: dict[float, list[Mapping[str, Any]]] = {}
    for row in rows:
        for who in (row["first"], row["second"]):
            stewards.setdefault(who, []).append(row)
        if row["weight"] is not None:
            bands.setdefault(math.floor(row["weight"] / WIDTH) * WIDTH, []).append(row)
    return (
        [(who, _counted(found, who)) for who, found in sorted(stewards.items())],
        [(low, low + WIDTH, _counted(found)) for low, found in sorted(bands.items(), reverse=True)],
    )


def _counted(rows: Iterable[Mapping[str, Any]], who: str | None = None) -> Agreement:
    looks = agreed = settled = upheld = 0
    for row in rows:
        looks += 1
        if second_looks.agree(row["first_said"], row["second_said"]):
            agreed += 1
        elif row["final"] is not None:
            settled += 1
            own = row["second_said"] if who == row["second"] else row["first_said"]
            upheld += second_looks.agree(own, row["final"])
    return Agreement(looks, agreed, settled, upheld)
