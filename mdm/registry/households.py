"""Households and legal entities as a channel sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from mdm.registry.keys import read_chi
from mdm.registry.unknown import unknown_household
from mdm.registry.views import HouseholdView, Member, name_of
from mdm.resolve.memberships import DECIDED_BY
from mdm.store import households, lookups


def look_up_household(
    connection: sa.Connection, chi: str, *, as_of: date | None = None, known_at: datetime | None = None
) -> HouseholdView:
    """A household or legal entity with the members in effect at `as_of`; without it, those that have not left.

    A redirected id is followed, as it redirected at `known_at`. A retired one has no members. Raises NotFound when it
    was never issued, or not yet.
    """
    asked = read_chi(chi)
    known_at = known_at.replace(tzinfo=UTC) if known_at is not None and known_at.tzinfo is None else known_at
    state = households.find_household(connection, asked, known_at=known_at)
    if state is not None and state["redirect_to"] is not None:
        state = households.find_household(connection, state["redirect_to"], known_at=known_at)
    if state is None:
        raise unknown_household(connection, asked, known_at)
    rows = lookups.members_of_household(connection, state["chi"], as_of=as_of, known_at=known_at)
    redirected_from = asked if state["chi"] != asked else None
    if not rows:
        found = HouseholdView(state["chi"], state["kind"], state["status"], None, (), redirected_from)
    else:
        found = _household(rows, as_of, redirected_from)
    return replace(found, as_of=as_of, known_at=known_at)


def households_of(
    connection: sa.Connection, pin: str, *, as_of: date | None, known_at: datetime | None
) -> dict[str, HouseholdView]:
    """Kind (household, legal_entity) -> the one that `pin` belongs to; of several the one joined last."""
    rows = lookups.households_of_pin(connection, pin, as_of=as_of, known_at=known_at)
    found: dict[str, tuple[date, HouseholdView]] = {}
    for _, grouped in groupby(rows, key=lambda row: row["chi"]):
        members = list(grouped)
        joined = max((row["valid_from"] or date.min for row in members if row["pin"] == pin), default=date.min)
        view = _household(members, as_of)
        if view.kind not in found or joined >= found[view.kind][0]:
            found[view.kind] = (joined, view)
    return {kind: view for kind, (_, view) in found.items()}


def _household(rows: list[dict[str, Any]], as_of: date | None, redirected_from: str | None = None) -> HouseholdView:
    members = tuple(
        Member(row["pin"], name_of(row["name"], row["organisation"]), row["role"], row["valid_from"], row["valid_to"])
        for row in rows
    )
    first = rows[0]
    address = _address((row["evidence"] for row in rows), as_of) if first["kind"] == "household" else None
    return HouseholdView(first["chi"], first["kind"], first["status"], address, members, redirected_from)


def _address(evidence: Iterable[Any], as_of: date | None) -> str | None:
    """Where they live: what the latest record of any member, not after `as_of`, says.

    Of those who live there by decision only when nobody else says anything.
    """
    limit = "9999" if as_of is None else as_of.isoformat()
    said = [
        (item.get("by") != DECIDED_BY, item.get("effective") or "", item["address"])
        for items in evidence
        for item in items or ()
        if item.get("address") and (item.get("effective") or "") <= limit
    ]
    return max(said)[2] if said else None
