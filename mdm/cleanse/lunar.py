"""Birth dates of the Chinese lunar calendar, where the feed says that they are, to days of the Gregorian calendar.

Without its word nothing is converted: 1962-02-03 is a day of either calendar.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from mdm.cleanse import dates_chinese as chinese
from mdm.cleanse.dates import CleansedDate, cleanse_date, date_parts, refused
from mdm.cleanse.fold import simplify, tidy
from mdm.cleanse.reference import rows
from mdm.cleanse.values import Issue

ATTRIBUTE = "birth_date"
CONVERTED = "lunar date converted"
TWICE = "that year had a leap month of the same number, too"
_RANGE = "year outside 1900 to 2100"
_SOLAR, _LUNAR, _LEAP = "solar", "lunar", "lunar leap"
CALENDARS = {
    _SOLAR: _SOLAR, "gregorian": _SOLAR, "公历": _SOLAR, "阳历": _SOLAR, "新历": _SOLAR,
    _LUNAR: _LUNAR, "农历": _LUNAR, "阴历": _LUNAR, "旧历": _LUNAR,
    _LEAP: _LEAP, "闰月": _LEAP, "农历闰月": _LEAP,
}  # fmt: skip


class _Year(NamedTuple):
    """first: its first day. leap: the month that is followed by its leap month, or None. days: of its months."""

    first: date
    leap: int | None
    days: tuple[int, ...]


def cleanse_birth_date(text: str | None, calendar: str | None, *, region: str) -> CleansedDate:
    """The day that `text` names in the calendar that the feed says, by default the Gregorian one."""
    said = tidy(calendar)
    if said is None or text is None:
        return cleanse_date(text, region=region, attribute=ATTRIBUTE)
    kind = CALENDARS.get(simplify(said).lower())
    if kind == _SOLAR:
        return cleanse_date(text, region=region, attribute=ATTRIBUTE)
    return _unreadable("neither the lunar nor the solar calendar") if kind is None else _from_lunar(text, kind, region)


def _from_lunar(text: str, kind: str, region: str) -> CleansedDate:
    value = tidy(text)
    if value is None:
        return CleansedDate(None)
    read = chinese.from_lunar_words(value)
    if read is None:
        return _unreadable("lunar by the feed, solar by its words")
    bare, leap = read
    western = chinese.western(bare, region) if not bare.isascii() or region == "TW" else bare
    if western is None:  # a year of the cycle of sixty
        return _unreadable("not a complete date")
    parts = date_parts(western, region)
    if parts is None:
        return refused(value, ATTRIBUTE)
    if parts[0] not in _years():  # 0000, 9999 and others that nobody means
        return cleanse_date("-".join(map(str, parts)), region=region) if parts[0] in (0, 9999) else _unreadable(_RANGE)
    if parts == (1900, 1, 1):
        return cleanse_date("1900-01-01", region=region)
    return _converted(*parts, leap=leap or kind == _LEAP, in_words=not value.isascii())


def _converted(year: int, month: int, day: int, *, leap: bool, in_words: bool) -> CleansedDate:
    """in_words: 闰 would stand in the text of a leap month."""
    known = _years()[year]
    if not 1 <= month <= 12:
        return _unreadable("no such month in the lunar calendar")
    if leap and known.leap != month:
        return _unreadable("no such leap month in that year")
    before = month - 1 + (leap or (known.leap is not None and month > known.leap))
    if not 1 <= day <= known.days[before]:
        return _unreadable("no such day in the lunar calendar")
    found = known.first + timedelta(days=sum(known.days[:before]) + day - 1)
    issues: tuple[Issue, ...] = (Issue(ATTRIBUTE, "repaired", CONVERTED),)
    if known.leap == month and not leap and not in_words:
        issues += (Issue(ATTRIBUTE, "suspicious", TWICE),)
    return CleansedDate(found, issues)


@cache
def _years() -> dict[int, _Year]:
    return {
        int(year): _Year(date.fromisoformat(first), None if leap == "-" else int(leap), tuple(map(int, days.split())))
        for year, first, leap, days in rows("lunar_years.txt")
    }


def _unreadable(reason: str) -> CleansedDate:
    return CleansedDate(None, (Issue(ATTRIBUTE, "unreadable", reason),))
