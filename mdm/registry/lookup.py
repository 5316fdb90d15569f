"""Look a customer up: by PIN or source key, as things stood on a date, as known at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from mdm.errors import UsageError
from mdm.registry.effective import in_effect
from mdm.registry.households import households_of
from mdm.registry.keys import SourceKey, read_key, unknown_key
from mdm.registry.unknown import before_the_first, unknown_pin
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
    included; values without a period always count). known_at: everything as the store knew it then, redirects too; in
    the future it is as known now; without a time zone it is UTC. include: what to fetch besides the golden record.
    Raises NotFound with a remedy; before the store knew anything it says since when it does.
    """
    known_at = _with_zone(known_at)
    found = read_key(key)
    pin = found if isinstance(found, str) else find_xref(connection, found, known_at=known_at).pin
    assert pin is not None
    state = _state(connection, pin, known_at)
    asked = pin if state["pin"] != pin else None
    return _view(connection, state, asked, as_of, known_at, _known_includes(include))


def find_xref(connection: sa.Connection, key: SourceKey, *, known_at: datetime | None = None) -> XrefView:
    """The PIN of a source key, now or as known at a time. Raises NotFound that says why there is none."""
    known_at = _with_zone(known_at)
    found = customers.find_xref(connection, *key, known_at=known_at)
    if found is None:
        raise unknown_key(connection, key, known_at)
    return XrefView(*key, found["pin"], found["recorded_from"], known_at)


def find_xrefs(
    connection: sa.Connection, keys: Sequence[SourceKey], *, known_at: datetime | None = None
) -> list[XrefView]:
    """The PINs of many source keys, in their order; pin None where there is no customer, or was none at `known_at`.

    Raises NotFound for a time before the store knew anything.
    """
    known_at = _with_zone(known_at)
    found = lookups.xrefs_of_keys(connection, keys, known_at=known_at)
    if known_at is not None and all(pin is None for pin, _ in found):
        nothing = before_the_first(connection, known_at)
        if nothing is not None:
            raise nothing
    return [XrefView(*key, pin, since, known_at) for key, (pin, since) in zip(keys, found, strict=True)]


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
    """The state of the customer that `pin` leads to, or led to; one that was erased since is erased at any time."""
    state = customers.find_customer(connection, pin, known_at=known_at)
    while state is not None and state["status"] == "redirected":
        state = customers.find_customer(connection, state["redirect_to"], known_at=known_at)
    if state is None:
        raise unknown_pin(connection, pin, known_at)
    now = state if known_at is None else customers.find_customer(connection, state["pin"])
    return now if now is not None and now["status"] == "erased" else state


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
    document = {}
    if found is not None:
        document = in_effect(found["doc"], as_of, lambda: lookups.addresses_of_pin(connection, pin, known_at=known_at))
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
