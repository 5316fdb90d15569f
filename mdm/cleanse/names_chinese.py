"""Chinese names: hanzi and pinyin, with the readings that characters have as surnames (`data/surnames.txt`)."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from mdm.cleanse import names_latin as latin
from mdm.cleanse import names_peoples as peoples
from mdm.cleanse.fold import CACHED, has_han, letters, simplify
from mdm.cleanse.name_parts import NameParts
from mdm.cleanse.reference import rows, word_sets

CHINESE_REGIONS = frozenset({"CN", "HK", "MO", "TW", "SG"})
WORDS = word_sets("hanzi_name_words.txt")
NOT_NAME = re.compile(r"[^\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff·]+")
COMPANY = tuple(WORDS["company"])
_ENDS = WORDS["honorific"] | {word[-2:] for word in COMPANY}
_CAMEL = re.compile(r"([A-Z][a-zü]+)([A-Z][a-zü]+)")
_UMLAUT = re.compile(r"(?<=[lnLN])[uü]:|(?<=[lnLN])[üÜǖǘǚǜ]")
# without 某, which masks a name, and without 小张 and 老王, which address somebody
_ORDINARY = re.compile(r"(?![小老].$)[\u4e00-\u67cf\u67d1-\u9fff]{2,4}")
LONGEST = 4  # hanzi in an ordinary Han name, two-character surname included


@cache
def surnames() -> dict[str, str]:
    """Surname in simplified hanzi -> its reading as a surname."""
    return {row[0]: row[1] for row in rows("surnames.txt")}


@cache
def _surname_readings() -> frozenset[str]:
    return frozenset(surnames().values())


@cache
def _compound_readings() -> frozenset[str]:
    return frozenset(reading for name, reading in surnames().items() if len(name) == 2)


@cache
def _syllables() -> frozenset[str]:
    return frozenset(row[0] for row in rows("pinyin_syllables.txt"))


@cache
def _given_readings() -> dict[str, str]:
    return {row[0]: row[1] for row in rows("given_readings.txt")}


@lru_cache(maxsize=CACHED)
def _reading(character: str) -> str:
    """The reading of one hanzi in given names, without tone, ASCII letters only.

    That of `data/given_readings.txt`, else the commonest one (pypinyin; unknown hanzi by anyascii).
    """
    from pypinyin import lazy_pinyin

    return _given_readings().get(character) or letters(lazy_pinyin(character)[0])


@lru_cache(maxsize=CACHED)
def pinyin(text: str) -> str | None:
    """Toneless pinyin of every hanzi, joined. One reading per character, so equal hanzi always have equal keys."""
    return "".join(_reading(character) for character in text) or None


@lru_cache(maxsize=CACHED)
def surname_pinyin(text: str) -> str | None:
    """Pinyin of a family name by the surname table; the table's readings differ from the commonest ones."""
    simple = simplify(text)
    return surnames().get(simple) or pinyin(simple)


def native(text: str | None) -> str | None:
    """The name in simplified hanzi, or None when it is written in another script."""
    if text is None or not has_han(text):
        return None
    return NOT_NAME.sub("", simplify(text)).strip("·") or None


def is_ordinary(full: str) -> bool:
    """Whether a full name is nothing but two to four hanzi, and none of the names that need a second look."""
    return (
        _ORDINARY.fullmatch(full) is not None
        and full[-2:] not in _ENDS
        and full not in WORDS["doubt"]
        and not peoples.may_be_one(full)
    )


def split_ordinary(full: str) -> tuple[str, str]:
    """Given and family name of a name that `is_ordinary`; of two hanzi, the first always is the family name."""
    cut = 1 if len(full) == 2 else surname_length(simplify(full))
    return full[cut:], full[:cut]


def surname_length(text: str) -> int:
    """Hanzi that belong to the family name: compound surnames, two surnames before two characters, else one."""
    known = surnames()
    for length in (4, 2):
        if len(text) > length and text[:length] in known:
            return length
    if len(text) == LONGEST and text[0] in known and text[1] in known:
        return 2
    return 1


@lru_cache(maxsize=CACHED)
def _romanised(text: str) -> str:
    """Letters of a romanised name with ü as v, the way hanzi are keyed here: Lü, LYU and LV are all lv."""
    found = letters(_UMLAUT.sub("v", text))
    if found in ("lyu", "nyu"):
        return found.replace("yu", "v")
    if "lyu" in found and _is_pinyin(read := found.replace("lyu", "lv")):  # no syllable ends in l: Xiaolyu
        return read
    return found


@lru_cache(maxsize=CACHED)
def _is_pinyin(text: str) -> bool:
    """Whether letters are one to three syllables of pinyin: xiaoming."""
    if not text:
        return False
    reachable = {0}
    for _ in range(3):
        reachable = {
            start + size
            for start in reachable
            for size in range(1, 7)
            if start + size <= len(text) and text[start : start + size] in _syllables()
        }
        if len(text) in reachable:
            return True
    return False


@lru_cache(maxsize=CACHED)
def is_surname(text: str) -> bool:
    """Whether a romanised word reads as a surname: Wang, LYU."""
    return _romanised(text) in _surname_readings()


def is_syllables(text: str) -> bool:
    """Whether a romanised word is one to three syllables of pinyin: Xiaoming."""
    return _is_pinyin(_romanised(text))


@lru_cache(maxsize=CACHED)
def given_keys(given: str, region: str) -> tuple[str | None, str | None]:
    """(given key, middle key) of a Latin given name; in Chinese regions "Xiao Ming" is one name, xiaoming."""
    if region in CHINESE_REGIONS:
        tokens = [_romanised(token) for token in re.split(r"[\s'-]+", given)]
        if all(_is_pinyin(token) for token in tokens):
            return "".join(tokens), None
    return latin.given_keys(given)


@lru_cache(maxsize=CACHED)
def family_key(family: str, region: str) -> str | None:
    """Key of a Latin family name; in Chinese regions ü is read as in hanzi keys."""
    return (_romanised(family) or None) if region in CHINESE_REGIONS else latin.key(family)


def order_full(parts: NameParts, full: str, region: str) -> NameParts:
    """Romanised full names in Chinese regions: the family name first, unless only the last word is a surname."""
    if region not in CHINESE_REGIONS or "," in full or parts.given is None or parts.family is None:
        return parts
    tokens = [token for part in (parts.given, parts.middle, parts.family) if part is not None for token in part.split()]
    if not all(is_syllables(token) for token in tokens):
        return parts
    if len(tokens) == 4:
        halves = [" ".join(tokens[:2]), " ".join(tokens[2:])]
        compound = [_romanised(half) in _compound_readings() for half in halves]
        if any(compound):
            family, given = halves if compound[0] else reversed(halves)
            return parts._replace(given=given, middle=None, family=family)
    if is_surname(tokens[-1]) and not is_surname(tokens[0]):
        return parts._replace(given=" ".join(tokens[:-1]), middle=None, family=tokens[-1])
    return parts._replace(given=" ".join(tokens[1:]), middle=None, family=tokens[0])


def is_swapped(given: str, family: str, region: str) -> bool:
    """Whether, in a Chinese region, only the given name is a surname in pinyin."""
    if region not in CHINESE_REGIONS or not is_surname(given):
        return False
    return not is_surname(family) and is_syllables(family)


def order_parts(parts: NameParts, region: str) -> NameParts:
    """Given and family name swapped back where they were swapped."""
    if parts.given is None or parts.family is None or not is_swapped(parts.given, parts.family, region):
        return parts
    return parts._replace(given=parts.family, family=parts.given)


def camel(line: str, region: str) -> NameParts | None:
    """A romanised name without a blank, in a Chinese region, whose capitals tell where it is cut: ZhangXiaoming."""
    match = _CAMEL.fullmatch(line) if region in CHINESE_REGIONS else None
    if match is None or not is_surname(match.group(1)) or not is_syllables(match.group(2)):
        return None
    return NameParts(given=match.group(2), family=match.group(1))


def is_swapped_hanzi(given: str, family: str) -> bool:
    """Whether only the given name is a surname: 张 in the column of given names, 小明 in that of family names."""
    if len(family) != 2 or not has_han(family):
        return False
    given, family = simplify(given), simplify(family)
    return given in surnames() and family not in surnames() and family[0] not in surnames()
