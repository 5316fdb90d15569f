"""Scoring pairs in process, from the model's own declaration: the twin of batch.py, without DuckDB and Splink."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mdm.match.comparisons import Comparison, Contradiction
from mdm.match.model import DIGITS, Frequencies, Model
from mdm.match.predicates import Predicate, Row


@dataclass(frozen=True, slots=True)
class Score:
    """A pair's weight in bits, with the level (-1: nothing to compare) and the evidence of each comparison."""

    weight: float
    levels: tuple[int, ...]
    evidence: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    """A level of a comparison as one model weighs it; table: how frequent the values of `feature` are, log_u beside."""

    when: Predicate | None
    weight: float
    feature: str = ""
    table: Frequencies | None = None
    log_u: float = 0.0


@dataclass(frozen=True, slots=True)
class _Weighed:
    missing: Predicate
    answers: tuple[_Answer, ...]


class Scorer:
    """A model made ready to score many pairs: the weights of all levels are worked out once."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._comparisons = tuple(_weigh(comparison, model) for comparison in model.comparisons)
        self._rules = tuple(_rule(rule, model) for rule in model.contradictions)

    def score(self, left: Row, right: Row) -> Score:
        """Compare two feature rows (mdm.match.features.features_of) of the model's party type."""
        levels, evidence = [], []
        for comparison in self._comparisons:
            level, bits = _compare(comparison, left, right)
            levels.append(level)
            evidence.append(bits)
        return Score(round(math.fsum((self.model.prior, *evidence)), DIGITS), tuple(levels), tuple(evidence))

    def contradiction(self, levels: Sequence[int]) -> Contradiction | None:
        """The first contradiction that a pair's levels show, or None."""
        for rule, pattern, unless in self._rules:
            if all(levels[i] == level for i, level in pattern) and not any(
                all(levels[i] == level for i, level in group) for group in unless
            ):
                return rule
        return None


def score(left: Row, right: Row, model: Model) -> Score:
    """The same for one pair."""
    return Scorer(model).score(left, right)


def _compare(comparison: _Weighed, left: Row, right: Row) -> tuple[int, float]:
    """The level that two rows reach (-1: one says nothing) and its evidence in bits."""
    if comparison.missing.holds(left, right):
        return -1, 0.0
    for index, answer in enumerate(comparison.answers):
        if answer.when is None or answer.when.holds(left, right):
            if answer.table is None:
                return index, answer.weight
            frequency = max(answer.table.of(left[answer.feature]), answer.table.of(right[answer.feature]))
            return index, round(answer.weight + answer.log_u - math.log2(frequency), DIGITS)
    raise AssertionError("the last level of a comparison must always hold")


def _weigh(comparison: Comparison, model: Model) -> _Weighed:
    answers = []
    weights, levels = model.weights(comparison), model.levels[comparison.name]
    for level, weight, (_, u) in zip(comparison.levels, weights, levels, strict=True):
        table = model.frequencies.get(level.frequency) if level.frequency is not None else None
        if level.frequency is None or table is None:
            answers.append(_Answer(level.when, weight))
        else:
            answers.append(_Answer(level.when, weight, level.frequency, table, math.log2(u)))
    return _Weighed(comparison.missing, tuple(answers))


_Pattern = tuple[tuple[int, int], ...]  # (place of a comparison, level; -1: one says nothing)


def _rule(rule: Contradiction, model: Model) -> tuple[Contradiction, _Pattern, tuple[_Pattern, ...]]:
    """A contradiction with its levels by number."""

    def numbered(codes: Sequence[tuple[str, str]]) -> _Pattern:
        return tuple(_place(name, code, model) for name, code in codes)

    return rule, numbered(rule.pattern), tuple(numbered(group) for group in rule.unless)


def _place(name: str, code: str, model: Model) -> tuple[int, int]:
    place, comparison = next((i, one) for i, one in enumerate(model.comparisons) if one.name == name)
    if code == "missing":
        return place, -1
    return place, next(level for level, one in enumerate(comparison.levels) if one.code == code)


class Against(NamedTuple):
    """What speaks against a pair: the fields of `mdm.resolve.clusters.Pair` that its levels say."""

    contradiction: str | None
    same_number: bool
    ask: bool
    contested: str | None


def against(levels: tuple[int, ...], model: Model) -> Against:
    """What the levels of a pair say against it."""
    rule = contradiction(levels, model)
    number = next(i for i, comparison in enumerate(model.comparisons) if comparison.name == "identifiers")
    same = levels[number] == 0
    contested = _first(model.contested, levels, model) if same else None
    return Against(
        None if rule is None else rule.words,
        same,
        rule is not None and same and rule.ask_if_number,
        None if contested is None else contested.words,
    )


def contradiction(levels: tuple[int, ...], model: Model) -> Contradiction | None:
    """The first contradiction that a pair's levels show, or None."""
    return _first(model.contradictions, levels, model)


def _first(rules: Sequence[Contradiction], levels: tuple[int, ...], model: Model) -> Contradiction | None:
    reached = {
        comparison.name: comparison.levels[level].code if level >= 0 else "missing"
        for comparison, level in zip(model.comparisons, levels, strict=True)
    }
    for rule in rules:
        if all(reached[name] == code for name, code in rule.pattern) and not any(
            all(reached[name] == code for name, code in group) for group in rule.unless
        ):
            return rule
    return None
