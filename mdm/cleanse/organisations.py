"""Organisation names: the name as written, its core for matching, its legal form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

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
_HAN_FORMS = (
    ("股份有限公司", "plc"), ("有限责任公司", "ltd"), ("有限公司", "ltd"), ("集团公司", "group"), ("总公司", "co"),
    ("分公司", "branch"), ("公司", "co"), ("合作社", "cooperative"), ("有限合伙", "lp"), ("事务所", "firm"),
    ("个体工商户", "sole"), ("经营部", "shop"), ("商行", "shop"),
)  # fmt: skip
_DOTTED = re.compile(r"\b(?:[A-Za-z]\.){2,}[A-Za-z]?")
_TRADING = re.compile(
    r"(?<=\S)[\s,]+(?:o/a|d\.?b\.?a\.?|d/b/a|t/a|operating as|doing business as|trading as|f\.a\.s\.(?:r\.s\.)?"
    r"|faisant affaires?(?: sous)?)\s+\S",
    re.I,
)
_BRACKETS = re.compile(r"[()（）\[\]【】]")
_NOT_HAN_NAME = re.compile(r"[\W_]+")


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
    key, form = _han_core(simplify(value)) if has_han(value) else _latin_core(value)
    return CleansedOrganisation(value, key or None, form)


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


@lru_cache(maxsize=CACHED)
def _han_core(name: str) -> tuple[str, str | None]:
    """Core of a name in hanzi: brackets opened (华为(深圳) = 华为深圳), the legal form at the end left out."""
    core = _NOT_HAN_NAME.sub("", _BRACKETS.sub("", name)).lower()
    for ending, form in _HAN_FORMS:
        if core.endswith(ending) and len(core) > len(ending) + 1:
            return core.removesuffix(ending), form
    return core, None
