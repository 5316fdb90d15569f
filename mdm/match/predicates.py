"""What a comparison level may ask of two records, each question with its DuckDB condition and its Python twin.

A predicate is a small value with two methods that mean the same: `sql()` over the columns ``<feature>_l`` and
``<feature>_r`` (the names that Splink gives the two sides) of what `compared` makes of features, and
`holds(left, right)` over two feature rows as dicts. A property test holds both equal on every script. Distances are
those of UTF-8 bytes, because DuckDB's are: in folded ASCII text a byte is a letter; in hanzi, of which streets and
company names may consist, a character is three. Conditions of several parts are CASEs: DuckDB works out all parts of an
AND for every pair, and those of a CASE for the pairs that come to them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rapidfuzz.distance import OSA, DamerauLevenshtein, JaroWinkler

from mdm.match.features import LISTS, PERIODS

Row = Mapping[str, Any]
# DuckDB and rapidfuzz differ in the last bit of a similarity; two of eight letters changed give exactly 0.9.
SLACK = 1e-9


# What stands between the values of a list that is compared as one text: cleansed values have no control characters.
BETWEEN = "\x1f"


class Predicate(Protocol):
    """A question about two records."""

    def sql(self) -> str: ...
    def holds(self, left: Row, right: Row) -> bool: ...


@dataclass(frozen=True, slots=True)
class Missing:
    """One of the two says nothing."""

    feature: str

    def sql(self) -> str:
        return f"({self.feature}_l IS NULL OR {self.feature}_r IS NULL)"

    def holds(self, left: Row, right: Row) -> bool:
        return left[self.feature] is None or right[self.feature] is None


@dataclass(frozen=True, slots=True)
class Equal:
    """Both say the same."""

    feature: str

    def sql(self) -> str:
        return f"{self.feature}_l = {self.feature}_r"

    def holds(self, left: Row, right: Row) -> bool:
        return left[self.feature] is not None and left[self.feature] == right[self.feature]


@dataclass(frozen=True, slots=True)
class Crossed:
    """One feature of one record is another feature of the other record, in either direction."""

    feature: str
    other: str

    def sql(self) -> str:
        a, b = self.feature, self.other
        return f"(coalesce({a}_l = {b}_r, false) OR coalesce({b}_l = {a}_r, false))"

    def holds(self, left: Row, right: Row) -> bool:
        a, b = self.feature, self.other
        return (left[a] is not None and left[a] == right[b]) or (left[b] is not None and left[b] == right[a])


@dataclass(frozen=True, slots=True)
class Meet:
    """Two lists share a value."""

    feature: str

    def sql(self) -> str:
        return f"texts_meet({self.feature}_l, {self.feature}_r)"

    def holds(self, left: Row, right: Row) -> bool:
        a, b = left[self.feature], right[self.feature]
        return a is not None and b is not None and not set(a).isdisjoint(b)


@dataclass(frozen=True, slots=True)
class OneEdit:
    """One letter or digit added, left out, changed, or two neighbours swapped (Damerau-Levenshtein distance 1).

    Texts shorter than `letters` say too little for that: Li and Lu are two names, not one with a slip.
    """

    feature: str
    letters: int = 0

    def sql(self) -> str:
        a, b = f"{self.feature}_l", f"{self.feature}_r"
        return _long(a, b, self.letters, f"one_edit({a}, {b})")

    def holds(self, left: Row, right: Row) -> bool:
        if not _both(left, right, self.feature):
            return False
        a, b = left[self.feature], right[self.feature]
        return bool(len(a) >= self.letters and len(b) >= self.letters and one_edit(a, b))


@dataclass(frozen=True, slots=True)
class Edits:
    """At most `most` letters or digits added, left out, changed, or neighbours swapped (Damerau-Levenshtein)."""

    feature: str
    most: int

    def sql(self) -> str:
        return f"damerau_levenshtein({self.feature}_l, {self.feature}_r) <= {self.most}"

    def holds(self, left: Row, right: Row) -> bool:
        return _both(left, right, self.feature) and bool(
            DamerauLevenshtein.distance(left[self.feature].encode(), right[self.feature].encode()) <= self.most
        )


@dataclass(frozen=True, slots=True)
class Similar:
    """Jaro-Winkler similarity of at least `at_least` (0..1), of texts of at least `letters` letters."""

    feature: str
    at_least: float
    letters: int = 0

    def sql(self) -> str:
        a, b = f"{self.feature}_l", f"{self.feature}_r"
        # what is far below is told as 0, without being worked out
        similarity = f"jaro_winkler_similarity({a}, {b}, {self.at_least - 0.01!r})"
        return _long(a, b, self.letters, f"{similarity} >= {self.at_least - SLACK!r}")

    def holds(self, left: Row, right: Row) -> bool:
        if not _both(left, right, self.feature):
            return False
        a, b = left[self.feature], right[self.feature]
        long = len(a) >= self.letters and len(b) >= self.letters
        return bool(long and JaroWinkler.similarity(a.encode(), b.encode()) >= self.at_least - SLACK)


@dataclass(frozen=True, slots=True)
class Initial:
    """One of the two is only an initial, and it is the other's first letter."""

    feature: str

    def sql(self) -> str:
        a, b = f"{self.feature}_l", f"{self.feature}_r"
        return f"((length({a}) = 1 OR length({b}) = 1) AND {a}[1] = {b}[1])"

    def holds(self, left: Row, right: Row) -> bool:
        if not _both(left, right, self.feature):
            return False
        a, b = left[self.feature], right[self.feature]
        return bool((len(a) == 1 or len(b) == 1) and a[:1] == b[:1])


@dataclass(frozen=True, slots=True)
class Within:
    """One is the beginning or the end of the other and has at least `letters` letters: Ho-Jones and Jones."""

    feature: str
    letters: int = 4

    def sql(self) -> str:
        a, b = f"{self.feature}_l", f"{self.feature}_r"
        long_a, long_b = f"length({a}) >= {self.letters}", f"length({b}) >= {self.letters}"
        return (
            f"(({long_a} AND (starts_with({b}, {a}) OR suffix({b}, {a}))) "
            f"OR ({long_b} AND (starts_with({a}, {b}) OR suffix({a}, {b}))))"
        )

    def holds(self, left: Row, right: Row) -> bool:
        if not _both(left, right, self.feature):
            return False
        short, long = sorted((left[self.feature], right[self.feature]), key=len)
        return bool(len(short) >= self.letters and (long.startswith(short) or long.endswith(short)))


@dataclass(frozen=True, slots=True)
class DayMonthSwapped:
    """Two ISO dates with day and month exchanged."""

    feature: str

    def sql(self) -> str:
        a, b = f"{self.feature}_l", f"{self.feature}_r"
        month, day = "substring({}, 6, 2)", "substring({}, 9, 2)"
        return (
            f"(left({a}, 4) = left({b}, 4) AND {month.format(a)} = {day.format(b)} "
            f"AND {day.format(a)} = {month.format(b)})"
        )

    def holds(self, left: Row, right: Row) -> bool:
        if not _both(left, right, self.feature):
            return False
        a, b = left[self.feature], right[self.feature]
        return bool(a[:4] == b[:4] and a[5:7] == b[8:10] and a[8:10] == b[5:7])


@dataclass(frozen=True, slots=True)
class DateParts:
    """At least `parts` of year, month and day of two ISO dates are equal."""

    feature: str
    parts: int = 2

    def sql(self) -> str:
        a, b = f"{self.feature}_l", f"{self.feature}_r"
        parts = ("1, 4", "6, 2", "9, 2")
        same = " + ".join(f"(substring({a}, {x}) = substring({b}, {x}))::INT" for x in parts)
        return f"({same}) >= {self.parts}"

    def holds(self, left: Row, right: Row) -> bool:
        if not _both(left, right, self.feature):
            return False
        a, b = left[self.feature], right[self.feature]
        return bool((a[:4] == b[:4]) + (a[5:7] == b[5:7]) + (a[8:10] == b[8:10]) >= self.parts)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two lists share a value, in periods that overlap or are not dated.

    `periods` are the same values as {value, valid_from, valid_to}.
    """

    feature: str
    periods: str

    def sql(self) -> str:
        a, b = f"{self.periods}_l", f"{self.periods}_r"
        return (
            f"(CASE WHEN texts_meet({self.feature}_l, {self.feature}_r) "
            f"THEN {a} IS NULL OR {b} IS NULL OR periods_meet({a}, {b}) ELSE false END)"
        )

    def holds(self, left: Row, right: Row) -> bool:
        a, b = left[self.periods], right[self.periods]
        return a is not None and b is not None and any(_periods_meet(x, y) for x in a for y in b)


@dataclass(frozen=True, slots=True)
class OneEditAmong:
    """Two lists hold texts within one edit of each other."""

    feature: str

    def sql(self) -> str:
        return f"any_one_edit({self.feature}_l, {self.feature}_r)"

    def holds(self, left: Row, right: Row) -> bool:
        a, b = left[self.feature], right[self.feature]
        return a is not None and b is not None and any(one_edit(x, y) for x in a for y in b)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a predicate."""

    part: Predicate

    def sql(self) -> str:
        return f"NOT coalesce({self.part.sql()}, false)"

    def holds(self, left: Row, right: Row) -> bool:
        return not self.part.holds(left, right)


@dataclass(frozen=True, slots=True)
class All:
    """All of these hold."""

    parts: tuple[Predicate, ...]

    def sql(self) -> str:
        *parts, last = (part.sql() for part in self.parts)
        return f"(CASE {' '.join(f'WHEN NOT coalesce({part}, false) THEN false' for part in parts)} ELSE {last} END)"

    def holds(self, left: Row, right: Row) -> bool:
        return all(part.holds(left, right) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of these holds."""

    parts: tuple[Predicate, ...]

    def sql(self) -> str:
        return f"(CASE {' '.join(f'WHEN {part.sql()} THEN true' for part in self.parts)} ELSE false END)"

    def holds(self, left: Row, right: Row) -> bool:
        return any(part.holds(left, right) for part in self.parts)


def every(*parts: Predicate) -> All:
    """All of `parts` hold."""
    return All(parts)


def either(*parts: Predicate) -> Either:
    """At least one of `parts` holds."""
    return Either(parts)


# DuckDB macros that the conditions above call; registered on every connection that scores (see batch.py).
MACROS = (
    "CREATE OR REPLACE MACRO periods_meet(a, b) AS len(list_filter(a, lambda x: len(list_filter(b, lambda y: "
    "x.value = y.value AND coalesce(x.valid_from, DATE '0001-01-01') <= coalesce(y.valid_to, DATE '9999-12-31') "
    "AND coalesce(y.valid_from, DATE '0001-01-01') <= coalesce(x.valid_to, DATE '9999-12-31'))) > 0)) > 0",
    # Of texts of one length only those that differ in at most two places can be one edit apart: cheap to see.
    "CREATE OR REPLACE MACRO one_edit(a, b) AS CASE WHEN a = b THEN true "
    "WHEN strlen(a) = 0 OR strlen(b) = 0 THEN strlen(a) + strlen(b) = 1 "
    "WHEN strlen(a) = strlen(b) THEN (CASE hamming(a, b) WHEN 1 THEN true "
    "WHEN 2 THEN damerau_levenshtein(a, b) = 1 ELSE false END) "
    "WHEN abs(strlen(a) - strlen(b)) = 1 THEN damerau_levenshtein(a, b) = 1 ELSE false END",
    # One value each is what most have.
    f"CREATE OR REPLACE MACRO texts_meet(a, b) AS CASE WHEN a = b THEN true "
    f"WHEN contains(a, '{BETWEEN}') OR contains(b, '{BETWEEN}') "
    f"THEN list_has_any(string_split(a, '{BETWEEN}'), string_split(b, '{BETWEEN}')) ELSE false END",
    f"CREATE OR REPLACE MACRO any_one_edit(a, b) AS CASE "
    f"WHEN contains(a, '{BETWEEN}') OR contains(b, '{BETWEEN}') "
    f"THEN len(list_filter(string_split(a, '{BETWEEN}'), "
    f"lambda x: len(list_filter(string_split(b, '{BETWEEN}'), lambda y: one_edit(x, y))) > 0)) > 0 "
    f"ELSE one_edit(a, b) END",
)


def compared(feature: str) -> str:
    """A feature as conditions read it: a list as one text, which is cheap to carry to every pair; periods if dated."""
    if feature in LISTS:
        return f"array_to_string({feature}, '{BETWEEN}') AS {feature}"
    if feature == PERIODS:
        dated = f"list_filter({feature}, lambda p: p.valid_from IS NOT NULL OR p.valid_to IS NOT NULL)"
        return f"CASE WHEN len({dated}) > 0 THEN {feature} END AS {feature}"
    return feature


def features_read(*predicates: Predicate | None) -> set[str]:
    """The features that conditions read; each stands there for the left and for the right record."""
    asked = (predicate.sql() for predicate in predicates if predicate is not None)
    return {feature for condition in asked for feature in re.findall(r"\b(\w+)_l\b", condition)}


def one_edit(a: str, b: str) -> bool:
    """Whether two texts are equal or one edit apart (of their bytes, as DuckDB counts)."""
    return OSA.distance(a.encode(), b.encode(), score_cutoff=1) <= 1


def _long(a: str, b: str, letters: int, condition: str) -> str:
    """A condition asked of texts that are long enough."""
    return f"(CASE WHEN length({a}) >= {letters} AND length({b}) >= {letters} THEN {condition} ELSE false END)"


def _both(left: Row, right: Row, feature: str) -> bool:
    return left[feature] is not None and right[feature] is not None


def _periods_meet(a: Row, b: Row) -> bool:
    if a["value"] != b["value"]:
        return False
    starts_before = a["valid_from"] is None or b["valid_to"] is None or a["valid_from"] <= b["valid_to"]
    ends_after = b["valid_from"] is None or a["valid_to"] is None or b["valid_from"] <= a["valid_to"]
    return bool(starts_before and ends_after)
