"""Look a customer up: by PIN or source key, as things stood on a date, as known at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from mdm.errors import NotFound, UsageError
from mdm.registry.households import households_of
from mdm.registry.keys import SourceKey, read_key, unknown_key
from mdm.registry.views import INCLUDES, CustomerView, Include, LineageEvent, SourceRecord, XrefView
from mdm.store import customers, golden, lookups

_APART = ("accounts", "subscriptions")


def look_up(
    connection: sa.Connection,
    key: str,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    include: AbstractSet[Include] = INCLUDES,
) -> CustomerView:
    """The customer of a PIN or of a source key (`system:local_id`); a redirected PIN leads to its survivor.

    as_of: golden values, accounts and the household as they were in effect on that day (a period's end is not
    included; values without a period always count). known_at: everything as the store knew it then; without a time
    zone it is UTC. include: what to fetch besides the golden record. Raises NotFound with a remedy.
    """
    known_at = _with_zone(known_at)
    found = read_key(key)
    pin = found if isinstance(found, str) else find_xref(connection, found, known_at=known_at).pin
    assert pin is not None
    state = _state(connection, pin, known_at)
    asked = pin if state["pin"] != pin else None
    return _view(connection, state, asked, as_of, known_at, _known_includes(include))


def find_xref(connection: sa.Connection, key: SourceKey, *, known_at: datetime | None = None) -> XrefView:
    """The PIN of a source key. Raises NotFound that says why there is none."""
    found = customers.find_xref(connection, *key, known_at=_with_zone(known_at))
    if found is None:
        raise unknown_key(connection, key)
    return XrefView(*key, found["pin"], found["recorded_from"])


def find_xrefs(connection: sa.Connection, keys: Sequence[SourceKey]) -> list[XrefView]:
    """The PINs of many source keys, in their order; pin None where there is no customer."""
    pins = lookups.pins_of_keys(connection, keys)
    return [XrefView(*key, pin) for key, pin in zip(keys, pins, strict=True)]


def _with_zone(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _known_includes(include: AbstractSet[str]) -> AbstractSet[str]:
    unknown = sorted(include - INCLUDES)
    if unknown:
        raise UsageError(
            f"include: nothing is called {unknown[0]}", remedy=f"There are: {', '.join(sorted(INCLUDES))}."
        )
    return include


def _state(connection: sa.Connection, pin: str, known_at: datetime | None) -> dict[str, Any]:
    """The state of the customer that `pin` leads to."""
    state = customers.find_customer(connection, pin, known_at=known_at)
    while state is not None and state["status"] == "redirected":
        state = customers.find_customer(connection, state["redirect_to"], known_at=known_at)
    if state is not None:
        return state
    if known_at is not None and customers.find_customer(connection, pin) is not None:
        raise NotFound(f"PIN {pin} was not issued yet at {known_at.isoformat()}", remedy="Ask for a later time.")
    raise NotFound(f"PIN {pin} was never issued", remedy="It is well formed: is it a PIN of another installation?")


def _view(
    connection: sa.Connection,
    state: Mapping[str, Any],
    asked: str | None,
    as_of: date | None,
    known_at: datetime | None,
    include: AbstractSet[str],
) -> CustomerView:
    pin, active = state["pin"], state["status"] == "active"
    found = golden.find_golden(connection, pin, known_at=known_at) if active else None
    document = _in_effect(found["doc"], as_of) if found is not None else {}
    homes = households_of(connection, pin, as_of=as_of, known_at=known_at) if "household" in include and active else {}
    accounts = {name: tuple(document.pop(name, ())) for name in _APART}
    return CustomerView(
        pin=pin,
        party=state["party"],
        status=state["status"],
        golden=document if found is not None else None,
        redirected_from=asked,
        as_of=as_of,
        known_at=known_at,
        golden_since=found["recorded_from"] if found is not None else None,
        records=_records(connection, pin, known_at) if "records" in include else None,
        household=homes.get("household"),
        legal_entity=homes.get("legal_entity"),
        accounts=accounts["accounts"] if "accounts" in include else None,
        subscriptions=accounts["subscriptions"] if "accounts" in include else None,
        lineage=_lineage(connection, pin, known_at) if "lineage" in include else None,
    )


def _records(connection: sa.Connection, pin: str, known_at: datetime | None) -> tuple[SourceRecord, ...]:
    fields = ("system", "local_id", "role", "since", "extracted_at", "changed_at")
    rows = lookups.records_of_pin(connection, pin, known_at=known_at)
    return tuple(SourceRecord(**{name: row[name] for name in fields}) for row in rows)


def _lineage(connection: sa.Connection, pin: str, known_at: datetime | None) -> tuple[LineageEvent, ...]:
    rows = lookups.lineage_of_pin(connection, pin, known_at=known_at)
    return tuple(LineageEvent(**{**row, "records": tuple(row["records"])}) for row in rows)


def _in_effect(document: Mapping[str, Any], as_of: date | None) -> dict[str, Any]:
    """The document with the values in effect on `as_of`; a single value that was not gives way to its runner-up."""
    if as_of is None:
        return dict(document)
    day = as_of.isoformat()
    kept: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, list):
            value = [entry for entry in value if _covers(entry, day)]
        elif isinstance(value, dict):
            value = _single(value, day)
        if value:
            kept[name] = value
    return kept


def _single(entry: Mapping[str, Any], day: str) -> Mapping[str, Any] | None:
    """A single-valued entry on a day: itself, else its runner-up if that was in effect, else nothing."""
    if _covers(entry, day):
        return entry
    second = entry.get("runner_up")
    if second is None or not _covers(second, day):
        return None
    return {**second, "rule": "in effect on the day asked", "support": 1}


def _covers(entry: Mapping[str, Any], day: str) -> bool:
    """Whether the period of an entry holds `day` (ISO dates); an open end holds everything."""
    return bool(entry.get("valid_from", day) <= day < entry.get("valid_to", "9999-12-31"))
