"""Full names in hanzi taken apart, with what counters write around them; what is not one person stays whole."""

from __future__ import annotations

import re

from mdm.cleanse import names_chinese as chinese
from mdm.cleanse import names_peoples as peoples
from mdm.cleanse.fold import letters, simplify
from mdm.cleanse.name_parts import NameParts
from mdm.cleanse.placeholders import is_placeholder_name
from mdm.cleanse.values import Issue

_DOT = re.compile(r"[·•・‧∙⋅．.。˙●]")
_HONORIFIC = re.compile(f"({'|'.join(sorted(chinese.WORDS['honorific']))})$")
_HANZI = r"\u3007\u3400-\u4dbf\u4e00-\u9fff"
_REMARK = re.compile(rf"(?<=[{_HANZI}])[\s_-]+(?:{'|'.join(sorted(chinese.WORDS['remark']))})$")
_SEVERAL = re.compile(rf"[{_HANZI}]{{2,4}}(?:\s*[/、,;&+]\s*[{_HANZI}]{{2,4}})+")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+")
_BRACKETS = re.compile(r"\([^()]*\)|（[^（）]*）")
_MASKED = re.compile(r"[*＊xX某]")
_ADDRESSED = re.compile(r"[小老](.)")


def split_full(full: str, issues: list[Issue]) -> NameParts:
    """A full name in hanzi into family and given name: 张伟, 欧阳锋, 买买提·吐尔逊, 张先生, 陳 大文.

    What is not the name of one person stays whole.
    """
    if chinese.is_ordinary(full):
        given, family = chinese.split_ordinary(full)
        return NameParts(given=given, family=family)
    text = _DOT.sub("·", _BRACKETS.sub("", full).strip() or full)
    if why := _stays_whole(text):
        issues.append(Issue("name_full", "suspicious", why))
        return NameParts(family=text)
    if full in chinese.WORDS["doubt"]:
        issues.append(Issue("name_full", "suspicious", "also written where the name is not known"))
    without = _REMARK.sub("", text)
    prefix = None
    if (match := _HONORIFIC.search(without)) and match.start() > 0:
        prefix, without = match.group(1), without[: match.start()]
    if (match := _MASKED.search(without)) is not None:
        issues.append(Issue("name_full", "suspicious", "masked"))
        if match.group() == "*":
            return _split_masked(without)
    bare = chinese.NOT_NAME.sub("", without)
    if is_placeholder_name(bare):
        issues.append(Issue("name_full", "unreadable", "placeholder"))
        return NameParts()
    tokens = [token for part in without.split() if (token := chinese.NOT_NAME.sub("", part))]
    parts = (_split_tokens(tokens[0], tokens[1], issues) if len(tokens) == 2 else None) or _split_hanzi(
        bare.strip("·"), issues
    )
    if bare != text.replace(" ", "") and prefix is None and not _is_repeated(text, bare, parts):
        issues.append(Issue("name_full", "suspicious", "other characters left out of a name in hanzi"))
    return parts._replace(prefix=prefix)


def _split_masked(text: str) -> NameParts:
    """What a name with stars still says: *伟 a given name, 张* and 张*伟 a family name."""
    before, _, behind = text.partition("*")
    known = chinese.NOT_NAME.sub("", before)
    if not known:
        return NameParts(given=chinese.NOT_NAME.sub("", behind) or None)
    return NameParts(family=known[: chinese.surname_length(f"{simplify(known)}*")])


def _stays_whole(text: str) -> str:
    """Why a line in hanzi is not the name of one person; empty for a name."""
    if _SEVERAL.fullmatch(text):
        return "several people in one name"
    if len(text) >= chinese.LONGEST and text.endswith(chinese.COMPANY):
        return "looks like an organisation"
    return ""


def _is_repeated(text: str, bare: str, parts: NameParts) -> bool:
    """Whether all that stands beside a name is the same name in pinyin: 张伟 Zhang Wei."""
    written = letters("".join(_LATIN.findall(text)))
    if not written or chinese.NOT_NAME.sub("", _LATIN.sub("", text)) != _LATIN.sub("", text).replace(" ", ""):
        return False
    family, given = chinese.surname_pinyin(parts.family or "") or "", chinese.pinyin(simplify(parts.given or "")) or ""
    return bare != "" and written in (family + given, given + family)


def _split_tokens(first: str, last: str, issues: list[Issue]) -> NameParts | None:
    """Two words in hanzi: 陳 大文, 大文 陳, 买买提 吐尔逊; None where they say nothing about each other."""
    if simplify(first) in chinese.surnames():
        return NameParts(given=last, family=first)
    if simplify(last) in chinese.surnames() and len(first) <= 2:
        issues.append(Issue("name_full", "repaired", "given and family name were swapped"))
        return NameParts(given=first, family=last)
    both = [peoples.parts_of(simplify(word)) for word in (first, last)]
    if all(found is not None and found[0] == peoples.OWN_AND_FATHERS for found in both):
        return NameParts(given=first, family=last)
    return None


def _split_hanzi(text: str, issues: list[Issue]) -> NameParts:
    if "·" in text:  # minority and foreign names: own name first
        given, _, family = text.partition("·")
        return NameParts(given=given, family=family)
    if not text:
        return NameParts()
    simple = simplify(text)
    if (match := _ADDRESSED.fullmatch(text)) and match.group(1) in chinese.surnames():
        issues.append(Issue("name_full", "suspicious", "a form of address, not a name"))
        return NameParts(family=match.group(1))
    if (found := peoples.parts_of(simple)) is not None and (
        len(text) >= chinese.LONGEST or simple[0] not in chinese.surnames()
    ):
        people, parts = found
        if people != peoples.OWN_AND_FATHERS or len(parts) != 2:
            return NameParts(family=text)
        issues.append(Issue("name_full", "repaired", "the dot between two names put back"))
        return NameParts(given=text[: len(parts[0])], family=text[len(parts[0]) :])
    cut = chinese.surname_length(simple)
    if len(text) - cut > 2 and len(text) > chinese.LONGEST:
        issues.append(Issue("name_full", "suspicious", "long for a name in hanzi"))
    return NameParts(given=text[cut:] or None, family=text[:cut])
