"""Postcodes, regions and localities of addresses in Latin script."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from mdm.cleanse.fold import CACHED, words
from mdm.cleanse.postal import AddressText
from mdm.cleanse.postcodes import END_POSTCODE
from mdm.cleanse.reference import rows

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
    text = _take_postcode(text, country, found)
    text = _take_region(text.rstrip(" ,"), country, found)
    if "region" in found and "postcode" not in found:  # Calgary T2P 1J9 AB
        text = _take_postcode(text, country, found)
    street, locality = _take_locality(text.rstrip(" ,"), bool(found))
    if locality:
        found["locality"] = locality
    names = [name for name in ("postcode", "region", "locality") if name in found and getattr(parts, name) is None]
    return parts._replace(street=street or None, **{name: found[name] for name in names})


def _take_postcode(text: str, country: str, found: dict[str, str]) -> str:
    """The postcode at the end, in the form of its country."""
    pattern = END_POSTCODE.get(country)
    if pattern is None or (match := pattern.search(text)) is None or match.start() == 0:
        return text
    found["postcode"] = match.group(1)
    return text[: match.start()]


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
