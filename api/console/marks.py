"""What is equal, similar and different inside two texts: each as pieces that a template marks."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from rapidfuzz.distance import Levenshtein

Pieces = tuple[tuple[str, str], ...]  # (text, equal | similar | different)

MOST_DIFFERENT = 0.5  # of the characters; beyond that two texts are different as a whole, and pieces would be noise
LONGEST = 400  # characters that are compared piece by piece


def marked_pair(left: str | None, right: str | None) -> tuple[Pieces, Pieces]:
    """Both texts in pieces. Where one is missing the other is shown unmarked: nothing is said of it.

    similar: the same but for case, accents, width and punctuation; different: another character, or one too many.
    """
    if not left or not right:
        return _plain(left), _plain(right)
    if _folded(left) == _folded(right):
        kind = "equal" if left == right else "similar"
        return ((left, kind),), ((right, kind),)
    if max(len(left), len(right)) > LONGEST or _distance(left, right) > MOST_DIFFERENT:
        return ((left, "different"),), ((right, "different"),)
    ours: list[tuple[str, str]] = []
    theirs: list[tuple[str, str]] = []
    for op in Levenshtein.opcodes(left, right):
        a, b = left[op.src_start : op.src_end], right[op.dest_start : op.dest_end]
        kind = "equal" if op.tag == "equal" else "similar" if _folded(a) == _folded(b) else "different"
        ours += [(a, kind)] if a else []
        theirs += [(b, kind)] if b else []
    return _joined(ours), _joined(theirs)


def as_taken(pieces: Pieces, kind: str) -> Pieces:
    """Pieces as the evidence takes the two values (equal | similar | different | silent): marks never say more.

    Of what it takes for the same, at most the spelling differs, and where all of it does (another script) nothing is
    marked; of what it takes for similar, not all of it is different.
    """
    if kind == "different":
        return pieces
    whole = len(pieces) == 1
    if kind == "silent" or (kind == "equal" and whole):
        return tuple((text, "equal") for text, _ in pieces)
    if kind == "equal" or whole:
        return tuple((text, "similar" if mark == "different" else mark) for text, mark in pieces)
    return pieces


def _distance(left: str, right: str) -> float:
    return float(Levenshtein.normalized_distance(left.casefold(), right.casefold()))


def _folded(text: str) -> str:
    """Without case, accents, width, spaces and punctuation."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(each for each in plain if unicodedata.category(each)[0] in "LN")


def _plain(text: str | None) -> Pieces:
    return ((text, "equal"),) if text else ()


def _joined(pieces: list[tuple[str, str]]) -> Pieces:
    """Neighbours of one kind as one piece."""
    found: list[tuple[str, str]] = pieces[:1]
    for (_, before), (text, kind) in pairwise(pieces):
        if kind == before:
            found[-1] = (found[-1][0] + text, kind)
        else:
            found.append((text, kind))
    return tuple(found)
