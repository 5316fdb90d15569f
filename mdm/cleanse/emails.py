"""E-mail addresses: lower case, syntactically valid, nobody's placeholder."""

from __future__ import annotations

import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from mdm.cleanse.fold import tidy
from mdm.cleanse.placeholders import is_placeholder_word
from mdm.cleanse.values import Issue

_LABEL = r"[a-z0-9](?:(?!-{2})[a-z0-9-])*(?<!-)"
_PLAIN = re.compile(rf"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@((?:{_LABEL}\.)+[a-z]{{2,24}})")
_SPECIAL = frozenset(
    [
        "arpa",
        "invalid",
        "local",
        "localhost",
        "test",
        "onion",
        "alt",
        "internal",
        "example",
        "lan",
        "home",
        "corp",
        "domain",
        "localdomain",
    ]
)
_WRAPPED = re.compile(r"^[^<>]*<([^<>]+)>$")
_PLACEHOLDER_LOCAL = frozenset(
    [
        "none",
        "no",
        "noemail",
        "no-email",
        "nomail",
        "no.email",
        "donotreply",
        "do-not-reply",
        "noreply",
        "no-reply",
        "na",
        "n/a",
        "nil",
        "null",
        "unknown",
        "notprovided",
        "notavailable",
    ]
)
_PLACEHOLDER_BOTH = frozenset(
    [
        "test@test.com",
        "test@test.ca",
        "a@a.com",
        "aa@aa.com",
        "abc@abc.com",
        "x@x.com",
        "xx@xx.com",
        "xxx@xxx.com",
        "email@email.com",
        "test@example.com",
        "user@example.com",
        "example@example.com",
        "123@123.com",
        "123@qq.com",
        "123456@qq.com",
        "1@1.com",
        "asdf@asdf.com",
        "test@gmail.com",
        "none@gmail.com",
    ]
)
_TYPO_DOMAINS = frozenset(
    [
        "gmial.com",
        "gmai.com",
        "gmail.co",
        "gmal.com",
        "gamil.com",
        "gmail.cm",
        "gnail.com",
        "gmaill.com",
        "gmail.con",
        "hotmial.com",
        "hotmai.com",
        "hotmal.com",
        "hotmail.co",
        "hotmil.com",
        "yaho.com",
        "yahooo.com",
        "yahoo.co",
        "outlok.com",
        "outloo.com",
        "qq.co",
        "163.co",
        "136.com",
        "iclod.com",
        "icloud.co",
    ]
)
_TYPO_ENDINGS = frozenset({"con", "cmo", "vom", "ocm", "comm", "cim", "coom", "nte", "ent"})


@dataclass(frozen=True, slots=True)
class CleansedEmail:
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
    value = value.lower().removeprefix("mailto:").strip(" ;,<>")
    if match := _WRAPPED.fullmatch(value):
        value = match.group(1).strip()
    address = value if is_plain(value) else _library(value)
    if address is None:
        return _refuse("not an e-mail address")
    local, _, domain = address.rpartition("@")
    if local in _PLACEHOLDER_LOCAL or address in _PLACEHOLDER_BOTH:
        return _refuse("placeholder")
    if domain in _TYPO_DOMAINS or domain.rpartition(".")[2] in _TYPO_ENDINGS:
        return CleansedEmail(address, (Issue("emails", "suspicious", f"domain {domain} looks mistyped"),))
    return CleansedEmail(address)


def is_plain(value: str) -> bool:
    """Whether an address is of the ordinary form, which the library accepts unchanged (a test holds both equal)."""
    match = _PLAIN.fullmatch(value)
    if match is None or len(value) > 254:
        return False
    domain = match.group(1)
    local = len(value) - len(domain) - 1
    labels = domain.split(".")
    return local <= 64 and len(domain) <= 253 and labels[-1] not in _SPECIAL and max(map(len, labels)) <= 63


def _library(value: str) -> str | None:
    try:
        return str(validate_email(value, check_deliverability=False).normalized).lower()
    except EmailNotValidError:
        return None


def _refuse(reason: str) -> CleansedEmail:
    return CleansedEmail(None, (Issue("emails", "unreadable", reason),))
