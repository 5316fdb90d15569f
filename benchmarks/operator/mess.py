"""Error channels: typing, hearing, wrong dates, placeholders. Each touches a small share of the rows."""

from __future__ import annotations

from functools import cache

import numpy as np

from benchmarks.operator import pools
from benchmarks.operator.households import CN, FEMALE, MALE
from benchmarks.operator.names import givens
from benchmarks.operator.text import Bools, Ints, Text, edit, where

NEAR = {
    "a": "sq",
    "e": "wr",
    "i": "uo",
    "o": "ip",
    "u": "yi",
    "n": "bm",
    "m": "n",
    "r": "et",
    "t": "ry",
    "s": "ad",
    "l": "k",
    "c": "xv",
}


def chosen(random: np.random.Generator, rows: int, share: float) -> Bools:
    """A random share of the rows."""
    return random.random(rows) < share


def mistype(random: np.random.Generator, text: Text, share: float) -> Text:
    """Latin letters or digits: one character left out, doubled, swapped with the next, or a neighbouring key."""
    rows = np.flatnonzero(chosen(random, len(text), share))
    return edit(text, rows, _typo, random.integers(0, 1 << 30, len(rows)))


def _typo(text: str, seed: int) -> str:
    if len(text) < 4:
        return text
    at, kind = 1 + seed % (len(text) - 2), seed // 97 % 4
    here = text[at]
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + here + text[at:]
    if kind == 2:
        return text[:at] + text[at + 1] + here + text[at + 2 :]
    near = NEAR.get(here.lower(), here)
    return text[:at] + near[seed % len(near)] + text[at + 1 :]


def misdigit(random: np.random.Generator, text: Text, share: float) -> Text:
    """One digit wrong."""
    rows = np.flatnonzero(chosen(random, len(text), share))
    return edit(text, rows, _wrong_digit, random.integers(0, 1 << 30, len(rows)))


def _wrong_digit(text: str, seed: int) -> str:
    digits = [i for i, letter in enumerate(text) if letter.isdigit()]
    at = digits[seed % len(digits)]
    return text[:at] + str((int(text[at]) + 1 + seed // 31 % 8) % 10) + text[at + 1 :]


def misdate(random: np.random.Generator, days: Ints, share: float) -> Ints:
    """A date off by a few days, a month or a year."""
    wrong = chosen(random, len(days), share)
    off = np.array([1, -1, 2, 9, -10, 30, 31, 365, -365])[random.integers(0, 9, len(days))]
    return np.where(wrong, days + off, days)


def placeholder(random: np.random.Generator, text: Text, share: float, *values: str, only: Bools | None = None) -> Text:
    """What a clerk types to get past an obligatory field; `only` where the record can do without the value."""
    for value in values:
        rows = chosen(random, len(text), share / len(values))
        text = where(rows if only is None else rows & only, value, text)
    return text


@cache
def _ring() -> tuple[Ints, Ints]:
    """For every given-name character the next one of the same sound, and how many share it."""
    table = givens()
    ring, count = np.arange(len(table.latin)), np.ones(len(table.latin), dtype=np.int64)
    for sex, letter in ((MALE, "m"), (FEMALE, "f")):
        start = table.start[CN, sex]
        following, many = pools.hanzi(f"cn_given_{letter}").homophones()
        ring[start : start + len(following)] = following + start
        count[start : start + len(many)] = many
    return ring, count


def mishear(random: np.random.Generator, given: Ints, share: float) -> Ints:
    """Another character of the same sound (伟 for 炜), where there is one."""
    ring, _ = _ring()
    wrong = chosen(random, len(given), share) & (given >= 0)
    return np.where(wrong, ring[np.maximum(given, 0)], given)
