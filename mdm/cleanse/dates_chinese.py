"""Dates as Chinese writes them: numerals, years of the Republic, and lunar days, which are told by their words.

Whether lunar days are converted a feed has to say (`mdm.cleanse.lunar`).
"""

from __future__ import annotations

import re

from mdm.cleanse.fold import simplify
from mdm.cleanse.numerals import DIGITS, to_digits

LUNAR = "a lunar date, which is not converted"
_LUNAR = re.compile(
    r"农历|阴历|旧历|[农阴](?=[)\d])|\d\(?[农阴]\)?$|初[一二三四五六七八九十\d]|廿|卅|正月|腊月|冬月|闰"
    r"|[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]年"
)
_LUNAR_LABEL = re.compile(r"\(?(?:农历|阴历|旧历|(?<![\u4e00-\u9fff])[农阴](?![\u4e00-\u9fff]))\)?\s*:?")
_LUNAR_MONTHS = {"正月": "一月", "冬月": "十一月", "腊月": "十二月"}
_LUNAR_DAYS = {"初": "", "廿": "二十", "卅": "三十"}
_LABEL = re.compile(r"^\(?(?:出生日期|出生年月日?|出生|生日|公历|阳历|公元|西元)\)?[\s:]*")
_SAID_SOLAR = re.compile("公历|阳历")
_SOLAR = re.compile(r"\s*\(?(?:公历|阳历)\)?$")
_NUMERAL = re.compile(rf"[{DIGITS}]+")
_REPUBLIC = re.compile(r"^(?:中华)?民国(前)?\s*(\d{1,3})(?=\s*[-/.年])")
_SHORT_YEAR = re.compile(r"^(\d{2,3})(?=\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?$)")
_SEVEN = re.compile(r"(\d{3})(\d{2})(\d{2})")
_OF_ORACLE = re.compile(r"(\d{1,2})-(\d{1,2})月\s*-(\d{4})")
_FOUNDED = 1911  # the year before the first of the Republic


def from_lunar_words(text: str) -> tuple[str, bool] | None:
    """A tidied lunar date as a solar one is written (闰四月廿三 -> 四月二十三), and whether it is in a leap month.

    None where the text says that it is solar.
    """
    read = simplify(text)
    if _SAID_SOLAR.search(read):
        return None
    leap = "闰" in read
    read = _LUNAR_LABEL.sub("", read.replace("闰", "")).strip()
    for word, plain in (_LUNAR_MONTHS | _LUNAR_DAYS).items():
        read = read.replace(word, plain)
    return read, leap


def western(text: str, region: str) -> str | None:
    """A tidied date with digits and a western year (民國75年3月8日 -> 1986年3月8日); None for a lunar one.

    Years of two or three digits count from 1911 in Taiwan only, unless the text says 民国.
    """
    read = simplify(text).replace("○", "〇")
    if _LUNAR.search(read):
        return None
    read = _SOLAR.sub("", _LABEL.sub("", read))
    read = _NUMERAL.sub(lambda match: to_digits(match.group()), read)
    if (match := _REPUBLIC.match(read)) is not None:
        before, year = match.group(1), int(match.group(2))
        return f"{_FOUNDED + 1 - year if before else _FOUNDED + year}{read[match.end() :]}"
    if region == "TW":
        if (match := _SHORT_YEAR.match(read)) is not None:
            return f"{_FOUNDED + int(match.group(1))}{read[match.end() :]}"
        if (match := _SEVEN.fullmatch(read)) is not None:
            return f"{_FOUNDED + int(match.group(1))}-{match.group(2)}-{match.group(3)}"
    if (match := _OF_ORACLE.fullmatch(read)) is not None:
        return f"{match.group(3)}-{match.group(2)}-{match.group(1)}"
    return read
