"""Chinese addresses (first: kept whole)."""

from __future__ import annotations

from mdm.cleanse.postal import AddressKeys, AddressText
from mdm.cleanse.values import Issue


def read_chinese(parts: AddressText, region: str, issues: list[Issue]) -> tuple[AddressText, AddressKeys]:
    """The parts and keys of a Chinese address."""
    return parts, AddressKeys()
