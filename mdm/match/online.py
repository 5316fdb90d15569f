"""Scoring pairs in process, from the model's own declaration: the twin of batch.py, without DuckDB and Splink."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mdm.match.comparisons import Comparison, Contradiction
from mdm.match.model import DIGITS, Model
from mdm.match.predicates import Row


@dataclass(frozen=True, slots=True)
class Score:
    """A pair's weight in bits, with the level (-1: nothing to compare) and the evidence of each comparison."""

    weight: float
    levels: tuple[int, ...]
    evidence: tuple[float, ...]


def score(left: Row, right: Row, model: Model) -> Score:
    """Compare two feature rows (mdm.match.features.features_of) of the model's party type."""
    levels = tuple(comparison.level_of(left, right) for comparison in model.comparisons)
    evidence = tuple(
        _evidence(comparison, level, left, right, model)
        for comparison, level in zip(model.comparisons, levels, strict=True)
    )
    return Score(round(math.fsum((model.prior, *evidence)), DIGITS), levels, evidence)


def _evidence(comparison: Comparison, index: int, left: Row, right: Row, model: Model) -> float:
    if index < 0:
        return 0.0
    weight = model.weights(comparison)[index]
    feature = comparison.levels[index].frequency
    table = model.frequencies.get(feature) if feature is not None else None
    if feature is None or table is None:
        return weight
    u = model.levels[comparison.name][index][1]
    frequency = max(table.of(left[feature]), table.of(right[feature]))
    return round(weight + math.log2(u) - math.log2(frequency), DIGITS)


def contradiction(levels: tuple[int, ...], model: Model) -> Contradiction | None:
    """The first contradiction that a pair's levels show, or None."""
    reached = {
        comparison.name: comparison.levels[level].code if level >= 0 else "missing"
        for comparison, level in zip(model.comparisons, levels, strict=True)
    }
    for rule in model.contradictions:
        if all(reached[name] == code for name, code in rule.pattern) and not any(
            all(reached[name] == code for name, code in group) for group in rule.unless
        ):
            return rule
    return None
