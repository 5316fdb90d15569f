"""Sex as sources write it, to male | female."""

from __future__ import annotations

from mdm.cleanse.fold import tidy
from mdm.cleanse.placeholders import is_placeholder_word
from mdm.cleanse.values import CleansedText, Issue

_MALE = frozenset({"m", "male", "man", "boy", "h", "homme", "masculin", "男", "男性", "男士"})
_FEMALE = frozenset({"f", "female", "woman", "girl", "femme", "feminin", "féminin", "女", "女性", "女士"})
_SILENT = frozenset({"u", "x", "o", "other", "unspecified", "未说明", "未说明的性别", "未知的性别", "0", "9"})


def cleanse_sex(text: object, *, region: str) -> CleansedText:
    """male, female or None; 1 and 2 are GB/T 2261.1 codes and are read only where the region is China."""
    value = tidy(text)
    if value is None:
        return CleansedText(None)
    lower = value.lower().rstrip(".")
    if lower in _MALE or (region == "CN" and lower == "1"):
        return CleansedText("male")
    if lower in _FEMALE or (region == "CN" and lower == "2"):
        return CleansedText("female")
    if lower in _SILENT or is_placeholder_word(value):
        return CleansedText(None)
    return CleansedText(None, (Issue("sex", "unreadable", "not a known code for male or female"),))
