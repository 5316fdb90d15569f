"""Folding text for comparison: tidy spacing, script, ASCII letters, simplified hanzi."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

from anyascii import anyascii

_SPACE = re.compile(r"\s+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")
_HAN = re.compile(r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_NOT_LETTER = re.compile(r"[^a-z]+")
_PLAIN_CHARACTERS = "[!-_a-~\u3400-\u4dbf\u4e00-\u9fff]+"  # ASCII and common hanzi: NFKC leaves them alone
PLAIN = rf"{_PLAIN_CHARACTERS}(?: {_PLAIN_CHARACTERS})*"  # of the forms that Python and Arrow both read
_PLAIN = re.compile(PLAIN)
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'"})
# a lead byte of UTF-8 and one that is no letter in Windows-1252, or two for typographic signs
_SIGN = "[\u0080-\u00bf\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
_SCRAMBLED = re.compile(f"[ÂÃ]{_SIGN}|â{_SIGN}{_SIGN}")
CACHED = 1 << 17  # distinct words kept by a cache: a few ten MB at most


def tidy(text: object) -> str | None:
    """Text in NFKC (full-width becomes half-width) without control characters and doubled blanks; None when empty."""
    if text is None:
        return None
    if not isinstance(text, str):
        text = str(text)
    if _PLAIN.fullmatch(text):
        return text
    text = unicodedata.normalize("NFKC", _CONTROL.sub(" ", text).translate(_APOSTROPHES))
    text = _SPACE.sub(" ", _CONTROL.sub(" ", text)).strip()
    return text or None


def unscrambled(text: str) -> str | None:
    """UTF-8 that somebody read as Windows-1252 ("RenÃ©e") in its own letters; None for anything else."""
    if text.isascii():
        return None
    found = text
    while (read := _SCRAMBLED.sub(_reread, found)) != found:
        found = read
    return None if found == text else found


def _reread(match: re.Match[str]) -> str:
    """The character that a few signs of Windows-1252 are in UTF-8; the signs, when they are none."""
    try:
        return b"".join(c.encode("latin-1" if "\x80" <= c <= "\x9f" else "cp1252") for c in match.group()).decode(
            "utf-8"
        )
    except UnicodeError:
        return match.group()


def has_han(text: str) -> bool:
    """Whether any character of `text` is a hanzi."""
    return not text.isascii() and _HAN.search(text) is not None


@lru_cache(maxsize=CACHED)
def ascii_lower(text: str) -> str:
    """Lower-case ASCII of any script (anyascii): Müller -> muller, Łódź -> lodz."""
    return text.lower() if text.isascii() else anyascii(unicodedata.normalize("NFC", text)).lower()


@lru_cache(maxsize=CACHED)
def words(text: str) -> str:
    """Folded words: lower-case ASCII letters and digits, one blank between words."""
    return _NOT_WORD.sub(" ", ascii_lower(text).replace("'", "")).strip()


@lru_cache(maxsize=CACHED)
def letters(text: str) -> str:
    """Folded letters only, joined: O'Neil-Smith -> oneilsmith."""
    return _NOT_LETTER.sub("", ascii_lower(text))


@cache
def _converter() -> tuple[Any, frozenset[str]]:
    """OpenCC t2s and the characters that it may change (read from its own table)."""
    from importlib.resources import files

    from opencc import OpenCC

    table = files("opencc").joinpath("dictionary", "TSCharacters.txt").read_text("utf-8")
    return OpenCC("t2s"), frozenset(line.split("\t")[0] for line in table.splitlines() if line)


def simplify(text: str) -> str:
    """Traditional hanzi to simplified (OpenCC t2s); other characters stay."""
    return text if text.isascii() or _converter()[1].isdisjoint(text) else _convert(text)


@lru_cache(maxsize=CACHED)
def _convert(text: str) -> str:
    return str(_converter()[0].convert(text))
