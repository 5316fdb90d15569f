"""Numbers that nobody is shown, whatever else they may see: `IdentifierType.never_shown` of `mdm.party` says which.

What goes to people or out of the API goes through `concealed`, or through `mdm.registry.masking`, which begins with it.
Matching, storing, and what a target contract asks to have sent back have them as they are. All functions are pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from mdm.cleanse.countries import country_code
from mdm.party import IDENTIFIER_TYPES

HIDDEN = "***"
_KINDS = tuple(name for name, kind in IDENTIFIER_TYPES.items() if kind.never_shown)
_ISSUERS = frozenset(issuer for name in _KINDS for issuer in IDENTIFIER_TYPES[name].never_shown)
_DIGITS = range(7, 11)  # of what may be a social insurance number: nine, some of them misread, missing or too many
_NOT_ALNUM = re.compile(r"[\W_]+")
# national_id:CA:130692544 as keys have it, national_id CA 130692544 as changes are worded; the issuer may be empty
_IN_WORDS = re.compile(
    rf"\b({'|'.join(_KINDS)})([: ])(?:([A-Z]{{2}}|)([: ]))?((?=[0-9A-Z]*[0-9]{{3}})[0-9A-Z]{{5,}})\b"
)
_NINE_DIGITS = re.compile(r"(?<![0-9])[0-9](?:[ .-]?[0-9]){8}(?![0-9])")


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands around a number and tells whose it is.

    party: None when not known. regions: countries that may have issued a number of which nothing is said; empty: any
    country. cleansed: what cleansing made of the identifiers of the same record.
    """

    party: str | None = None
    regions: Collection[str] = ()
    cleansed: Sequence[Mapping[str, Any]] = ()


def is_never_shown(kind: str | None, issuer: str | None, value: str | None, beside: Beside) -> bool:
    """Whether nobody is shown a number; issuer: a country, None when nothing is said of it."""
    declared = IDENTIFIER_TYPES.get(kind or "")
    if declared is None or not declared.never_shown or value is None:
        return False
    if issuer:
        return declared.hides(country_code(issuer) or issuer.strip().upper(), beside.party)
    bare = _NOT_ALNUM.sub("", value).upper()
    issuers = [each["issuer"] for each in beside.cleansed if each["value"] == bare] or beside.regions
    if not issuers:
        issuers = _ISSUERS if sum(character.isdigit() for character in value) in _DIGITS else ()
    return any(declared.hides(each, beside.party) for each in issuers)


def concealed(document: Any, beside: Beside = Beside()) -> Any:
    """A document of JSON, or a text, with the numbers in it that nobody is shown replaced, wherever they stand."""
    if isinstance(document, str):
        return _IN_WORDS.sub(lambda found: _worded(found, beside), document)
    if isinstance(document, list | tuple):
        return [concealed(each, beside) for each in document]
    if not isinstance(document, Mapping):
        return document
    beside = _around(document, beside)
    found = {name: _member(name, each, beside) for name, each in document.items()}
    kind, issuer = _identifier(document)
    if kind is not None:
        found["value"] = _value(kind, issuer, document["value"], beside)
    return found


def delivered(text: str, regions: Collection[str]) -> str:
    """A row as far as it could be read: JSON, or the text of the file, of a feed of these countries."""
    if isinstance(parsed := _parsed(text), Mapping):
        return orjson.dumps(concealed(parsed, Beside(regions=regions))).decode()
    return text if _ISSUERS.isdisjoint(regions) else _NINE_DIGITS.sub(HIDDEN, text)


def _around(document: Mapping[str, Any], beside: Beside) -> Beside:
    party, cleansed = document.get("party"), document.get("cleansed")
    if isinstance(party, str):
        beside = replace(beside, party=party)
    if isinstance(cleansed, Mapping):
        party = cleansed.get("party") or beside.party
        beside = replace(beside, party=party, cleansed=cleansed.get("identifiers") or ())
    return beside


def _member(name: str, value: Any, beside: Beside) -> Any:
    if name == "original" and isinstance(value, str) and (parsed := _parsed(value)) is not None:
        return orjson.dumps(concealed(parsed, beside)).decode()
    return concealed(value, beside)


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _identifier(document: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Type and issuer of a document that is an identifier, or is about one (`identifiers.national_id`)."""
    if "value" not in document:
        return None, None
    kind, attribute = document.get("type"), document.get("attribute")
    if isinstance(attribute, str) and attribute.startswith("identifiers."):
        kind = attribute.partition(".")[2]
    issuer = document.get("issuer") or document.get("country")
    return (kind, issuer) if isinstance(kind, str) and kind in _KINDS else (None, None)


def _value(kind: str, issuer: str | None, value: Any, beside: Beside) -> Any:
    if isinstance(value, Mapping):  # pinned with its issuer
        inner = value.get("value")
        return {**value, "value": _value(kind, value.get("issuer") or issuer, inner, beside)} if inner else value
    if value is None or not is_never_shown(kind, issuer, str(value), beside):
        return value
    return HIDDEN


def _worded(found: re.Match[str], beside: Beside) -> str:
    kind, mark, issuer, other, value = found.groups()
    if not is_never_shown(kind, issuer or None, value, beside):
        return found[0]
    return f"{kind}{mark}{issuer or ''}{other or ''}{HIDDEN}"
