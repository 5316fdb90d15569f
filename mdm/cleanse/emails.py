"""E-mail addresses: lower case, syntactically valid, nobody's placeholder."""

from __future__ import annotations

import re
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

from mdm.cleanse.fold import tidy
from mdm.cleanse.placeholders import is_placeholder_word
from mdm.cleanse.reference import word_sets
from mdm.cleanse.values import Issue

_LABEL = r"[a-z0-9](?:(?!-{2})[a-z0-9-])*(?<!-)"
_PLAIN = re.compile(rf"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@((?:{_LABEL}\.)+[a-z]{{2,24}})")
EMAIL_WORDS = word_sets("email_words.txt")
_BLANK = re.compile(r" *([@.]) *")  # a blank beside a sign or dot is a slip; elsewhere it may stand for anything
_WRAPPED = re.compile(r"^[^<>]*<([^<>]+)>$")


class CleansedEmail(NamedTuple):
    """An address in lower case, or None, with issues."""

    address: str | None
    issues: tuple[Issue, ...] = ()


def cleanse_email(text: object, *, region: str) -> CleansedEmail:
    """The address in `text`; typing errors in the domain are kept and marked, never corrected."""
    value = tidy(text)
    if value is None:
        return CleansedEmail(None)
    if is_placeholder_word(value):
        return _refuse("placeholder")
    value = value.lower()
    if match := _WRAPPED.fullmatch(value):
        value = match.group(1)
    value = value.strip(" ;,<>'\"").removeprefix("mailto:").strip().rstrip(".")
    address = value if is_plain(value) else _library(value)
    done: tuple[Issue, ...] = ()
    if address is None and " " in value and is_plain(bare := _BLANK.sub(r"\1", value)):
        address, done = bare, (Issue("emails", "repaired", "blanks left out"),)
    if address is None:
        return _refuse("not an e-mail address")
    local, _, domain = address.rpartition("@")
    if local in EMAIL_WORDS["local"] or address in EMAIL_WORDS["address"]:
        return _refuse("placeholder")
    if domain in EMAIL_WORDS["typo_domain"] or domain.rpartition(".")[2] in EMAIL_WORDS["typo_ending"]:
        return CleansedEmail(address, (Issue("emails", "suspicious", f"domain {domain} looks mistyped"), *done))
    return CleansedEmail(address, done)


def is_plain(value: str) -> bool:
    """Whether an address is of the ordinary form, which the library accepts unchanged (a test holds both equal)."""
    match = _PLAIN.fullmatch(value)
    if match is None or len(value) > 254:
        return False
    domain = match.group(1)
    local = len(value) - len(domain) - 1
    labels = domain.split(".")
    return (
        local <= 64 and len(domain) <= 253 and labels[-1] not in EMAIL_WORDS["special"] and max(map(len, labels)) <= 63
    )


def is_ordinary_domain(domain: str) -> bool:
    """Whether an address of the ordinary form at this domain needs no remark."""
    ending = domain.rpartition(".")[2]
    doubtful = domain in EMAIL_WORDS["typo_domain"] or ending in EMAIL_WORDS["typo_ending"]
    return not doubtful and is_plain(f"x@{domain}")


def _library(value: str) -> str | None:
    try:
        return str(validate_email(value, check_deliverability=False).normalized).lower()
    except EmailNotValidError:
        return None


def _refuse(reason: str) -> CleansedEmail:
    return CleansedEmail(None, (Issue("emails", "unreadable", reason),))
