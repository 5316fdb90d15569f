"""The words of the world: names, places, streets. Text files beside this module, most frequent first.

Frequencies follow Zipf-Mandelbrot: rank r has weight 1 / (r + q). Hanzi come with their pinyin (surname readings are
the surname's own: 曾 Zeng, 单 Shan) and their traditional form.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.operator.text import Ints, Text

FOLDER = Path(__file__).parent / "pools"


def _lines(name: str) -> list[list[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


def zipf(random: np.random.Generator, size: int, rows: int, *, q: float = 3.0) -> Ints:
    """Ranks 0..size-1 drawn with weights 1 / (rank + q)."""
    weights = 1.0 / (np.arange(size) + q)
    edges = np.cumsum(weights / weights.sum())
    return np.minimum(np.searchsorted(edges, random.random(rows), side="right"), size - 1).astype(np.int64)


@dataclass(frozen=True)
class Hanzi:
    """One pool of characters (or surnames) in three writings."""

    simplified: Text
    pinyin: Text  # lower case
    traditional: Text

    def __len__(self) -> int:
        return len(self.simplified)

    def homophones(self) -> tuple[Ints, Ints]:
        """(next, how many): a ring through all entries of the same sound, and its length."""
        sounds = np.array(self.pinyin.to_pylist())
        ring = np.arange(len(sounds))
        count = np.ones(len(sounds), dtype=np.int64)
        for sound in dict.fromkeys(sounds.tolist()):
            members = np.flatnonzero(sounds == sound)
            ring[members] = np.roll(members, -1)
            count[members] = len(members)
        return ring, count


@cache
def hanzi(name: str) -> Hanzi:
    """`cn_surnames`, `cn_given_m` or `cn_given_f`."""
    rows = _lines(f"{name}.txt")
    return Hanzi(*(pa.array([row[i] for row in rows], pa.string()) for i in range(3)))


@cache
def canadian_given(sex: str, group: str) -> list[str]:
    """Given names of a sex (m, f) in a group (en, fr, sa, zh), most frequent first."""
    return next(row[2:] for row in _lines("ca_given.txt") if row[:2] == [sex, group])


@cache
def canadian_surnames(group: str) -> list[str]:
    """Surnames of a group (en, fr, sa, vn): the known ones, then for en and fr a long made-up tail."""
    parts = {row[0]: row[1:] for row in _lines("ca_surnames.txt")}
    joints = {"en": ("head", "tail"), "fr": ("fhead", "ftail")}.get(group)
    tail = [] if joints is None else [a + b for b in parts[joints[1]] for a in parts[joints[0]]]
    return list(dict.fromkeys(parts[group] + tail))


@cache
def nicknames() -> dict[str, str]:
    """English given name -> its everyday short form."""
    return {name: short for name, short in _lines("nicknames.txt")}


@dataclass(frozen=True)
class City:
    """A city of the world; `districts` are (name, code) in China, postcode areas in Canada."""

    name: str
    region: str
    area_code: str
    local_digits: int
    weight: int
    postcode: str
    districts: tuple[tuple[str, str], ...]
    country: str


@cache
def cities() -> tuple[City, ...]:
    """All cities, the Chinese ones first."""
    china = [
        City(name, region, area, int(digits), int(weight), post, tuple((d[:-7], d[-6:]) for d in districts), "CN")
        for name, region, area, digits, weight, post, *districts in _lines("cn_cities.txt")
    ]
    canada = [
        City(name, region, area, 7, int(weight), post, tuple((a, a) for a in areas.split(",")), "CA")
        for name, region, area, post, weight, areas in _lines("ca_cities.txt")
    ]
    return (*china, *canada)


@cache
def roads() -> tuple[str, ...]:
    """Chinese road names: stem, direction, kind."""
    (stems,) = _lines("cn_roads.txt")
    endings = ("路", "北路", "南路", "东路", "西路", "街", "中路", "大道", "巷")
    return tuple(stem + ending for ending in endings for stem in stems)


@cache
def compounds() -> tuple[str, ...]:
    """Chinese housing compounds."""
    (names,) = _lines("cn_compounds.txt")
    return tuple(names)


@cache
def streets() -> tuple[str, ...]:
    """English street names without their type."""
    (names,) = _lines("ca_streets.txt")
    return tuple(names)


@cache
def rues() -> tuple[str, ...]:
    """French street names without their type."""
    (names,) = _lines("ca_rues.txt")
    return tuple(dict.fromkeys(name.replace("_", " ") for name in names))


@cache
def company_words(kind: str) -> tuple[str, ...]:
    """Words of company names: cn_stem, cn_trade, cn_form (by blanks), ca_stem, ca_trade, ca_form (by commas)."""
    row = next(row for row in _lines("organisations.txt") if row[0] == kind)
    words = row[1:] if kind.startswith("cn") else " ".join(row[1:]).split(",")
    return tuple(words)
