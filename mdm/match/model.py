"""A trained model: one prior and one weight for each level of each comparison, frozen with its term frequencies.

A pair's match weight is ``prior + sum of evidence``, all in bits (log2 of odds and of Bayes factors, Fellegi & Sunter
1969). The evidence of a level is ``log2(m / u)``: m, how often true matches reach it; u, how often two different
parties do. Where a level has a term frequency, agreement on a rare value says more: ``+ log2(u) - log2(tf)``, tf being
the larger frequency of the two values (Winkler 2000). Values that the frozen table lacks take its stated default.

Each part is rounded to 1e-6 bits and parts are summed in the order of declaration, so that SQL and Python agree.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from mdm.match.comparisons import COMPARISONS, CONTESTED, CONTRADICTIONS, Comparison, Contradiction
from mdm.party import PartyType

DIGITS = 6  # decimals of a bit
# A number that differs, by more than a typo, in more than 3% of all matches is too badly kept to contradict anything.
# (Kept numbers differ in 1 to 2%: see docs/decisions/0005-constrained-clustering.md.)
RELIABLE = 0.03
FLOOR = 1e-9  # a probability is never taken for less than this


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How often a value occurs among records that have one; `default` for values that the table lacks."""

    default: float
    values: Mapping[str, float]

    def of(self, value: str) -> float:
        return self.values.get(value, self.default)


@dataclass(frozen=True)
class Model:
    """A model version of one party type. `levels`: comparison -> (m, u) per level, in the order of declaration.

    `notes`: what training found unusual (a column that is constant, a level never seen), for the report.
    """

    party: PartyType
    prior: float  # bits
    levels: Mapping[str, tuple[tuple[float, float], ...]]
    frequencies: Mapping[str, Frequencies] = field(default_factory=dict)
    families: bool = True
    notes: tuple[str, ...] = ()
    records: int = 0  # records it was trained on

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        return COMPARISONS[self.party]

    @property
    def contradictions(self) -> tuple[Contradiction, ...]:
        return CONTRADICTIONS[self.party] if self.families else ()

    @property
    def contested(self) -> tuple[Contradiction, ...]:
        """What counts as well between records whose common number is contested."""
        return CONTESTED[self.party] if self.families else ()

    @property
    def numbers_contradict(self) -> bool:
        """Whether a number that nobody has two of proves two parties in this data: it rarely differs in a match."""
        return self.levels["identifiers"][-1][0] <= RELIABLE

    @cached_property
    def model_id(self) -> str:
        """Name of this version: party and a digest of everything that a weight depends on (of 11 MB at a million)."""
        return f"{self.party}-{hashlib.sha256(self.to_json()).hexdigest()[:12]}"

    def weights(self, comparison: Comparison) -> list[float]:
        """Evidence of each level in bits; distinct within a comparison, so that a weight names its level.

        The last levels are moved by 1e-6 bits where two would be equal.
        """
        taken = {0.0}  # the missing level
        weights = []
        for m, u in self.levels[comparison.name]:
            weight = round(math.log2(max(m, FLOOR)) - math.log2(max(u, FLOOR)), DIGITS)
            while weight in taken:
                weight = round(weight - 10**-DIGITS, DIGITS)
            taken.add(weight)
            weights.append(weight)
        return weights

    def to_json(self) -> bytes:
        """The model as JSON, keys sorted."""
        return orjson.dumps(
            {
                "party": self.party,
                "prior": self.prior,
                "levels": {
                    comparison.name: [
                        {"code": level.code, "m": m, "u": u}
                        for level, (m, u) in zip(comparison.levels, self.levels[comparison.name], strict=True)
                    ]
                    for comparison in self.comparisons
                },
                "frequencies": {
                    name: {"default": table.default, "values": dict(sorted(table.values.items()))}
                    for name, table in self.frequencies.items()
                },
                "families": self.families,
                "notes": list(self.notes),
                "records": self.records,
            },
            option=orjson.OPT_SORT_KEYS,
        )

    @classmethod
    def from_json(cls, text: bytes | str) -> Model:
        """Read what `to_json` wrote. Raises ValueError when the declaration has changed since."""
        data: dict[str, Any] = orjson.loads(text)
        party: PartyType = data["party"]
        for comparison in COMPARISONS[party]:
            codes = [level["code"] for level in data["levels"].get(comparison.name, ())]
            if codes != [level.code for level in comparison.levels]:
                raise ValueError(
                    f"the model's levels of {comparison.name} are not those of this version; train a new model"
                )
        return cls(
            party=party,
            prior=data["prior"],
            levels={name: tuple((lv["m"], lv["u"]) for lv in levels) for name, levels in data["levels"].items()},
            frequencies={name: Frequencies(t["default"], t["values"]) for name, t in data["frequencies"].items()},
            families=data["families"],
            notes=tuple(data["notes"]),
            records=data["records"],
        )


def untrained(party: PartyType, *, records: int, notes: tuple[str, ...] = ()) -> Model:
    """A model of stated defaults, for too little data to learn from: m as declared, u from the number of records."""
    return Model(
        party=party,
        prior=default_prior(records),
        levels={c.name: default_levels(c, records=records) for c in COMPARISONS[party]},
        notes=notes,
        records=records,
    )


def default_prior(records: int) -> float:
    """Prior in bits when no match is known: each record has one other record of its party."""
    return round(-math.log2(max(records - 1, 1)), DIGITS)


def default_levels(comparison: Comparison, *, records: int) -> tuple[tuple[float, float], ...]:
    """Declared m; u as for a feature of a few hundred equally frequent values, or of one value a record if counted."""
    same = 1 / max(records, 2) if comparison.counted else min(0.5, 1 / max(2.0, min(records / 10, 200)))
    if comparison.name == "sex":
        same = 0.5
    if len(comparison.levels) == 2:
        u = [same, 1 - same]
    else:
        middle = len(comparison.levels) - 2
        u = [same, *[same] * middle]
        u.append(max(1 - sum(u), 0.1))
    return tuple((level.m, value) for level, value in zip(comparison.levels, u, strict=True))


def learned_levels(
    comparison: Comparison, m: Sequence[float | None] | None, u: Sequence[float | None] | None
) -> tuple[tuple[float, float], ...]:
    """(m, u) per level. A level that was not learned may not say more than full agreement does."""
    learned = m if m is not None else [None] * len(comparison.levels)
    levels = [
        (max(level.m if found is None else found, FLOOR), max(other or FLOOR, FLOOR))
        for level, found, other in zip(comparison.levels, learned, u or (), strict=True)
    ]
    known = [a / b for (a, b), found in zip(levels, learned, strict=True) if found is not None]
    usual = max(range(len(levels)), key=lambda index: comparison.levels[index].m)  # where most matches are expected
    limit = max(known, default=levels[usual][0] / levels[usual][1])
    return tuple(
        (a, max(b, a / limit)) if found is None else (a, b) for (a, b), found in zip(levels, learned, strict=True)
    )
