"""Postal addresses: display parts, and the keys by which matching and households know a dwelling."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from mdm.cleanse.addresses_chinese import NOT_UNDERSTOOD
from mdm.cleanse.addresses_forms import read_chinese, read_form
from mdm.cleanse.addresses_latin import read_latin
from mdm.cleanse.countries import country_code
from mdm.cleanse.fold import CACHED, has_han, tidy, unscrambled
from mdm.cleanse.placeholders import is_placeholder_number, is_placeholder_word
from mdm.cleanse.postal import AddressKeys, AddressText
from mdm.cleanse.values import Issue

_NO_KEYS = AddressKeys()


class CleansedAddress(NamedTuple):
    """An address as people read it (None when nothing is known), its keys, and issues."""

    address: AddressText | None
    keys: AddressKeys = _NO_KEYS
    issues: tuple[Issue, ...] = ()


_Reader = Callable[[AddressText, str, list[Issue]], tuple[AddressText, AddressKeys]]
_NAMES = AddressText._fields
_SILENT = _NAMES.index("country")  # from here on: country and kind, which alone are no address
_LAST = _NAMES.index("kind")
_SHOWN = len(_NAMES)
_NO_PARTS = (None,) * (_SILENT - 1)
_NO_PLACES = (None, None, None)
_DOUBTS = (NOT_UNDERSTOOD,)


def cleanse_address(parts: AddressText, *, region: str) -> CleansedAddress:
    """An address from its parts or, where these say nothing about the street, from one line of text."""
    text = parts[0]
    if text is not None and parts[1:_SILENT] == _NO_PARTS and has_han(text):
        found = _chinese_line(text, parts.country, parts.kind, region)
        if found is not None:
            return found
    return _any_address(parts, region)


def _chinese_line(text: str, country: str | None, kind: str | None, region: str) -> CleansedAddress | None:
    """A line of hanzi, digits and letters that comes alone, read by its form: tidying would leave it as it is.

    None where it has no such form (a test holds this equal to `_any_address`).
    """
    found = read_form(text, _NO_PLACES, region)
    said = None if country is None else said_country(country)
    sort = None if kind is None else said_kind(kind)
    if found is None or said == "" or sort == "":
        return None
    values = found.values
    values[0] = text
    if said is not None:
        values[_SILENT] = said
    values[_LAST] = sort
    issues = () if found.understood else _DOUBTS
    return CleansedAddress(AddressText._make(values[:_SHOWN]), AddressKeys._make(values[_SHOWN:]), issues)


def _any_address(parts: AddressText, region: str) -> CleansedAddress:
    issues: list[Issue] = []
    read = _read_parts(parts, issues)
    if read.country is not None:
        country = said_country(read.country)
        read = read if country == read.country else read._replace(country=country)
    texts = [text for text in read[:_SILENT] if text is not None]
    if read.text is not None and len(texts) == 1 and read.text.isdecimal() and is_placeholder_number(read.text):
        texts, issues = [], [*issues, Issue("address.text", "unreadable", "placeholder")]
    if not texts:
        return CleansedAddress(None, issues=tuple(issues))
    reader = read_chinese if has_han("".join(texts)) else read_latin
    found = _same_from_text(reader, read, region, issues) if read.text is not None and len(texts) > 1 else None
    address, keys = found or reader(read, region, issues)
    if read.kind is not None:
        address = AddressText._make((*address[:_LAST], read.kind.lower()))
    return CleansedAddress(address, keys, tuple(issues))


def _same_from_text(
    reader: _Reader, read: AddressText, region: str, issues: list[Issue]
) -> tuple[AddressText, AddressKeys] | None:
    """What the text alone says, where the parts say the same: so an address that was cleansed before stays."""
    remarks: list[Issue] = []
    found, keys = reader(AddressText(text=read.text, country=read.country), region, remarks)
    if _read_parts(found, []) != read._replace(kind=None):
        return None
    issues += remarks
    return found, keys


def _read_parts(parts: AddressText, issues: list[Issue]) -> AddressText:
    """The parts tidied, without placeholders."""
    found = AddressText._make([None if text is None else _read(text) for text in parts])
    if found == parts:
        return found
    for name, text, value in zip(_NAMES, parts, found, strict=True):
        if text == value or text is None:
            continue
        if value is None and tidy(text) is not None:
            issues.append(Issue(f"address.{name}", "unreadable", "placeholder"))
        elif unscrambled(text) is not None:
            issues.append(Issue(f"address.{name}", "repaired", "UTF-8 that was read as Windows-1252"))
    return found


@lru_cache(maxsize=CACHED)
def _read(value: str) -> str | None:
    if not value.isascii():
        value = (unscrambled(value) or value).replace("½", " 1/2")
    text = tidy(value)
    return None if text is None or is_placeholder_word(text) else text


@lru_cache(maxsize=CACHED)
def said_country(text: str) -> str:
    """The code of a country, or its name as written in capitals; empty for a placeholder."""
    said = _read(text)
    return "" if said is None else country_code(said) or said.upper()


@lru_cache(maxsize=CACHED)
def said_kind(text: str) -> str:
    """The kind of an address in small letters; empty for a placeholder."""
    return (_read(text) or "").lower()
