"""Identifiers: upper-case letters and digits, valid by the rules of their issuer, or None."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from stdnum import luhn

from mdm.cleanse import identifiers_chinese as chinese
from mdm.cleanse.countries import country_code
from mdm.cleanse.fold import tidy
from mdm.cleanse.identity_card import is_ordinary_card
from mdm.cleanse.placeholders import is_placeholder_number, is_placeholder_word
from mdm.cleanse.values import Issue

_NOT_ALNUM = re.compile(r"[\W_]+")
_ALNUM = re.compile(r"[0-9A-Z]+")
_MASK = re.compile(r"[*#?＊●•]|[Xx]{3,}")
_SSN = re.compile(r"(?!000|666)\d{3}(?!00)\d{2}(?!0000)\d{4}")
_LABEL = re.compile(r"^(?:SSN|SIN|NAS|ID|NO|NR|NUMBER|BN|NE|EIN)[\s.:#]+", re.I)
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
SHORTEST, LONGEST = 5, 40  # characters of an identifier of unknown make; shorter ones name nobody


class CleansedIdentifier(NamedTuple):
    """An identifier: issuer (ISO country, upper case) and value, or None, with issues.

    kind: what it turned out to be, where it is of another type than its column; else None.
    """

    issuer: str | None
    value: str | None
    issues: tuple[Issue, ...] = ()
    kind: str | None = None


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
    bare, note = chinese.bare(text) if issuer in chinese.ISSUERS else (text.upper(), "")
    value = _NOT_ALNUM.sub("", _LABEL.sub("", bare))
    if is_placeholder_word(text) or is_placeholder_number(value):
        return CleansedIdentifier(None, None, (Issue(attribute, "unreadable", "placeholder"),))
    if _MASK.search(bare):
        return CleansedIdentifier(None, None, (Issue(attribute, "unreadable", "masked"),))
    if kind in _OF_PEOPLE and issuer == "CN" and (other := _of_another_type(kind, value, attribute)) is not None:
        return other
    found, reason = _RULES.get((kind, issuer), _any)(value)
    if found is None:
        return CleansedIdentifier(None, None, (Issue(attribute, "unreadable", reason),))
    issues: tuple[Issue, ...] = (Issue(attribute, "repaired", reason or note),) if reason or note else ()
    if (kind, issuer) in _DOUBTS and (doubt := _DOUBTS[kind, issuer](found)):
        issues += (Issue(attribute, "suspicious", doubt),)
    return CleansedIdentifier(issuer, found, issues)


def _of_another_type(kind: str, value: str, attribute: str) -> CleansedIdentifier | None:
    """A document of China that stands in the column of another one, and whose form or check leaves no doubt."""
    if kind == "passport":
        if len(value) != 18 or not is_ordinary_card(value):
            return None
        return CleansedIdentifier(
            "CN", value, (Issue(attribute, "repaired", "an identity card, not a passport"),), "national_id"
        )
    other = chinese.other_document(value)
    if other is None:
        return None
    found, issuer, reason = other
    return CleansedIdentifier(issuer, value, (Issue(attribute, "repaired", reason),), found)


def has_rules(kind: str, issuer: str) -> bool:
    """Whether identifiers of this kind have a form and perhaps a check digit that their issuer gave them."""
    return (kind, issuer) in _RULES or (kind == "passport" and issuer == "CN")  # an identity card may stand there


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
    digits = value.translate(_MISREAD)
    valid = len(digits) == 9 and digits.isdecimal() and digits[0] not in "08" and luhn.is_valid(digits)
    if not valid or (digits != value and is_placeholder_number(digits)):
        return None, "not a social insurance number: check digit"
    return digits, "" if digits == value else "a letter read as the digit that it stands for"


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


def _cn_tax(value: str) -> tuple[str | None, str]:
    """China: a person pays tax under the identity card, an organisation under its credit code."""
    found, reason = chinese.card(value)
    return (found, reason) if found is not None else chinese.organisation(value)


_RULES: dict[tuple[str, str], Rule] = {
    ("national_id", "CN"): chinese.card,
    ("national_id", "HK"): chinese.hong_kong,
    ("national_id", "TW"): chinese.taiwan,
    ("national_id", "US"): _ssn,
    ("national_id", "CA"): _sin,
    ("tax_number", "US"): _us_tax,
    ("tax_number", "CA"): _ca_tax,
    ("tax_number", "CN"): _cn_tax,
    ("organisation_id", "US"): _us_tax,
    ("organisation_id", "CA"): _business_number,
    ("organisation_id", "CN"): chinese.organisation,
}
_CHECKED = {("national_id", "CN"), ("national_id", "CA")}  # a check digit proves the country
_DOUBTS: dict[tuple[str, str], Callable[[str], str]] = {  # valid values -> why they are to be looked at
    ("national_id", "CN"): chinese.doubt_of_card,
    ("organisation_id", "CN"): chinese.doubt_of_organisation,
}
_OF_PEOPLE = frozenset({"national_id", "passport"})
