"""Evidence in plain sentences, for somebody who is no statistician: what agrees, what differs, how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

LITTLE: Final = 1.0  # bits; agreement that says less is left out of a sentence when there is better
SHORT: Final = 40  # characters; longer values stay out of sentences

_PLURAL: Final = {
    "given name": "given names",
    "middle name": "middle names",
    "family name": "family names",
    "birth date": "birth dates",
    "identity number": "identity numbers",
    "passport or permit": "passports or permits",
    "phone": "phones",
    "e-mail": "e-mail addresses",
    "address": "addresses",
    "company name": "company names",
}
# what the middle answers of a comparison are called when they stand in a sentence; {one} is the attribute,
# {answer} the words of the comparison itself
_NEAR: Final = {
    "same_sound": "the {many} sound the same but are written with other characters",
    "nickname": "one given name is a short form of the other",
    "initial": "of the {one} one record has only the initial, and it fits",
    "swapped": "the names stand in each other's place",
    "former": "one family name is the former one of the other",
    "part": "one {one} is a part of the other",
    "similar": "the {many} are similar",
    "typo": "the {many} are {answer}",
    "close": "the {many} nearly agree",
    "house": "it is the same house, but the unit or the spelling differs",
    "near": "it is the same street, and the house numbers are one digit apart",
    "street": "it is the same street",
    "town_only": "it is the same town, and one of the two names no street",
    "place": "it is the same town, but not the same street",
}
_AGREE: Final = ("same", "same_characters")
_SETTLES: Final = ("identity number", "birth date", "phone", "e-mail", "address", "passport or permit")


@dataclass(frozen=True, slots=True)
class Said:
    """One comparison as the sentences need it; code None: one of the two records says nothing.

    best: the most that an agreement could say, in bits; worst: what a difference would say.
    """

    attribute: str
    code: str | None
    answer: str
    left: str | None
    right: str | None
    bits: float
    best: float
    worst: float


def compared_sentence(said: Sequence[Said]) -> str:
    """What agrees, nearly agrees and differs, as "The same full name and the same birth date; the phones differ."

    Reads as one sentence however many parts it has; empty when there is nothing to compare.
    """
    agreed = [item for item in said if item.code in _AGREE]
    telling = [item for item in agreed if item.bits >= LITTLE] or agreed
    near = [_near(item) for item in said if item.code is not None and item.code not in (*_AGREE, "different")]
    different = [item for item in said if item.code == "different" and item.attribute != "sex"]
    parts = [and_(_agreements(telling)), *near, *_sexes(said), _differences(different)]
    return _sentence("; ".join(part for part in parts if part))


def silent_sentence(said: Sequence[Said]) -> str:
    """Which attributes could not be compared, the important ones only; empty when all could."""
    missing = [item for item in said if item.code is None and item.attribute in _SETTLES]
    silent = [item.attribute for item in missing if item.attribute != "passport or permit" or item.left or item.right]
    if not silent:
        return ""
    return f"Nothing can be said of {and_(silent)}: one of the two records, or both, has none."


def odds_sentence(weight: float, noun: str) -> str:
    """How many of such pairs are one party. Never says "certain" outright: at most practically."""
    share = probability(weight)
    if share > 0.9995:
        return f"Of 1,000 such pairs practically all are one {noun}: it is practically certain."
    if share < 0.0005:
        return f"Of 1,000 such pairs fewer than one is one {noun}: it is practically ruled out."
    whole = 100 if 0.05 <= share <= 0.95 else 1000
    count = max(1, round(share * whole))
    return f"Out of {whole:,} such pairs about {count:,} {'is' if count == 1 else 'are'} one {noun}."


def probability(weight: float) -> float:
    """The share of one-party pairs among pairs of this weight (log2 odds)."""
    if weight > 60:
        return 1.0
    odds = 2.0 ** max(weight, -1000.0)
    return float(odds / (1 + odds))


def threshold_sentence(match_weight: float, noun: str) -> str:
    """What the machine wants to see before it joins two records by itself."""
    share = probability(match_weight)
    whole = 100 if share < 0.99 else 1000
    least = f"at least {round(share * whole)} of {whole:,} such pairs are one {noun}"
    return f"The machine joins two records by itself only if {least}."


def settling_sentence(said: Sequence[Said], weight: float, match_weight: float, review_weight: float) -> str:
    """What would settle a possible match: the attribute that, told by both records, would decide it either way."""
    silent = [item for item in said if item.code is None and item.attribute in _SETTLES]
    deciding = [i for i in silent if weight + i.best >= match_weight]
    names = [i.attribute for i in sorted(deciding, key=lambda item: _SETTLES.index(item.attribute))][:3]
    if not names:
        return "Nothing that the records lack would settle it; a steward who can ask the customer would."
    text = (
        f"It would be settled if both records told {_or([_with_article(name) for name in names])}: agreement joins them"
    )
    if all(weight + item.worst < review_weight for item in deciding):
        return f"{text}, a difference rules it out. Until then a steward decides."
    return f"{text}. Until then a steward decides."


def and_(parts: Sequence[str]) -> str:
    """a, b and c."""
    return _join(parts, "and")


def _or(parts: Sequence[str]) -> str:
    return _join(parts, "or")


def _join(parts: Sequence[str], word: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def _agreements(agreed: Sequence[Said]) -> list[str]:
    """The same given and family name are "the same full name"."""
    names = [item.attribute for item in agreed]
    whole = {"given name", "family name"} <= set(names)
    found = ["the same full name"] if whole else []
    for name in names:
        if not (whole and name in ("given name", "family name", "middle name")):
            found.append(f"the same {_SAME_AS.get(name, name)}")
    return found


_SAME_AS: Final = {"address": "dwelling", "e-mail": "e-mail address"}


def _near(item: Said) -> str:
    one, many = item.attribute, _PLURAL.get(item.attribute, item.attribute)
    text = _NEAR.get(item.code or "", "the {many}: {answer}").format(one=one, many=many, answer=item.answer)
    return text + _values(item)


def _sexes(said: Iterable[Said]) -> list[str]:
    return [f"one is {i.left}, the other {i.right}" for i in said if i.attribute == "sex" and i.code == "different"]


def _differences(different: Sequence[Said]) -> str:
    if not different:
        return ""
    named = [f"the {_PLURAL.get(item.attribute, item.attribute)}" for item in different]
    first = f"{named[0]} differ{_values(different[0])}"
    rest = [f"{name}{_values(item)}" for name, item in zip(named[1:], different[1:], strict=True)]
    return first if not rest else f"{first}, and so do {and_(rest)}"


def _values(item: Said) -> str:
    """Both values in brackets, if they are short and not the same to look at."""
    if item.left is None or item.right is None or item.left == item.right:
        return ""
    return f" ({item.left} / {item.right})" if len(item.left) + len(item.right) <= SHORT else ""


def _with_article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""
