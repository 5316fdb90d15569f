"""Names of people: parts as people read them, keys as matching reads them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from mdm.cleanse import names_chinese as chinese
from mdm.cleanse import names_hanzi as hanzi
from mdm.cleanse import names_latin as latin
from mdm.cleanse import names_odd as odd
from mdm.cleanse.fold import CACHED, has_han, tidy, unscrambled
from mdm.cleanse.name_parts import NameKeys, NameParts
from mdm.cleanse.names_ordinary import ordinary_name
from mdm.cleanse.placeholders import is_no_given_name, is_placeholder_name, is_placeholder_word
from mdm.cleanse.values import Issue

_PARTS = NameParts._fields


_NO_PARTS, _NO_KEYS = NameParts(), NameKeys()


class CleansedName(NamedTuple):
    """A name for people, its keys for matching, and issues."""

    shown: NameParts = _NO_PARTS
    keys: NameKeys = _NO_KEYS
    issues: tuple[Issue, ...] = ()


def cleanse_name(
    *,
    full: str | None = None,
    prefix: str | None = None,
    given: str | None = None,
    middle: str | None = None,
    family: str | None = None,
    suffix: str | None = None,
    former: str | None = None,
    region: str,
) -> CleansedName:
    """A person's name from whatever parts are known; the full name is read only where given and family are missing.

    Never invents a part: a name that cannot be split stays whole as the family name.
    """
    values, issues = name_values((prefix, given, middle, family, suffix, former), full, region)
    cut = len(_PARTS)
    return CleansedName(NameParts._make(values[:cut]), NameKeys._make(values[cut:]), issues)


def name_values(
    delivered: tuple[str | None, ...], full: str | None, region: str
) -> tuple[tuple[str | None, ...], tuple[Issue, ...]]:
    """`cleanse_name` of the delivered fields of NameParts: the fields of NameParts, then of NameKeys, and issues."""
    prefix, given, middle, family, suffix, former = delivered
    if prefix is None and suffix is None and former is None:
        found = ordinary_name(full, given, middle, family, region)
        if found is not None:
            return found, ()
    shown, keys, issues = _any_name(delivered, full, region)
    return (*shown, *keys), issues


def _any_name(delivered: tuple[str | None, ...], full: str | None, region: str) -> CleansedName:
    """Any name at all; `ordinary_name` gives the same for those that it reads (a test holds both equal)."""
    issues: list[Issue] = []
    parts = NameParts(
        *(None if text is None else _read(text, name, issues) for text, name in zip(delivered, _PARTS, strict=True))
    )
    if parts.given is None and parts.family is None:
        parts = _from_full(_read(full, "full", issues), parts, region, issues)
    parts = _drop_lone_placeholder(_reread(_strip_titles(parts), issues), issues)
    texts = [text for text in (parts.given, parts.family) if text is not None]
    if any(has_han(text) for text in texts):
        return _finish_native(parts, issues)
    return _finish_latin(parts, region, issues)


@lru_cache(maxsize=CACHED)
def _judge(text: str) -> tuple[str | None, str]:
    """(tidied text, what was mended in it or "") or (None, why it is no name)."""
    read = unscrambled(text)
    value = tidy(text if read is None else read)
    if value is None:
        return None, ""
    if is_placeholder_word(value):
        return None, "placeholder"
    if not any(character.isalpha() for character in value):
        return None, "no letters"
    if why := odd.refused(value):
        return None, why
    if "*" in value and has_han(value):
        return value, ""  # a mask: 张*
    value, done = odd.mended(value)
    return value, done or ("" if read is None else "UTF-8 that was read as Windows-1252")


def _read(text: object, name: str, issues: list[Issue]) -> str | None:
    if text is None:
        return None
    value, reason = _judge(text if isinstance(text, str) else str(text))
    if reason:
        issues.append(Issue(f"name_{name}", "unreadable" if value is None else "repaired", reason))
    return value


def _reread(parts: NameParts, issues: list[Issue]) -> NameParts:
    """Parts split off others, judged as if they had been delivered so."""
    return NameParts(*(_read(text, name, issues) for text, name in zip(parts, _PARTS, strict=True)))


def _from_full(full: str | None, parts: NameParts, region: str, issues: list[Issue]) -> NameParts:
    """The parts of a full name; parts that were delivered apart win."""
    if full is None:
        return parts
    if is_placeholder_name(full):
        issues.append(Issue("name_full", "unreadable", "placeholder"))
        return parts
    if has_han(full):
        found = hanzi.split_full(full, issues)
    else:
        found = _latin_line(full, region, issues)
    if found.given is None and found.family is not None:
        issues.append(Issue("name_full", "suspicious", "only one name"))
    return NameParts(*(own or other for own, other in zip(parts, found, strict=True)))


def _latin_line(full: str, region: str, issues: list[Issue]) -> NameParts:
    """A line in Latin letters: its slips mended; what is not the name of one person is not taken apart."""
    line, done = odd.line(full)
    if done:
        issues.append(Issue("name_full", "repaired", done))
    if odd.stays_whole(line):
        return NameParts(family=line)
    if (cut := chinese.camel(line, region)) is not None:
        issues.append(Issue("name_full", "repaired", "no blank between family and given name"))
        return cut
    return odd.couple(line) or chinese.order_full(latin.split_full(line), line, region)


def _drop_lone_placeholder(parts: NameParts, issues: list[Issue]) -> NameParts:
    """Words such as Null and None are real names beside a real name, and nothing when they stand alone; a word such as
    Wife is nothing in the place of a given name, whose holder has a family name."""
    texts = [text for text in (parts.given, parts.family) if text is not None]
    if texts and all(is_placeholder_name(text) for text in texts):
        issues.append(Issue("name_family" if parts.family is not None else "name_given", "unreadable", "placeholder"))
        return parts._replace(given=None, family=None)
    if parts.given is not None and parts.family is not None and is_no_given_name(parts.given):
        issues.append(Issue("name_given", "unreadable", "placeholder"))
        return parts._replace(given=None)
    return parts


def _strip_titles(parts: NameParts) -> NameParts:
    """Titles and suffixes typed into the name columns: "Mr John", "John Jr", "Smith Jr", "Lee née Roy"."""
    if parts.given is not None and " " in parts.given:
        tokens, prefix = latin.take_prefix(parts.given.split())
        tokens, suffix = latin.take_generation(tokens)
        if prefix is not None or suffix is not None:
            parts = parts._replace(
                given=" ".join(tokens), prefix=parts.prefix or prefix, suffix=_joined(suffix, parts.suffix)
            )
    if parts.family is not None and " " in parts.family:
        family, former = latin.take_former(parts.family)
        tokens, prefix, suffix = latin.take_around(family.split())
        if suffix is not None or former is not None or prefix is not None:
            parts = parts._replace(
                prefix=parts.prefix or prefix,
                family=" ".join(tokens),
                suffix=_joined(suffix, parts.suffix),
                former=parts.former or former,
            )
    return parts


def _joined(found: str | None, delivered: str | None) -> str | None:
    """What stands behind a name, here and in a column of its own."""
    if found is None or delivered is None or latin.key(found) == latin.key(delivered):
        return delivered or found
    return f"{found} {delivered}"


def _finish_latin(parts: NameParts, region: str, issues: list[Issue]) -> CleansedName:
    ordered = chinese.order_parts(parts, region)
    if ordered is not parts:
        issues.append(Issue("name_family", "repaired", "given and family name were swapped"))
        parts = ordered
    first, rest = chinese.given_keys(parts.given, region) if parts.given is not None else (None, None)
    middle = latin.key(parts.middle) if parts.middle is not None else None
    keys = NameKeys(
        given=first,
        middle=((rest or "") + (middle or "")) or None,
        family=chinese.family_key(parts.family, region) if parts.family is not None else None,
        former=latin.key(parts.former) if parts.former is not None else None,
    )
    if why := odd.doubt(parts, tones=region in chinese.CHINESE_REGIONS):
        issues.append(Issue("name_family" if parts.given is None else "name_full", "suspicious", why))
    if parts.given is None and why:
        shown = parts  # whatever it is, it stays as it is written
    else:
        shown = NameParts(*(None if text is None else latin.display(text) for text in parts))
    if parts.suffix is not None:
        shown = shown._replace(suffix=latin.display_suffix(parts.suffix))
    return CleansedName(shown, keys, tuple(issues))


def _finish_native(parts: NameParts, issues: list[Issue]) -> CleansedName:
    if parts.given is not None and parts.family is not None and chinese.is_swapped_hanzi(parts.given, parts.family):
        issues.append(Issue("name_family", "repaired", "given and family name were swapped"))
        parts = parts._replace(given=parts.family, family=parts.given)
    given, family = chinese.native(parts.given), chinese.native(parts.family)
    keys = NameKeys(
        given=chinese.pinyin(given) if given is not None else latin.key(parts.given or ""),
        middle=latin.key(parts.middle) if parts.middle is not None else None,
        family=chinese.surname_pinyin(family) if family is not None else latin.key(parts.family or ""),
        former=chinese.surname_pinyin(parts.former) if parts.former is not None else None,
        given_native=given,
        family_native=family,
    )
    return CleansedName(parts, keys, tuple(issues))
