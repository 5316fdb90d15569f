"""Names of the commonest forms at once: 张伟, 欧阳锋, Ann Lee, René J. O'Neil. Words repeat, so each is read once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mdm.cleanse import names_chinese as chinese
from mdm.cleanse import names_latin as latin
from mdm.cleanse import names_odd as odd
from mdm.cleanse.fold import CACHED, has_han, tidy
from mdm.cleanse.placeholders import is_no_given_name, is_placeholder_name

_HANZI = re.compile(r"[\u4e00-\u67cf\u67d1-\u9fff]{1,4}")
_LETTERS = r"[A-Za-zÀ-ÖØ-öø-ɏ]+"
_WORD = rf"{_LETTERS}(?:[-']{_LETTERS})*\.?"
_LATIN = re.compile(_WORD)
LATIN_NAME = rf"({_WORD}) (?:({_WORD}) )?({_WORD})"  # of the forms that Python and Arrow both read
_LATIN_NAME = re.compile(LATIN_NAME)
_Native = tuple[str, str | None]  # simplified hanzi, and their key

Ordinary = tuple[str | None, ...]  # the fields of NameParts and then of NameKeys


class _Word(NamedTuple):
    """One word of a name in Latin letters, as people read it and as matching does."""

    shown: str
    given: tuple[str | None, str | None]  # keys of the given and middle name, when it is a given name
    middle: str | None
    family: str | None
    title: bool  # before a name: Mr
    suffix: bool  # after a name: Jr
    particle: bool  # before a family name: de
    surname: bool  # in a Chinese region: a surname in pinyin
    syllables: bool  # in a Chinese region: pinyin


@lru_cache(maxsize=CACHED)
def word(text: str, region: str) -> _Word | None:
    """One word of letters that tidying leaves as it is; None when it is of another form or may say nothing."""
    if _LATIN.fullmatch(text) is None or tidy(text) != text or is_placeholder_name(text) or latin.ends_in_nee(text):
        return None
    if odd.is_odd(text) or is_no_given_name(text):
        return None
    here = region in chinese.CHINESE_REGIONS
    return _Word(
        latin.display(text),
        chinese.given_keys(text, region),
        latin.key(text),
        chinese.family_key(text, region),
        latin.is_title(text),
        latin.is_suffix(text),
        latin.is_particle(text),
        here and chinese.is_surname(text),
        here and chinese.is_syllables(text),
    )


@lru_cache(maxsize=CACHED)
def given_hanzi(text: str) -> _Native | None:
    """A given name of hanzi; None when it is of another form or may say nothing."""
    if _HANZI.fullmatch(text) is None or is_placeholder_name(text):
        return None
    native = chinese.native(text) or ""
    return native, chinese.pinyin(native)


@lru_cache(maxsize=CACHED)
def family_hanzi(text: str) -> _Native | None:
    """A family name of hanzi; None when it is of another form or may say nothing."""
    if _HANZI.fullmatch(text) is None or is_placeholder_name(text):
        return None
    native = chinese.native(text) or ""
    return native, chinese.surname_pinyin(native)


def ordinary_name(
    full: str | None, given: str | None, middle: str | None, family: str | None, region: str
) -> Ordinary | None:
    """Parts and keys of a name of one word each, without anything that needs a remark; None for any other."""
    if given is None and family is None:
        return None if full is None or middle is not None else _full_name(full, region)
    if given is None or family is None:
        return None
    if has_han(given):
        return None if middle is not None or chinese.is_swapped_hanzi(given, family) else _hanzi(given, family)
    first, last = word(given, region), word(family, region)
    second = None if middle is None else word(middle, region)
    if first is None or last is None or (middle is not None and second is None):
        return None
    return _latin(first, second, last)


def _full_name(full: str, region: str) -> Ordinary | None:
    """A full name of two to four hanzi or of two or three words."""
    if is_placeholder_name(full):
        return None
    if chinese.is_ordinary(full):
        return _hanzi(*chinese.split_ordinary(full))
    match = _LATIN_NAME.fullmatch(full)
    if match is None:
        return None
    given, middle, family = match.groups()
    first, last = word(given, region), word(family, region)
    if first is None or last is None or first.title or last.suffix:
        return None
    ordered = first.syllables and last.syllables  # in pinyin the family name comes first, as `order_full` has it
    if middle is not None:
        second = word(middle, region)
        if second is None or second.particle or (ordered and second.syllables):
            return None
        return _latin(first, second, last)
    if ordered and (first.surname or not last.surname):
        return _latin(last, None, first)
    return _latin(first, None, last)


def _hanzi(given: str, family: str) -> Ordinary | None:
    first, last = given_hanzi(given), family_hanzi(family)
    if first is None or last is None:
        return None
    return None, given, None, family, None, None, first[1], None, last[1], None, first[0], last[0]


def _latin(given: _Word, middle: _Word | None, family: _Word) -> Ordinary | None:
    if given.surname and not family.surname and family.syllables:
        return None  # swapped, which needs a remark
    first, rest = given.given
    if middle is None:
        return None, given.shown, None, family.shown, None, None, first, rest, family.family, None, None, None
    rest = ((rest or "") + (middle.middle or "")) or None
    return None, given.shown, middle.shown, family.shown, None, None, first, rest, family.family, None, None, None
