"""Which records a steward means: a source key, the records of a customer, those that would be taken out of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mdm.errors import NotFound, UsageError
from mdm.registry.keys import SourceKey, read_key, unknown_key
from mdm.store import customers, lookups


@dataclass(frozen=True, slots=True)
class Named:
    """A record that is there, and its key as people write it."""

    record_id: int
    key: str


def find_record(connection: sa.Connection, key: SourceKey) -> Named:
    """The record of a source key. Raises NotFound when there is none, or it was deleted."""
    found = lookups.latest_version(connection, *key)
    if found is None:
        raise unknown_key(connection, key)
    if found["status"] != "accepted":
        raise NotFound(f"{key} was deleted", remedy="Only records that are there can be judged.")
    return Named(found["record_id"], str(key))


def active_customer(connection: sa.Connection, pin: str) -> dict[str, Any]:
    """The state of a PIN that is active. Raises NotFound for another, which says what became of it."""
    state = customers.find_customer(connection, pin)
    if state is None or state["status"] != "active":
        found = "was never issued" if state is None else f"is {state['status']}"
        raise NotFound(f"PIN {pin} {found}", remedy="Name the PIN that it leads to: mdm lookup PIN.")
    return state


def records_of(connection: sa.Connection, pin: str) -> list[Named]:
    """The records of a customer, by key."""
    return [_named(row) for row in customers.xrefs_of_pin(connection, pin)]


def pins_of(connection: sa.Connection, records: Iterable[Named]) -> dict[str, str | None]:
    """Key -> PIN, None for a record without a customer."""
    named = list(records)
    pins = lookups.pins_of_records(connection, [record.record_id for record in named])
    return {record.key: pins.get(record.record_id) for record in named}


def sides(connection: sa.Connection, what: str) -> tuple[list[Named], list[Named]]:
    """The records to be taken out, and those that stay: of a record (`system:local_id`), or a PIN that redirects.

    Raises UsageError when one of the two would be empty, NotFound for an unknown record or PIN.
    """
    key = read_key(what)
    if isinstance(key, SourceKey):
        xref = customers.find_xref(connection, *key)
        if xref is None:
            raise unknown_key(connection, key)
        pin, taken = xref["pin"], {xref["record_id"]}
    else:
        state = customers.find_customer(connection, key)
        if state is None:
            raise NotFound(f"PIN {key} was never issued")
        if state["status"] != "redirected":
            raise UsageError(
                f"PIN {key} is {state['status']}: nothing to take out",
                remedy="Name a PIN that redirects to another customer, or a record as system:local_id.",
            )
        pin = state["redirect_to"]
        taken = {row["record_id"] for row in customers.xrefs_of_pin(connection, pin) if row["home"] == key}
    return parted(connection, what, pin, taken)


def parted(connection: sa.Connection, what: str, pin: str, taken: set[int]) -> tuple[list[Named], list[Named]]:
    """The records of a customer, those in `taken` and the others. Raises UsageError when there are none of either."""
    found: tuple[list[Named], list[Named]] = ([], [])
    for row in customers.xrefs_of_pin(connection, pin):
        found[row["record_id"] not in taken].append(_named(row))
    if not all(found):
        nothing = "has no records of its own any more" if not found[0] else "would leave nothing behind"
        raise UsageError(f"{what} {nothing} in customer {pin}", remedy="See its records: mdm lookup PIN.")
    return found


def _named(row: dict[str, Any]) -> Named:
    return Named(row["record_id"], f"{row['system']}:{row['local_id']}")
