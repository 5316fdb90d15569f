"""A Chinese address below the district: road, number, compound, building, unit, floor, room, from left to right."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from mdm.cleanse.fold import CACHED, simplify
from mdm.cleanse.numerals import DIGITS, to_digits
from mdm.cleanse.places_chinese import Place, read_place
from mdm.cleanse.values import Issue

_N = rf"(?:\d+|[{DIGITS}]+)"
_ROAD = re.compile(
    r"[^\d号弄栋幢座室#\s]{1,12}?(?:大道|大街|公路|国道|省道|胡同|(?<!铁)路(?!局|桥|口|灯)|街(?!道|区)|巷|道(?!口|班)|"
    r"里(?=[甲乙丙丁]?\d|$)|条(?=[甲乙丙丁]?\d))"
    rf"(?:[东南西北中]?(?:{_N})?(?:段|巷|条|横路|支路|支巷))*"
)
_COMMUNITY = re.compile(r"[^\d号\s]{1,10}?(?:居民委员会|居委会|社区(?:居民委员会|居委会)?)")
_ALLEY = re.compile(rf"({_N})弄")
_BEFORE_NUMBER = r"(?:第|[Nn][Oo]\.?)?"
_NUMBER = re.compile(
    rf"{_BEFORE_NUMBER}([甲乙丙丁]?{_N}(?:[-/之]\d+)?[A-Za-z甲乙丙丁]?)号(?!楼|栋|幢|座|排|房|室)"
    rf"(?:大?院内?|附({_N})号|之({_N})|([甲乙丙丁])(?![号栋幢座楼单]))?"
)
_LAST_NUMBER = re.compile(rf"{_BEFORE_NUMBER}([甲乙丙丁]?\d+[A-Za-z甲乙丙丁]?)$")
_COMPOUND = re.compile(
    rf"[^\d]+?(?:{_N}(?:社|组|队|期))?"
    rf"(?=\d|[A-Za-z]\d*(?:座|栋|幢|号楼|区)|第?(?:{_N})(?:号楼|号|栋|幢|座|排|单元|层|楼|室|门)|(?:负|地下|[Bb]){_N}[层楼F]|$)"
)
_BUILDING = re.compile(
    rf"第?([A-Za-z]?{_N}[A-Za-z]?|[A-Za-z]|[东南西北甲乙])(?:号楼|栋|幢|座|排|#楼?|号(?=.)|楼(?=.*(?:单元|门)))"
    r"|([东南西北])楼(?=\d)"
)
_UNIT = re.compile(rf"第?([A-Za-z]?{_N}|[A-Za-z])(?:单元|门)")
_FLOOR = re.compile(rf"第?((?:负|地下|[Bb])?{_N})(?:层|楼|F)")
_ROOM = re.compile(rf"([A-Za-z]?{_N}[A-Za-z]?(?:-\d+)?)(?:室|房间|房|户|号)?$")
_DASHED = re.compile(r"([A-Za-z]?\d+[A-Za-z]?)-(\d+[A-Za-z]?)(?:-(\d+[A-Za-z]?))?(?:室|房|号|户)?$")
_SIDE = re.compile(r"([东南西北中左右]{1,2})(?:户|侧|边|手)$")
_HALF = re.compile(r"([甲乙丙丁])室?$")
_SIDES = frozenset("东南西北中左右")
_ROOM_WITH_SIDE = re.compile(rf"([A-Za-z]?{_N}[A-Za-z]?)(?:室|房)?(?=[东南西北中左右]{{1,2}}(?:户|侧|边|手)$)")
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
    remark: Issue | None = None  # what is to be said of the place above


def is_side(room: str) -> bool:
    """Whether a flat has no number, but the side of the stairs on which it lies: 东."""
    return _SIDES.issuperset(room)


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
    reader = _Reader(_without_community(text))
    road = match.group() if (match := reader.take(_ROAD)) else None
    number = _take_number(reader, road is not None)
    on_road = road is not None and number is not None
    compound = None
    if not any(pattern.match(reader.text) for pattern in _BELOW_A_COMPOUND):
        compound = match.group().strip(" -") if (match := reader.take(_COMPOUND)) else None
        if number is None and compound is not None:
            number = _take_number(reader, False)
    building, unit, floor, room = _take_unit(reader)
    left = reader.text.strip(" -") or None
    if compound is None and building is None and unit is None and room is None and floor is None:
        compound, left = left, None
    return ChineseLine(road, number, on_road, compound or None, building, unit, floor, room, left)


def _without_community(text: str) -> str:
    """Without the neighbourhood committee before a road: 甘家巷社区甘家巷12号."""
    if "社区" not in text and "委会" not in text and "委员会" not in text:
        return text
    match = _COMMUNITY.match(text)
    return text if match is None or _ROAD.match(text, match.end()) is None else text[match.end() :]


def _take_number(reader: _Reader, after_road: bool) -> str | None:
    """House number: 88号, 88号附3号, 88号甲, 1688弄, and the digits that end a line right after a road."""
    if match := reader.take(_ALLEY):
        return match.group()
    if match := reader.take(_NUMBER):
        number, annex, part, letter = match.groups()
        if annex is not None or part is not None:
            return f"{number}-{annex or to_digits(part)}"
        return f"{number}{letter or ''}"
    if after_road and (match := reader.take(_LAST_NUMBER)):
        return match.group(1)
    return None


def _take_unit(reader: _Reader) -> _Unit:
    """(building, unit, floor, room): 3号楼2单元501室, 3栋501, 3-2-501, B座12层1203."""
    building = match.group(1) or match.group(2) if (match := reader.take(_BUILDING)) else None
    unit = match.group(1) if (match := reader.take(_UNIT)) else None
    if match := reader.take(_DASHED):
        return _dashed(building, unit, [part for part in match.groups() if part is not None])
    floor = match.group(1) if (match := reader.take(_FLOOR)) else None
    match = reader.take(_ROOM) or reader.take(_ROOM_WITH_SIDE)
    if match is None and (unit is not None or floor is not None):
        match = reader.take(_SIDE)
    elif match is None and building is not None:
        match = reader.take(_HALF)
    return building, unit, floor, match.group(1) if match else None


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


_NOISE = re.compile(r"(?<![0-9A-Za-z])[\s/|\\>]+|[\s/|\\>]+(?![0-9A-Za-z])|[,、;。:]+|\(.*?\)")
_POSTCODE_BEHIND = re.compile(r"[\s,;:(]+(?:邮编:?)?([0-9]{6})\)?$")
_BELOW_A_COMPOUND = (_DASHED, _BUILDING, _UNIT, _FLOOR, _ROOM)
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
    if COMPACT.fullmatch(text) is None:
        if (match := _POSTCODE_BEHIND.search(text)) is not None and match.start() > 0:
            found = split_address(text[: match.start()], city, district)
            return found._replace(place=found.place._replace(postcode=found.place.postcode or match.group(1)))
        line = _DASHES.sub("-", _NOISE.sub("", text)).strip()
    else:
        line = text
    if line[:1] in POSTCODE_HEADS:
        return split_whole(line, city, district)
    shape = RUN.sub("0", line)
    of_shape = _split_shape(shape, city, district)
    if of_shape is None:
        return split_whole(line, city, district)
    if shape == line and "0" not in shape:
        return of_shape
    numbers = RUN.findall(line)
    place, (road, number, on_road, compound, building, unit, floor, room, left, _), rest = of_shape
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
