"""Rare forms of street lines, written as the common ones: "Basement - 12 Oak St" as "12 Oak St bsmt"."""

from __future__ import annotations

import re

_RARE = re.compile(
    r"^#|^(?:basement|bsmt|main|upper|lower|rear|front|penthouse|sous)\b|\bsous|\bph\W*\d|\bpenthouse\W*\d|"
    r"\d\s*-\s*\d/\d|(?:hwy|highway|route|rte|r)\.?\s*#"
)
_SIGNS = ("#", "/", "ph", "penthouse", "sous")  # without which nothing rare follows a house number
_FORMS = (
    (re.compile(r"^#\s*([a-z]?\d+[a-z]?)\s*-\s*(?=\d)"), r"\1-"),
    (re.compile(r"\bsous-?\s?sol\b"), "bsmt"),
    (re.compile(r"^(basement|bsmt|main\s+(?:floor|flr|fl))[\s,-]+(?=\d)(.+)$"), r"\2 \1"),
    (re.compile(r"^(upper|lower|rear|front|penthouse)\s*[,-]+\s*(?=\d)(.+)$"), r"\2 \1"),
    (re.compile(r"\b(?:penthouse|ph)\s*#?\s*(\d+)$"), r"unit ph\1"),
    (re.compile(r"^(\d+)\s*-\s*(\d/\d)\b"), r"\1 \2"),
    (re.compile(r"\b(hwy|highway|route|rte|autoroute|r\.?\s?r\.?)\s*#\s*(?=\d)"), r"\1 "),
)


def common_form(text: str) -> str:
    """A folded street line in the form that is commonly written; as it is, when it is written so."""
    if text[:1].isdecimal() and not any(sign in text for sign in _SIGNS):
        return text  # most lines; quicker told than by the pattern
    if _RARE.search(text) is None:
        return text
    for pattern, written in _FORMS:
        text = pattern.sub(written, text)
    return text
