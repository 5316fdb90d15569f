"""The declarations of `rules` with a workspace's settings applied and checked."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from mdm.errors import ConfigError
from mdm.golden.rules import ATTRIBUTES, GROUPS, RULES, UNION, Attribute, Trust


@dataclass(frozen=True, slots=True)
class Policy:
    """The attributes in document order, with the rules and half-lives in force, and the trust of the sources."""

    attributes: tuple[Attribute, ...]
    trust: Trust


def make_policy(
    *,
    trust: Trust | None = None,
    rules: Mapping[str, str] | None = None,
    half_life_days: Mapping[str, float] | None = None,
) -> Policy:
    """The policy that the settings describe; what they leave out stays as declared.

    trust: system -> group -> 0..100, with the key ``default`` for groups not named. rules: attribute -> rule.
    half_life_days: attribute -> days (`math.inf`: never). Raises ConfigError naming the key, what is allowed, and the
    nearest.
    """
    rules, half_life_days, trust = rules or {}, half_life_days or {}, trust or {}
    for key in (*rules, *half_life_days):
        _known(key, ATTRIBUTES, "survivorship attribute")
    _check_trust(trust)
    return Policy(
        tuple(
            replace(
                attribute,
                rule=_rule(attribute, rules.get(name, attribute.rule)),
                half_life_days=_half_life(name, half_life_days.get(name, attribute.half_life_days)),
            )
            for name, attribute in ATTRIBUTES.items()
        ),
        trust,
    )


def _rule(attribute: Attribute, text: str) -> str:
    """`text` as a rule of `attribute`; a bare ``union`` keeps the declared ranking."""
    where = f"survivorship.rules.{attribute.name}"
    kind, _, ranking = text.partition(":")
    if kind != UNION:
        return _known(text, RULES, "survivorship rule", where=where)
    if attribute.column is None:
        raise ConfigError("union is for attributes with several values", where=where, remedy=_allowed(RULES))
    return f"{UNION}:{_known(ranking or attribute.order, RULES, 'survivorship rule', where=where)}"


def _half_life(name: str, days: float) -> float:
    if not days > 0:
        where = f"survivorship.half_life_days.{name}"
        raise ConfigError(f"a half-life is a number of days above 0, found {days!r}", where=where)
    return float(days)


def _check_trust(trust: Trust) -> None:
    for system, figures in trust.items():
        for group, points in figures.items():
            where = f"trust of {system}"
            _known(group, (*GROUPS, "default"), "trust group", where=where)
            if not isinstance(points, int) or not 0 <= points <= 100:
                raise ConfigError(f"{group}: trust is a whole number from 0 to 100, found {points!r}", where=where)


def _known(key: str, known: Iterable[str], what: str, *, where: str | None = None) -> str:
    known = list(known)
    if key in known:
        return key
    near = difflib.get_close_matches(key, known, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else _allowed(known)
    raise ConfigError(f"no such {what}: {key!r}", where=where, remedy=remedy)


def _allowed(known: Iterable[str]) -> str:
    return f"use one of: {', '.join(known)}"
