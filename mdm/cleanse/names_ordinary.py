"""Names of the commonest forms at once: 张伟, 欧阳锋, Ann Lee, ANN MARIE / LEE. Words repeat, so each is read once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mdm.cleanse import names_chinese as chinese
from mdm.cleanse import names_latin as latin
from mdm.cleanse.fold import CACHED
from mdm.cleanse.name_parts import NameKeys, NameParts
from mdm.cleanse.placeholders import is_placeholder_name

_HANZI = re.compile(r"[\u4e00-\u67cf\u67d1-\u9fff]{1,4}")
_LATIN = re.compile(r"[A-Za-z]+")
_TWO_WORDS = re.compile(r"([A-Za-z]+) ([A-Za-z]+)")
_NO_PARTS = NameParts()

Ordinary = tuple[NameParts, NameKeys]


class _Word(NamedTuple):
    """One part of a name, as people read it and as matching does."""

    hanzi: bool
    shown: str
    native: str | None
    given: tuple[str | None, str | None]  # keys of the given and middle name, when it is a given name
    middle: str | None
    family: str | None


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
        return _Word(False, latin.display(text), None, given_keys, latin.key(text), family)
    return None


def ordinary_name(
    full: str | None, given: str | None, middle: str | None, family: str | None, region: str
) -> Ordinary | None:
    """Parts and keys of a name of one word each, without anything that needs a remark; None for any other."""
    if given is None and family is None and middle is None and full is not None:
        parts = _split(full, region)
        if parts is None:
            return None
        given, middle, family = parts.given, parts.middle, parts.family
    if given is None or family is None:
        return None
    first, last = _word(given, region), _word(family, region)
    if first is None or last is None or first.hanzi is not last.hanzi:
        return None
    if first.hanzi:
        if middle is not None:
            return None
        keys = NameKeys(first.given[0], None, last.family, None, first.native, last.native)
        return NameParts(None, given, None, family), keys
    if chinese.is_swapped(given, family, region):
        return None
    second = None
    if middle is not None and ((second := _word(middle, region)) is None or second.hanzi):
        return None
    middle_key = ((first.given[1] or "") + ((second.middle or "") if second else "")) or None
    shown = NameParts(None, first.shown, second.shown if second else None, last.shown)
    return shown, NameKeys(first.given[0], middle_key, last.family)


def _split(full: str, region: str) -> NameParts | None:
    """A full name of two to four hanzi or of two words."""
    if is_placeholder_name(full):
        return None
    if chinese.is_ordinary(full):
        return chinese.split_ordinary(full)
    match = _TWO_WORDS.fullmatch(full)
    if match is None or latin.is_title(match.group(1)) or latin.is_suffix(match.group(2)):
        return None
    return chinese.order_full(NameParts(given=match.group(1), family=match.group(2)), full, region)
