"""Reads the small reference files in `data/`: lines of tab-separated text, comments begin with #."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The lines of a reference file, split at tabs."""
    text = files("mdm.cleanse").joinpath("data", name).read_text("utf-8")
    return tuple(tuple(line.split("\t")) for line in text.splitlines() if line and not line.startswith("#"))


@cache
def word_sets(name: str) -> dict[str, frozenset[str]]:
    """A file of lines kind<TAB>words by blanks: kind -> words; a kind may have several lines."""
    found: dict[str, frozenset[str]] = {}
    for kind, words in rows(name):
        found[kind] = found.get(kind, frozenset()) | frozenset(words.split())
    return found
