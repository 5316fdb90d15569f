"""The Chinese identity card number (GB 11643) and the residence permits of the same form.

Own check digit instead of stdnum.cn.ric: that takes 56 us, rejects 15-digit numbers and the permits of people from
Hong Kong, Macao (81, 82) and Taiwan (83); tests hold both equal on what both accept.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from operator import mul

from mdm.cleanse.divisions import is_division_code
from mdm.cleanse.fold import CACHED
from mdm.cleanse.lunar import cleanse_birth_date
from mdm.cleanse.placeholders import is_placeholder_number
from mdm.cleanse.sex import cleanse_sex
from mdm.cleanse.values import Issue

_CARD = re.compile(r"\d{17}[\dX]")
_OLD_CARD = re.compile(r"\d{15}")
CARD_LENGTH = 18
EARLIEST = 1880  # year of birth
NOBODY = "19000101"  # the birth date of who has none
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = "10X98765432"
# first two digits: provinces of GB/T 2260; 81-83 residence permits of Hong Kong, Macao, Taiwan
PROVINCES = frozenset(
    str(number)
    for numbers in (range(11, 16), range(21, 24), range(31, 38), range(41, 47), range(50, 55), range(61, 66), (71,))
    for number in (*numbers, *range(81, 84))
)


def check_character(number: str) -> str:
    """The eighteenth character: ISO 7064 MOD 11-2 over the first seventeen digits: region, birth date and serial,

    each of which repeats, so that its part of the sum is taken once.
    """
    return CHECK[(_weighted(number[:6], 0) + _weighted(number[6:14], 6) + _weighted(number[14:17], 14)) % 11]


def cleanse_identity_card(value: str) -> tuple[str | None, str]:
    """(18 characters, "") for a valid number, else (None, reason); 15 digits are upgraded, and the reason says so."""
    if not value.isascii():
        return None, "not an identity card number"
    if _OLD_CARD.fullmatch(value):
        upgraded = value[:6] + "19" + value[6:]
        problem = _problem(upgraded)
        if problem:
            return None, problem
        return upgraded + check_character(upgraded), "15 digits upgraded to 18"
    if not _CARD.fullmatch(value):
        return None, "not an identity card number"
    problem = _problem(value[:17])
    if not problem and check_character(value[:17]) != value[17]:
        problem = "not an identity card number: check digit"
    return (None, problem) if problem else (value, "")


def is_ordinary_card(text: str) -> bool:
    """Whether `text` is nothing but a valid number of 18 characters that needs no remark."""
    return (
        len(text) == CARD_LENGTH
        and text.isascii()
        and _CARD.fullmatch(text) is not None
        and not is_placeholder_number(text)
        and (text[0] == "8" or is_division_code(text[:6]))
        and not _problem(text)
        and check_character(text) == text[17]
    )


def disagreements(card: str, born: tuple[str | None, str | None], sex: str | None, region: str) -> tuple[Issue, ...]:
    """What a record says of its holder that the number of 18 characters, valid, does not: birth date, sex, or both.

    born: the birth date and its calendar, as delivered.
    """
    issues: tuple[Issue, ...] = ()
    birth_date, calendar = born
    if birth_date is not None and (calendar is not None or birth_date.replace("-", "") != card[6:14]):
        found = cleanse_birth_date(birth_date, calendar, region=region).value
        if found is not None and found.strftime("%Y%m%d") != card[6:14]:
            issues = (_OTHER_BIRTH_DATE,)
    if sex is not None:
        said = _sex(sex, region)
        if said is not None and said != sex_of(card):
            issues += (_OTHER_SEX,)
    return (*issues, _OTHER_HOLDER) if len(issues) == 2 else issues


def sex_of(card: str) -> str:
    """The sex that the seventeenth digit says."""
    return "male" if int(card[16]) % 2 else "female"


@lru_cache(maxsize=CACHED)
def _sex(text: str, region: str) -> str | None:
    return cleanse_sex(text, region=region).value


_OTHER_BIRTH_DATE = Issue("birth_date", "suspicious", "not the birth date in the identity card number")
_OTHER_SEX = Issue("sex", "suspicious", "not the sex in the identity card number")
_OTHER_HOLDER = Issue("identifiers.national_id", "suspicious", "birth date and sex are others: somebody else's card?")


def _problem(number: str) -> str:
    """Why digits are of no card. A foreigner's begins with 9, a province and the number of a country (NIA, 2023)."""
    if number[:2] not in PROVINCES and (number[0] != "9" or number[1:3] not in PROVINCES or number[1] in "789"):
        return "not an identity card number: no such region"
    return "" if _is_birth_date(number[6:14]) else "not an identity card number: birth date"


@lru_cache(maxsize=CACHED)
def _is_birth_date(digits: str) -> bool:
    """Whether digits are a day since 1880; 1900-01-01 is nobody's."""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year >= EARLIEST and digits != NOBODY
    except ValueError:
        return False


@lru_cache(maxsize=CACHED)
def _weighted(digits: str, start: int) -> int:
    """The part of the check sum of some digits, the first of which stands at `start`."""
    return sum(map(mul, map(int, digits), WEIGHTS[start:]))
