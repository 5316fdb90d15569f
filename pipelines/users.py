"""Accounts of the console, as `mdm user` manages them."""

from __future__ import annotations

from typing import Any

from mdm import accounts
from mdm.errors import NotFound, UsageError
from mdm.openid import OpenIdSettings
from mdm.store import accounts as kept
from mdm.store import audit, sessions
from mdm.store.audit import Entry
from mdm.store.database import Database

OK = 200


def add_user(
    database: Database, name: str, password: str, *, role: str, pii: bool, full_name: str | None, actor: str
) -> dict[str, Any]:
    """Add an account: its name, and what it opens. Raises UsageError."""
    known, opens = accounts.read_name(name), accounts.read_role(role)
    digest = accounts.digest_password(accounts.check_password(password, known))
    with database.begin() as connection:
        added = kept.add_account(
            connection, known, role=opens, pii=pii, created_by=actor, digest=digest, full_name=full_name
        )
        if not added:
            raise UsageError(f"there is an account {known!r} already", remedy="mdm user password changes its password.")
        _note(connection, f"mdm user add {known}", actor, [role, *(["pii"] if pii else [])])
    return {"name": known, "full_name": full_name, "role": opens, "pii": pii}


def list_users(database: Database) -> list[dict[str, Any]]:
    """All accounts, by name."""
    with database.begin() as connection:
        return kept.list_accounts(connection)


def disable_user(database: Database, name: str, *, actor: str) -> str:
    """Sign somebody out everywhere, for good; the name. Raises NotFound."""
    known = accounts.read_name(name)
    with database.begin() as connection:
        if not kept.disable(connection, known, by=actor):
            raise _unknown(known)
        sessions.end_sessions(connection, known)
        _note(connection, f"mdm user disable {known}", actor)
    return known


def set_password(database: Database, name: str, password: str, *, actor: str) -> str:
    """Give somebody another password, and sign them out everywhere; the name. Raises NotFound, UsageError."""
    known = accounts.read_name(name)
    digest = accounts.digest_password(accounts.check_password(password, known))
    with database.begin() as connection:
        if not kept.set_password(connection, known, digest):
            if kept.find_account(connection, known) is None:
                raise _unknown(known)
            raise UsageError(f"{known} signs in at a provider", remedy="Its password is changed there.")
        kept.forget_failures(connection, accounts.failing_account(known))
        sessions.end_sessions(connection, known)
        _note(connection, f"mdm user password {known}", actor)
    return known


def link_user(database: Database, name: str, openid: OpenIdSettings | None, subject: str, *, actor: str) -> str:
    """Let an account sign in at the provider, and by password no more; the name. Raises NotFound, UsageError."""
    known, there = accounts.read_name(name), subject.strip()
    if openid is None:
        raise UsageError("there is no provider", remedy="[console.openid] in mdm.toml names it; see docs/console.md.")
    if not there:
        raise UsageError("the subject is empty", where="--subject", remedy="The page that refused them names it.")
    with database.begin() as connection:
        holder = kept.find_subject(connection, openid.issuer, there)
        if holder is not None and holder.name != known:
            raise UsageError(f"this subject signs in as {holder.name!r}", where="--subject")
        if not kept.link(connection, known, openid.issuer, there):
            raise _unknown(known)
        sessions.end_sessions(connection, known)
        _note(connection, f"mdm user link {known}", actor)
    return known


def _note(connection: Any, action: str, actor: str, fields: list[str] | None = None) -> None:
    audit.put_entry(connection, Entry(actor, action, OK, [], [], fields or [], masked=False))


def _unknown(name: str) -> NotFound:
    return NotFound(f"there is no account {name!r}", remedy="mdm user list shows them.")
