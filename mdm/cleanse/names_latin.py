"""Latin names: one line into parts, letter case, and the keys that matching reads."""

from __future__ import annotations

import re
from functools import lru_cache

from mdm.cleanse.fold import CACHED, letters
from mdm.cleanse.name_parts import NameParts
from mdm.cleanse.reference import word_sets

_WORDS = word_sets("name_words.txt")
PREFIXES, GENERATIONS, DEGREES = _WORDS["prefix"], _WORDS["generation"], _WORDS["degree"]
_PARTICLES, _LOWER_PARTICLES, _MAC = _WORDS["particle"], _WORDS["lower"], _WORDS["mac"]
_LOWER_ARTICLES = frozenset({"la", "las", "los", "le"})  # written small behind de: de la Cruz
LATE_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mme", "mlle"})  # those that stand behind a name, too
_MAIDEN_INSIDE = re.compile(r"\s*\(?\s*\b(?:née|nee|né)\s+([^\s,()]+)\s*\)?\s*(?=,)", re.I)
_MAIDEN = re.compile(r"\s*[(,]?\s*\b(?:née|nee|né|born|geb\.?|geborene|z domu)\s+([^\s,()][^,()]*?)\s*\)?\s*$", re.I)
_NEE = re.compile(r"\b(?:née|nee|né|born|geb\.?|geborene|domu)$", re.I)
_NICKNAME = re.compile(r"\s*(?:\([^()]*\)|\"[^\"]*\"|“[^”]*”)\s*")
_WORD = re.compile(r"[^\W\d_]+")
_ROMAN = frozenset({"ii", "iii", "iv"})


def _bare(token: str) -> str:
    return token.strip(".,").replace(".", "").lower()


def is_title(token: str) -> bool:
    """Whether a word before a name is a title: Mr, Dr., Mme."""
    return _bare(token) in PREFIXES


def is_suffix(token: str) -> bool:
    """Whether a word after a name is a suffix: Jr, III, PhD."""
    return _bare(token) in GENERATIONS or _bare(token) in DEGREES


def is_particle(token: str) -> bool:
    """Whether a word before a family name belongs to it: de, van."""
    return token.lower() in _PARTICLES


def is_late_title(token: str) -> bool:
    """Whether a word behind a name, or before a family name, is a title and nothing else."""
    return _bare(token) in LATE_TITLES


def ends_in_nee(token: str) -> bool:
    """Whether the name before marriage would follow such a word: née, geb."""
    return _NEE.search(token) is not None


def take_suffix(tokens: list[str]) -> tuple[list[str], str | None]:
    """Splits trailing Jr, III, PhD off; a lone word is never a suffix."""
    found: list[str] = []
    while len(tokens) > 1 and is_suffix(tokens[-1]):
        found.insert(0, tokens[-1].strip(","))
        tokens = tokens[:-1]
    return tokens, " ".join(found) or None


def take_prefix(tokens: list[str]) -> tuple[list[str], str | None]:
    """Splits leading Mr, Dr, Mme off; a lone word is never a prefix."""
    found: list[str] = []
    while len(tokens) > 1 and is_title(tokens[0]):
        found.append(tokens[0])
        tokens = tokens[1:]
    return tokens, " ".join(found) or None


def take_generation(tokens: list[str]) -> tuple[list[str], str | None]:
    """Splits a trailing Jr or III off a given name; degrees stand behind family names only."""
    found: list[str] = []
    while len(tokens) > 1 and _bare(tokens[-1]) in GENERATIONS:
        found.insert(0, tokens[-1].strip(","))
        tokens = tokens[:-1]
    return tokens, " ".join(found) or None


def take_late_title(tokens: list[str]) -> tuple[list[str], str | None]:
    """Splits titles off either end of a family name: "Mr Smith", "Smith Mr."."""
    found: list[str] = []
    while len(tokens) > 1 and is_late_title(tokens[0]):
        found.append(tokens[0])
        tokens = tokens[1:]
    while len(tokens) > 1 and is_late_title(tokens[-1]):
        found.append(tokens[-1].strip(","))
        tokens = tokens[:-1]
    return tokens, " ".join(found) or None


def take_around(tokens: list[str]) -> tuple[list[str], str | None, str | None]:
    """(family name, titles, suffixes) of a family name with any of them around it, in any order."""
    titles: list[str] = []
    suffixes: list[str] = []
    while True:
        rest, suffix = take_suffix(tokens)
        rest, title = take_late_title(rest)
        if suffix is None and title is None:
            return tokens, " ".join(titles) or None, " ".join(suffixes) or None
        tokens = rest
        titles += [title] if title is not None else []
        suffixes[:0] = [suffix] if suffix is not None else []


def take_former(text: str) -> tuple[str, str | None]:
    """Splits "née Roy" off the end of a name, as often as it stands there."""
    rest, former = _take_former(text)
    while former is not None:
        rest, earlier = _take_former(rest)
        if earlier is None:
            break
        former = f"{earlier} {former}"
    return rest, former


def _take_former(text: str) -> tuple[str, str | None]:
    match = _MAIDEN.search(text)
    if match is not None and (rest := text[: match.start()].strip(" ,(")):
        return rest, match.group(1)
    match = _MAIDEN_INSIDE.search(text) if "," in text else None
    if match is not None and match.start() > 0:
        return text[: match.start()] + text[match.end() :], match.group(1)
    return text, None


def split_full(text: str) -> NameParts:
    """One line into parts: "Smith, John A., Jr", "Dr John A Smith III", "Juan de la Cruz", "Ann Lee née Roy"."""
    text, former = take_former(text)
    bare = _NICKNAME.sub(" ", text).strip()
    chunks = [chunk.split() for chunk in (bare or text).split(",") if chunk.strip()]
    if not chunks:
        return NameParts(former=former)
    chunks, suffix = _suffix_chunks(chunks)
    if len(chunks) == 1:
        tokens, prefix = take_prefix(chunks[0])
        tokens, own_suffix = take_suffix(tokens)
        if len(tokens) > 1 and is_late_title(tokens[-1]):
            tokens, late = take_late_title(tokens)
            prefix = prefix or late
        given, family = tokens[:1], tokens[1:]
        start = _family_start(tokens)
        given, middle, family = tokens[:1], tokens[1:start], tokens[start:]
        if len(tokens) == 1:
            given, family = [], tokens
    else:
        family, own_suffix = take_suffix(chunks[0])
        rest, prefix = take_prefix([token for chunk in chunks[1:] for token in chunk])
        rest, late_suffix = take_suffix(rest)
        own_suffix = own_suffix or late_suffix
        given, middle = rest[:1], rest[1:]
    return NameParts(
        prefix, _join(given), _join(middle), _join(family), " ".join(filter(None, (own_suffix, suffix))) or None, former
    )


def _suffix_chunks(chunks: list[list[str]]) -> tuple[list[list[str]], str | None]:
    """Comma parts that are nothing but suffixes: "Smith, John, Jr"."""
    found: list[str] = []
    while len(chunks) > 1 and all(is_suffix(token) for token in chunks[-1]):
        found[:0] = chunks[-1]
        chunks = chunks[:-1]
    return chunks, " ".join(found) or None


def _family_start(tokens: list[str]) -> int:
    """Index where the family name begins: at the first particle after the given name, else the last word."""
    last = max(len(tokens) - 1, 1)
    for index in range(1, last):
        if all(is_particle(token) for token in tokens[index:last]):
            return index
    return last


def _join(tokens: list[str]) -> str | None:
    return " ".join(tokens) or None


@lru_cache(maxsize=CACHED)
def display(text: str) -> str:
    """Letter case for people: names all in capitals or all in small letters get capitals; others stay as written."""
    if not (text.isupper() or text.islower()):
        return text
    if len(text) <= 1:
        return text.upper() if len(text.upper()) == 1 else text
    tokens = [_case_token(token) for token in text.split(" ")]
    for at in range(1, len(tokens)):
        if tokens[at - 1] in _LOWER_PARTICLES and tokens[at].lower() in _LOWER_ARTICLES:
            tokens[at] = tokens[at].lower()
    return " ".join(tokens)


def display_suffix(text: str) -> str:
    """Letter case of what stands behind a name; degrees stay as they are written: MD, P.Eng."""
    return " ".join(token if _bare(token) in DEGREES else display(token) for token in text.split(" "))


def _case_token(token: str) -> str:
    lower = token.lower()
    if lower in _LOWER_PARTICLES:
        return lower
    if lower.strip(".") in _ROMAN:
        return token.upper()
    return _WORD.sub(lambda match: _case_word(match, token), token)


def _case_word(match: re.Match[str], token: str) -> str:
    word = match.group().lower()
    if len(word) == 1 and match.start() > 0 and token[match.start() - 1] == "'" and match.end() == len(token):
        return word  # possessive or elision at the end
    if match.start() > 0 and token[match.start() - 1].isdigit():
        return word  # 3rd
    if (word.startswith("mc") and len(word) > 3) or word in _MAC:
        cut = 2 if word.startswith("mc") else 3
        return word[:cut].capitalize() + word[cut:].capitalize()
    first = word[:1].upper()
    return (first if len(first) == 1 else word[:1]) + word[1:]  # ß has no capital of one letter


@lru_cache(maxsize=CACHED)
def given_keys(given: str) -> tuple[str | None, str | None]:
    """(key of the first word, key of the remaining words) of a given name."""
    first, _, rest = given.replace(".", " ").strip().partition(" ")
    return letters(first) or None, letters(rest) or None


@lru_cache(maxsize=CACHED)
def key(text: str) -> str | None:
    """Lower-case ASCII letters of a name part, or None when it has none."""
    return letters(text) or None
