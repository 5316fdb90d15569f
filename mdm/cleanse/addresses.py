"""Postal addresses: display parts, and the keys by which matching and households know a dwelling."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from mdm.cleanse.addresses_chinese import read_chinese
from mdm.cleanse.addresses_latin import read_latin
from mdm.cleanse.fold import has_han, tidy
from mdm.cleanse.placeholders import is_placeholder_word
from mdm.cleanse.postal import AddressKeys, AddressText
from mdm.cleanse.values import Issue

_NO_KEYS = AddressKeys()


@dataclass(frozen=True, slots=True)
class CleansedAddress:
    """An address as people read it (None when nothing is known), its keys, and issues."""

    address: AddressText | None
    keys: AddressKeys = _NO_KEYS
    issues: tuple[Issue, ...] = ()


_FREE = tuple(field.name for field in fields(AddressText))
_COUNTRY_KIND = ("country", "kind")


def cleanse_address(parts: AddressText, *, region: str) -> CleansedAddress:
    """An address from its parts or, where these say nothing about the street, from one line of text."""
    issues: list[Issue] = []
    read = AddressText(**{name: _read(getattr(parts, name), name, issues) for name in _FREE})
    texts = [getattr(read, name) for name in _FREE if name not in _COUNTRY_KIND]
    if not any(text is not None for text in texts):
        return CleansedAddress(None, issues=tuple(issues))
    if any(text is not None and has_han(text) for text in texts):
        address, keys = read_chinese(read, region, issues)
    else:
        address, keys = read_latin(read, region, issues)
    kind = read.kind.lower() if read.kind is not None else None
    return CleansedAddress(replace(address, kind=kind), keys, tuple(issues))


def _read(value: str | None, name: str, issues: list[Issue]) -> str | None:
    text = tidy(value)
    if text is not None and is_placeholder_word(text):
        issues.append(Issue(f"address.{name}", "unreadable", "placeholder"))
        return None
    return text
