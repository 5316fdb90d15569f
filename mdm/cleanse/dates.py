"""Dates as sources write them, to a `datetime.date`; refused when they can be read in no or in two ways."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from mdm.cleanse import dates_chinese as chinese
from mdm.cleanse.fold import ascii_lower, tidy
from mdm.cleanse.placeholders import is_placeholder_number, is_placeholder_word
from mdm.cleanse.values import Issue

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_TIME = re.compile(
    r"(?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\s*(?:[AaPp][Mm])?\s*(?:Z|[+-]\d\d:?\d\d|UTC)?"
    r"|-\d\d\.\d\d\.\d\d(?:\.\d+)?)$"
)
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_EIGHT = re.compile(r"\d{8}")
_STAMP = re.compile(r"(\d{8})(?:[01]\d|2[0-3])[0-5]\d[0-5]\d")
_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er)?[-/. ]*([a-z]{3,9})[-/., ]+(\d{4})")
_NAMED_FIRST = re.compile(r"([a-z]{3,9})[-/. ]*(\d{1,2})(?:st|nd|rd|th)?[-/., ]+(\d{4})")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_MONTH_OF = {name: number for number, name in enumerate(_MONTHS, 1)}
_MONTH_OF |= {name[:3]: number for name, number in _MONTH_OF.items()} | {"sept": 9}
_FRENCH = (
    ("janvier", "janv"), ("fevrier", "fevr", "fev"), ("mars",), ("avril", "avr"), ("mai",), ("juin",),
    ("juillet", "juil", "juill"), ("aout",), ("septembre",), ("octobre",), ("novembre",), ("decembre",),
)  # fmt: skip
_MONTH_OF |= {name: number for number, names in enumerate(_FRENCH, 1) for name in names}
_MONTH_FIRST_REGIONS = frozenset({"US"})  # elsewhere the day comes first
EARLIEST, LATEST = 1880, 2100  # years outside are typing errors; simulated feeds reach 2040
_PLACEHOLDERS = frozenset({date(1900, 1, 1), date(1901, 1, 1), date(1899, 12, 31), date(1899, 12, 30)})
_OPEN_END = 9999  # the year that systems write for "no end"


class CleansedDate(NamedTuple):
    """A date, or None, with its issues."""

    value: date | None
    issues: tuple[Issue, ...] = ()


_NO_DATE = CleansedDate(None)


def cleanse_date(text: object, *, region: str, attribute: str = "birth_date") -> CleansedDate:
    """The day that `text` names, read by the customs of `region` where only they decide between day and month."""
    if text is None:
        return _NO_DATE
    if isinstance(text, str) and _ISO.fullmatch(text) and (found := _ordinary(text)):
        return CleansedDate(found)
    value = tidy(text)
    if value is None:
        return _NO_DATE
    if not value.isascii() or region == "TW":
        western = chinese.western(value, region)
        if western is None:
            return CleansedDate(None, (Issue(attribute, "unreadable", chinese.LUNAR),))
        value = western
    parts = date_parts(value, region)
    if parts is None:
        return refused(value, attribute)
    year, month, day = parts
    if year == _OPEN_END or year == 0:
        return _placeholder(attribute)
    if year > LATEST and attribute.endswith("valid_to"):
        return _placeholder(attribute)  # 2999, 3000: other ways to write "no end"
    if not EARLIEST <= year <= LATEST:
        return CleansedDate(None, (Issue(attribute, "unreadable", f"year outside {EARLIEST} to {LATEST}"),))
    try:
        found = date(year, month, day)
    except ValueError:
        return CleansedDate(None, (Issue(attribute, "unreadable", "no such day in the calendar"),))
    return _placeholder(attribute) if found in _PLACEHOLDERS else CleansedDate(found)


def _ordinary(text: str) -> date | None:
    """An ISO date that needs no second look."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if EARLIEST <= found.year <= LATEST and found not in _PLACEHOLDERS else None


def _placeholder(attribute: str) -> CleansedDate:
    """Placeholder dates: silent in the ends of periods, where they say "open"."""
    if attribute.endswith(("valid_from", "valid_to")):
        return CleansedDate(None)
    return CleansedDate(None, (Issue(attribute, "unreadable", "placeholder date"),))


def refused(value: str, attribute: str) -> CleansedDate:
    """What is said of a text that is no date: it may be a placeholder."""
    if is_placeholder_word(value) or is_placeholder_number(re.sub(r"\D", "", value)):
        return _placeholder(attribute)
    return CleansedDate(None, (Issue(attribute, "unreadable", "not a complete date"),))


def date_parts(value: str, region: str) -> tuple[int, int, int] | None:
    """(year, month, day) as numbers, not yet checked against the calendar; None when the shape is unknown."""
    text = _TIME.sub("", value).strip()
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day = map(int, match.groups())
        return year, month, day
    if match := _STAMP.fullmatch(text):
        text = match.group(1)
    if _EIGHT.fullmatch(text):
        if EARLIEST <= int(text[:4]) <= LATEST or int(text[:4]) == 0 or "01" <= text[4:6] <= "12":
            return int(text[:4]), int(text[4:6]), int(text[6:])
        return _year_last(int(text[:2]), int(text[2:4]), int(text[4:]), region)
    if match := _YEAR_LAST.fullmatch(text):
        first, second, year = map(int, match.groups())
        return _year_last(first, second, year, region)
    return _named(ascii_lower(text))


def _year_last(first: int, second: int, year: int, region: str) -> tuple[int, int, int]:
    """Month and day by their size where it tells (13 is no month), else by the custom of the region."""
    month_first = region in _MONTH_FIRST_REGIONS if (first <= 12) == (second <= 12) else first <= 12
    return (year, first, second) if month_first else (year, second, first)


def _named(text: str) -> tuple[int, int, int] | None:
    """3 Feb 1980, Feb 3, 1980, 03-FEB-1980; English and French month names."""
    if match := _NAMED.fullmatch(text):
        day, name, year = match.groups()
    elif match := _NAMED_FIRST.fullmatch(text):
        name, day, year = match.groups()
    else:
        return None
    return (int(year), _MONTH_OF[name], int(day)) if name in _MONTH_OF else None
