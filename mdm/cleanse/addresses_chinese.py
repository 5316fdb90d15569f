"""Chinese addresses: province to room out of one line or out of parts; the keys of a dwelling.

Below the district no library reads them: road, number, compound, building, unit, floor and room are taken from left
to right, each by the words that end it. What is not recognised stays in the name of the compound.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mdm.cleanse.fold import CACHED, simplify
from mdm.cleanse.numerals import DIGITS, counters_to_digits, to_digits
from mdm.cleanse.places_chinese import Place, canonical_city, canonical_province, read_place
from mdm.cleanse.postal import AddressKeys, AddressText, dwelling
from mdm.cleanse.values import Issue

_N = rf"(?:\d+|[{DIGITS}]+)"
_NOISE = re.compile(r"(?<![0-9A-Za-z])\s+|\s+(?![0-9A-Za-z])|[,、;。:]+|\(.*?\)")
_DASHES = re.compile(r"(?<=[0-9A-Za-z])[‐-―－~]+(?=[0-9A-Za-z])")
_ROAD = re.compile(
    r"[^\d号弄栋幢座室#\s]{1,12}?(?:大道|大街|公路|国道|省道|胡同|(?<!铁)路(?!局|桥|口|灯)|街(?!道|区)|巷|道(?!口|班)|里(?=\d|$)|条(?=\d))"
    rf"(?:[东南西北中]?(?:{_N})?(?:段|巷|条|横路|支路|支巷))*"
)
_ALLEY = re.compile(rf"({_N})弄")
_NUMBER = re.compile(rf"第?([甲乙丙]?{_N}(?:[-/之]\d+)?[A-Za-z甲乙丙]?)号(?!楼|栋|幢|座|房|室)(?:院|附({_N})号)?")
_BARE_NUMBER = re.compile(rf"第?([甲乙丙]?{_N}(?:[-/之]\d+)?[A-Za-z甲乙丙]?)号(?!楼|栋|幢|座|房|室)(?:院|附({_N})号)?")
_COMPOUND = re.compile(
    rf"[^\d]+?(?=\d|[A-Za-z]\d*(?:座|栋|幢|号楼|区)|(?:{_N})(?:号楼|号|栋|幢|座|单元|层|楼|室|门)|$)"
)
_BUILDING = re.compile(
    rf"([A-Za-z]?{_N}[A-Za-z]?|[A-Za-z]|[东南西北甲乙])(?:号楼|栋|幢|座|#楼?|号(?=.)|楼(?=.*(?:单元|门)))"
)
_UNIT = re.compile(rf"([A-Za-z]?{_N}|[A-Za-z])(?:单元|门)")
_FLOOR = re.compile(rf"({_N})(?:层|楼|F)")
_ROOM = re.compile(rf"([A-Za-z]?{_N}[A-Za-z]?(?:-\d+)?)(?:室|房间|房|户|号)?$")
_DASHED = re.compile(r"([A-Za-z]?\d+[A-Za-z]?)-(\d+[A-Za-z]?)(?:-(\d+[A-Za-z]?))?(?:室|房|号|户)?$")
_BARE = re.compile(r"[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*")


_ROUNDS = 4  # a house number before the name of the compound is read again in the usual order
_Unit = tuple[str | None, str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class ChineseLine:
    """The line below the district: pieces as written (simplified), without the words that end them."""

    road: str | None = None
    number: str | None = None
    on_road: bool = False  # the number counts houses of the road, not of the compound
    compound: str | None = None
    building: str | None = None
    unit: str | None = None
    floor: str | None = None
    room: str | None = None
    left: str | None = None  # what was not understood


class _Reader:
    """Takes pieces off the left end of a text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The match at the left end, removed from the text."""
        match = pattern.match(self.text)
        if match is not None:
            self.text = self.text[match.end() :].lstrip(" -")
        return match


def split_line(text: str) -> ChineseLine:
    """Road, number, compound, building, unit, floor, room of simplified text without place names."""
    reader = _Reader(text)
    road = match.group() if (match := reader.take(_ROAD)) else None
    number = _take_number(reader, road is not None)
    on_road = road is not None and number is not None
    compound = None
    if not _DASHED.match(reader.text) and not _BUILDING.match(reader.text):
        compound = match.group().strip(" -") if (match := reader.take(_COMPOUND)) else None
        if number is None and compound is not None:
            number = _take_number(reader, False)
    building, unit, floor, room = _take_unit(reader)
    left = reader.text.strip(" -") or None
    if compound is None and building is None and unit is None and room is None and floor is None:
        compound, left = left, None
    return ChineseLine(road, number, on_road, compound or None, building, unit, floor, room, left)


def _take_number(reader: _Reader, after_road: bool) -> str | None:
    """House number: 88号, 88号附3号, 1688弄, and bare digits right after a road."""
    if match := reader.take(_ALLEY):
        return match.group()
    if match := reader.take(_NUMBER):
        return f"{match.group(1)}-{match.group(2)}" if match.group(2) else match.group(1)
    if after_road and not _DASHED.match(reader.text) and (match := reader.take(_BARE_NUMBER)):
        return match.group(1)
    return None


def _take_unit(reader: _Reader) -> _Unit:
    """(building, unit, floor, room): 3号楼2单元501室, 3栋501, 3-2-501, B座12层1203."""
    building = match.group(1) if (match := reader.take(_BUILDING)) else None
    unit = match.group(1) if (match := reader.take(_UNIT)) else None
    if match := reader.take(_DASHED):
        return _dashed(building, unit, [part for part in match.groups() if part is not None])
    floor = match.group(1) if (match := reader.take(_FLOOR)) else None
    room = match.group(1) if (match := reader.take(_ROOM)) else None
    return building, unit, floor, room


def _dashed(building: str | None, unit: str | None, parts: list[str]) -> _Unit:
    """Two or three numbers joined by dashes, read from the right: room, unit, building."""
    if len(parts) == 2 and building is None:
        return parts[0], unit, None, parts[1]
    room, *rest = reversed(parts)
    for part in rest:
        if unit is None:
            unit = part
        else:
            building = part if building is None else f"{building}-{part}"
    return building, unit, None, room


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
    place = read_place(line, canonical_city(_simple(parts.locality)), _simple(parts.district))
    below = split_line(line[place.end :])
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
