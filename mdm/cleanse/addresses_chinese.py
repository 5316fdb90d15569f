"""Chinese addresses: province to room out of one line or out of parts; the keys of a dwelling.

Below the district no library reads them: road, number, compound, building, unit, floor and room are taken from left
to right, each by the words that end it. What is not recognised stays in the name of the compound.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mdm.cleanse.fold import CACHED, simplify
from mdm.cleanse.lines_chinese import ChineseLine, Split, is_side, split_address, split_whole
from mdm.cleanse.numerals import counters_to_digits, to_digits
from mdm.cleanse.places_chinese import Place, known_place
from mdm.cleanse.postal import AddressKeys, AddressText, dwelling
from mdm.cleanse.values import Issue

NOT_UNDERSTOOD = Issue("address.text", "suspicious", "the end of the address was not understood")
_BARE = re.compile(r"[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*")
_ROUNDS = 4  # a house number before the name of the compound is read again in the usual order


def read_whole(parts: AddressText, region: str, issues: list[Issue]) -> tuple[AddressText, AddressKeys]:
    """Any Chinese address; `addresses_forms.read_chinese` gives the same and is faster where forms repeat."""
    shown, keys, line = read_line(line_of(parts), parts, region)
    if line.remark is not None:
        issues.append(line.remark)
    if line.left is not None:
        issues.append(NOT_UNDERSTOOD)
    for _ in range(_ROUNDS):
        if line.on_road or line.number is None:
            break
        again, keys_again, line = read_line(line_of(shown), shown, region)
        if keys_again == keys:
            break
        shown, keys = again, keys_again
    return shown, keys


def read_line(text: str, parts: AddressText, region: str) -> tuple[AddressText, AddressKeys, ChineseLine]:
    """Display parts and keys of a line that belongs to `parts`, and how the line was understood."""
    known = _known(parts)
    return _say(split_address(text, known.city, known.district), known, parts, region)


def read_compact(text: str, parts: AddressText, region: str) -> tuple[AddressText, AddressKeys, ChineseLine]:
    """`read_line` of a line without blanks and punctuation."""
    known = _known(parts)
    return _say(split_whole(text, known.city, known.district), known, parts, region)


def _known(parts: AddressText) -> Place:
    """The place that the parts name, in the names of today."""
    return known_place(_simple(parts.region), _simple(parts.locality), _simple(parts.district))


def _say(split: Split, known: Place, parts: AddressText, region: str) -> tuple[AddressText, AddressKeys, ChineseLine]:
    """Display parts and keys of a line that was taken apart and belongs to `parts`."""
    place, below, rest = split
    province = known.province or place.province
    city, district = place.city, place.district
    if (remark := known.remark or place.remark) is not None:
        below = below._replace(remark=remark)
    keys = _keys(below, place.town, _joined(city, district))
    country = parts.country.upper() if parts.country else ("CN" if region == "CN" or place.province else region)
    shown = AddressText(
        parts.text or _joined(province, city if city != province else None, district, rest) or "",
        _shown_number(below.number),
        _joined(place.town, below.road, None if below.on_road else below.compound),
        _shown_unit(below),
        _shown_building(below),
        parts.po_box,
        district,
        city,
        province,
        parts.postcode or place.postcode,
        country,
    )
    return shown, keys, below


def _joined(*parts: str | None) -> str | None:
    return "".join([part for part in parts if part is not None]) or None


def line_of(parts: AddressText) -> str:
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


def _simple(text: str | None) -> str | None:
    return simplify(text) if text is not None else None


def _shown_number(number: str | None) -> str | None:
    return number if number is None or number.endswith("弄") else f"{number}号"


def _shown_building(line: ChineseLine) -> str | None:
    """The building, after the compound when that stands behind the house number."""
    building = f"{line.building}号楼" if line.building is not None else ""
    return f"{(line.compound or '') if line.on_road else ''}{building}" or None


def _shown_unit(line: ChineseLine) -> str | None:
    unit = f"{line.unit}单元" if line.unit is not None else ""
    floor = f"{line.floor}层" if line.floor is not None else ""
    if line.room is None:
        return f"{unit}{floor}" or None
    return f"{unit}{floor}{line.room}{'户' if is_side(line.room) else '室'}"


@lru_cache(maxsize=CACHED)
def _key(part: str | None) -> str | None:
    """One piece as a key: digits for numerals, no leading zeros, small letters."""
    if part is None:
        return None
    return "-".join(to_digits(piece).lower().lstrip("0") or "0" for piece in re.split(r"[-/之]", part.rstrip("弄")))


@lru_cache(maxsize=CACHED)
def _street_key(road: str | None, compound: str | None, on_road: bool, town: str | None) -> str | None:
    # a number on a road names the compound, which many sources leave out
    name = road if on_road else _joined(road, compound)
    if name and road is None and compound is not None and town is not None:
        name = f"{town}{name}"
    return counters_to_digits(name).lower() if name else None


def _floor_key(floor: str) -> str:
    """A floor as a key: b before those below the ground, 负一, 地下一 and B1 alike."""
    bare = floor.lstrip("负地下Bb")
    return f"{'' if bare == floor else 'b'}{_key(bare)}"


def _unit_key(line: ChineseLine) -> str | None:
    room = line.room
    if room is not None and line.floor is not None and is_side(room):
        room = f"{_floor_key(line.floor)}{room}"  # the flat of a floor that has no number: 5层东户
    unit = "-".join([key for part in (line.building, line.unit, room) if (key := _key(part)) is not None]) or None
    if room is None and line.floor is not None:
        floor = f"fl{_floor_key(line.floor)}"
        return f"{unit}-{floor}" if unit else floor
    return unit


def _keys(line: ChineseLine, town: str | None, where: str | None) -> AddressKeys:
    number, unit = _key(line.number), _unit_key(line)
    street = _street_key(line.road, line.compound, line.on_road, town)
    # a compound without a flat is many dwellings
    known = street is not None and (unit is not None or (number is not None and not (line.on_road and line.compound)))
    return AddressKeys(number, street, unit, where, dwelling(number, street, unit, None, where) if known else None)
