"""Reused keys: does the new version of a source record speak of another party than the old one?

Legacy keys are given to another customer, and lines change hands. Such a version is a new *incarnation* of the key: a
new record, which inherits neither PIN nor judgements (design.md, decision 6). What does a mistake cost? A customer of
this one record: unseen, the PIN passes to somebody else, which may never be; seen where nothing was, the person gets
another PIN. So what cannot be told is another party.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any, Final

from rapidfuzz.distance import OSA, JaroWinkler

from mdm.match.features import nickname_group
from mdm.party import IDENTIFIER_TYPES

CleansedRow = Mapping[str, Any]  # a row of `mdm.party.CLEANSED` as a dict

_GIVEN_KEYS: Final = ("given_key", "middle_key")
_FAMILY_KEYS: Final = ("family_key", "former_key")
_HANZI: Final = ("given_native", "family_native")
_WRITTEN: Final = ("name_given", "name_family")
# The columns of CLEANSED that decide.
READ: Final = (
    *("party", "birth_date", "sex", "identifiers", "emails", "organisation_name", "organisation_key"),
    *(*_GIVEN_KEYS, *_FAMILY_KEYS, *_HANZI, *_WRITTEN),
)
# Jaro-Winkler of one name written twice is above this in nearly all cases, of two names below (Winkler, 1990; the upper
# level of Splink's own name comparison is 0.92). Here the cautious side is to see a similarity.
_SIMILAR_NAME: Final = 0.88


def is_new_incarnation(old: CleansedRow, new: CleansedRow) -> bool:
    """Whether `new` does not speak of the party that `old`, another version of the same key, speaks of.

    A person never becomes an organisation. Equal values of an identifier that is unique, stable and one per party prove
    the same party; other values another one, unless name and birth date are the same (a wrong number is put right).
    Where no such number speaks: the same birth date is the same party, whatever the name, unless given name and sex are
    others (twins). A birth date within a typo is the same party's if the given name is. Another birth date is another
    party unless given and family name are the same. Where a birth date is missing, the same e-mail is the same party;
    another given name is another one, even within one family: a line that passes from father to son says so by nothing
    else; so is another family name in hanzi, which nobody changes, and another name of an organisation.
    """
    if old["party"] != new["party"]:
        return True
    mine, theirs = _proofs(old), _proofs(new)
    shared = mine.keys() & theirs.keys()
    if any(mine[kind] & theirs[kind] for kind in shared):
        return False
    born = _births(old.get("birth_date"), new.get("birth_date"))
    if any(_all_differ(mine[kind], theirs[kind]) for kind in shared):
        return old["party"] == "organisation" or born == "differ" or not _same_name(old, new)
    if born == "same":
        return _sexes_differ(old, new) and _given_names_differ(old, new)
    if born == "near":
        return _given_names_differ(old, new)
    if born == "differ":
        return not _same_name(old, new)
    if _emails(old) & _emails(new):
        return False
    return _given_names_differ(old, new) or _families_differ(old, new) or _organisations_differ(old, new)


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


def _births(old: datetime.date | None, new: datetime.date | None) -> str:
    """same, near (one typo apart, or day and month swapped), differ, or unknown on a side."""
    if old is None or new is None:
        return "unknown"
    if old == new:
        return "same"
    swapped = (old.year, old.day, old.month) == (new.year, new.month, new.day)
    near = swapped or OSA.distance(old.isoformat(), new.isoformat(), score_cutoff=1) <= 1
    return "near" if near else "differ"


def _emails(row: CleansedRow) -> set[str]:
    return {email["address"] for email in row.get("emails") or ()}


def _sexes_differ(old: CleansedRow, new: CleansedRow) -> bool:
    return None not in (old.get("sex"), new.get("sex")) and old["sex"] != new["sex"]


def _same_name(old: CleansedRow, new: CleansedRow) -> bool:
    """Whether given and family names are written alike, in either order, and no sex speaks against it.

    In hanzi only the same characters are: this is asked where something else says that these are two people, and many
    names sound the same.
    """
    if _sexes_differ(old, new):
        return False
    if all(_written_alike(old, new, name) for name in _WRITTEN):
        return True
    hanzi, others = (tuple(row.get(name) for name in _HANZI) for row in (old, new))
    if None not in (*hanzi, *others) and not _one_of_former(old, new):
        return others in (hanzi, hanzi[::-1])
    (given, family), (other_given, other_family) = _names(old), _names(new)
    return (_any_similar(given, other_given) and _any_similar(family, other_family)) or _swapped(old, new)


def _one_of_former(old: CleansedRow, new: CleansedRow) -> bool:
    """Whether one of them was called before what the other is called."""
    return any(
        _any_similar(_parts(one, ("former_key",)), _parts(other, ("family_key",)))
        for one, other in ((old, new), (new, old))
    )


def _given_names_differ(old: CleansedRow, new: CleansedRow) -> bool:
    """Whether both have a given name, no part of one is similar to a part of the other, and they were not swapped.

    Where the sexes differ only equal ones are similar: Robert and Roberta are two people.
    """
    given, other_given = _names(old)[0], _names(new)[0]
    if not (given and other_given) or _swapped(old, new) or _written_alike(old, new, "name_given"):
        return False
    hanzi, other = old.get("given_native"), new.get("given_native")
    if hanzi and other:
        return hanzi != other if _sexes_differ(old, new) else not _hanzi_alike(old, new, "given")
    return given.isdisjoint(other_given) if _sexes_differ(old, new) else not _any_similar(given, other_given)


def _families_differ(old: CleansedRow, new: CleansedRow) -> bool:
    """Whether both family names are in hanzi and not alike: there nobody takes the name of husband or wife."""
    if not (old.get("family_native") and new.get("family_native")) or _written_alike(old, new, "name_family"):
        return False
    return not (_hanzi_alike(old, new, "family") or _one_of_former(old, new) or _swapped(old, new))


def _written_alike(old: CleansedRow, new: CleansedRow, name: str) -> bool:
    """Whether a name is the same, letter by letter: its keys may be others since the cleanser reads it otherwise."""
    return bool(old.get(name)) and old[name] == new.get(name)


def _swapped(old: CleansedRow, new: CleansedRow) -> bool:
    (given, family), (other_given, other_family) = _names(old), _names(new)
    return _any_similar(given, other_family) and _any_similar(family, other_given)


def _hanzi_alike(old: CleansedRow, new: CleansedRow, part: str) -> bool:
    """Whether given or family names in hanzi sound the same, as after a slip of the keyboard, or one is cut off."""
    mine, theirs = old[f"{part}_native"], new[f"{part}_native"]
    return mine in theirs or theirs in mine or old[f"{part}_key"] == new[f"{part}_key"]


def _organisations_differ(old: CleansedRow, new: CleansedRow) -> bool:
    """Whether both have a name of an organisation, and neither is like the other or a part of it."""
    mine, theirs = old.get("organisation_key"), new.get("organisation_key")
    if not mine or not theirs or mine in theirs or theirs in mine or _written_alike(old, new, "organisation_name"):
        return False
    return JaroWinkler.similarity(mine, theirs) < _SIMILAR_NAME


def _names(row: CleansedRow) -> tuple[set[str], set[str]]:
    """The parts of the given names, and those of the family names."""
    return _parts(row, _GIVEN_KEYS), _parts(row, _FAMILY_KEYS)


def _parts(row: CleansedRow, keys: tuple[str, ...]) -> set[str]:
    return {part for key in keys for part in re.split(r"[\s-]+", row.get(key) or "") if part}


def _any_similar(mine: set[str], theirs: set[str]) -> bool:
    return any(_similar(a, b) for a in mine for b in theirs)


def _similar(a: str, b: str) -> bool:
    """Equal, an initial of the other, spelt nearly alike, or a short form of one name."""
    if min(len(a), len(b)) == 1:
        return a[0] == b[0]
    if not set(nickname_group(a)).isdisjoint(nickname_group(b)):
        return True
    return JaroWinkler.similarity(a, b) >= _SIMILAR_NAME
