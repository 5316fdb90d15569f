"""Chinese addresses: province to room out of one line or out of parts; the keys of a dwelling.

Below the district no library reads them: road, number, compound, building, unit, floor and room are taken from left
to right, each by the words that end it. What is not recognised stays in the name of the compound.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mdm.cleanse.fold import CACHED, simplify
from mdm.cleanse.lines_chinese import ChineseLine, split_address
from mdm.cleanse.numerals import counters_to_digits, to_digits
from mdm.cleanse.places_chinese import Place, canonical_city, canonical_province
from mdm.cleanse.postal import AddressKeys, AddressText, dwelling
from mdm.cleanse.values import Issue

_NOISE = re.compile(r"(?<![0-9A-Za-z])\s+|\s+(?![0-9A-Za-z])|[,、;。:]+|\(.*?\)")
_DASHES = re.compile(r"(?<=[0-9A-Za-z])[‐-―－~]+(?=[0-9A-Za-z])")
_BARE = re.compile(r"[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*")


_ROUNDS = 4  # a house number before the name of the compound is read again in the usual order


def read_chinese(parts: AddressText, region: str, issues: list[Issue]) -> tuple[AddressText, AddressKeys]:
    """Display parts and keys of a Chinese address; parts that were delivered apart win over the line of text."""
    shown, keys, line = _read_once(parts, region)
    if line.left is not None:
        issues.append(Issue("address.text", "suspicious", "the end of the address was not understood"))
    for _ in range(_ROUNDS):
        if line.on_road or line.number is None:
            break
        again, keys_again, line = _read_once(shown, region)
        if keys_again == keys:
            break
        shown, keys = again, keys_again
    return shown, keys


def _read_once(parts: AddressText, region: str) -> tuple[AddressText, AddressKeys, ChineseLine]:
    line = _compact(_line(parts))
    place, below = split_address(line, canonical_city(_simple(parts.locality)), _simple(parts.district))
    province = canonical_province(_simple(parts.region)) or place.province
    city, district = place.city, place.district
    keys = _keys(below, place, city, district)
    country = parts.country.upper() if parts.country else ("CN" if region == "CN" or place.province else region)
    heads = (province, city if city != province else None, district, line[place.end :])
    shown = AddressText(
        text=parts.text or "".join(filter(None, heads)),
        number=_shown_number(below.number),
        street="".join(filter(None, (place.town, below.road, None if below.on_road else below.compound))) or None,
        unit=_shown_unit(below),
        building=_shown_building(below),
        po_box=parts.po_box,
        district=district,
        locality=city,
        region=province,
        postcode=parts.postcode or place.postcode,
        country=country,
    )
    return shown, keys, below


def _line(parts: AddressText) -> str:
    """The line to read: the street parts in their order, else the text."""
    pieces = [parts.street, _counted(parts.number, "号"), _counted(parts.building, "号楼"), parts.unit]
    below = "".join(filter(None, pieces))
    if below or parts.text is None:
        return below
    places = (parts.region, parts.locality if parts.locality != parts.region else None, parts.district)
    return "" if parts.text == "".join(filter(None, places)) else parts.text


def _counted(text: str | None, word: str) -> str | None:
    """A number column with its word: 88 -> 88号."""
    return f"{text}{word}" if text is not None and _BARE.fullmatch(text) else text


def _compact(text: str) -> str:
    """Simplified text without blanks between hanzi, punctuation and brackets; one kind of dash."""
    return _DASHES.sub("-", _NOISE.sub("", simplify(text))).strip()


def _simple(text: str | None) -> str | None:
    return simplify(text) if text is not None else None


def _shown_number(number: str | None) -> str | None:
    return number if number is None or number.endswith("弄") else f"{number}号"


def _shown_building(line: ChineseLine) -> str | None:
    """The building, after the compound when that stands behind the house number."""
    building = f"{line.building}号楼" if line.building is not None else ""
    return f"{(line.compound or '') if line.on_road else ''}{building}" or None


def _shown_unit(line: ChineseLine) -> str | None:
    pieces = ((line.unit, "单元"), (line.floor, "层"), (line.room, "室"))
    return "".join(f"{part}{word}" for part, word in pieces if part is not None) or None


@lru_cache(maxsize=CACHED)
def _key(part: str | None) -> str | None:
    """One piece as a key: digits for numerals, no leading zeros, small letters."""
    if part is None:
        return None
    return "-".join(to_digits(piece).lower().lstrip("0") or "0" for piece in re.split(r"[-/之]", part.rstrip("弄")))


def _keys(line: ChineseLine, place: Place, city: str | None, district: str | None) -> AddressKeys:
    number = _key(line.number)
    # a number on a road names the compound, which many sources leave out
    name = line.road if line.on_road else "".join(filter(None, (line.road, line.compound)))
    if name and line.road is None and line.compound is not None and place.town is not None:
        name = f"{place.town}{name}"
    street = counters_to_digits(name).lower() if name else None
    unit = "-".join(key for part in (line.building, line.unit, line.room) if (key := _key(part)) is not None) or None
    if line.room is None and line.floor is not None:
        unit = f"{unit}-fl{_key(line.floor)}" if unit else f"fl{_key(line.floor)}"
    where = "".join(filter(None, (city, district))) or None
    # a compound without a flat is many dwellings
    known = street is not None and (unit is not None or (number is not None and not (line.on_road and line.compound)))
    return AddressKeys(number, street, unit, where, dwelling(number, street, unit, None, where) if known else None)
