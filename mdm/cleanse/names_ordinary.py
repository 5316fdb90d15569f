"""Names of the commonest forms at once: 张伟, 欧阳锋, Ann Lee, ANN MARIE / LEE. Words repeat, so each is read once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mdm.cleanse import names_chinese as chinese
from mdm.cleanse import names_latin as latin
from mdm.cleanse.fold import CACHED
from mdm.cleanse.placeholders import is_placeholder_name

_HANZI = re.compile(r"[\u4e00-\u67cf\u67d1-\u9fff]{1,4}")
_LATIN = re.compile(r"[A-Za-z]+")
_TWO_WORDS = re.compile(r"([A-Za-z]+) ([A-Za-z]+)")

Ordinary = tuple[str | None, ...]  # the fields of NameParts and then of NameKeys


class _Word(NamedTuple):
    """One part of a name, as people read it and as matching does."""

    hanzi: bool
    shown: str
    native: str | None
    given: tuple[str | None, str | None]  # keys of the given and middle name, when it is a given name
    middle: str | None
    family: str | None
    title: bool = False  # before a name: Mr
    suffix: bool = False  # after a name: Jr
    surname: bool = False  # in a Chinese region: a surname in pinyin
    syllables: bool = False  # in a Chinese region: pinyin


@lru_cache(maxsize=CACHED)
def _word(text: str, region: str) -> _Word | None:
    """One word of hanzi or of ASCII letters; None when it is of another form or may say nothing."""
    if is_placeholder_name(text):
        return None
    if _HANZI.fullmatch(text):
        native = chinese.native(text) or ""
        given, family = chinese.pinyin(native), chinese.surname_pinyin(native)
        return _Word(True, text, native, (given, None), None, family)
    if _LATIN.fullmatch(text):
        given_keys, family = chinese.given_keys(text, region), chinese.family_key(text, region)
        shown, key, here = latin.display(text), latin.key(text), region in chinese.CHINESE_REGIONS
        surname, syllables = here and chinese.is_surname(text), here and chinese.is_syllables(text)
        title, suffix = latin.is_title(text), latin.is_suffix(text)
        return _Word(False, shown, None, given_keys, key, family, title, suffix, surname, syllables)
    return None


def ordinary_name(
    full: str | None, given: str | None, middle: str | None, family: str | None, region: str
) -> Ordinary | None:
    """Parts and keys of a name of one word each, without anything that needs a remark; None for any other."""
    if given is None and family is None:
        return None if full is None or middle is not None else _full_name(full, region)
    if given is None or family is None:
        return None
    first, last = _word(given, region), _word(family, region)
    if first is None or last is None or first.hanzi is not last.hanzi:
        return None
    if middle is None:
        return _hanzi(first, last) if first.hanzi else _latin(first, None, last)
    second = _word(middle, region)
    return None if second is None or first.hanzi or second.hanzi else _latin(first, second, last)


def _full_name(full: str, region: str) -> Ordinary | None:
    """A full name of two to four hanzi or of two words."""
    if is_placeholder_name(full):
        return None
    if chinese.is_ordinary(full):
        given, family = chinese.split_ordinary(full)
        first, last = _word(given, region), _word(family, region)
        return None if first is None or last is None else _hanzi(first, last)
    match = _TWO_WORDS.fullmatch(full)
    if match is None:
        return None
    first, last = _word(match.group(1), region), _word(match.group(2), region)
    if first is None or last is None or first.title or last.suffix:
        return None
    if first.syllables and last.syllables and (first.surname or not last.surname):
        return _latin(last, None, first)  # as `order_full` does: the family name first, where it can be one
    return _latin(first, None, last)


def _hanzi(given: _Word, family: _Word) -> Ordinary:
    keys = (given.given[0], None, family.family, None, given.native, family.native)
    return None, given.shown, None, family.shown, None, None, *keys


def _latin(given: _Word, middle: _Word | None, family: _Word) -> Ordinary | None:
    if given.surname and not family.surname and family.syllables:
        return None  # swapped, which needs a remark
    first, rest = given.given
    if middle is None:
        return None, given.shown, None, family.shown, None, None, first, rest, family.family, None, None, None
    rest = ((rest or "") + (middle.middle or "")) or None
    return None, given.shown, middle.shown, family.shown, None, None, first, rest, family.family, None, None, None
