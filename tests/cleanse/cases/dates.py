"""Birth dates: given, the text; expected: the day in ISO, or None. Formats that a contract declares never come here."""

from __future__ import annotations

from typing import Any

from mdm.cleanse.dates import cleanse_date
from tests.cleanse.cases import Case, marked


def read(case: Case) -> tuple[Any, str]:
    """The day."""
    found = cleanse_date(case.given, region=case.region)
    return marked(None if found.value is None else found.value.isoformat(), found.issues)


def day(given: str, expected: str | None, why: str, region: str = "CA", fails: str = "") -> Case:
    """A day in a feed."""
    return Case(given, region, expected, "unreadable" if expected is None else "valid", why, fails)


CASES = (
    day("1980-02-03", "1980-02-03", "ISO, the standard of Canada"),
    day("1980/02/03", "1980-02-03", "year first with slashes"),
    day("1980-2-3", "1980-02-03", "without leading zeros"),
    day("19800203", "1980-02-03", "eight digits of a mainframe"),
    day("1980-02-03 00:00:00", "1980-02-03", "the empty time of a database"),
    day("1980-02-03T00:00:00Z", "1980-02-03", "the time of an interface"),
    day("1980-02-03 12:00:00 AM", "1980-02-03", "midnight on an American clock"),
    day("19800203000000", "1980-02-03", "fourteen digits of a database"),
    day("02/13/1980", "1980-02-13", "13 is no month: only one reading"),
    day("13/02/1980", "1980-02-13", "13 is no month here either"),
    day("02/03/1980", "1980-02-03", "the month comes first in the United States", region="US"),
    day("02/03/1980", "1980-03-02", "the day comes first in Britain", region="GB"),
    day("3.2.1980", "1980-02-03", "dots of Germany", region="DE"),
    day("03-FEB-1980", "1980-02-03", "the usual form of Oracle"),
    day("Feb 3, 1980", "1980-02-03", "month, day, year in words"),
    day("3rd February 1980", "1980-02-03", "day, month, year in words"),
    day("3 février 1980", "1980-02-03", "the months in French"),
    day("1er mars 1980", "1980-03-01", "the first of a month in French"),
    day("15 août 1980", "1980-08-15", "accents in a month"),
    day("3 FEV 1980", "1980-02-03", "French months in short"),
    day("29/02/1980", "1980-02-29", "a leap day that was"),
    day("1980-02-29", "1980-02-29", "the same in ISO"),
    day("1981-02-29", None, "a leap day that was not"),
    day("1980-02-30", None, "no such day in the calendar"),
    day("1980-13-02", None, "13 is no month, and the order is said"),
    day("31/04/1980", None, "April has thirty days"),
    day("03/02/80", None, "a year of two digits is of two centuries"),
    day("800203", None, "six digits may be read in many ways"),
    day("1980", None, "a year alone is no birthday"),
    day("1980-02", None, "neither is a month"),
    day("Feb 1980", None, "neither is a month in words"),
    day("29252", None, "a number of a spreadsheet: days since which year?"),
    day("1700-01-05", None, "nobody is that old"),
    day("2943-01-05", None, "nobody is born that late"),
    day("1900-01-01", None, "the first day that systems know"),
    day("1899-12-30", None, "the day zero of spreadsheets"),
    day("01/01/1900", None, "the first day, written by people"),
    day("0000-00-00", None, "the empty date of a database"),
    day("00/00/0000", None, "the empty date of a form"),
    day("99999999", None, "nines held down"),
    day("9999-12-31", None, "no end is no birthday"),
    day("unknown", None, "the word unknown"),
    day("inconnue", None, "the word unknown in French"),
)
