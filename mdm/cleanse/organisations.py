"""Organisation names: the name as written, its core for matching, its legal form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mdm.cleanse import organisations_chinese as chinese
from mdm.cleanse.fold import CACHED, has_han, simplify, tidy, words
from mdm.cleanse.placeholders import is_placeholder_name
from mdm.cleanse.values import Issue

_FORMS = {
    "incorporated": "inc", "inc": "inc", "incorporee": "inc", "corporation": "corp", "corp": "corp",
    "company": "co", "co": "co", "compagnie": "co", "cie": "co", "limited": "ltd", "ltd": "ltd", "limitee": "ltd",
    "ltee": "ltd", "llc": "llc", "llp": "llp", "lp": "lp", "plc": "plc", "gmbh": "gmbh", "ag": "ag", "kg": "kg",
    "sa": "sa", "sarl": "sarl", "sas": "sas", "srl": "srl", "spa": "spa", "bv": "bv", "nv": "nv", "oy": "oy",
    "ab": "ab", "as": "as", "aps": "aps", "pty": "pty", "ulc": "ulc", "pc": "pc", "kk": "kk", "enr": "enr",
    "senc": "senc", "sencrl": "llp", "pvt": "ltd", "oao": "oao", "ooo": "ooo",
}  # fmt: skip
_STRENGTH = ("llc", "llp", "ulc", "plc", "gmbh", "pty", "ltd", "inc", "corp", "lp")  # the form of "X Co Ltd" is ltd
_DOTTED = re.compile(r"\b(?:[A-Za-z]\.){2,}[A-Za-z]?")
_TRADING = re.compile(
    r"(?<=\S)[\s,]+(?:o/a|d\.?b\.?a\.?|d/b/a|t/a|operating as|doing business as|trading as|f\.a\.s\.(?:r\.s\.)?"
    r"|faisant affaires?(?: sous)?)\s+\S",
    re.I,
)


@dataclass(frozen=True, slots=True)
class CleansedOrganisation:
    """An organisation: the name for people, the core name and the canonical legal form for matching."""

    name: str | None
    key: str | None = None
    form: str | None = None
    issues: tuple[Issue, ...] = ()


def cleanse_organisation(text: object, *, region: str) -> CleansedOrganisation:
    """The name of an organisation; its key leaves out legal form, punctuation and "the"."""
    value = tidy(text)
    if value is None:
        return CleansedOrganisation(None)
    if is_placeholder_name(value):
        return CleansedOrganisation(None, issues=(Issue("organisation_name", "unreadable", "placeholder"),))
    if has_han(value):
        return _han(value)
    key, form = _latin_core(value)
    return CleansedOrganisation(value, key or None, form)


def _han(value: str) -> CleansedOrganisation:
    """A name in hanzi."""
    issues: tuple[Issue, ...] = ()
    name = chinese.without_remark(value)
    if name != value:
        issues = (Issue("organisation_name", "repaired", "remark behind the name left out"),)
    key, form, doubt = chinese.core_of(simplify(name))
    if doubt:
        issues += (Issue("organisation_name", "suspicious", doubt),)
    return CleansedOrganisation(name, key or None, form, issues)


@lru_cache(maxsize=CACHED)
def _latin_core(name: str) -> tuple[str, str | None]:
    if match := _TRADING.search(name):
        name = name[: match.start()]  # the company is what stands before the name of its shop
    joined = _DOTTED.sub(lambda match: match.group().replace(".", ""), name).replace("&", " and ").replace("+", " and ")
    tokens = words(joined).split()
    if len(tokens) > 1 and tokens[0] == "the":
        tokens = tokens[1:]
    forms: list[str] = []
    while len(tokens) > 1 and tokens[-1] in _FORMS:
        forms.append(_FORMS[tokens.pop()])
    if len(tokens) > 1 and forms and tokens[-1] == "and":  # "Smith & Co"
        tokens.pop()
    form = next((strong for strong in _STRENGTH if strong in forms), forms[-1] if forms else None)
    return " ".join(tokens), form
