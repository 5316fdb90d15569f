"""Dates as Chinese BOSS systems hold them.

given: the text of a birth date; (attribute, text) for another date. expected: the ISO date, or None.
"""

from __future__ import annotations

from typing import Any

from mdm.cleanse.dates import cleanse_date
from tests.cleanse.cases import Case, marked


def read(case: Case) -> tuple[Any, str]:
    """The day."""
    attribute, text = case.given if isinstance(case.given, tuple) else ("birth_date", case.given)
    found = cleanse_date(text, region=case.region, attribute=attribute)
    return marked(None if found.value is None else found.value.isoformat(), found.issues)


def day(given: Any, expected: str | None, why: str, mark: str = "", *, region: str = "CN", fails: str = "") -> Case:
    """A date in a Chinese feed, or none."""
    return Case(given, region, expected, mark or ("valid" if expected else "unreadable"), why, fails)


BORN = "1962-03-08"
CASES = (
    # -- solar ----------------------------------------------------------------------------------------------------
    day("1962-03-08", BORN, "the standard way, ISO 8601"),
    day("19620308", BORN, "eight digits without separators"),
    day("1962/3/8", BORN, "slashes without zeros"),
    day("1962.03.08", BORN, "full stops between the numbers"),
    day("1962.3.8", BORN, "full stops without zeros"),
    day("1962年3月8日", BORN, "with the words for year, month and day"),
    day("1962年03月08号", BORN, "with the spoken word for day"),
    day("1962 年 3 月 8 日", BORN, "with blanks around the words"),
    day("１９６２年３月８日", BORN, "digits of full width"),
    day("一九六二年三月八日", BORN, "in Chinese numerals"),
    day("二〇〇二年十二月二十五日", "2002-12-25", "in Chinese numerals with tens"),
    day("二○○二年十月三十一日", "2002-10-31", "a circle of GBK for the zero"),
    day("1962-03-08 00:00:00", BORN, "a time of the day says nothing"),
    day("1962-03-08 00:00:00.0", BORN, "what Java writes"),
    day("1962/3/8 0:00:00", BORN, "what a Windows front end writes"),
    day("1962-03-08-00.00.00.000000", BORN, "what DB2 writes"),
    day("19620308000000", BORN, "fourteen digits of a BOSS interface"),
    day("19620308123456", BORN, "fourteen digits with a time of the day"),
    day("08-3月 -62", None, "what Oracle writes in Chinese: two digits of a year"),
    day("08-3月 -1962", BORN, "what Oracle writes in Chinese, with the whole year"),
    day("1962-3-8 12:00", BORN, "a time without seconds"),
    day("生日：1962年3月8日", BORN, "a word before the date"),
    day("公历1962年3月8日", BORN, "said to be solar"),
    day("1962-03-08(阳历)", BORN, "said to be solar, behind the date"),
    day("1962-02-30", None, "no such day; in the lunar calendar there may be one"),
    day("1962-13-01", None, "there is no month 13"),
    day("62年3月8日", None, "two digits of a year may be two centuries"),
    day("620308", None, "six digits may be two centuries"),
    day("1962年3月", None, "a month is no day"),
    day("1962", None, "a year is no day"),
    day("3月8日", None, "a birthday without its year"),
    day("22713", None, "what Excel counts: nobody says that it was Excel"),
    day("19000101", None, "what systems write for nothing"),
    day("1900-01-01", None, "the same with hyphens"),
    day(
        "1911-11-11",
        "1911-11-11",
        "clerks type it because it is quick, and people were born on it: only counting can tell",
    ),
    day("00000000", None, "zeros in all places"),
    day("11111111", None, "ones in all places"),
    day("99991231", None, "the end of time is no birthday"),
    day("不详", None, "nobody knows it"),
    day("无", None, "the word for none"),
    # -- lunar ----------------------------------------------------------------------------------------------------
    day("农历1962年2月初三", None, "a lunar date, said before it: never converted without the feed saying so"),
    day("农历1962-02-03", None, "a lunar date in the form of a solar one"),
    day("阴历1962年2月3日", None, "another word for lunar"),
    day("旧历一九六二年二月初三", None, "the old calendar is the lunar one"),
    day("1962年二月初三", None, "初 is said of lunar days only"),
    day("1962年2月廿三", None, "廿 is said of lunar days only"),
    day("1962年正月十五", None, "正月 is a lunar month"),
    day("1962年腊月初八", None, "腊月 is a lunar month"),
    day("1962年冬月十一", None, "冬月 is a lunar month"),
    day("1962年闰四月初一", None, "a leap month is a lunar month"),
    day("壬寅年二月初三", None, "a year of the cycle of sixty"),
    day("1962-02-03(农历)", None, "a remark behind the date"),
    day("19620203农", None, "one character for lunar"),
    day("(阴)1962.2.3", None, "one character for lunar, before"),
    # -- years of the Republic ------------------------------------------------------------------------------------
    day("民國75年3月8日", "1986-03-08", "a year of the Republic is 1911 years less", region="TW"),
    day("民国75年3月8日", "1986-03-08", "the same in simplified characters, in any feed"),
    day("中華民國七十五年三月八日", "1986-03-08", "in full, in Chinese numerals", region="TW"),
    day("75年3月8日", "1986-03-08", "in Taiwan a short year is one of the Republic", region="TW"),
    day("75/03/08", "1986-03-08", "in Taiwan a short year is one of the Republic, with slashes", region="TW"),
    day("075/03/08", "1986-03-08", "three digits of a year of the Republic", region="TW"),
    day("0750308", "1986-03-08", "seven digits are a year of the Republic", region="TW"),
    day("100.12.31", "2011-12-31", "the year 100 of the Republic", region="TW"),
    day("民國前5年3月8日", "1907-03-08", "before the Republic one counts backwards", region="TW"),
    day("1986/03/08", "1986-03-08", "a year of four digits is a western one in Taiwan, too", region="TW"),
    day("75/13/08", None, "month 13 of a year of the Republic", region="TW"),
    # -- ends of periods ------------------------------------------------------------------------------------------
    day(("subscriptions.valid_to", "20991231"), "2099-12-31", "an end far away is an end"),
    day(("subscriptions.valid_to", "99991231"), None, "an end that is open", "valid"),
    day(("subscriptions.valid_to", "29991231"), None, "open end of another system", "valid"),
    day(("subscriptions.valid_to", "30001231"), None, "open end of a third system", "valid"),
    day(("subscriptions.valid_to", "20501332"), None, "no such day is no open end"),
    day(("subscriptions.valid_from", "20100601000000"), "2010-06-01", "fourteen digits in a period"),
)
