"""Reused keys: does the new version of a source record speak of another party than the old one?

Legacy keys are given to another customer. A new version that contradicts the old one is a new *incarnation* of the key:
a new record, which inherits neither PIN nor judgements (design.md, decision 6).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any, Final

from rapidfuzz.distance import OSA, JaroWinkler

from mdm.party import IDENTIFIER_TYPES

CleansedRow = Mapping[str, Any]  # a row of `mdm.party.CLEANSED` as a dict

_NAME_KEYS: Final = ("given_key", "middle_key", "family_key", "former_key")
# Jaro-Winkler of one name written twice is above this in nearly all cases, of two names below (Winkler, 1990; the upper
# level of Splink's own name comparison is 0.92). Here the cautious side is to see a similarity.
_SIMILAR_NAME: Final = 0.88


def is_new_incarnation(old: CleansedRow, new: CleansedRow) -> bool:
    """Whether `new` contradicts `old`, another version of the same key: the key was given to another party.

    It does when one is a person and the other an organisation; when they hold different values of an identifier that is
    unique, stable and one per party; or when both name and birth date differ. An equal identifier of that kind
    outweighs everything else: it is the same party. What is missing on either side never contradicts.
    """
    if old["party"] != new["party"]:
        return True
    mine, theirs = _proofs(old), _proofs(new)
    shared = mine.keys() & theirs.keys()
    if any(mine[kind] & theirs[kind] for kind in shared):
        return False
    if any(_all_differ(mine[kind], theirs[kind]) for kind in shared):
        return True
    return _births_differ(old.get("birth_date"), new.get("birth_date")) and _names_differ(old, new)


def _proofs(row: CleansedRow) -> dict[tuple[str, str | None], set[str]]:
    """The identifiers that can contradict: (type, issuer) to values."""
    found: dict[tuple[str, str | None], set[str]] = {}
    for identifier in row.get("identifiers") or ():
        kind = IDENTIFIER_TYPES.get(identifier["type"])
        if kind is not None and kind.contradicts:
            found.setdefault((kind.name, identifier["issuer"]), set()).add(identifier["value"])
    return found


def _all_differ(mine: set[str], theirs: set[str]) -> bool:
    """Whether no value of one side is within one typo (Damerau-Levenshtein) of a value of the other."""
    return all(OSA.distance(a, b, score_cutoff=1) > 1 for a in mine for b in theirs)


def _births_differ(old: datetime.date | None, new: datetime.date | None) -> bool:
    """Whether both are known and differ by more than one typo or day and month swapped."""
    if old is None or new is None:
        return False
    swapped = (old.year, old.day, old.month) == (new.year, new.month, new.day)
    return not swapped and OSA.distance(old.isoformat(), new.isoformat(), score_cutoff=1) > 1


def _names_differ(old: CleansedRow, new: CleansedRow) -> bool:
    """Whether both have a name and no part of one is similar to any part of the other."""
    mine, theirs = _name_parts(old), _name_parts(new)
    return bool(mine and theirs) and not any(_similar(a, b) for a in mine for b in theirs)


def _name_parts(row: CleansedRow) -> set[str]:
    return {part for key in _NAME_KEYS for part in re.split(r"[\s-]+", row.get(key) or "") if part}


def _similar(a: str, b: str) -> bool:
    """Equal, an initial of the other, or spelt nearly alike."""
    if min(len(a), len(b)) == 1:
        return a[0] == b[0]
    return JaroWinkler.similarity(a, b) >= _SIMILAR_NAME
