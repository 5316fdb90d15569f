"""Placeholders: words and values that people type where nothing is known (`data/placeholders.txt`)."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_ONE_CHARACTER = re.compile(r"(.)\1*", re.DOTALL)
_JUNK = re.compile(r"[\W_]+")


@cache
def _table() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {"word": set(), "name": set(), "value": set()}
    text = files("mdm.cleanse").joinpath("data", "placeholders.txt").read_text("utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            kind, value = line.split("\t", 1)
            found[kind].add(value)
    return {kind: frozenset(values) for kind, values in found.items()}


def is_placeholder_word(text: str) -> bool:
    """Whether the whole text is a word that never is a value: TEST, n/a, 不详."""
    lower = text.lower()
    return lower in _table()["word"] or _JUNK.fullmatch(lower) is not None


def is_placeholder_name(text: str) -> bool:
    """Whether the text, standing alone as a name, says nothing; some of these are also real names (Null, None, Na)."""
    return text.lower() in _table()["name"] or is_placeholder_word(text)


def is_placeholder_number(characters: str) -> bool:
    """Whether bare digits or letters stand for nothing: all one character (empty included), or a listed value."""
    return not characters or _ONE_CHARACTER.fullmatch(characters) is not None or characters in _table()["value"]
