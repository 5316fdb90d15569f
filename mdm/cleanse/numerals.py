"""Chinese numerals in addresses: 三 -> 3, 十二 -> 12, 五〇一 -> 501."""

from __future__ import annotations

import re

DIGITS = "〇零一二两三四五六七八九十百"
_VALUES = {"〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_UNITS = {"十": 10, "百": 100}
_BEFORE_COUNTER = re.compile(rf"[{DIGITS}]+(?=[段巷条横支弄组社队号期])")


def to_digits(text: str) -> str:
    """Decimal digits of a Chinese numeral; text that is none stays as it is."""
    if not text or any(character not in DIGITS for character in text):
        return text
    if not any(character in _UNITS for character in text):
        return "".join(str(_VALUES[character]) for character in text)
    total, digit = 0, None
    for character in text:
        if character in _UNITS:
            total += (1 if digit is None else digit) * _UNITS[character]
            digit = None
        else:
            digit = _VALUES[character]
    return str(total + (digit or 0))


def counters_to_digits(text: str) -> str:
    """Numerals before a counter of streets (段, 巷, 组 ...) as digits: 人民路一段 -> 人民路1段; 五一路 stays."""
    return _BEFORE_COUNTER.sub(lambda match: to_digits(match.group()), text)
