"""Province, city and district at the head of a Chinese address, from GB/T 2260 names (`data/divisions.txt`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from mdm.cleanse.divisions import District, district_of, province_of, stem
from mdm.cleanse.fold import CACHED
from mdm.cleanse.reference import rows
from mdm.cleanse.values import Issue

_COUNTRY = re.compile(r"(?:中华人民共和国|中国)")
_POSTCODE = re.compile(r"(?:邮编:?)?(\d{6})(?=[^\d\-号])|(?:邮编:?)(\d{6})$")
_NATIONS = re.compile(
    r"(?:(?:朝鲜|土家|苗|藏|羌|彝|布依|侗|哈尼|壮|傣|白|景颇|傈僳|回|蒙古|哈萨克|柯尔克孜)族?)+自治州$|(?:市|地区|盟)$"
)
# 北京路, 上海南路, 兰州大街: a street named after a city, not the city
_NOT_STREET = (
    r"(?!(?:[东南西北中上下一二三四五]{0,2})(?:大道|大街|路|街|道|巷|里)"
    r"|大学|学院|公园|花园|家园|小区|大厦|广场|新?村|苑)"
)
_DISTRICT = re.compile(
    r"([^\d号\W][^\d路街巷号村镇乡道弄栋幢楼\W]{0,9}?(?:自治县|自治旗|开发区|新区|区|县|旗|市))(?![路街巷])"
)
_NOT_DISTRICT = re.compile(r"(?:小|社|校|厂|园|住宅|生活|家属|工业|景|库|片|街|院|别墅)区$|(?:超|门|集)市$")
_TOWN = re.compile(r"([^\d号路街巷\W]{1,7}?(?:[路街巷]?街道(?:办事处|办)?(?!口)|镇(?!路|街)|乡(?!路|街)|苏木))")
# 城关 is 城关区 before the name of a road or town, but not in 城关镇, 城关中路, 朝阳门外大街, 安宁堡路
_NOT_SHORT = re.compile(
    r"[东南西北中上下一二三四五]{0,2}(?:大道|大街|路|街|道|巷|里)|[门寺江湖山桥站港镇乡村口城]"
    r"|大学|学院|公园|花园|家园|小区|大厦|广场|医院"
)
_ROAD_BEHIND = re.compile(r"[^\d号\W]{2,10}?(?:大道|大街|路|街|道|巷|胡同|镇|乡)")
_NOT_WHOLE = re.compile(r"[路街巷]")
_LONGEST = 14  # 积石山保安族东乡族撒拉族自治县
_KINDS = "区县市旗"
_SHORTEST = 2
_UP_TO_A_NUMBER = re.compile(r"\D+\d")


class Place(NamedTuple):
    """Where an address is; `end` is the position after what was read, `remark` what is to be said of the district."""

    province: str | None = None
    city: str | None = None
    district: str | None = None
    town: str | None = None
    postcode: str | None = None
    end: int = 0
    remark: Issue | None = None


@dataclass(frozen=True, slots=True)
class _Divisions:
    provinces: dict[str, str]  # any written form -> full name
    cities: dict[str, str]
    initials: frozenset[str]  # first characters of provinces and cities
    letters: dict[str, str]  # 甘 -> 甘肃省


@cache
def _divisions() -> _Divisions:
    provinces: dict[str, str] = {}
    cities: dict[str, str] = {}
    for full, short, names in rows("divisions.txt"):
        provinces |= {full: full, short: full, f"{short}省": full}
        for city in names.split():
            cities[city] = city
            if len(bare := _NATIONS.sub("", city)) >= _SHORTEST and bare not in provinces:
                cities.setdefault(bare, city)
                if city.endswith("自治州"):
                    cities.setdefault(f"{bare}州", city)
    initials = frozenset(name[0] for name in (*provinces, *cities))
    return _Divisions(provinces, cities, initials, {row[0]: row[1] for row in rows("province_letters.txt")})


@cache
def _pattern(kind: Literal["provinces", "cities"], initial: str) -> re.Pattern[str] | None:
    """The names with this first character: one alternation of hundreds of names would be tried name by name."""
    names: dict[str, str] = getattr(_divisions(), kind)
    found = {name: full for name, full in names.items() if name[0] == initial}
    return _any_of(found) if found else None


def _any_of(names: dict[str, str]) -> re.Pattern[str]:
    """Longest first; short forms only where they do not begin the name of a street."""
    ordered = sorted(names, key=len, reverse=True)
    whole = [name for name in ordered if names[name] == name]
    short = [name for name in ordered if names[name] != name]
    names_only = [*whole, *([f"(?:{'|'.join(short)})(?![市区县旗]){_NOT_STREET}"] if short else [])]
    return re.compile(f"(?:{'|'.join(names_only)})")


def canonical_city(text: str | None) -> str | None:
    """The full name of a prefecture-level city (兰州 -> 兰州市); others as written."""
    return text if text is None else _divisions().cities.get(text, text)


def canonical_province(text: str | None) -> str | None:
    """The full name of a province (甘肃 -> 甘肃省); others as written."""
    return text if text is None else _divisions().provinces.get(text, text)


@lru_cache(maxsize=CACHED)
def known_place(province: str | None, city: str | None, district: str | None) -> Place:
    """What the parts of an address say, simplified, in the full names of today: 兰州, 城关 -> 兰州市, 城关区."""
    province, city = canonical_province(province), canonical_city(city)
    prefecture = city if city is None or province_of(city) is not None else None
    if city is not None and prefecture is None and district is None:
        one = district_of(city, None, province)
        if one is not None and one.city is not None:
            return Place(province or one.province, one.city, one.name, remark=_remark(one))
    if district is not None and (city is None) == (prefecture is None):
        one = district_of(district, city, province)
        if one is not None and one.city is not None:
            return Place(province or one.province, one.city, one.name, remark=_remark(one))
    return Place(province or province_of(city), city, district)


def read_place(text: str, city: str | None = None, district: str | None = None) -> Place:
    """Province, city, district and town at the start of simplified `text`; each may be missing, or be written twice.

    `city` and `district`: where they are known already; a known district is only passed over.

    No name of a place holds a digit, and no pattern here reads past one, but for a postcode at the head: so texts that
    begin alike up to their first digit are read once (a test holds this equal to `read_whole_place`).
    """
    start = _UP_TO_A_NUMBER.match(text)
    if start is None or text[0] == "邮" or (district is not None and not district.isalpha()):
        return read_whole_place(text, city, district)
    return _read_start(start.group(), city, district)


def read_whole_place(text: str, city: str | None = None, district: str | None = None) -> Place:
    """What `read_place` gives, of the text as a whole."""
    place = _read(text, Place(city=city, district=district))
    while text[place.end : place.end + 1] in _divisions().initials and place.end < len(text):
        again = _read(text, place)
        if again.end == place.end:
            break
        place = again
    return place


_read_start = lru_cache(maxsize=CACHED)(read_whole_place)


def _read(text: str, so_far: Place) -> Place:
    """`so_far` with what stands at its end; what was known wins."""
    known = _divisions()
    province, city, district, town, postcode, at, remark = so_far
    if at == 0 and (match := _POSTCODE.match(text)):
        postcode, at = match.group(1) or match.group(2), match.end()
    if match := _COUNTRY.match(text, at):
        at = match.end()
    if match := _match("provinces", text, at):
        province, at = province or known.provinces[match.group()], _past(text, match.end())
    elif at == 0 and (letter := known.letters.get(text[:1])) is not None:
        city_behind = _match("cities", text, 1)
        if city_behind is not None and province_of(known.cities[city_behind.group()]) == letter:
            province, at = province or letter, 1
    if province in known.cities:
        city = city or province
        if text.startswith(province or "", at):
            at = _past(text, at + len(province or ""))
    if match := _match("cities", text, at):
        found = known.cities[match.group()]
        if city is None or city == found:
            city, at = found, _past(text, match.end())
    if text.startswith("市辖区", at):
        at += 3
    one, end = _find_district(text, at, city, province)
    if district is not None and city is not None and (known_as := district_of(district, city, province)) is not None:
        district, remark = known_as.name, remark or _remark(known_as)
    if district is None and one is not None:
        remark = remark or _remark(one)
        province, at = province or one.province, _past(text, end)
        below = one.city is not None or not one.name.endswith("市")
        city, district = (city or one.city, one.name) if below else (one.name, None)
    elif district is None:
        district, at = _read_district(text, at)
        if city is None and district is not None and district.endswith("市"):
            city = district
            district, at = _read_district(text, at)
    elif one is not None and one.name == district:
        at = _past(text, end)
    elif text.startswith(district, at):
        at = _past(text, at + len(district))
    elif text.startswith(short := stem(district), at) and _NOT_SHORT.match(text, at + len(short)) is None:
        at += len(short)
    if town is None and (match := _TOWN.match(text, at)):
        town, at = match.group(1), _past(text, match.end())
    return Place(province or province_of(city), city, district, town, postcode, at, remark)


def _past(text: str, at: int) -> int:
    """The position after the hyphens between the parts of a place: 甘肃省-兰州市."""
    while text[at : at + 1] == "-":
        at += 1
    return at


def _remark(one: District) -> Issue | None:
    """What is to be said of a district that has another name today."""
    if not one.changed:
        return None
    return Issue("address.district", "suspicious" if one.divided else "repaired", one.changed)


def _match(kind: Literal["provinces", "cities"], text: str, at: int) -> re.Match[str] | None:
    initial = text[at : at + 1]
    pattern = _pattern(kind, initial) if initial in _divisions().initials else None
    return None if pattern is None else pattern.match(text, at)


def _find_district(text: str, at: int, city: str | None, province: str | None) -> tuple[District | None, int]:
    """The longest name of a district of the city at `at`, and its end; without a city, one that tells its city."""
    if city is not None and province_of(city) is None:
        return None, at
    for end in range(min(at + _LONGEST, len(text)), at + _SHORTEST - 1, -1):
        name = text[at:end]
        one = district_of(name, city, province)
        if one is not None and _stands_for_it(text, name, end):
            return one, end
    return None, at


def _stands_for_it(text: str, name: str, end: int) -> bool:
    """Whether the name of a district, which ends there, is no part of another name: 城关区路, 城关中路."""
    if name[-1] in _KINDS:
        return _NOT_WHOLE.match(text, end) is None
    return _NOT_SHORT.match(text, end) is None and _ROAD_BEHIND.match(text, end) is not None


def _read_district(text: str, at: int) -> tuple[str | None, int]:
    """A district by the words that end it, such as a zone of development, which no list has."""
    if _match("provinces", text, at) is not None:
        return None, at
    match = _DISTRICT.match(text, at)
    if match is None or _NOT_DISTRICT.search(match.group(1)):
        return None, at
    return match.group(1), _past(text, match.end())
