"""Addresses in Latin script (Canada, US, Australia, UK): the street line into number, street, unit and post box."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from mdm.cleanse.fold import CACHED, ascii_lower, words
from mdm.cleanse.places_latin import canonical_region, place_key, split_place
from mdm.cleanse.postal import AddressKeys, AddressText, dwelling
from mdm.cleanse.postcodes import canonical_postcode
from mdm.cleanse.reference import word_sets
from mdm.cleanse.street_keys import DIRECTIONS, FLOOR, canonical, number_key, street_key, tells_dwelling, unit_key
from mdm.cleanse.streets_rare import common_form
from mdm.cleanse.values import Issue

_NUMBER = r"\d+(?:-\d+)?[a-z]?(?:\s+(?:\d/\d|bis|quater|ter(?=\s+(?:rue|av|avenue|bd|boul|boulevard|ch|chemin)\b)))?"
_PO_BOX = re.compile(
    r"\b(?:p\.?\s*o\.?\s*b(?:ox)?|post\s+office\s+box|gpo\s+box|c\.?\s*p\.?|case\s+postale|boite\s+postale|locked\s+bag|box)"
    r"\.?\s*(?:#|no\.?)?\s*(\d+[a-z]?|[a-z]\d+)\b"
)
_UNIT = re.compile(
    r"(?:,\s*|\b|(?=#))(?:apt|apartment|unit|suite|ste|appt|app|appartement|bureau|room|rm|flat|lot|trlr|trailer|spc|space|villa|shop|local|#)"
    r"(?:\b|(?<=#))\.?\s*(?:#|no\.?)?\s*(\d+[a-z]?(?:-\d*[a-z]?)?|[a-z]\d*(?:-\d+)?|ph\d+)(?=$|[\s,])"
)
_BUILDING = re.compile(r"\b(?:building|bldg|bld|tower|tour)\.?\s*#?\s*(\d+[a-z]?|[a-z])\b")
_BUILDING_ID = re.compile(r"(?:bldg)?(?:\d+[a-z]?|[a-z])")  # names of buildings do not tell dwellings apart
_BARE_UNIT = re.compile(r"[\s,]+(basement|bsmt|main\s+(?:floor|flr|fl)|penthouse|ph|upper|lower|front|rear)\.?$")
_NUMBER_AND_WORDS = re.compile(r"([0-9]+) ([A-Za-z][A-Za-z' .]*)")
_CIVIC = re.compile(r"^(\d+[a-z]?|[a-z]\d*|ph\d*|bsmt)\s*[-–/]\s*(\d+[a-z]?)[\s,]+(?=\S)")
_LEADING = re.compile(rf"^(?:no\.?\s*|nr\.?\s*|#\s*)?({_NUMBER})[\s,]+(?=\S)")
_CIVIC_NUMBER = re.compile(r"(\d+[a-z]?|[a-z]\d*)\s*[-/]\s*(\d+[a-z]?)")
_FRACTION = re.compile(r"\d+ ?\d/\d|\d/\d")
_WORDS = word_sets("address_words.txt")
_FULL, _FIRST, _LAST = _WORDS["full"], _WORDS["number_first"], _WORDS["number_last"]
_BOX_ELSEWHERE = re.compile(
    r"\b(?:p\.?\s*o\.?\s*box|post\s+office\s+box|postfach|b\.?\s?p\.?)\s*(?:#|no\.?)?\s*(\d+)\b"
)
_UNIT_ELSEWHERE = re.compile(
    r"(?:^|,\s*|\s)(?:flat|apt|apartment|appt|appartement|unit|suite|villa|shop)\b\.?\s*(?:no\.?\s*)?"
    r"(\d+[a-z]?|[a-z]-?\d+)(?=$|[\s,])"
)
_TRAILING = re.compile(r"^([^\d,]*[^\d\s,])[\s,]+(\d+\s?[a-z]?)$")
_ELIDED = re.compile(r"^\w|(?<=')\w(?=\w)")  # O'Brien, L'Église, but St. John's
_ROUNDS = 4  # a street line may hold the same number or several units; each round takes one
_CIVIC_REGIONS = frozenset({"CA", "AU", "NZ"})  # where 12-34 means unit 12 of number 34


class StreetLine(NamedTuple):
    """One line of a street address taken apart; folded text."""

    number: str | None = None
    street: str | None = None
    unit: str | None = None
    building: str | None = None
    po_box: str | None = None


def split_street(line: str, region: str) -> StreetLine:
    """Number, street, unit, building and post box of a street line: "1204-55 King St W", "55 King St W #1204".

    Of the commonest lines, a number and words, the words are taken apart once (a test holds both ways equal).
    """
    if match := _NUMBER_AND_WORDS.fullmatch(line):
        found = _split_street(f"1 {match.group(2)}", region)
        if found.number == "1":
            return found._replace(number=match.group(1))
    return _split_street(line, region)


@lru_cache(maxsize=CACHED)
def _split_street(line: str, region: str) -> StreetLine:
    text = common_form(ascii_lower(line).strip(" ,"))
    if region not in _FULL:
        return _split_elsewhere(text, region)
    found: dict[str, str] = {}
    for name, pattern in (("po_box", _PO_BOX), ("building", _BUILDING), ("unit", _UNIT)):
        text = _take(text, name, pattern, found)
    if "unit" not in found and (match := FLOOR.search(text)):
        found["unit"] = f"fl {match.group(1) or match.group(2)}"
        text = _cut(text, match)
    if "unit" not in found and (match := _BARE_UNIT.search(text)):
        found["unit"] = match.group(1)
        text = _cut(text, match)
    slashed = "/" in text and not _FRACTION.match(text)
    if (region in _CIVIC_REGIONS or slashed) and "unit" not in found and (match := _CIVIC.match(text)):
        found["unit"] = match.group(1)
        text = f"{match.group(2)} {text[match.end() :]}"
    if (match := _LEADING.match(text)) and _names_street(text[match.end() :]):
        found["number"] = match.group(1)
        text = text[match.end() :]
    text = text.strip(" ,.-")
    return StreetLine(street=text or None, **found)


def _split_elsewhere(text: str, region: str) -> StreetLine:
    """A line of a country whose forms we do not know: what is said in words, and the number where it stands there."""
    found: dict[str, str] = {}
    for name, pattern in (("po_box", _BOX_ELSEWHERE), ("unit", _UNIT_ELSEWHERE)):
        text = _take(text, name, pattern, found)
    if region in _FIRST and (match := _LEADING.match(text)) and _names_street(text[match.end() :]):
        found["number"] = match.group(1)
        text = text[match.end() :]
    elif region in _LAST and (match := _TRAILING.match(text)):
        text, found["number"] = match.groups()
    text = text.strip(" ,.-")
    return StreetLine(street=text or None, **found)


def _take(text: str, name: str, pattern: re.Pattern[str], found: dict[str, str]) -> str:
    match = pattern.search(text)
    if match is None:
        return text
    found[name] = match.group(1)
    return _cut(text, match)


def _cut(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()].rstrip(' ,-')} {text[match.end() :].lstrip(' ,-')}".strip()


def _names_street(rest: str) -> bool:
    """Whether what follows a number still names a street ("5 Ave" alone has no house number)."""
    known = canonical()
    tokens = words(rest).split()
    return len(tokens) > 1 or (len(tokens) == 1 and tokens[0] not in known and tokens[0] not in known.values())


@lru_cache(maxsize=CACHED)
def _display(text: str) -> str:
    """Letter case for people, where all letters are small or capital."""
    if not (text.islower() or text.isupper()):
        return text
    return " ".join(_display_word(word) for word in text.split(" "))


def _display_word(word: str) -> str:
    lower = word.lower()
    if lower in ("bis", "quater"):  # of a house number
        return lower
    if lower in DIRECTIONS or lower in ("po", "rr"):
        return lower.upper()
    if any(character.isdigit() for character in lower):
        return lower
    if "'" in lower:
        return _ELIDED.sub(lambda match: match.group().upper(), lower)
    return lower[:1].upper() + lower[1:]


def read_latin(parts: AddressText, region: str, issues: list[Issue]) -> tuple[AddressText, AddressKeys]:
    """Display parts and keys of an address in Latin script."""
    country = (parts.country or region).upper()
    if parts.country != country:
        parts = parts._replace(country=country)
    unsplit = parts.street is None and parts.number is None and parts.po_box is None
    if unsplit and parts.text is not None and parts.text != _one_line(parts):
        parts = split_place(parts, country)
    parts = _split_line(parts, country)
    text, number, street, unit, building, po_box, district, locality, state, *_, kind = parts
    state = canonical_region(state, country)
    postcode, informative = canonical_postcode(parts.postcode, country, issues, state=state)
    shown = AddressText(
        text,
        number and _display(number),
        street and _display(street),
        unit and _display(unit),
        building and _display(building),
        po_box,
        district,
        locality and _display(locality),
        state,
        postcode,
        country,
        kind,
    )
    if not text:
        shown = shown._replace(text=_one_line(shown))
    return shown, _keys(parts, state, postcode if informative else None, country)


def _split_line(parts: AddressText, country: str) -> AddressText:
    """The street column taken apart, where number and unit were typed into it."""
    civic = parts.number is not None and parts.unit is None and country in _CIVIC_REGIONS
    if civic and (match := _CIVIC_NUMBER.fullmatch((parts.number or "").lower())):
        parts = parts._replace(unit=match.group(1), number=match.group(2))
    for _ in range(_ROUNDS):
        split = parts if parts.street is None else _fill(parts, split_street(parts.street, country))
        if split == parts:
            break
        parts = split
    return parts


def _fill(parts: AddressText, line: StreetLine) -> AddressText:
    if not (line.number or line.unit or line.building or line.po_box):
        return parts
    if parts.number is not None and line.number is not None and number_key(line.number) != number_key(parts.number):
        line = line._replace(number=None, street=f"{line.number} {line.street}")
    unchanged = line.street is not None and words(line.street) == words(parts.street or "")
    return parts._replace(
        number=parts.number or line.number,
        street=parts.street if unchanged else _as_written(parts.street or "", line.street),
        unit=parts.unit or line.unit,
        building=parts.building or line.building,
        po_box=parts.po_box or line.po_box,
    )


def _as_written(whole: str, part: str | None) -> str | None:
    """`part` (folded) in the letters of the `whole` that it was cut from, when it is found there."""
    if part is None:
        return None
    folded = ascii_lower(whole)
    at = folded.find(part)
    if at < 0:
        return part
    if len(folded) == len(whole):
        return whole[at : at + len(part)]
    ends = list(accumulate(len(ascii_lower(character)) for character in whole))  # ß folds to ss
    return whole[bisect_right(ends, at) : bisect_left(ends, at + len(part)) + 1]


def _keys(parts: AddressText, state: str | None, postcode: str | None, country: str) -> AddressKeys:
    number = number_key(parts.number) if parts.number is not None else None
    street = street_key(parts.street) if parts.street is not None else None
    unit = unit_key(parts.unit) if parts.unit is not None else None
    if parts.building is not None and _BUILDING_ID.fullmatch(building := unit_key(parts.building) or ""):
        building = building.removeprefix("bldg")
        unit = f"{building}-{unit}" if unit else f"bldg{building}"
    box = number_key(_PO_BOX.sub(r"\1", ascii_lower(parts.po_box))) if parts.po_box is not None else None
    place = place_key(postcode, parts.locality, state, country)
    known = (number is not None and street is not None) or box is not None or tells_dwelling(street)
    return AddressKeys(number, street, unit, place, dwelling(number, street, unit, box, place) if known else None)


def _one_line(parts: AddressText) -> str | None:
    """The address on one line: "1204-55 King St W, Toronto ON M5V 1A1"."""
    unit = f"{parts.unit}-" if parts.unit and parts.number and parts.unit.isalnum() and parts.country == "CA" else ""
    number = f"{unit}{parts.number}" if parts.number else None
    order = (parts.street, number) if parts.country in _LAST else (number, parts.street)
    street = " ".join(filter(None, order))
    later_unit = parts.unit if parts.unit and not unit else None
    if later_unit is not None and later_unit.isalnum() and any(character.isdigit() for character in later_unit):
        later_unit = f"Unit {later_unit}"
    box = parts.po_box and (f"PO Box {parts.po_box}" if parts.po_box.isalnum() else parts.po_box)
    place = " ".join(filter(None, (parts.locality, parts.region, parts.postcode)))
    return ", ".join(filter(None, (street, later_unit, parts.building, box, parts.district, place))) or None
