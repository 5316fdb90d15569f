"""Postal codes: in the form of their country, slips of typing mended, held against the province beside them."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from mdm.cleanse.fold import CACHED
from mdm.cleanse.placeholders import is_placeholder_number
from mdm.cleanse.reference import rows
from mdm.cleanse.values import Issue, Mark

# Canada Post: D, F, I, O, Q, U never occur, W and Z never come first
_CANADIAN = re.compile(r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z]\d[ABCEGHJ-NPRSTV-Z]\d")
_DIGITS = str.maketrans({"O": "0", "I": "1", "L": "1"})  # what stands where only a digit can be
_ZIP = re.compile(r"(\d{5})(\d{4})?")
END_POSTCODE = {
    "CA": re.compile(r"[\s,]*\b((?=\D*\d)[A-Za-z][\dOoIi][A-Za-z][\s-]?[\dOoIil][A-Za-z][\dOoIi])\b\.?$"),
    "US": re.compile(r"[\s,]*\b(\d{5}(?:-\d{4})?)$"),
    "AU": re.compile(r"[\s,]*\b(\d{4})$"),
    "GB": re.compile(r"[\s,]*\b([A-Za-z]{1,2}\d[A-Za-z\d]?\s?\d[A-Za-z]{2})$"),
}


def canonical_postcode(
    postcode: str | None, country: str, issues: list[Issue], *, state: str | None = None
) -> tuple[str | None, bool]:
    """(postcode in the form of its country, whether it says where); 00000 and the like say nothing and are dropped.

    state: the code of the province beside it. Where they disagree nobody can tell which is wrong: both stay.
    """
    value, key, mark, reason = _postcode(postcode, country)
    if mark is not None:
        issues.append(Issue("address.postcode", mark, reason))
    if state is not None and key and value is not None and country == "CA":
        reason = _disagreement(value[:3], state)
        if reason:
            issues.append(Issue("address.postcode", "suspicious", reason))
    return value, key


@lru_cache(maxsize=CACHED)
def _disagreement(district: str, state: str) -> str:
    """Why a postal district is not of a province; empty where it is, or where nobody knows the province."""
    provinces = _provinces_of(district)
    if state in provinces or state not in _all_provinces():
        return ""
    return f"{district} is in {' or '.join(sorted(provinces))}, the province says {state}"


_Read = tuple[str | None, bool, Mark | None, str]  # the code, whether it says where, its mark and why


@lru_cache(maxsize=CACHED)
def _postcode(postcode: str | None, country: str) -> _Read:
    if postcode is None:
        return None, False, None, ""
    bare = "".join(character for character in postcode.upper() if character.isalnum())
    if is_placeholder_number(bare) and not (country == "US" and bare == "12345"):
        return None, False, "unreadable", "placeholder"
    if country == "CA":
        return _canadian(postcode, bare)
    if country == "US":
        match = _ZIP.fullmatch(bare)
        if match is None:
            return postcode, False, "suspicious", "not a postcode of US"
        return (match.group(1) if match.group(2) is None else f"{match.group(1)}-{match.group(2)}"), True, None, ""
    return postcode.upper(), True, None, ""


def _canadian(postcode: str, bare: str) -> _Read:
    """T2P 1J9. O and I (or a small L) where only a digit can be are 0 and 1; no other slip has but one reading."""
    if _CANADIAN.fullmatch(bare):
        return f"{bare[:3]} {bare[3:]}", True, None, ""
    reason, found = "", bare
    if len(bare) > 6 and bare.endswith("CANADA"):
        found, reason = bare.removesuffix("CANADA"), "the country behind it left out"
    elif len(bare) == 6:
        found = "".join(c.translate(_DIGITS) if at % 2 else c for at, c in enumerate(bare))
        reason = "a letter read as the digit that it stands for"
    if found != bare and _CANADIAN.fullmatch(found):
        return f"{found[:3]} {found[3:]}", True, "repaired", reason
    return postcode, False, "suspicious", "not a postcode of CA"


@cache
def _districts() -> dict[str, frozenset[str]]:
    return {prefix: frozenset(provinces.split()) for prefix, provinces in rows("postal_districts.txt")}


def _provinces_of(district: str) -> frozenset[str]:
    """The provinces of the first three characters of a postal code: of all three, or else of the first."""
    known = _districts()
    return known.get(district) or known.get(district[0]) or _all_provinces()


@cache
def _all_provinces() -> frozenset[str]:
    return frozenset().union(*_districts().values())
