"""What the store says about PINs, records and households, read at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from mdm.store import customers, golden, households, records

Name = tuple[str, str]  # system, local id
ENRICHMENT = "enrichment"


@dataclass(frozen=True)
class View:
    """PINs: the active ones, where the redirected lead, the place of issue; records of each PIN by their names."""

    active: frozenset[str]
    redirects: dict[str, str]
    issued: dict[str, int]
    records: dict[str, list[Name]]
    record_names: dict[int, Name]

    def in_order(self, pins: Iterable[str]) -> list[str]:
        """By place of issue."""
        return sorted(pins, key=self.issued.__getitem__)

    def names(self, pin: str) -> list[str]:
        """The records of a PIN, as users name them."""
        return sorted(":".join(name) for name in self.records.get(pin, ()))

    def told(self, pin: str, truth: Mapping[Name, str]) -> dict[str, str]:
        """The records of a PIN and whose they are."""
        return {":".join(name): truth.get(name, "?") for name in sorted(self.records.get(pin, ()))}


def view_of(connection: sa.Connection) -> View:
    """The store now."""
    states = customers.all_customers(connection).to_pylist()
    held: dict[str, list[Name]] = {}
    names = {}
    for row in customers.all_xrefs(connection).to_pylist():
        name = (row["system"], row["local_id"])
        names[row["record_id"]] = name
        if row["system"] != ENRICHMENT:
            held.setdefault(row["pin"], []).append(name)
    return View(
        frozenset(state["pin"] for state in states if state["status"] == "active"),
        {state["pin"]: state["redirect_to"] for state in states if state["status"] == "redirected"},
        {state["pin"]: state["issued"] for state in states},
        held,
        names,
    )


def accepted(connection: sa.Connection) -> set[Name]:
    """The records of customer systems that the store holds."""
    table = records.current_hashes(connection).select(["system", "local_id", "status", "role"])
    return {
        (row["system"], row["local_id"])
        for row in table.to_pylist()
        if row["status"] == "accepted" and row["role"] == "customer"
    }


@dataclass(frozen=True)
class Content:
    """A store without PINs, times and runs: customers as sets of records, households as sets of those."""

    customers: dict[frozenset[Name], Any]  # to the golden document
    households: frozenset[frozenset[tuple[Any, ...]]]


def content_of(connection: sa.Connection) -> Content:
    """What two stores have in common if they say the same."""
    of: dict[str, set[Name]] = {}
    for row in customers.all_xrefs(connection).to_pylist():
        of.setdefault(row["pin"], set()).add((row["system"], row["local_id"]))
    groups = {pin: frozenset(names) for pin, names in of.items()}
    documents = {row["pin"]: orjson.loads(row["doc"]) for row in golden.all_golden(connection).to_pylist()}
    members: dict[str, set[tuple[Any, ...]]] = {}
    for row in households.all_memberships(connection).to_pylist():
        member = (groups.get(row["pin"], row["pin"]), row["role"], row["valid_from"], row["valid_to"])
        members.setdefault(row["chi"], set()).add(member)
    return Content(
        {group: documents.get(pin) for pin, group in groups.items()},
        frozenset(frozenset(group) for group in members.values()),
    )
