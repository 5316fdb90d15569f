"""Identifiers: upper-case letters and digits, valid by the rules of their issuer, or None."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from stdnum import luhn
from stdnum.cn import uscc

from mdm.cleanse.countries import country_code
from mdm.cleanse.fold import CACHED, tidy
from mdm.cleanse.identity_card import cleanse_identity_card, is_ordinary_card
from mdm.cleanse.placeholders import is_placeholder_number, is_placeholder_word
from mdm.cleanse.values import Issue

_NOT_ALNUM = re.compile(r"[\W_]+")
_ALNUM = re.compile(r"[0-9A-Z]+")
_MASK = re.compile(r"[*#?＊●•]|[Xx]{3,}")
_SSN = re.compile(r"(?!000|666)\d{3}(?!00)\d{2}(?!0000)\d{4}")
_LABEL = re.compile(r"^(?:SSN|SIN|ID|NO|NR|NUMBER|BN|EIN)[\s.:#]+", re.I)
SHORTEST, LONGEST = 5, 40  # characters of an identifier of unknown make; shorter ones name nobody


class CleansedIdentifier(NamedTuple):
    """An identifier: issuer (ISO country, upper case) and value, or None, with issues."""

    issuer: str | None
    value: str | None
    issues: tuple[Issue, ...] = ()


Rule = Callable[[str], tuple[str | None, str]]  # letters and digits -> (value or None, reason when None)


def cleanse_identifier(
    kind: str, value: object, *, country: object = None, home: str | None = None, region: str
) -> CleansedIdentifier:
    """The identifier `value` of type `kind`, by the rules of the `country` that is said to have issued it.

    Where nothing is said: by the country that the record lives in (`home`, as written), else by the feed's `region`;
    an identity number that fails there and passes the feed's own check digit is the feed's.
    """
    if kind == "national_id" and country == "CN" and isinstance(value, str) and is_ordinary_card(value):
        return CleansedIdentifier("CN", value)
    text = tidy(value)
    if text is None:
        return CleansedIdentifier(None, None)
    if (said := tidy(country)) is not None:
        return _cleanse(kind, text, country_code(said) or said.strip().upper())
    region = country_code(region) or region.upper()
    own = country_code(home) or region
    found = _cleanse(kind, text, own)
    if found.value is None and own != region and (kind, region) in _CHECKED:
        other = _cleanse(kind, text, region)
        return other if other.value is not None else found
    return found


def _cleanse(kind: str, text: str, issuer: str) -> CleansedIdentifier:
    attribute = f"identifiers.{kind}"
    value = _NOT_ALNUM.sub("", _LABEL.sub("", text.upper()))
    if is_placeholder_word(text) or is_placeholder_number(value):
        return CleansedIdentifier(None, None, (Issue(attribute, "unreadable", "placeholder"),))
    if _MASK.search(text):
        return CleansedIdentifier(None, None, (Issue(attribute, "unreadable", "masked"),))
    found, reason = _RULES.get((kind, issuer), _any)(value)
    if found is None:
        return CleansedIdentifier(None, None, (Issue(attribute, "unreadable", reason),))
    issues = (Issue(attribute, "repaired", reason),) if reason else ()
    return CleansedIdentifier(issuer, found, issues)


def has_rules(kind: str, issuer: str) -> bool:
    """Whether identifiers of this kind have a form and perhaps a check digit that their issuer gave them."""
    return (kind, issuer) in _RULES


def _any(value: str) -> tuple[str | None, str]:
    """Identifiers of a make that we do not know: long enough, letters and digits, at least one digit."""
    if not _ALNUM.fullmatch(value) or not any(character.isdigit() for character in value):
        return None, "not letters and digits"
    if not SHORTEST <= len(value) <= LONGEST:
        return None, f"not {SHORTEST} to {LONGEST} letters and digits"
    return value, ""


def _ssn(value: str) -> tuple[str | None, str]:
    """US social security number or ITIN (area 9xx): area, group and serial are never all zeros (SSA, 2011)."""
    return (value, "") if _SSN.fullmatch(value) else (None, "not a social security number")


def _sin(value: str) -> tuple[str | None, str]:
    """Canadian social insurance number: nine digits with a Luhn check digit; none begins with 0 or 8."""
    valid = len(value) == 9 and value.isdecimal() and value[0] not in "08" and luhn.is_valid(value)
    return (value, "") if valid else (None, "not a social insurance number: check digit")


def _business_number(value: str) -> tuple[str | None, str]:
    """Canadian business number: nine digits with a Luhn check digit; a programme account (RT0001) is left out."""
    bare = re.sub(r"R[TCPRZ]\d{4}$", "", value)
    if len(bare) == 9 and bare.isdecimal():
        if not luhn.is_valid(bare):
            return None, "not a business number: check digit"
        return bare, "" if bare == value else "programme account left out"
    return _any(value)


def _ca_tax(value: str) -> tuple[str | None, str]:
    bare = re.sub(r"R[TCPRZ]\d{4}$", "", value)
    return _business_number(value) if bare != value or bare.startswith(("8", "0")) else _sin(value)


def _us_tax(value: str) -> tuple[str | None, str]:
    """US taxpayer numbers (SSN, ITIN, EIN) all have nine digits and no check digit."""
    return (value, "") if len(value) == 9 and value.isdecimal() else (None, "not nine digits")


@lru_cache(maxsize=CACHED)
def _cn_organisation(value: str) -> tuple[str | None, str]:
    """统一社会信用代码 (GB 32100, check character), else the older codes of 9 or 15 characters."""
    if len(value) == 18:
        return (value, "") if uscc.is_valid(value) else (None, "not a unified social credit code: check character")
    if len(value) == 9:
        return (value, "") if _organisation_code(value) else (None, "not an organisation code: check character")
    return (value, "") if len(value) == 15 and value.isdecimal() else (None, "not 9, 15 or 18 characters")


_CODE = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _organisation_code(value: str) -> bool:
    """组织机构代码 (GB 11714): weights 3 7 9 10 5 8 4 2, check character 11 - sum mod 11 (X for 10, 0 for 11)."""
    if not _ALNUM.fullmatch(value):
        return False
    total = sum(_CODE.index(c) * w for c, w in zip(value, (3, 7, 9, 10, 5, 8, 4, 2), strict=False))
    return value[8] == "0123456789X0"[11 - total % 11]


def _cn_tax(value: str) -> tuple[str | None, str]:
    """China: a person pays tax under the identity card, an organisation under its credit code."""
    found, reason = cleanse_identity_card(value)
    return (found, reason) if found is not None else _cn_organisation(value)


_RULES: dict[tuple[str, str], Rule] = {
    ("national_id", "CN"): cleanse_identity_card,
    ("national_id", "US"): _ssn,
    ("national_id", "CA"): _sin,
    ("tax_number", "US"): _us_tax,
    ("tax_number", "CA"): _ca_tax,
    ("tax_number", "CN"): _cn_tax,
    ("organisation_id", "US"): _us_tax,
    ("organisation_id", "CA"): _business_number,
    ("organisation_id", "CN"): _cn_organisation,
}
_CHECKED = {("national_id", "CN"), ("national_id", "CA")}  # a check digit proves the country
