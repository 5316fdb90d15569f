"""Keys of street, house number and unit: one form for all spellings of one dwelling."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from mdm.cleanse.fold import CACHED, ascii_lower, words
from mdm.cleanse.reference import rows, word_sets

FLOOR = re.compile(r"\b(?:(?:floor|fl|flr|etage)\.?\s*(\d+)|(\d+)(?:st|nd|rd|th|er|e|eme)?\s+(?:floor|fl|flr|etage))\b")
RURAL = re.compile(r"\b(?:r\.?\s?r\.?|rural\s+route)\s*#?\s*(\d+)\b")
_SITE = re.compile(r"\b(?:site|s)\s*#?\s*(\d+[a-z]?)\b")
_COMPARTMENT = re.compile(r"\b(?:compartment|comp|c)\s*#?\s*(\d+[a-z]?)\b")
_STATION = re.compile(r"^(?:stn|succ|succursale|rpo)\b|^station [a-z]$|^(?:gd|general delivery|poste restante)\b")
_ELISION = re.compile(r"\b([ld])'")
_FRENCH_ORDINAL = re.compile(r"(\d+)(?:e|er|re|ere|eme|ieme)")
_BARE_NUMBER = re.compile(r"^(?:no|nr|number)?[\s.#]*([a-z0-9]+(?:[-/ ][a-z0-9]+)*)$")
_WORDS = word_sets("address_words.txt")
_UNIT_WORDS, _FRENCH_FIRST, DIRECTIONS = _WORDS["unit"], _WORDS["french_first"], _WORDS["direction"]
_UNIT_FORMS = {"basement": "bsmt", "penthouse": "ph", "floor": "fl", "flr": "fl", "etage": "fl", "building": "bldg"}
_NUMBERED = frozenset({"ave", "st", "rue"})  # 4 Ave is 4th Ave


@cache
def canonical() -> dict[str, str]:
    """Words of street names and their canonical forms."""
    found: dict[str, str] = {}
    for form, others in rows("street_words.txt"):
        found |= dict.fromkeys(others.split(), form)
    return found


@lru_cache(maxsize=CACHED)
def street_key(street: str) -> str | None:
    """Folded street name with one form per type and direction: "Southwest 192nd Avenue" -> "sw 192nd ave"."""
    text = ascii_lower(street)
    if match := RURAL.search(text):
        place = text[: match.start()].strip(" ,")
        if not place or _SITE.match(place):
            return _route(text, match)
        street = place  # a house on a route is a house
    if "'" in street:
        street = _ELISION.sub(r"\1 ", ascii_lower(street))
    folded = words(street)
    if _STATION.match(folded):
        return None  # of the post, no street
    known = canonical()
    tokens = [known.get(token, token) for token in folded.split()]
    if len(tokens) > 1:
        tokens = _numbered(tokens)
        if tokens[0] in _FRENCH_FIRST:
            tokens = _type_last(tokens)
    return " ".join(_join_directions(tokens)) or None


def _route(text: str, match: re.Match[str]) -> str:
    """A rural route, with the site and compartment that tell its dwellings apart: "rr 2 site 5 comp 10"."""
    rest = f"{text[: match.start()]} {text[match.end() :]}"
    site, compartment = _SITE.search(rest), _COMPARTMENT.search(rest)
    where = f" site {site.group(1)}" if site else ""
    return f"rr {match.group(1)}{where}" + (f" comp {compartment.group(1)}" if compartment else "")


def tells_dwelling(street: str | None) -> bool:
    """Whether the key of a street is a place on a rural route, where nobody has a house number."""
    return street is not None and street.startswith("rr ") and "comp " in street


def _numbered(tokens: list[str]) -> list[str]:
    """4 Ave, 2e Rue, 1re Avenue -> 4th ave, 2nd st, 1st ave; as the first word, or behind a direction."""
    at = 1 if tokens[0] in DIRECTIONS and len(tokens) > 2 else 0
    if tokens[at][:1].isdigit() and tokens[at + 1] in _NUMBERED:
        french = _FRENCH_ORDINAL.fullmatch(tokens[at])
        number = french.group(1) if french else tokens[at]
        if number.isdecimal():
            kind = "st" if tokens[at + 1] == "rue" else tokens[at + 1]
            return [*tokens[:at], _ordinal(int(number)), kind, *tokens[at + 2 :]]
    return tokens


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _type_last(tokens: list[str]) -> list[str]:
    """French order to English: rue King O -> king st w."""
    kind = "st" if tokens[0] == "rue" else tokens[0]
    rest = tokens[1:]
    if len(rest) > 1 and (rest[-1] in DIRECTIONS or rest[-1] == "o"):
        return [*rest[:-1], kind, "w" if rest[-1] == "o" else rest[-1]]
    return [*rest, kind]


def _join_directions(tokens: list[str]) -> list[str]:
    joined: list[str] = []
    for token in tokens:
        if joined and joined[-1] in ("n", "s") and token in ("e", "w") and len(tokens) > 2:
            joined[-1] += token
        else:
            joined.append(token)
    return joined


@lru_cache(maxsize=CACHED)
def number_key(number: str) -> str | None:
    """House number: digits and letters, lower case, no leading zeros: "0012 B" -> "12b", "12 1/2" -> "12h"."""
    text = ascii_lower(number).replace("1/2", "h")
    match = _BARE_NUMBER.fullmatch(text.strip())
    key = re.sub(r"[^a-z0-9-]+", "", match.group(1) if match else text).strip("-")
    return key.lstrip("0") or None


@lru_cache(maxsize=CACHED)
def unit_key(unit: str) -> str | None:
    """Unit without its word: "Apt 4-B" -> "4b", "2nd floor" -> "fl2", "Bsmt" -> "bsmt"."""
    text = ascii_lower(unit)
    if match := FLOOR.fullmatch(text.strip(" .,")):
        return f"fl{match.group(1) or match.group(2)}"
    folded = words(text).replace("sous sol", "bsmt")
    tokens = [_UNIT_FORMS.get(token, token) for token in folded.split() if token not in _UNIT_WORDS]
    return "".join(token.lstrip("0") or token for token in tokens) or None
