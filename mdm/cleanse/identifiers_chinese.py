"""Certificates of China, Hong Kong and Taiwan beside the identity card: what stands in its column, and how it is told.

The resident id itself is read by `mdm.cleanse.identity_card`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_10

from mdm.cleanse.divisions import is_division_code
from mdm.cleanse.fold import CACHED
from mdm.cleanse.identity_card import cleanse_identity_card

ISSUERS = frozenset({"CN", "HK", "MO", "TW"})
Found = tuple[str | None, str]  # (value or None, why not, or what was repaired)
_LABEL = re.compile(
    r"^(?:居民|二代|本人)?(?:身份证件?|证件|护照|营业执照|统一社会信用代码|统一信用代码|信用代码|组织机构代码证?|税号)"
    r"(?:编号|号码|号|代码)?[\s::;,]*(?=[0-9A-Z])",
    re.I,
)
_REMARK = re.compile(r"(?<=[0-9A-Z])\s*\([^()]*[\u4e00-\u9fff][^()]*\)$", re.I)
_LIKE_X = str.maketrans(dict.fromkeys("×✕✖ⅹⅩхХχΧ", "X"))
_STAR_FOR_X = re.compile(r"^([0-9]{17})\*$")
_LIKE_DIGITS = str.maketrans("OIL", "011")
_LETTERS = re.compile(r"[OIL]")
_PASSPORT = re.compile(r"[EGDSP][0-9]{8}|E[A-HJ-NP-Z][0-9]{7}")
_PERMIT = re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?")
_HONG_KONG = re.compile(r"([A-Z]{1,2})([0-9]{6})([0-9A])")
_TAIWAN = re.compile(r"([A-Z])([1289][0-9]{8})")
_TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # in the order of their numbers, from 10 on
_FOREIGNER_2004 = re.compile(r"[A-Z]{3}[0-9]{4}([0-9]{2})([0-9]{2})([0-9]{2})[0-9]{2}")
_CODE = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALNUM = re.compile(r"[0-9A-Z]+")


def bare(text: str) -> tuple[str, str]:
    """A number in capitals without the name of its document, letters like X as X; and what else was left out."""
    text = _LABEL.sub("", text.upper())
    read = text.translate(_LIKE_X)
    note = "" if read == text else "another character read as X"
    if (match := _STAR_FOR_X.match(read)) is not None and cleanse_identity_card(f"{match.group(1)}X")[0] is not None:
        return f"{match.group(1)}X", "* read as X, which the check proves"
    without = _REMARK.sub("", read)
    return without, note if without == read else "remark left out"


def card(value: str) -> Found:
    """A resident id, also with letters in the place of digits that its check digit proves; a foreigner's of 2004."""
    found, reason = cleanse_identity_card(value)
    if found is not None or len(value) not in (15, 18):
        return found, reason
    if (match := _FOREIGNER_2004.fullmatch(value)) is not None:
        _, month, day = match.groups()
        return (value, "") if "01" <= month <= "12" and "01" <= day <= "31" else (None, reason)
    if len(value) == 18 and _LETTERS.search(value):
        found, _ = cleanse_identity_card(value.translate(_LIKE_DIGITS))
        return (found, "letters read as digits, which the check digit proves") if found is not None else (None, reason)
    return None, reason


def doubt_of_card(value: str) -> str:
    """Why a valid resident id is to be looked at; empty for no reason."""
    return "" if value[0] in "89" or not value[0].isdigit() or is_division_code(value[:6]) else "no such county"


def other_document(value: str) -> tuple[str, str, str] | None:
    """(type, issuer, what it is) of a number that is no resident id, where its form leaves no doubt."""
    if _PASSPORT.fullmatch(value):
        return "passport", "CN", "a passport, not an identity card"
    if _PERMIT.fullmatch(value):
        return "travel_permit", "CN", "a home return permit, not an identity card"
    if hong_kong(value)[0] is not None:
        return "national_id", "HK", "an identity card of Hong Kong"
    if taiwan(value)[0] is not None:
        return "national_id", "TW", "an identity card of Taiwan"
    return None


def hong_kong(value: str) -> Found:
    """Identity card of Hong Kong: one or two letters, six digits, check character mod 11 (A for 10)."""
    match = _HONG_KONG.fullmatch(value)
    if match is None:
        return None, "not an identity card number of Hong Kong"
    letters, digits, check = match.groups()
    numbers = [36 if len(letters) == 1 else ord(letters[0]) - 55, ord(letters[-1]) - 55, *map(int, digits)]
    total = sum(number * weight for number, weight in zip(numbers, range(9, 1, -1), strict=True))
    valid = (total + (10 if check == "A" else int(check))) % 11 == 0
    return (value, "") if valid else (None, "not an identity card number of Hong Kong: check character")


def taiwan(value: str) -> Found:
    """Identity card or resident certificate of Taiwan: a letter, nine digits, weights 1 9 8 ... 1 1, mod 10."""
    match = _TAIWAN.fullmatch(value)
    if match is None:
        return None, "not an identity card number of Taiwan"
    letter = _TAIWAN_LETTERS.index(match.group(1)) + 10
    digits = [letter // 10, letter % 10, *map(int, match.group(2))]
    total = sum(digit * weight for digit, weight in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True))
    return (value, "") if total % 10 == 0 else (None, "not an identity card number of Taiwan: check digit")


@lru_cache(maxsize=CACHED)
def organisation(value: str) -> Found:
    """统一社会信用代码 (GB 32100, check character), else the older codes of 9 or 15 characters."""
    if len(value) == 18:
        if uscc.is_valid(value):
            return value, ""
        read = value.replace("O", "0").replace("I", "1")
        if read != value and uscc.is_valid(read):
            return read, "letters read as digits, which the check character proves"
        return None, "not a unified social credit code: check character"
    if len(value) == 9:
        return (value, "") if _organisation_code(value) else (None, "not an organisation code: check character")
    if len(value) == 15 and (value.isdecimal() or _is_tax_registration(value)):
        return value, ""
    return None, "not 9, 15 or 18 characters"


def doubt_of_organisation(value: str) -> str:
    """Why a code is to be looked at: 15 digits without the check digit of a registration; empty for no reason."""
    if len(value) != 15 or _is_tax_registration(value) or mod_11_10.is_valid(value):
        return ""
    return "neither a registration number nor a tax registration: check digit"


def _organisation_code(value: str) -> bool:
    """组织机构代码 (GB 11714): weights 3 7 9 10 5 8 4 2, check character 11 - sum mod 11 (X for 10, 0 for 11)."""
    if not _ALNUM.fullmatch(value):
        return False
    total = sum(_CODE.index(c) * w for c, w in zip(value, (3, 7, 9, 10, 5, 8, 4, 2), strict=False))
    return value[8] == "0123456789X0"[11 - total % 11]


def _is_tax_registration(value: str) -> bool:
    """税务登记证号 until 2015: six digits of the county, then the organisation code."""
    return value[:6].isdecimal() and _organisation_code(value[6:])
