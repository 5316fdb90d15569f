"""Names of peoples without surnames, in hanzi: Uyghur, Tibetan, Mongol (`data/minority_names.txt`)."""

from __future__ import annotations

from functools import cache, lru_cache

from mdm.cleanse.fold import CACHED
from mdm.cleanse.reference import rows

OWN_AND_FATHERS = "uyghur"  # the people whose names are two, and whose dot gets lost
_MOST = 3  # parts of one name


@cache
def _parts() -> dict[str, dict[str, None]]:
    """People -> the parts of its names."""
    found: dict[str, dict[str, None]] = {}
    for people, parts in rows("minority_names.txt"):
        found.setdefault(people, {}).update(dict.fromkeys(parts.split()))
    return found


@cache
def _starts() -> frozenset[str]:
    return frozenset(part[:2] for parts in _parts().values() for part in parts)


def may_be_one(text: str) -> bool:
    """Whether a name begins as one of theirs."""
    return text[:2] in _starts()


@lru_cache(maxsize=CACHED)
def parts_of(text: str) -> tuple[str, tuple[str, ...]] | None:
    """(people, parts) of simplified hanzi that are nothing but names of one people; the fewest parts."""
    if not may_be_one(text):
        return None
    for count in range(1, _MOST + 1):
        for people, known in _parts().items():
            found = _cut(text, known, count)
            if found is not None:
                return people, found
    return None


def _cut(text: str, known: dict[str, None], count: int) -> tuple[str, ...] | None:
    """`text` in exactly `count` of the known parts, the first as long as can be."""
    if count == 1:
        return (text,) if text in known else None
    for size in range(len(text) - 1, 1, -1):
        if text[:size] in known and (rest := _cut(text[size:], known, count - 1)) is not None:
            return (text[:size], *rest)
    return None
