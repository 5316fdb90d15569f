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


def take_former(text: str) -> tuple[str, str | None]:
    """Splits "née Roy" off the end of a name."""
    match = _MAIDEN.search(text)
    if match is None or not text[: match.start()].strip(" ,("):
        return text, None
    return text[: match.start()].strip(" ,("), match.group(1)


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
        if all(token.lower() in _PARTICLES for token in tokens[index:last]):
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
    return " ".join(_case_token(token) for token in text.split(" "))


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
