"""Counties and districts of China, present and former (`data/counties.txt`, `data/districts_changed.txt`)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import NamedTuple

from mdm.cleanse.fold import CACHED
from mdm.cleanse.reference import rows

_NATIONS = (
    "(?:(?:各|回|藏|维吾尔|蒙古|壮|苗|瑶|侗|土家|彝|满|朝鲜|哈萨克|傣|佤|拉祜|纳西|景颇|白|羌|黎|畲|仡佬|水|布依|毛南|仫佬|裕固|保安|"
    "东乡|撒拉|土|锡伯|塔吉克|达斡尔|鄂温克|鄂伦春|独龙|怒|普米|布朗|哈尼|傈僳)族)+"
)
_OF_A_NATION = re.compile(rf"(?<=..)(?:{_NATIONS}|族)$")
_LONG_KINDS = ("新区", "矿区", "林区", "特区")
_DIRECT = "-"  # counties directly below their province
_NO_COUNTY = frozenset({"市辖区", "市区", "县"})
_SEVERAL = frozenset({"郊区", "城区", "矿区", "新区"})  # names without a stem, which former districts share
UNKNOWN = "?"  # what became of a district that was divided


class District(NamedTuple):
    """A county or district as an address may name it.

    name: what it is called now, or was called last; city: its prefecture, None when directly below the province;
    changed: what happened to the name that was looked up, empty where nothing did; divided: nobody can tell into which;
    former: it is there no more, and the files do not say what became of it.
    """

    name: str
    city: str | None
    province: str
    changed: str = ""
    divided: bool = False
    former: bool = False


@dataclass(slots=True)
class _Divisions:
    of_city: dict[str, dict[str, District]] = field(default_factory=dict)  # with short names
    of_province: dict[str, dict[str, District]] = field(default_factory=dict)  # whole names that stand once in it
    of_country: dict[str, District] = field(default_factory=dict)  # whole names that stand once
    provinces: dict[str, str] = field(default_factory=dict)  # city -> its province
    codes: dict[tuple[str, str], str] = field(default_factory=dict)  # (city, or province, and name) -> code
    prefixes: dict[str, str] = field(default_factory=dict)  # city, or province -> the digits that its codes begin with
    known: frozenset[str] = frozenset()  # every code that there ever was


def stem(name: str) -> str:
    """A county's name without its kind: 城关区 -> 城关, 天祝藏族自治县 -> 天祝; 魏县 stays."""
    if name.endswith(("自治县", "自治旗")):
        return _OF_A_NATION.sub("", name[:-3])
    if len(name) > 3 and name.endswith(_LONG_KINDS):
        return name[:-2]
    return name[:-1] if len(name) > 2 and name[-1] in "区县市旗" else name


@cache
def divisions() -> _Divisions:
    """Everything that the two files say."""
    found = _Divisions()
    by_number: dict[str, str] = {}
    together: dict[tuple[str, str], list[str]] = {}  # number of the province and city -> their counties
    codes: list[str] = []
    for full, _, cities in rows("divisions.txt"):
        found.provinces |= dict.fromkeys(cities.split(), full)
    for code, city, counties in rows("counties.txt"):
        numbered = [code + county for county in counties.split()]
        codes += [county[:6] for county in numbered]
        if city in found.provinces or city == _DIRECT:
            together.setdefault((code[:2], city), []).extend(numbered)
        if city in found.provinces:
            by_number[code[:2]] = found.provinces[city]
            found.prefixes[found.provinces[city]] = code[:2]
        if city in found.provinces and city != found.provinces[city] and any("-" not in one for one in numbered):
            found.prefixes[city] = code
    found.known = frozenset(codes)
    renamed = {(city, old): (new, year) for city, old, new, year in rows("districts_changed.txt")}
    for (number, city), numbered in together.items():
        _add(found, None if city == _DIRECT else city, by_number[number], numbered)
    _add_renamed(found, renamed)
    _keep_single(found)
    return found


def _add(found: _Divisions, city: str | None, province: str, numbered: list[str]) -> None:
    """The counties of one city, or those directly below a province; a former one is known by what it became."""
    below = found.of_city.setdefault(city or province, {})
    stems: dict[str, District] = {}
    ended = []
    for county in numbered:
        name = county[6:]
        if "-" in name:
            ended.append(county)
        elif name not in _NO_COUNTY:
            below[name] = one = District(name, city, province)
            stems.setdefault(stem(name), one)
            found.codes[city or province, name] = county[:6]
    present = set(below)
    for county in sorted(ended, key=lambda one: one[-4:]):
        if city is None:
            break  # what was directly below a province has a prefecture since
        name, _, year = county[6:].partition("-")
        if name in present or name in _NO_COUNTY or name in _SEVERAL:
            continue
        if (later := stems.get(stem(name))) is not None:
            below[name] = later._replace(changed=f"{name} is {later.name} since {year}")
        else:
            below[name] = District(name, city, province, former=True)
            found.codes[city, name] = county[:6]
    for short, one in stems.items():
        below.setdefault(short, one)


def _add_renamed(found: _Divisions, renamed: dict[tuple[str, str], tuple[str, str]]) -> None:
    for (city, old), (new, year) in renamed.items():
        province = found.provinces[city]
        if new == UNKNOWN:
            one = District(old, city, province, f"{old} was divided in {year}", divided=True)
        else:
            one = District(new, city, province, f"{old} is part of {new} since {year}")
        found.of_city[city][old] = one
        found.of_city[city].setdefault(stem(old), one)


def _keep_single(found: _Divisions) -> None:
    """Names that tell their city by themselves: in the whole country, and within a province."""
    country: dict[str, list[District]] = {}
    for below in found.of_city.values():
        for name, one in below.items():
            if name[-1] in "区县市旗":
                country.setdefault(name, []).append(one)
    for name, bearers in country.items():
        if (only := _single(bearers)) is not None:
            found.of_country[name] = only
        for province in {one.province for one in bearers}:
            if (only := _single([one for one in bearers if one.province == province])) is not None:
                found.of_province.setdefault(province, {})[name] = only


def _single(bearers: list[District]) -> District | None:
    """The one that bears a name today; where none does, the one that bore it."""
    if len(bearers) == 1:
        return bearers[0]
    today = [one for one in bearers if not one.changed and not one.former]
    return today[0] if len(today) == 1 else None


def district_of(name: str, city: str | None, province: str | None) -> District | None:
    """What a county's or district's `name` means in a city, in a province, or anywhere; short names in a city only.

    None where it is not known, or where several bear it.
    """
    known = divisions()
    if city is not None:
        return known.of_city.get(city, {}).get(name)
    if province is not None:
        return known.of_province.get(province, {}).get(name)
    return known.of_country.get(name)


def province_of(city: str | None) -> str | None:
    """The province of a prefecture-level city."""
    return None if city is None else divisions().provinces.get(city)


@lru_cache(maxsize=CACHED)
def address_code(province: str | None, city: str | None, district: str | None) -> str | None:
    """The six digits of GB/T 2260 of the most exact of the three, in the names of today; None where none is known.

    A district that was divided, or that is there no more, has no code of today: its city's stands for it.
    """
    known = divisions()
    prefecture = province_of(city)
    province = province or prefecture
    place, name = (city, district) if prefecture is not None else (province, district or city)
    if place is not None and name is not None:
        one = known.of_city.get(place, {}).get(name)
        if one is not None and one.name == name and not (one.divided or one.former):
            return known.codes[place, name]
    prefix = known.prefixes.get(city or "") or known.prefixes.get(province or "")
    return None if prefix is None else prefix.ljust(6, "0")


def is_division_code(digits: str) -> bool:
    """Whether there is, or ever was, a county with this code; people keep the one of their first card."""
    return digits in _known_codes()


@cache
def _known_codes() -> frozenset[str]:
    return divisions().known
