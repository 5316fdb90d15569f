"""Effective time in a golden document: what was true on a day, of all that is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from mdm.golden.rules import ATTRIBUTES, IN_EFFECT, may_speak
from mdm.party import ADDRESS_PARTS

Row = Mapping[str, Any]
ADDRESS = "address"


def in_effect(document: Row, as_of: date | None, addresses: Callable[[], Iterable[Row]]) -> dict[str, Any]:
    """The document with the values in effect on `as_of`; what has no period always counts.

    A golden address that was not in effect gives way to the one that a record of the customer (`addresses`: rows of
    `mdm.store.lookups.addresses_of_pin`) says for that day, or to none.
    """
    if as_of is None:
        return dict(document)
    day = as_of.isoformat()
    kept: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, list):
            value = [entry for entry in value if covers(entry, day)]
        elif isinstance(value, dict):
            value = _single(name, value, day, addresses)
        if value:
            kept[name] = value
    return kept


def covers(entry: Row, day: str) -> bool:
    """Whether the period of an entry holds `day` (ISO date): the first day counts, the last does not; open ends do."""
    since, until = entry.get("valid_from"), entry.get("valid_to")
    return (since is None or since <= day) and (until is None or day < until)


def _single(name: str, entry: Row, day: str, addresses: Callable[[], Iterable[Row]]) -> Row | None:
    if covers(entry, day):
        second = entry.get("runner_up")
        hide = second is not None and not covers(second, day)
        return {key: part for key, part in entry.items() if key != "runner_up"} if hide else entry
    return _address_on(day, addresses()) if name == ADDRESS else None


def _address_on(day: str, rows: Iterable[Row]) -> Row | None:
    """Of the addresses in effect on a day the one that began last; dated before undated, then by the record's date."""
    group = ATTRIBUTES[ADDRESS].group
    found = [row for row in rows if may_speak(row["role"], group) and covers(row[ADDRESS], day)]
    if not found:
        return None
    best = max(found, key=lambda row: (row[ADDRESS].get("valid_from") or "", row["recorded"]))
    said = best[ADDRESS]
    same = [row for row in found if row["dwelling_key"] is not None and row["dwelling_key"] == best["dwelling_key"]]
    entry: dict[str, Any] = {"value": {name: said[name] for name in ADDRESS_PARTS if said.get(name)}}
    entry |= {name: said[name] for name in ("valid_from", "valid_to") if said.get(name)}
    return entry | {
        "record": [best["system"], best["local_id"]], "rule": IN_EFFECT, "support": max(len(same), 1),
    }  # fmt: skip
