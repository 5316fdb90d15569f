"""Placeholders: words and values that people type where nothing is known (`data/placeholders.txt`)."""

from __future__ import annotations

import re

from mdm.cleanse.reference import rows

_JUNK = re.compile(r"[\W_]+")


WORDS: dict[str, frozenset[str]] = {
    kind: frozenset(row[1] for row in rows("placeholders.txt") if row[0] == kind)
    for kind in ("word", "name", "value", "given")
}
_NO_NAMES = WORDS["name"] | WORDS["word"]


def is_placeholder_word(text: str) -> bool:
    """Whether the whole text is a word that never is a value: TEST, n/a, 不详."""
    lower = text.lower()
    return lower in WORDS["word"] or (not lower[:1].isalnum() and _JUNK.fullmatch(lower) is not None)


def is_placeholder_name(text: str) -> bool:
    """Whether the text, standing alone as a name, says nothing; some of these are also real names (Null, None, Na)."""
    lower = text.lower()
    return lower in _NO_NAMES or (not lower[:1].isalnum() and _JUNK.fullmatch(lower) is not None)


def is_no_given_name(text: str) -> bool:
    """Whether the text, beside a family name, says who somebody is to the holder: Wife, Grandson, Mrs."""
    return text.lower() in WORDS["given"]


def is_placeholder_number(characters: str) -> bool:
    """Whether bare digits or letters stand for nothing: all one character (empty included), or a listed value."""
    return not characters.strip(characters[:1]) or characters in WORDS["value"]
