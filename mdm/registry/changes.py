"""What changed from one version of a golden record to the next, attribute by attribute, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mdm.golden.describe import describe, text_of
from mdm.golden.rules import ATTRIBUTES
from mdm.registry.views import Change, name_of

Entry = Mapping[str, Any]
Document = Mapping[str, Any]

# What an entry says of itself besides its value, where an attribute has several.
_NAMES = {"identifiers": ("type", "issuer"), "attributes": ("name",), "consents": ("purpose", "channel")}


def changes_between(before: Document | None, after: Document) -> tuple[Change, ...]:
    """The attributes that differ, in the order of the document; of the first version (`before` None) all it has."""
    return tuple(_changes(before or {}, after))


def worded(attribute: str, entry: Entry) -> str:
    """A value with what it is and its period: `national_id CN 620102...`, `+8613909310588 (from 2010-06-01)`."""
    value = text_of(entry)
    if attribute in ("name", "organisation"):
        value = name_of(dict(entry), None) or value
    names = [str(entry[name]) for name in _NAMES.get(attribute, ()) if entry.get(name)]
    return f"{' '.join([*names, value])}{period(entry)}"


def period(entry: Entry) -> str:
    """` (from 2010-06-01 until 2012-05-02)`; empty without a period."""
    since, until = entry.get("valid_from"), entry.get("valid_to")
    words = ([f"from {since}"] if since else []) + ([f"until {until}"] if until else [])
    return f" ({' '.join(words)})" if words else ""


def _changes(before: Document, after: Document) -> Iterator[Change]:
    if before and before.get("party") != after.get("party"):
        yield Change("party", before["party"], after["party"])
    for name, attribute in ATTRIBUTES.items():
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if attribute.column is None:
            yield _single(name, old, new)
        else:
            yield _several(name, old or (), new or ())


def _single(name: str, old: Entry | None, new: Entry | None) -> Change:
    texts = [None if entry is None else worded(name, entry) for entry in (old, new)]
    why = None if new is None else describe(new)
    return Change(name, texts[0], texts[1], why=why, same_values=texts[0] == texts[1])


def _several(name: str, old: Sequence[Entry], new: Sequence[Entry]) -> Change:
    texts, former = [worded(name, entry) for entry in new], [worded(name, entry) for entry in old]
    added = tuple(text for text in texts if text not in former)
    removed = tuple(text for text in former if text not in texts)
    return Change(name, added=added, removed=removed, same_values=not added and not removed)
