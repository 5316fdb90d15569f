"""Phone numbers to E.164; ordinary numbers by the library's own patterns, the rest by the library itself."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata

from mdm.cleanse import phones_chinese as chinese
from mdm.cleanse.countries import country_code
from mdm.cleanse.fold import tidy
from mdm.cleanse.placeholders import is_placeholder_number, is_placeholder_word
from mdm.cleanse.values import Issue

_PLAIN = re.compile(r"\+?[\d\s().-]+")
_NOT_DIGIT = re.compile(r"\D+")
_EXTENSION = re.compile(
    r"(?:\s*\(?(?:;?ext=|[,;]|\b(?:ext|extn|extension|poste|p|x)\b\.?|x|转|轉|分机)\s*[:.#]?\s*\d{1,6}\)?|\s*#\s*\d{1,6})$",
    re.I,
)
_NOTE = (
    r"(?:tel|tél|telephone|phone|ph|cell|cellular|mobile|mob|home|work|office|business|bus|res|fax|bureau|domicile"
    r"|dom|h|w|c)"
)
_NOTE_BEFORE = re.compile(rf"^{_NOTE}\b\s*[.:#]*\s*(?=[+(\d])", re.I)
_NOTE_BEHIND = re.compile(rf"(?<=\d)\s*[(,-]?\s*\b{_NOTE}\b\.?\)?$", re.I)
_DECIMAL = re.compile(r"(?<=^\d{10})\.0$|(?<=^\d{11})\.0$")  # a number that went through a spreadsheet
_VANITY = re.compile(r"(?:\+?1[-. ]?)?8\d\d[-. ]?(?=.*[A-Z]{3})[A-Z0-9](?:[-. ]?[A-Z0-9]){6}", re.I)
_CN_EXTENSION = re.compile(r"^(\(?0\d{2,3}\)?[- ]?\d{7,8})-\d{1,6}$")
_CN_TOLL = re.compile(r"(?:\+?86)?([48]00[0-9]{7})")
_CN_LANDLINE = re.compile(r"\(?(0[1-9][0-9]{1,2})\)?-?((?:[2-8][0-9]|9[0-47-9])[0-9]{5,6})")  # 95, 96: services
_CN_LOCAL = re.compile(r"(?:[2-8][0-9]|9[0-47-9])[0-9]{5,6}")
_CN_MOBILE = re.compile(r"(\+?86[- ]?)?(1[3-9][0-9])[- ]?([0-9]{4})[- ]?([0-9]{4})")
_NANP = re.compile(r"(\+?1[-. ]?)?\(?([2-9][0-9]{2})\)?[-. ]?([2-9][0-9]{2})[-. ]?([0-9]{4})")
NANP_REGIONS = ("US", "CA")
_NANP_DIGITS = re.compile(r"[2-9][0-9]{2}[2-9][0-9]{6}")
_NANP_LOCAL, _LEAST_NANP = 7, 2_000_000_000
SHORTEST = 7  # digits; 110, 10086 and 95588 are services, not customers
KINDS = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "uan", "pager")
_MOBILE, _FIXED = ("mobile",), ("fixed_line",)


class CleansedPhone(NamedTuple):
    """A number in E.164, or None, with issues."""

    number: str | None
    issues: tuple[Issue, ...] = ()


@cache
def national_pattern(region: str, kinds: tuple[str, ...]) -> re.Pattern[str]:
    """The library's pattern of valid national numbers of a region."""
    metadata = PhoneMetadata.metadata_for_region(region)
    found = [getattr(metadata, kind) for kind in kinds]
    patterns = [kind.national_number_pattern for kind in found if kind is not None and kind.national_number_pattern]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def cleanse_phone(text: object, *, region: str, area_code: str | None = None, home: str | None = None) -> CleansedPhone:
    """The number that `text` dials from the country that the record lives in (`home`, as written), else from `region`.

    Local numbers need the `area_code` of the feed, which holds for records of its own region only.
    """
    own = country_code(home) or region
    if isinstance(text, str) and (number := _ordinary(text, own)):
        return CleansedPhone(number)
    value = tidy(text)
    if value is None:
        return CleansedPhone(None)
    issues: tuple[Issue, ...] = ()
    if own == "CN":
        value, issues, refused = chinese.bare(value, area_code if own == region else None)
        if refused:
            return CleansedPhone(None, (Issue("phones", "unreadable", refused),))
    value, left_out = _take_extension(value)
    if left_out:
        issues += (Issue("phones", "repaired", left_out),)
    digits = _NOT_DIGIT.sub("", value)
    if _is_placeholder(value, digits):
        return CleansedPhone(None, (Issue("phones", "unreadable", "placeholder"),))
    if len(digits) < SHORTEST:
        return CleansedPhone(None, (Issue("phones", "unreadable", "short code, not a customer's number"),))
    if own == region:
        number, reason = _number(value, digits, region, area_code), f"not a valid number of {region}"
    else:
        number = _number(value, digits, own, None) or _number(value, digits, region, None)
        reason = f"not a valid number of {own} or {region}"
    if number is None:
        return CleansedPhone(None, (Issue("phones", "unreadable", reason),))
    return CleansedPhone(number, issues)


def _number(value: str, digits: str, region: str, area_code: str | None) -> str | None:
    """What `value` (its `digits`) dials from `region`."""
    if found := _fast(value, digits, region) or _local(digits, region, area_code):
        return found
    # 4188165857 is Quebec, or Yingkou written without its 0: nobody can tell
    if region == "CN" and "+" not in value and _NANP_DIGITS.fullmatch(digits):
        return None
    return _library(value, region)


def _ordinary(text: str, region: str) -> str | None:
    """The commonest forms at once: 13919012345 and 0931-8412345 in China, +1 (403) 262-1234 in North America.

    As they are nothing but digits and separators, only their digits can be a placeholder, with or without the prefix.
    """
    if region == "CN":
        if match := _CN_MOBILE.fullmatch(text):
            prefix, *groups = match.groups()
            national = "".join(groups)
            if is_placeholder_number(national):
                return None
            if text != national and _is_placeholder(text, f"86{national}" if prefix else national):
                return None
            return f"+86{national}" if national_pattern("CN", _MOBILE).fullmatch(national) else None
        if match := _CN_LANDLINE.fullmatch(text):
            digits = match.group(1) + match.group(2)
            return None if is_placeholder_number(digits) else _landline(digits)
        return None
    if region in NANP_REGIONS and (match := _NANP.fullmatch(text)):
        prefix, *groups = match.groups()
        national = "".join(groups)
        if prefix is not None and is_placeholder_number(f"1{national}"):
            return None
        if not is_placeholder_number(national) and national_pattern(region, KINDS).fullmatch(national):
            return f"+1{national}"
    return None


def _take_extension(value: str) -> tuple[str, str]:
    """A number without what stands beside it, and what was left out; empty for nothing."""
    if match := _CN_EXTENSION.match(value):
        return match.group(1), "extension left out"
    if _PLAIN.fullmatch(value):
        bare = _DECIMAL.sub("", value)
        return bare, "" if bare == value else "decimal point left out"
    if _VANITY.fullmatch(value):
        return phonenumbers.convert_alpha_characters_in_number(value), ""
    noted = _NOTE_BEHIND.sub("", _NOTE_BEFORE.sub("", value))
    bare = _EXTENSION.sub("", noted)
    if bare != noted and len(_NOT_DIGIT.sub("", bare)) >= SHORTEST:
        return bare, "extension left out"
    return noted, "" if noted == value else "words beside the number left out"


def _is_placeholder(value: str, digits: str) -> bool:
    national = digits.removeprefix("86") if value.startswith("+86") else digits.removeprefix("1")
    return is_placeholder_word(value) or is_placeholder_number(digits) or is_placeholder_number(national)


def _fast(value: str, digits: str, region: str) -> str | None:
    """Ten digits in North America and mobile numbers in China: the library's patterns without its parser."""
    if not digits.isascii() or not _PLAIN.fullmatch(value):
        return None
    if region in NANP_REGIONS or value.startswith("+1"):
        plus = value.startswith("+")
        national = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits if not plus else ""
        if len(national) == 10 and any(national_pattern(name, KINDS).fullmatch(national) for name in NANP_REGIONS):
            return f"+1{national}"
    if region == "CN" or value.startswith("+86"):
        national = digits[2:] if len(digits) == 13 and digits.startswith("86") else digits
        if len(national) == 11 and national_pattern("CN", _MOBILE).fullmatch(national):
            return f"+86{national}"
        return _landline(digits) if region == "CN" and digits[0] == "0" and digits[1] != "0" else None
    return None


def _landline(digits: str) -> str | None:
    """A landline of China with its trunk prefix 0."""
    return f"+86{digits[1:]}" if national_pattern("CN", _FIXED).fullmatch(digits, 1) else None


def _local(digits: str, region: str, area_code: str | None) -> str | None:
    """400 and 800 numbers of China, and landlines written without their area code."""
    if region in NANP_REGIONS and area_code is not None and len(digits) == _NANP_LOCAL:
        national = area_code + digits
        return f"+1{national}" if national_pattern(region, KINDS).fullmatch(national) else None
    if region != "CN":
        return None
    if match := _CN_TOLL.fullmatch(digits):
        return f"+86{match.group(1)}"
    if area_code is not None and _CN_LOCAL.fullmatch(digits):
        return _landline(f"0{area_code.lstrip('0')}{digits}")
    return None


def _library(value: str, region: str) -> str | None:
    try:
        parsed = phonenumbers.parse(value, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    if parsed.country_code == 1 and (parsed.national_number or 0) < _LEAST_NANP:
        return None  # 310-BELL and other services, which nobody dials from elsewhere
    parsed.extension = None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
