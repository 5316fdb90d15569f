"""The table of lunar years against what is known of the calendar otherwise, and conversions as a function."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm.cleanse.lunar import cleanse_birth_date
from mdm.cleanse.reference import rows

YEARS = {int(year): (date.fromisoformat(first), leap, days.split()) for year, first, leap, days in
         rows("lunar_years.txt")}  # fmt: skip
# the days on which people celebrated, as they stand in any almanac
NEW_YEARS = """
1900-01-31 1905-02-04 1911-01-30 1912-02-18 1919-02-01 1924-02-05 1929-02-10 1936-01-24 1938-01-31 1945-02-13 1949-01-29
1950-02-17 1953-02-14 1954-02-03 1960-01-28 1961-02-15 1966-01-21 1968-01-30 1970-02-06 1972-02-15 1976-01-31 1978-02-07
1980-02-16 1981-02-05 1984-02-02 1985-02-20 1988-02-17 1989-02-06 1990-01-27 1991-02-15 1992-02-04 1993-01-23 1994-02-10
1995-01-31 1996-02-19 1997-02-07 1998-01-28 1999-02-16 2000-02-05 2001-01-24 2002-02-12 2003-02-01 2004-01-22 2005-02-09
2006-01-29 2007-02-18 2008-02-07 2009-01-26 2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08
2017-01-28 2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06
2028-01-26 2029-02-13 2030-02-03 2033-01-31 2034-02-19
"""
LEAP_MONTHS = """
1900:8 1903:5 1906:4 1909:2 1911:6 1914:5 1917:2 1919:7 1922:5 1925:4 1928:2 1930:6 1933:5 1936:3 1938:7 1941:6 1944:4
1947:2 1949:7 1952:5 1955:3 1957:8 1960:6 1963:4 1966:3 1968:7 1971:5 1974:4 1976:8 1979:6 1982:4 1984:10 1987:6 1990:5
1993:3 1995:8 1998:5 2001:4 2004:2 2006:7 2009:5 2012:4 2014:9 2017:6 2020:4 2023:2 2025:6 2028:5 2031:3 2033:11
"""


def test_new_years_as_people_celebrated_them() -> None:
    for text in NEW_YEARS.split():
        day = date.fromisoformat(text)
        assert YEARS[day.year][0] == day
    assert all(date(year, 1, 20) < first < date(year, 2, 22) for year, (first, *_) in YEARS.items())


def test_leap_months_as_almanacs_have_them() -> None:
    known = {int(year): leap for year, _, leap in (each.partition(":") for each in LEAP_MONTHS.split())}
    assert known == {year: leap for year, (_, leap, _) in YEARS.items() if leap != "-" and year <= max(known)}


def test_every_day_is_one_lunar_day() -> None:
    """The months of a year fill it up to the first day of the next one; nothing is missing and nothing stands twice."""
    assert list(YEARS) == list(range(1900, 2101))
    for (first, leap, days), (following, *_) in pairwise([*YEARS.values(), (date(2101, 1, 29), "-", [])]):
        assert len(days) == (12 if leap == "-" else 13)
        assert set(days) == {"29", "30"}
        assert first + timedelta(days=sum(map(int, days))) == following


def test_every_month_begins_near_the_mean_new_moon() -> None:
    """Mean lunations (J. Meeus, Astronomical Algorithms, ch. 49); the true ones are up to 14 hours earlier or later."""
    epoch = date(2000, 1, 6).toordinal() + 14 / 24 + 20 / 1440 + 8 / 24  # JDE 2451550.09766, of Beijing
    for first, _, days in YEARS.values():
        begin = first.toordinal()
        for length in days:
            number = round((begin + 0.5 - epoch) / 29.530588861)
            assert abs(begin + 0.5 - (epoch + number * 29.530588861)) < 1.13
            begin += int(length)


@pytest.mark.parametrize("year", [1900, 1949, 1984, 1990, 2033, 2100])
def test_the_days_of_a_year_in_their_order(year: int) -> None:
    first, leap, lengths = YEARS[year]
    months = [(month, "") for month in range(1, 13)]
    if leap != "-":
        months.insert(int(leap), (int(leap), "闰"))
    found = [
        cleanse_birth_date(f"{year}年{word}{month}月{day}日", "lunar", region="CN").value
        for (month, word), length in zip(months, lengths, strict=True)
        for day in range(1, int(length) + 1)
    ]
    ordinary = [first + timedelta(days=number) for number in range(len(found))]
    assert found[1 if year == 1900 else 0 :] == ordinary[1 if year == 1900 else 0 :]  # 1900-01-01 is a placeholder


DAYS = st.from_regex(r"[12][09][0-9]{2}年?闰?[-/]?[0-9]{1,2}[月-][0-9]{1,2}日?", fullmatch=True)
CALENDARS = st.text(max_size=6) | st.sampled_from(["lunar", "lunar leap", "solar", "农历"])


@given(st.text(max_size=16) | DAYS, CALENDARS, st.sampled_from(["CN", "TW", "CA"]))
def test_any_text_gives_a_day_or_a_reason(text: str, calendar: str, region: str) -> None:
    found = cleanse_birth_date(text, calendar, region=region)
    assert found.value is None or date(1880, 1, 1) <= found.value <= date(2101, 1, 28)
    assert found == cleanse_birth_date(text, calendar, region=region)
    assert {issue.attribute for issue in found.issues} <= {"birth_date"}
