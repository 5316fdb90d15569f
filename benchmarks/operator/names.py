"""Names of people: given out by group and family, written in hanzi, pinyin or Latin letters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.operator import pools
from benchmarks.operator.households import (
    CN,
    EN,
    FATHER,
    FEMALE,
    FIRST_CHILD,
    FR,
    HEAD,
    MALE,
    PARTNER,
    SA,
    SECOND_CHILD,
    THIRD_CHILD,
    VN,
    ZH,
    Households,
    Members,
)
from benchmarks.operator.text import Bools, Ints, Text, join, pick, where

JUNIOR, SENIOR = 1, 2


@dataclass
class Names:
    """Indexes into the tables of `surnames()` and `givens()`; -1 where there is none."""

    group: Ints
    family: Ints
    maiden: Ints  # family name until the wedding
    given: Ints
    second: Ints  # second character, or middle name
    english: Ints  # what Canadians of Chinese descent call themselves
    suffix: Ints  # JUNIOR, SENIOR or 0


@dataclass(frozen=True)
class Table:
    """A pool of several groups laid end to end: texts, and where each group starts and ends."""

    latin: Text
    simplified: Text
    traditional: Text
    start: dict[tuple[int, int], int]
    size: dict[tuple[int, int], int]


@cache
def surnames() -> Table:
    """Surnames of all groups; the key is (group, 0)."""
    han = pools.hanzi("cn_surnames")
    latin = pc.utf8_title(han.pinyin).to_pylist()
    start, size = {(CN, 0): 0, (ZH, 0): 0}, {(CN, 0): len(han), (ZH, 0): len(han)}
    for group, name in ((EN, "en"), (FR, "fr"), (SA, "sa"), (VN, "vn")):
        words = pools.canadian_surnames(name)
        start[group, 0], size[group, 0] = len(latin), len(words)
        latin += words
    return Table(pa.array(latin), han.simplified, han.traditional, start, size)


@cache
def givens() -> Table:
    """Given names (characters for Chinese) of all groups by (group, sex); English ones of ZH by (ZH + 10, sex)."""
    simplified: list[str] = []
    traditional: list[str] = []
    latin: list[str] = []
    start: dict[tuple[int, int], int] = {}
    size: dict[tuple[int, int], int] = {}
    for sex, letter in ((MALE, "m"), (FEMALE, "f")):
        han = pools.hanzi(f"cn_given_{letter}")
        for group in (CN, ZH):
            start[group, sex], size[group, sex] = len(latin), len(han)
        simplified += han.simplified.to_pylist()
        traditional += han.traditional.to_pylist()
        latin += han.pinyin.to_pylist()
    for sex, letter in ((MALE, "m"), (FEMALE, "f")):
        for group, name in ((EN, "en"), (FR, "fr"), (SA, "sa"), (ZH + 10, "zh")):
            words = pools.canadian_given(letter, name)
            start[group, sex], size[group, sex] = len(latin), len(words)
            latin += words
        start[VN, sex], size[VN, sex] = start[EN, sex], size[EN, sex]
    return Table(pa.array(latin), pa.array(simplified), pa.array(traditional), start, size)


def give_names(random: np.random.Generator, households: Households, members: Members) -> Names:
    """Family names run in families, also back to the household that somebody left; given names differ within one."""
    rows = len(members)
    group = households.group[members.household].copy()
    family = _draw(random, surnames(), group, np.zeros(rows, dtype=np.int64))
    given = _draw(random, givens(), group, members.sex, q=9.0)
    second = _draw(random, givens(), group, members.sex, q=25.0)
    second = np.where(random.random(rows) < np.where(np.isin(group, (CN, ZH)), 0.72, 0.6), second, -1)
    english = _draw(random, givens(), np.where(group == ZH, ZH + 10, group), members.sex)
    english = np.where((group == ZH) & (random.random(rows) < 0.6), english, -1)
    names = Names(group, family, np.full(rows, -1), given, second, english, np.zeros(rows, dtype=np.int64))
    _inherit(random, households, members, names)
    _name_twins(members, names)
    _name_sons(random, members, names)
    _tell_apart(members, names)
    return names


def _draw(random: np.random.Generator, table: Table, group: Ints, sex: Ints, *, q: float = 3.0) -> Ints:
    index = np.zeros(len(group), dtype=np.int64)
    for key, start in table.start.items():
        rows = np.flatnonzero((group == key[0]) & (sex == key[1]))
        index[rows] = start + pools.zipf(random, table.size[key], len(rows), q=q)
    return index


def _inherit(random: np.random.Generator, households: Households, members: Members, names: Names) -> None:
    head = np.full(len(households), -1)
    heads = np.flatnonzero(members.slot == HEAD)
    head[members.household[heads[::-1]]] = heads[::-1]
    left = np.flatnonzero(members.earlier >= 0)
    names.family[left] = names.family[head[members.earlier[left]]]
    mine = head[members.household]
    kin = np.isin(members.slot, (FIRST_CHILD, SECOND_CHILD, THIRD_CHILD, FATHER))
    names.family = np.where(kin, names.family[mine], names.family)
    takes = (members.slot == PARTNER) & np.isin(names.group, (EN, VN, SA)) & (random.random(len(members)) < 0.65)
    takes &= names.family != names.family[mine]
    names.maiden = np.where(takes, names.family, -1)
    names.family = np.where(takes, names.family[mine], names.family)


def _name_twins(members: Members, names: Names) -> None:
    """Chinese twins share their first character; all twins are told apart by the given name."""
    second = np.flatnonzero(members.twin & (members.slot == SECOND_CHILD))
    second = second[members.twin[second - 1]]
    chinese = second[np.isin(names.group[second], (CN, ZH)) & (members.sex[second] == members.sex[second - 1])]
    names.given[chinese] = names.given[chinese - 1]
    table = givens()
    for (group, sex), start in table.start.items():
        mine = chinese[(names.group[chinese] == group) & (members.sex[chinese] == sex)]
        for who, step in ((mine - 1, 0), (mine, 7)):
            names.second[who] = start + (np.maximum(names.second[mine], start) - start + step) % table.size[group, sex]


def _name_sons(random: np.random.Generator, members: Members, names: Names) -> None:
    """Some Canadian first sons bear their father's whole name."""
    sons = np.flatnonzero((members.slot == FIRST_CHILD) & (members.sex == MALE) & np.isin(names.group, (EN, FR)))
    sons = sons[random.random(len(sons)) < 0.06]
    fathers = np.searchsorted(members.household, members.household[sons])
    both = (members.sex[fathers] == MALE) & (members.slot[fathers] == HEAD)
    sons, fathers = sons[both], fathers[both]
    for column in (names.given, names.second):
        column[sons] = column[fathers]
    names.suffix[sons], names.suffix[fathers] = JUNIOR, SENIOR


def _tell_apart(members: Members, names: Names) -> None:
    """No two of one household are called the same, except father and son by design; a middle name does not count."""
    chinese = np.isin(names.group, (CN, ZH))
    for _ in range(4):
        second = np.where(chinese, names.second + 1, 0)
        again = _called_alike((members.household * 4096 + names.given) * 4096 + second, names.suffix == 0)
        _step_on(names.given, again, names.group, members)
        english = np.where(names.english >= 0, names.english, 4095)
        alike = _called_alike(members.household * 4096 + english, names.english >= 0)
        _step_on(names.english, alike, np.where(names.group == ZH, ZH + 10, names.group), members)


def _called_alike(code: Ints, counts: Bools) -> Ints:
    """All rows but the first of each code, where they count."""
    order = np.argsort(code, kind="stable")
    again = order[1:][code[order[1:]] == code[order[:-1]]]
    return np.asarray(again[counts[again]])


def _step_on(column: Ints, rows: Ints, group: Ints, members: Members) -> None:
    """Give the rows another name of the same pool, brothers and sisters different ones."""
    table = givens()
    for (of_group, sex), start in table.start.items():
        mine = rows[(group[rows] == of_group) & (members.sex[rows] == sex)]
        step = 3 + 2 * (members.slot[mine] + mine % 5)
        column[mine] = start + (column[mine] - start + step) % table.size[of_group, sex]


def hanzi_family(names: Names, rows: Ints, *, traditional: bool = False) -> Text:
    """The surname in hanzi; null for people without one."""
    table = surnames()
    index = np.where(np.isin(names.group[rows], (CN, ZH)), names.family[rows], -1)
    return pick(table.traditional if traditional else table.simplified, index)


def hanzi_given(given: Ints, second: Ints, *, traditional: bool = False) -> Text:
    """One or two characters; only for rows of CN and ZH people."""
    table = givens()
    pool = table.traditional if traditional else table.simplified
    return join(pick(pool, given), pick(pool, second))


def latin_family(family: Ints) -> Text:
    """The surname in Latin letters."""
    return pick(surnames().latin, family)


def latin_given(names: Names, rows: Ints) -> Text:
    """The given name in Latin letters: Xiaowei for Chinese, the first name for others."""
    table = givens()
    chinese = np.isin(names.group[rows], (CN, ZH))
    joined = join(pick(table.latin, names.given[rows]), pick(table.latin, np.where(chinese, names.second[rows], -1)))
    return where(chinese, pc.utf8_capitalize(joined), joined)


def latin_middle(names: Names, rows: Ints) -> Text:
    """The middle name; null for Chinese names."""
    chinese = np.isin(names.group[rows], (CN, ZH))
    return pick(givens().latin, np.where(chinese, -1, names.second[rows]))


def english_given(names: Names, rows: Ints) -> Text:
    """The English name of Canadians of Chinese descent who use one, else null."""
    return pick(givens().latin, names.english[rows])


def has_hanzi(names: Names, rows: Ints) -> Bools:
    """Whose name can be written in hanzi."""
    return np.isin(names.group[rows], (CN, ZH))
