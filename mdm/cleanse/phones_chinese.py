"""What stands around phone numbers of China: words, extensions, call prefixes, more numbers; and what is no number."""

from __future__ import annotations

import re
from typing import NamedTuple

from mdm.cleanse.values import Issue

_HAN = "\u4e00-\u9fff"
_ORDINARY = re.compile(r"[\d\s()+-]+")
_MASK = re.compile(r"\*{2,}|(?<=\d)x{3,}|x{3,}(?=\d)", re.I)
_BETWEEN = re.compile(r"[/、|;,]+|(?<=\d{7})\s+(?=\+?\d{7})|[或和及]")
_WORDS_BEFORE = re.compile(rf"^[^\d+(]*[{_HAN}][^\d+(]*")
_WORDS_BEHIND = re.compile(rf"(?<=\d)[\s(,.-]*[{_HAN}][^\d]*$")
_EXTENSION = re.compile(r"(?<=\d{4})\s*(?:转分机|转|轉|分机|分機|\*)\s*[:.]?\s*\d{1,6}$|(?<=\d{7})\s*\(\d{1,5}\)$")
_OF_LOCAL = re.compile(r"([2-9]\d{6,7})-\d{1,5}")
_STROKES = re.compile(r"[_-]+")
# call prefixes that made calls to other cities cheaper: 17951, 12593, 17911, 17909, 10193 ...
_CALL_PREFIX = re.compile(
    r"(?:179(?:0\d|1[01]|5[01]|6\d|9\d)|12593|12583|10193|1180\d)[\s-]*(?=0?1[3-9]\d{9}$|0\d{9,11}$)"
)
_AREA = r"0(?:10|2\d|[3-9]\d\d)"
_ABROAD = re.compile(r"^(?:\+|00)86")
_SERVICE = re.compile(rf"(?:{_AREA})?(?:1\d{{2,7}}|9[56]\d{{3,6}})")
_NO_SUBSCRIBER = re.compile(rf"{_AREA}0\d{{6,7}}")
_NOT_DIGIT = re.compile(r"\D+")
_SUBSCRIBER = re.compile(r"(?:[2-8]\d|9[0-47-9])\d{5,6}")
LEAST = 7  # digits of a number
_WORDS = Issue("phones", "repaired", "words beside the number left out")
_LEFT_OUT = Issue("phones", "repaired", "extension left out")
_PREFIX = Issue("phones", "repaired", "call prefix left out")
_TRUNK = Issue("phones", "repaired", "0 put before the area code of the feed")
_SEVERAL = "several numbers in one field: the contract can split it"


class Bare(NamedTuple):
    """A number without what stands around it and what is to be said of that; or why it is none (refused)."""

    value: str
    issues: tuple[Issue, ...] = ()
    refused: str = ""


def bare(text: str, area_code: str | None) -> Bare:
    """The number that a tidied text of China holds; as it is where nothing stands around it."""
    if text[0] == "+" and not text.startswith("+86"):
        return Bare(text)  # a number of another country
    if _MASK.search(text):
        return Bare(text, refused="masked")
    value = text
    issues: tuple[Issue, ...] = ()
    if _ORDINARY.fullmatch(text) is None or text[-1] == ")" or _BETWEEN.search(text):
        value, issues, several = _alone(text)
        if several:
            return Bare(text, refused=_SEVERAL)
    value = _STROKES.sub("-", value)
    if (match := _OF_LOCAL.fullmatch(value)) is not None:
        value, issues = match.group(1), (*issues, _LEFT_OUT)
    if (match := _CALL_PREFIX.match(value)) is not None:
        value, issues = value[match.end() :], (*issues, _PREFIX)
    digits = _NOT_DIGIT.sub("", value)
    national = _ABROAD.sub("", "+" + digits if value.startswith("+") else digits)
    area = area_code.lstrip("0") if area_code is not None and national == digits else ""
    if area and digits.startswith(area) and _SUBSCRIBER.fullmatch(digits, len(area)):
        return Bare(f"0{digits}", (*issues, _TRUNK))
    if _SERVICE.fullmatch(national):
        return Bare(value, refused="short code, not a customer's number")
    return Bare(value, issues, "no subscriber's number begins with 0" if _NO_SUBSCRIBER.fullmatch(national) else "")


def _alone(text: str) -> tuple[str, tuple[Issue, ...], bool]:
    """A number without words and extension, and what was left out; whether there are several, so that none is meant."""
    parts = [part.strip() for part in _BETWEEN.split(text) if part.strip()]
    numbers = [part for part in parts if len(_NOT_DIGIT.sub("", part)) >= LEAST]
    others = [part for part in parts if part not in numbers[:1]]
    if len(numbers) > 1 or (numbers and "/" in text and any(map(str.isdecimal, others))):
        return text, (), True
    issues: tuple[Issue, ...] = ()
    if len(parts) == 1:
        text = parts[0]
    elif numbers and not any(map(str.isdigit, "".join(others))):
        text, issues = numbers[0], (_WORDS,)
    value = _EXTENSION.sub("", text)
    if value != text:
        issues += (_LEFT_OUT,)
    without = _WORDS_BEHIND.sub("", _WORDS_BEFORE.sub("", value))
    if len(_NOT_DIGIT.sub("", without)) < LEAST:
        return text, (), False
    return without, issues if without == value else (*issues, _WORDS), False
