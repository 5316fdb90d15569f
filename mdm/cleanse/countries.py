"""Countries as sources write them (CA, CAN, Canada, 加拿大) to ISO 3166 codes of two letters."""

from __future__ import annotations

from functools import cache, lru_cache

from phonenumbers import SUPPORTED_REGIONS

from mdm.cleanse.fold import tidy
from mdm.cleanse.reference import rows


@cache
def _names() -> dict[str, str]:
    found: dict[str, str] = {}
    for code, three, number, names in rows("countries.txt"):
        found |= dict.fromkeys((three, number, *(name.upper() for name in names.split("|"))), code)
    return found


@lru_cache(maxsize=4096)
def country_code(text: str | None) -> str | None:
    """The country that `text` names, None when it names none that we know."""
    value = tidy(text)
    if value is None:
        return None
    value = value.upper()
    if value in _names():
        return _names()[value]
    return value if value in SUPPORTED_REGIONS else None
