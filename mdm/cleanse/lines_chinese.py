"""A Chinese address below the district: road, number, compound, building, unit, floor, room, from left to right."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from mdm.cleanse.fold import CACHED, simplify
from mdm.cleanse.numerals import DIGITS
from mdm.cleanse.places_chinese import Place, read_place

_N = rf"(?:\d+|[{DIGITS}]+)"
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
_Unit = tuple[str | None, str | None, str | None, str | None]


class ChineseLine(NamedTuple):
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


@lru_cache(maxsize=CACHED)
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


_NOISE = re.compile(r"(?<![0-9A-Za-z])\s+|\s+(?![0-9A-Za-z])|[,、;。:]+|\(.*?\)")
_DASHES = re.compile(r"(?<=[0-9A-Za-z])[‐-―－~]+(?=[0-9A-Za-z])")
COMPACT = re.compile(r"[0-9A-Za-z\u4e00-\u9fff-]*")
RUN = re.compile(r"[0-9]+")
OTHER_DIGIT = re.compile(r"[^\D0-9]")
POSTCODE_HEADS = frozenset(("邮", "郵", *"0123456789"))
# what the patterns take for a number, each of another script, so that it is known again wherever it went
STAND_INS = "٠۰०০੦૦୦௦౦೦൦๐໐༠၀០᠐"
BY_STAND_IN = {ord(digit): f"{{{at}}}" for at, digit in enumerate(STAND_INS)} | {ord("{"): "{{", ord("}"): "}}"}


class Split(NamedTuple):
    """A line taken apart: the place at its head, what stands below, and that part of the text as a whole."""

    place: Place
    below: ChineseLine
    rest: str


def split_address(text: str, city: str | None, district: str | None) -> Split:
    """A line of text taken apart; `city` and `district`: where they are known already.

    Lines that differ only in their numbers are taken apart once: no pattern looks at the value of a number, and only
    a postcode at the head at its length (a test holds this equal to `split_whole`).
    """
    line = text if COMPACT.fullmatch(text) else _DASHES.sub("-", _NOISE.sub("", text)).strip()
    if line[:1] in POSTCODE_HEADS:
        return split_whole(line, city, district)
    shape = RUN.sub("0", line)
    found = _split_shape(shape, city, district)
    if found is None:
        return split_whole(line, city, district)
    if shape == line and "0" not in shape:
        return found
    numbers = RUN.findall(line)
    place, (road, number, on_road, compound, building, unit, floor, room, left), rest = found
    below = ChineseLine(
        road and road.format(*numbers),
        number and number.format(*numbers),
        on_road,
        compound and compound.format(*numbers),
        building and building.format(*numbers),
        unit and unit.format(*numbers),
        floor and floor.format(*numbers),
        room and room.format(*numbers),
        left and left.format(*numbers),
    )
    return Split(place, below, rest.format(*numbers))


def split_whole(line: str, city: str | None, district: str | None) -> Split:
    """A line without blanks between hanzi, punctuation and brackets, taken apart by itself."""
    line = simplify(line)
    place = read_place(line, city, district)
    rest = line[place.end :]
    return Split(place, split_line(rest), rest)


@lru_cache(maxsize=CACHED)
def _split_shape(shape: str, city: str | None, district: str | None) -> Split | None:
    """A line with 0 for each of its numbers, taken apart; the pieces have {0}, {1} ... in their places."""
    if shape.count("0") > len(STAND_INS) or OTHER_DIGIT.search(shape):
        return None
    digits = iter(STAND_INS)
    place, below, rest = split_whole(RUN.sub(lambda match: next(digits), shape), city, district)
    if "0" not in shape:
        return Split(place, below, rest)
    marked: dict[str, Any] = {
        name: piece.translate(BY_STAND_IN) for name, piece in below._asdict().items() if isinstance(piece, str)
    }
    return Split(place, below._replace(**marked), rest.translate(BY_STAND_IN))
