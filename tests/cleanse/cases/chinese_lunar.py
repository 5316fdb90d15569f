"""Birth dates of feeds that say that they are of the Chinese lunar calendar.

given: (text, calendar as the contract or the column has it). expected: the ISO date of the solar calendar, or None. The
days are those that almanacs have, not those of the code under test.
"""

from __future__ import annotations

from typing import Any

from mdm.cleanse.lunar import cleanse_birth_date
from tests.cleanse.cases import Case, marked


def read(case: Case) -> tuple[Any, str]:
    """The day."""
    text, calendar = case.given
    found = cleanse_birth_date(text, calendar, region=case.region)
    return marked(None if found.value is None else found.value.isoformat(), found.issues)


def born(
    text: str, expected: str | None, why: str, mark: str = "", *, calendar: str | None = "lunar", region: str = "CN"
) -> Case:
    """A birth date of a feed that says `calendar` of it."""
    return Case((text, calendar), region, expected, mark or ("repaired" if expected else "unreadable"), why)


def leap(text: str, expected: str | None, why: str) -> Case:
    """A birth date in a leap month, by a code of the feed."""
    return born(text, expected, why, calendar="lunar leap")


CASES = (
    # -- the same day in every way of writing ------------------------------------------------------------------------
    born("1990-01-01", "1990-01-27", "new year's day of 1990"),
    born("19900101", "1990-01-27", "eight digits without separators"),
    born("1990/1/1", "1990-01-27", "slashes without zeros"),
    born("1990.01.01", "1990-01-27", "full stops between the numbers"),
    born("1990-01-01 00:00:00", "1990-01-27", "a time of the day says nothing"),
    born("1990年1月1日", "1990-01-27", "with the words for year, month and day"),
    born("1990年正月初一", "1990-01-27", "in the words of the lunar calendar"),
    born("一九九〇年正月初一", "1990-01-27", "in Chinese numerals throughout"),
    born("農曆一九九〇年正月初一", "1990-01-27", "in traditional characters, said again before it"),
    born("农历1990年正月初一", "1990-01-27", "the text says so, too"),
    born("阴历：1990-01-01", "1990-01-27", "the text says so with a colon"),
    born("1990-01-01(农历)", "1990-01-27", "the text says so behind the date"),
    born("19900101农", "1990-01-27", "one character behind the date"),
    born("民國79年正月初一", "1990-01-27", "a year of the Republic is 1911 years less", region="TW"),
    born("79/01/01", "1990-01-27", "in Taiwan a short year is one of the Republic", region="TW"),
    born("1990-01-01", "1990-01-27", "the calendar by its Chinese name", calendar="农历"),
    born("1990-01-01", "1990-01-27", "the calendar by another name, in traditional characters", calendar="陰曆"),
    # -- months and days ---------------------------------------------------------------------------------------------
    born("1962年二月初三", "1962-03-08", "初 is said of the first ten days"),
    born("1962年2月廿三", "1962-03-28", "廿 is said of the twenties"),
    born("1962年二月三十", "1962-04-04", "a second month of thirty days"),
    born("1962-02-30", "1962-04-04", "a day that the solar calendar never has"),
    born("1962年冬月十一", "1962-12-07", "冬月 is the eleventh month"),
    born("1962年腊月初八", "1963-01-03", "the twelfth month ends in the next solar year"),
    born("2023-12-30", "2024-02-09", "the eve of the new year of 2024"),
    born("1949-08-10", "1949-10-01", "the day on which the republic was proclaimed, after a leap month"),
    born("1900-08-15", "1900-09-08", "mid-autumn of 1900, of which there were two", "suspicious"),
    # -- leap months -------------------------------------------------------------------------------------------------
    born("2023年闰二月初一", "2023-03-22", "a leap second month, in words"),
    born("2020年閏四月初一", "2020-05-23", "a leap fourth month, in traditional characters"),
    born("2020-闰4-1", "2020-05-23", "the word before the digits of the month"),
    born("2033年闰冬月初一", "2033-12-22", "the leap eleventh month of 2033"),
    leap("1984-10-01", "1984-11-23", "the leap tenth month of 1984, by a code"),
    leap("20230201", "2023-03-22", "a leap second month, by a code"),
    leap("2023年闰二月初一", "2023-03-22", "said twice, once by a code"),
    born("2023年三月初一", "2023-04-20", "the month after the leap month"),
    born("2023年二月初一", "2023-02-20", "the month before the leap month: in words 闰 would stand there"),
    born("2023-02-01", "2023-02-20", "digits cannot say whether the leap month was meant", "suspicious"),
    leap("2021-04-01", None, "2021 had no leap month"),
    born("2020年闰五月初一", None, "2020 had a leap month, but not the fifth"),
    leap("2023-02-30", None, "the leap second month of 2023 had 29 days"),
    # -- what is none ------------------------------------------------------------------------------------------------
    born("1962-13-01", None, "there is no month 13"),
    born("1962-00-10", None, "there is no month 0"),
    born("1962-02-31", None, "no lunar month has 31 days"),
    born("1962-01-30", None, "the first month of 1962 had 29 days"),
    born("壬寅年二月初三", None, "a year of the cycle of sixty comes every sixty years"),
    born("62年二月初三", None, "two digits of a year may be two centuries"),
    born("二月初三", None, "a birthday without its year"),
    born("1899-12-01", None, "before the table of years"),
    born("2101-01-01", None, "behind the table of years"),
    born("公历1990年1月1日", None, "the feed says lunar, the text says solar: nobody knows"),
    born("1900-01-01", None, "what systems write for nothing"),
    born("19000101", None, "what systems write for nothing, in digits"),
    born("00000000", None, "zeros in all places of it"),
    born("99991231", None, "the end of time is no birthday"),
    born("不详", None, "nobody knows it at all"),
    # -- other calendars ---------------------------------------------------------------------------------------------
    born("1990-01-01", "1990-01-01", "said to be solar by a code", "valid", calendar="solar"),
    born("1990-01-01", "1990-01-01", "said to be solar in Chinese", "valid", calendar="公历"),
    born("1990-01-01", "1990-01-01", "the feed says nothing of it", "valid", calendar=None),
    born("农历1990年正月初一", None, "lunar by its words alone is not converted", calendar=None),
    born("农历1990年正月初一", None, "said to be solar, and lunar by its words", calendar="solar"),
    born("1990-01-01", None, "a code that the contract does not translate", calendar="2"),
)
