"""What changed from one version of a golden record to the next, attribute by attribute, as people read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mdm.golden.describe import describe, text_of
from mdm.golden.rules import ATTRIBUTES
from mdm.registry.concealing import concealed
from mdm.registry.views import Change, name_of

Entry = Mapping[str, Any]
Document = Mapping[str, Any]

# What an entry says of itself besides its value, where an attribute has several.
_NAMES = {"identifiers": ("type", "issuer"), "attributes": ("name",), "consents": ("purpose", "channel")}


Shown = Callable[[str, Entry], Entry]  # (attribute, entry) -> the entry as it may be shown


def in_clear(attribute: str, entry: Entry) -> Entry:
    """Everything of it that anybody may be shown."""
    found: Entry = concealed(entry)
    return found


def changes_between(before: Document | None, after: Document, shown: Shown = in_clear) -> tuple[Change, ...]:
    """The attributes that differ, in the order of the document; of the first version (`before` None) all it has.

    shown: what is put into words of an entry. It decides nothing: values that look the same when shown still differ.
    """
    return tuple(_changes(before or {}, after, shown))


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


def _changes(before: Document, after: Document, shown: Shown) -> Iterator[Change]:
    if before and before.get("party") != after.get("party"):
        yield Change("party", before["party"], after["party"])
    for name, attribute in ATTRIBUTES.items():
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if attribute.column is None:
            yield _single(name, old, new, shown)
        else:
            yield _several(name, old or (), new or (), shown)


def _single(name: str, old: Entry | None, new: Entry | None, shown: Shown) -> Change:
    entries = (old, new)
    same = len({None if entry is None else worded(name, entry) for entry in entries}) == 1
    before, after = (None if entry is None else worded(name, shown(name, entry)) for entry in entries)
    why = None if new is None else describe(shown(name, new))
    return Change(name, before, after, why=why, same_values=same)


def _several(name: str, old: Sequence[Entry], new: Sequence[Entry], shown: Shown) -> Change:
    texts, former = [worded(name, entry) for entry in new], [worded(name, entry) for entry in old]
    came = zip(new, texts, strict=True)
    went = zip(old, former, strict=True)
    added = tuple(worded(name, shown(name, entry)) for entry, text in came if text not in former)
    removed = tuple(worded(name, shown(name, entry)) for entry, text in went if text not in texts)
    return Change(name, added=added, removed=removed, same_values=not added and not removed)
