"""Postcodes, regions and localities of addresses in Latin script."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from mdm.cleanse.fold import CACHED, words
from mdm.cleanse.placeholders import is_placeholder_number
from mdm.cleanse.postal import AddressText
from mdm.cleanse.reference import rows
from mdm.cleanse.values import Issue

_CA_POSTCODE = re.compile(r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z]\d[ABCEGHJ-NPRSTV-Z]\d")
_ZIP = re.compile(r"(\d{5})(\d{4})?")
_END_POSTCODE = {
    "CA": re.compile(r"[\s,]*\b([A-Za-z]\d[A-Za-z][\s-]?\d[A-Za-z]\d)\b\.?$"),
    "US": re.compile(r"[\s,]*\b(\d{5}(?:-\d{4})?)$"),
    "AU": re.compile(r"[\s,]*\b(\d{4})$"),
    "GB": re.compile(r"[\s,]*\b([A-Za-z]{1,2}\d[A-Za-z\d]?\s?\d[A-Za-z]{2})$"),
}
_COUNTRY_NAMES = re.compile(
    r"[\s,]+(?:canada|u\.?s\.?a\.?|united states(?: of america)?|australia|united kingdom)\.?$", re.I
)
_STREET_END = re.compile(
    r"^(.*\b(?:st|street|ave|avenue|rd|road|dr|drive|blvd|boulevard|ln|lane|ct|court|pl|place|cir|circle|hwy|pkwy|ter"
    r"|terrace|cres|crescent|way|trail|sq|square)\b\.?(?:\s+(?:[nsew]|[ns][ew]|north|south|east|west)\b\.?)?)\s+(\D+)$",
    re.I,
)


@cache
def _regions() -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for country, code, names in rows("regions.txt"):
        for name in (code, *names.split("|")):
            found[country, words(name)] = code
    return found


@lru_cache(maxsize=CACHED)
def canonical_region(region: str | None, country: str) -> str | None:
    """The code of a province or state (Alberta, Alta. -> AB); unknown ones stay as written."""
    if region is None:
        return None
    return _regions().get((country, words(region)), region)


def canonical_postcode(postcode: str | None, country: str, issues: list[Issue]) -> tuple[str | None, bool]:
    """(postcode in the form of its country, whether it says where); 00000 and the like say nothing and are dropped."""
    value, key, reason = _postcode(postcode, country)
    if reason:
        issues.append(Issue("address.postcode", "suspicious" if value is not None else "unreadable", reason))
    return value, key


@lru_cache(maxsize=CACHED)
def _postcode(postcode: str | None, country: str) -> tuple[str | None, bool, str]:
    if postcode is None:
        return None, False, ""
    bare = "".join(character for character in postcode.upper() if character.isalnum())
    if is_placeholder_number(bare) and not (country == "US" and bare == "12345"):
        return None, False, "placeholder"
    if country == "CA" and _CA_POSTCODE.fullmatch(bare):
        return f"{bare[:3]} {bare[3:]}", True, ""
    if country == "US" and (match := _ZIP.fullmatch(bare)):
        return (match.group(1) if match.group(2) is None else f"{match.group(1)}-{match.group(2)}"), True, ""
    if country in ("CA", "US"):
        return postcode, False, f"not a postcode of {country}"
    return postcode.upper(), True, ""


def place_key(postcode: str | None, locality: str | None, region: str | None, country: str) -> str | None:
    """The place of a dwelling: its postcode (5 digits in the US), else locality and region, folded."""
    if postcode is not None:
        folded = words(postcode)
        return folded.split(" ")[0] if country == "US" else folded.replace(" ", "")
    return " ".join(filter(None, (words(locality or ""), words(region or "")))) or None


def split_place(parts: AddressText, country: str) -> AddressText:
    """One line of text into street line, locality, region and postcode; parts delivered apart win."""
    text = _COUNTRY_NAMES.sub("", parts.text or "")
    found: dict[str, str] = {}
    pattern = _END_POSTCODE.get(country)
    if pattern is not None and (match := pattern.search(text)) and match.start() > 0:
        found["postcode"] = match.group(1)
        text = text[: match.start()]
    text = _take_region(text.rstrip(" ,"), country, found)
    street, locality = _take_locality(text.rstrip(" ,"), bool(found))
    if locality:
        found["locality"] = locality
    names = [name for name in ("postcode", "region", "locality") if name in found and getattr(parts, name) is None]
    return parts._replace(street=street or None, **{name: found[name] for name in names})


def _take_region(text: str, country: str, found: dict[str, str]) -> str:
    """The province or state at the end: its code, or up to three words after a comma or blank."""
    tokens = text.split(" ")
    for count in (3, 2, 1):
        tail = " ".join(tokens[-count:]).strip("(),")
        if len(tokens) > count and (country, words(tail)) in _regions() and words(tail):
            found["region"] = tail
            return " ".join(tokens[:-count]).rstrip(" ,(")
    return text


def _take_locality(text: str, place_known: bool) -> tuple[str, str | None]:
    """(street line, locality): the last comma part, or the words after the street type."""
    chunks = [chunk.strip() for chunk in text.split(",") if chunk.strip()]
    if len(chunks) > 1 and not any(character.isdigit() for character in chunks[-1]):
        return ", ".join(chunks[:-1]), chunks[-1]
    if place_known and len(chunks) == 1 and (match := _STREET_END.match(text)):
        return match.group(1), match.group(2)
    return text, None
