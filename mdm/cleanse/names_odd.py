"""What stands in the field of a person's name and is no plain name: slips, notes, couples, companies, estates.

Slips are mended. What is not the name of one person is kept as it is and marked: nobody is made up from it.
"""

from __future__ import annotations

import re

from mdm.cleanse import names_latin as latin
from mdm.cleanse.name_parts import NameParts
from mdm.cleanse.reference import word_sets

_WORDS = word_sets("name_words.txt")
_COMPANY, _ESTATE, _AND = _WORDS["company"], _WORDS["estate"], _WORDS["and"]
_BOTH = "|".join(map(re.escape, sorted(_AND)))
_ODD = re.compile(
    r"[^\w .,'-]|\d| -|- |(?<!\S)'|\b[OoDd]' |\b(?:aka|attn|"
    + "|".join(sorted(_COMPANY | _ESTATE | {word for word in _AND if word.isalpha()}))
    + r")\b",
    re.I,
)
_ODD_WORDS = _COMPANY | _ESTATE | _AND | latin.LATE_TITLES | {"aka", "attn"}
_EMAIL = re.compile(r"\S+@\S+\.\S+")
_MARKS = re.compile(r"(?<!\S)[*~^=|_]+|[*#~^=|_]+(?!\S)")
_APOSTROPHE = re.compile(r"(?<![^\W\d_])([OoDd])' +(?=[^\W\d_])")
_HYPHEN = re.compile(r"(?<=[^\W\d_]) - ?(?=[^\W\d_])|(?<=[^\W\d_])- (?=[^\W\d_])")
_ATTENTION = re.compile(r"^(?:attn|attention|att'n|a/s|aux soins de)\b[.:]*\s*", re.I)
_CARE_OF = re.compile(r"\s+(?:c/o|a/s)\b.*$", re.I)
_ALIAS = re.compile(r"\s+(?:a\.?k\.?a\.?|a/k/a)\s.*$", re.I)
_COUNT = re.compile(r"(?<=[^\W\d_])\s+#?\d{1,2}$")
_BESIDE = re.compile(r"\s*(?:\([^()]*\)|\"[^\"]*\"|“[^”]*”|(?<!\S)'[^']+'(?!\S))\s*")
_SLIPS = (
    (_ATTENTION, "", "words of an envelope left out"),
    (_CARE_OF, "", "who takes the mail left out"),
    (_ALIAS, "", "another name left out"),
    (_COUNT, "", "a number behind the name left out"),
    (_APOSTROPHE, r"\1'", "blank after an apostrophe"),
    (_HYPHEN, "-", "blanks around a hyphen"),
)
_TONE = re.compile(r"(?<=[A-Za-zü])[1-5](?![0-9])")
_SEVERAL = re.compile(rf"\s(?:{_BOTH})\s", re.I)
_TITLES = re.compile(rf"^(\S+ (?:{_BOTH}) \S+) (.+)$", re.I)
_DIGITS = re.compile(r"\d[\d\s().-]*\d\s*[\d(.-]*\d|#\s*\d")  # three digits or more


def is_odd(word: str) -> bool:
    """Whether a word of letters may say that a line is not the name of one person: Inc., Estate, and."""
    return word.rstrip(".").lower() in _ODD_WORDS


def refused(text: str) -> str:
    """Why a tidied text is no name at all; empty for one that may be."""
    return "an e-mail address, not a name" if "@" in text and _EMAIL.fullmatch(text) else ""


def mended(text: str) -> tuple[str, str]:
    """A name or part of one without the marks that clerks set, and what was done; "" if nothing."""
    if _ODD.search(text) is None:
        return text, ""
    bare = " ".join(_MARKS.sub(" ", text).split())
    return (bare, "marks around the name left out") if bare and bare != text else (text, "")


def line(text: str) -> tuple[str, str]:
    """A full name without the slips and notes of lines, and what was done; "" if nothing."""
    if _ODD.search(text) is None:
        return text, ""
    reasons: list[str] = []
    for pattern, put, reason in _SLIPS:
        found = pattern.sub(put, text).strip(" ,")
        if found != text and any(map(str.isalpha, found)):
            text, reasons = found, [*reasons, reason]
    bare, former = latin.take_former(text)
    found = " ".join(_BESIDE.sub(" ", bare).split())
    if found != bare and any(map(str.isalpha, found)):
        text, reasons = (
            found if former is None else f"{found} née {former}",
            [*reasons, "what stands beside it left out"],
        )
    return text, "; ".join(reasons)


def stays_whole(text: str) -> str:
    """Why a line is not the name of one person and is not taken apart; empty for a name."""
    if _ODD.search(text) is None:
        return ""
    bare = [word.strip(".,()").replace(".", "").lower() for word in text.split()]
    if bare and bare[0] in _ESTATE:
        return "an estate, not a person"
    if not _COMPANY.isdisjoint(bare[1:]):
        return "looks like an organisation"
    if _DIGITS.search(text):
        return "a number in a name"
    if "," not in text and (match := _SEVERAL.search(text)):
        left, right = text[: match.start()].split(), text[match.end() :].split()
        if len(left) > 1 and not any(map(latin.is_title, left)) and right:
            return "several people in one name"
    return ""


def couple(text: str) -> NameParts | None:
    """Two people of one family name: "John & Mary Smith", "Mr. & Mrs. J. Smith"; None for anything else."""
    match = _SEVERAL.search(text) if _ODD.search(text) is not None else None
    if match is None:
        return None
    if (titles := _TITLES.match(text)) and all(map(_is_title, titles.group(1).split()[::2])):
        return latin.split_full(titles.group(2))._replace(prefix=titles.group(1))
    if "," in text:
        family, _, given = text.partition(",")
        return NameParts(given=given.strip(" ,"), family=family.strip()) if match.start() > len(family) else None
    left, right = text[: match.start()], text[match.end() :].split()
    if " " in left or len(right) < 2:
        return None
    parts = latin.split_full(" ".join(right))
    return parts._replace(given=f"{left}{match.group()}{parts.given}")


def _is_title(word: str) -> bool:
    """A title; M. is one only beside another, for alone it is an initial."""
    return latin.is_title(word) or word.lower() in ("m", "m.")


def doubt(parts: NameParts, *, tones: bool) -> str:
    """What is strange about the parts of a name that are kept; empty for nothing. tones: Zhang1 is no wonder here."""
    given, family, prefix = parts.given or "", parts.family or "", parts.prefix or ""
    both = f"{given} {family}"
    if _ODD.search(both) is None and _SEVERAL.search(prefix) is None:
        return ""
    if not given and (why := stays_whole(family)):
        return why
    if family.strip(".,").replace(".", "").lower() in _COMPANY:
        return "looks like an organisation"
    if _SEVERAL.search(given) or _SEVERAL.search(prefix):
        return "several people in one name"
    if "?" in both or "\ufffd" in both:
        return "letters were lost"
    both = _TONE.sub("", both) if tones else both
    return "digits in a name" if any(map(str.isdigit, both)) else ""
