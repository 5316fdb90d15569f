"""What to say when nothing is found, above all nothing *at a time*: since when the store knows anything, or this."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from mdm.errors import NotFound
from mdm.registry.moments import exactly
from mdm.store import lookups


def unknown_pin(connection: sa.Connection, pin: str, known_at: datetime | None) -> NotFound:
    """Why a well-formed PIN leads nowhere."""
    issued = lookups.first_known(connection, "customer", pin=pin)
    never = NotFound(f"PIN {pin} was never issued", remedy="It is well formed: is it a PIN of another installation?")
    return _not_yet(connection, f"PIN {pin} was not issued yet", issued, known_at) or never


def unknown_household(connection: sa.Connection, chi: str, known_at: datetime | None) -> NotFound:
    """Why a well-formed household id leads nowhere."""
    issued = lookups.first_known(connection, "household", chi=chi)
    never = NotFound(f"no household {chi}", remedy="The id is well formed, but was never issued.")
    return _not_yet(connection, f"household {chi} was not issued yet", issued, known_at) or never


def unknown_key_then(connection: sa.Connection, system: str, local_id: str, known_at: datetime) -> NotFound | None:
    """Why a source key of which there is, or was, a record belonged to no customer at a time; None for any other."""
    first, key = lookups.first_known(connection, "record", system=system, local_id=local_id), f"{system}:{local_id}"
    found = _not_yet(connection, f"{key} was not known yet", first, known_at)
    if found is not None or first is None:
        return found
    return NotFound(
        f"{key} belonged to no customer at {exactly(known_at)}: its source had deleted it, or it was an enrichment "
        "record that matched nobody",
        remedy=f"Ask for another time; it is known since {exactly(first)}.",
    )


def before_the_first(connection: sa.Connection, known_at: datetime) -> NotFound | None:
    """What to say of a time at which the store knew nothing at all; None for a later one."""
    since = lookups.known_since(connection)
    if since is None:
        return NotFound("nothing is known yet: no run has been applied", remedy="Run `mdm run` first.")
    if known_at >= since:
        return None
    return NotFound(
        f"nothing was known at {exactly(known_at)}: the store knows customers since {exactly(since)}",
        remedy=f"Ask with known_at from {exactly(since)} on. What was true on an earlier day is asked with as_of.",
    )


def _not_yet(
    connection: sa.Connection, what: str, first: datetime | None, known_at: datetime | None
) -> NotFound | None:
    """What to say when the time asked for lies before the store's first, or before this thing's `first`."""
    if known_at is None:
        return None
    found = before_the_first(connection, known_at)
    if found is None and first is not None and known_at < first:
        remedy = f"It is known since {exactly(first)}: ask for that time or later."
        found = NotFound(f"{what} at {exactly(known_at)}", remedy=remedy)
    return found
