"""Keys of the API made, listed and revoked; the audit log read, and shortened when it is old enough."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mdm import access
from mdm.errors import NotFound, UsageError
from mdm.registry.keys import read_pin
from mdm.registry.views import CustomerView, HouseholdView, VersionsView
from mdm.store import api_keys, audit
from mdm.store.audit import Entry
from mdm.store.database import Database

OK = 200  # the status of a command that did what it should


@dataclass(slots=True)
class Typed:
    """What a command showed, as an entry of the audit log: `database.read(typed.entry)`."""

    action: str
    actor: str = field(default_factory=getpass.getuser)
    pins: list[str] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)

    def saw(self, view: CustomerView | HouseholdView | VersionsView) -> None:
        """Note what `mdm lookup` shows."""
        if isinstance(view, HouseholdView):
            self.pins += [member.pin for member in view.members]
            self.fields += ["address", "members"]
        else:
            self.pins.append(view.pin)
            self.fields += ["versions"] if isinstance(view, VersionsView) else list(view.golden or ())

    def entry(self, error: Exception | None) -> Entry:
        """The entry, also of a command that failed with `error`."""
        status = OK if error is None else 404 if isinstance(error, NotFound) else 422
        return Entry(self.actor, self.action, status, self.pins, self.records, self.fields, masked=False)


def create_key(
    database: Database, name: str, scopes: Sequence[str], *, expires: str | None, rate: int | None, actor: str
) -> dict[str, Any]:
    """Make a key: its text, which is kept nowhere, its id, and what it opens until when. Raises UsageError."""
    if not name.strip() or "\x00" in name:
        raise UsageError("a key needs a name", where="--name", remedy="Say who uses it: --name 'web shop'.")
    opens = access.read_scopes(list(scopes))
    expires_at = None if expires is None else access.read_expiry(expires, datetime.now(UTC))
    made = access.new_key()
    with database.begin() as connection:
        api_keys.put_key(
            connection, made.key_id, made.digest, name=name.strip(), scopes=opens, created_by=actor, rate=rate,
            expires_at=expires_at,
        )  # fmt: skip
        audit.put_entry(connection, Entry(actor, f"mdm key create {made.key_id}", OK, [], [], opens, masked=False))
    return {
        "key": made.text, "key_id": made.key_id, "name": name.strip(), "scopes": opens, "rate": rate,
        "expires_at": expires_at,
    }  # fmt: skip


def list_keys(database: Database) -> list[dict[str, Any]]:
    """All keys, the newest first, with status: active | expired | revoked."""
    now = datetime.now(UTC)
    with database.begin() as connection:
        return [{**key, "status": _status(key, now)} for key in api_keys.list_keys(connection)]


def _status(key: dict[str, Any], now: datetime) -> str:
    if key["revoked_at"] is not None:
        return "revoked"
    return "expired" if key["expires_at"] is not None and key["expires_at"] <= now else "active"


def revoke_key(database: Database, key_id: str, *, actor: str) -> dict[str, Any]:
    """Revoke a key; again changes nothing. Raises NotFound."""
    with database.begin() as connection:
        found = api_keys.revoke_key(connection, key_id.strip(), revoked_by=actor)
        if found is None:
            raise NotFound(f"there is no key {key_id!r}", remedy="mdm key list shows the ids.")
        audit.put_entry(connection, Entry(actor, f"mdm key revoke {found['key_id']}", OK, [], [], [], masked=False))
    return found


def find_audit(
    database: Database, *, pin: str | None, actor: str | None, since: datetime | None, count: int
) -> list[dict[str, Any]]:
    """Entries of the audit log, the newest first. Raises NotFound for what is no PIN."""
    with database.begin() as connection:
        of = None if pin is None else read_pin(pin)
        return audit.find_entries(connection, pin=of, actor=actor, since=since, count=count)


def delete_audit(database: Database, moment: datetime, *, actor: str) -> int:
    """Delete entries from before a moment, and note that; how many. Raises UsageError for a moment to come."""
    if moment >= datetime.now(UTC):
        raise UsageError("that is still to come", where="--delete-before", remedy="Name a moment in the past.")
    with database.begin() as connection:
        deleted = audit.delete_before(connection, moment)
        action = f"mdm audit --delete-before {moment:%Y-%m-%dT%H:%M:%SZ}"
        audit.put_entry(connection, Entry(actor, action, OK, [], [], [], masked=False))
    return deleted
