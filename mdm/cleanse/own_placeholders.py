"""Placeholders of one workspace: what its own clerks and shops type where nothing is known (`placeholders.txt`).

They are taken out of a record before it is cleansed, so every cleanser finds nothing where they stood; the original
keeps them. `own_placeholders_columns` does the same for a table (a property test holds both equal).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdm.cleanse.values import Issue
from mdm.errors import ConfigError

FILE = "placeholders.txt"
KINDS = ("word", "name", "value")
NAMES = ("name_full", "organisation_name")  # columns that hold a whole name
TEXTS = (*NAMES, "name_given", "name_family", "birth_date")
ADDRESS = ("text", "number", "street", "unit", "building", "locality", "postcode")
LISTS = ("identifiers", "phones", "emails")
REASON = f"placeholder of {FILE}"
_NOT_ALNUM = re.compile(r"[\W_]+")
_TAIL = 10  # digits at the end by which a number is known, however its country and trunk prefix are written


@dataclass(frozen=True, slots=True)
class OwnPlaceholders:
    """words: nothing anywhere; names: nothing as a whole name; values: numbers, as letters and digits in capitals."""

    words: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    tails: frozenset[str] = frozenset()

    def is_text(self, text: str, *, name: bool) -> bool:
        """Whether a text is one of the words; as a whole `name`, one of the names."""
        bare = " ".join(text.split()).lower()
        return bare in self.words or (name and bare in self.names)

    def is_number(self, text: str) -> bool:
        """Whether a phone or identifier is one of the values, with or without the prefixes of a number."""
        if self.is_text(text, name=False):
            return True
        bare = _NOT_ALNUM.sub("", text).upper()
        return bare in self.values or (len(bare) >= _TAIL and bare.isdecimal() and bare[-_TAIL:] in self.tails)


def read_own_placeholders(path: Path) -> OwnPlaceholders | None:
    """The placeholders of a workspace; None where it has no such file.

    Lines are `kind value`: a word, a name, or a value (a phone or identifier); `#` begins a comment. Raises ConfigError
    with file and line for any other line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", where=str(path), remedy="a text file in UTF-8") from None
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            kind, value = _entry(line, f"{path}:{number}")
            found[kind].add(value)
    tails = frozenset(value[-_TAIL:] for value in found["value"] if value.isdecimal() and len(value) >= _TAIL)
    words, names, values = (frozenset(found[kind]) for kind in KINDS)
    return OwnPlaceholders(words, names, values, tails)


def _entry(line: str, where: str) -> tuple[str, str]:
    kind, *rest = line.split(None, 1)
    value = " ".join(rest[0].split()) if rest else ""
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, n=1)
        remedy = f"did you mean {near[0]!r}?" if near else "write: word TEXT, name TEXT, or value NUMBER"
        raise ConfigError(f"a line begins with {', '.join(KINDS)}, found {kind!r}", where=where, remedy=remedy)
    bare = _NOT_ALNUM.sub("", value).upper() if kind == "value" else value.lower()
    if not bare:
        raise ConfigError(f"nothing stands behind {kind!r}", where=where, remedy="write what means nothing, or #")
    return kind, bare


def without_placeholders(mapped: Mapping[str, Any], own: OwnPlaceholders) -> tuple[Mapping[str, Any], list[Issue]]:
    """A MAPPED row without them, and a remark for each."""
    found: dict[str, Any] = dict(mapped)
    issues: list[Issue] = []
    for name in TEXTS:
        if (text := mapped.get(name)) is not None and own.is_text(text, name=name in NAMES):
            found[name] = None
            issues.append(remark(name))
    if (address := mapped.get("address")) is not None:
        found["address"] = _without(address, own, issues)
    for name in LISTS:
        if elements := mapped.get(name):
            found[name] = [_element(name, element, own, issues) for element in elements]
    return found, issues


def remark(attribute: str) -> Issue:
    """What is said of a placeholder that was taken out."""
    return Issue(attribute, "unreadable", REASON)


def _without(address: Mapping[str, Any], own: OwnPlaceholders, issues: list[Issue]) -> dict[str, Any]:
    found = dict(address)
    for name in ADDRESS:
        if (text := address.get(name)) is not None and own.is_text(text, name=False):
            found[name] = None
            issues.append(remark(f"address.{name}"))
    return found


def _element(name: str, element: Mapping[str, Any] | None, own: OwnPlaceholders, issues: list[Issue]) -> Any:
    text = None if element is None else element.get("value")
    if element is None or text is None or not is_nothing(name, text, own):
        return element
    issues.append(remark(name))
    return {**element, "value": None}


def is_nothing(name: str, text: str, own: OwnPlaceholders) -> bool:
    """Whether the value of an element of the list `name` is a placeholder."""
    return own.is_text(text, name=False) if name == "emails" else own.is_number(text)
