"""Signing in with name and password, where who guesses waits ever longer and never learns whether there is an account;
and as the person that a provider has vouched for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from shlex import quote

import sqlalchemy as sa

from api.console.failed import Failed
from api.store import Store
from mdm import accounts
from mdm.access import digest_of
from mdm.errors import UsageError
from mdm.openid import Person
from mdm.store import accounts as kept
from mdm.store import audit, sessions
from mdm.store.accounts import AccountState

SIGNED_IN, REFUSED, SIGNED_OUT = "console sign-in", "console sign-in refused", "console sign-out"
ADDED, CHANGED = "console account added by sign-in", "console account changed by sign-in"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who tries to sign in, from where, instead of which session (its token), asking under which trace id."""

    name: str
    password: str
    address: str
    before: str | None
    trace_id: str


def sign_in(store: Store, attempt: Attempt) -> str | None:
    """The token of a new session; None: no such account, another password, disabled, or too many failures.

    The one that the browser had before is ended, so that no token outlives a sign-in. The slow hash is done outside of
    any transaction.
    """
    name = attempt.name.strip().lower()[:200]
    who = [accounts.failing_account(name), accounts.failing_address(attempt.address)]
    with store.begin() as connection:
        if _must_wait(connection, who):
            return None
        found = kept.find_account(connection, name)
    if not accounts.is_password(None if found is None else found.digest, attempt.password[: accounts.LONGEST]):
        found = None
    with store.begin() as connection:
        if found is None or found.disabled_at is not None:
            kept.add_failure(connection, who, accounts.QUIET)
            if kept.find_account(connection, name) is not None:
                _note(connection, name, REFUSED, 401, attempt.trace_id)
            return None
        if _must_wait(connection, who[:1]):  # somebody guessed at the same time
            return None
        kept.forget_failures(connection, who[0])
        if found.digest is not None and accounts.is_outdated(found.digest):
            kept.set_password(connection, name, accounts.digest_password(attempt.password))
        return open_session(connection, found, attempt.before, attempt.trace_id)


def sign_in_as(store: Store, person: Person, hint: str, before: str | None, trace_id: str) -> str:
    """The token of a new session of somebody whom the provider vouches for; `hint` is the id token. Raises Failed.

    The account is found by issuer and subject. A name only names a new one, and never one that is there.
    """
    with store.begin() as connection:
        account = kept.find_subject(connection, person.issuer, person.subject)
        failed = _why_not(connection, person, account)
        if failed is None:
            account = _as_vouched_for(connection, person, account, trace_id)
            return open_session(connection, account, before, trace_id, hint)
        if account is not None and person.role is None:
            sessions.end_sessions(connection, account.name)
        who = f"openid:{person.subject}" if account is None else account.name
        _note(connection, who, REFUSED, failed.status, trace_id)
    raise failed


def _why_not(connection: sa.Connection, person: Person, account: AccountState | None) -> Failed | None:
    """Why somebody is not let in."""
    who = f"subject {person.subject}"
    if person.role is None:
        return Failed("role", f"{who} has no group that has a role", name=person.name)
    if account is not None:
        return None if account.disabled_at is None else Failed("disabled", f"{account.name} is disabled")
    try:
        accounts.read_name(person.name)
    except UsageError:
        return Failed("name", f"{who} has no claim that would do as a name", name=person.name[:80])
    if kept.find_account(connection, person.name) is not None:
        command = f"mdm user link {quote(person.name)} --subject {quote(person.subject)}"
        return Failed("taken", f"{who} is called like another account", name=person.name, command=command)
    return None


def _as_vouched_for(
    connection: sa.Connection, person: Person, account: AccountState | None, trace_id: str
) -> AccountState:
    """The account with the rights that the provider gives today; a new one where there is none."""
    name, role = person.name if account is None else account.name, person.role or ""
    if account is None:
        kept.add_account(
            connection, name, role=role, pii=person.pii, full_name=person.full_name, created_by=person.issuer,
            issuer=person.issuer, subject=person.subject,
        )  # fmt: skip
    else:
        kept.set_rights(connection, name, role=role, pii=person.pii, full_name=person.full_name)
    if account is None or (account.role, account.pii) != (role, person.pii):
        fields = [role, *(["pii"] if person.pii else [])]
        _note(connection, name, ADDED if account is None else CHANGED, 200, trace_id, fields)
    found = kept.find_subject(connection, person.issuer, person.subject)
    if found is None:
        raise Failed("taken", f"{name} was added at the same time", name=name)
    return found


def open_session(
    connection: sa.Connection, account: AccountState, before: str | None, trace_id: str, hint: str | None = None
) -> str:
    """Begin a session of somebody who has shown who they are, and end the one before; the new token."""
    if before:
        sessions.end_session(connection, digest_of(before))
    token = accounts.new_token()
    sessions.add_session(connection, digest_of(token), account.name, hint)
    kept.note_sign_in(connection, account.name)
    _note(connection, account.name, SIGNED_IN, 200, trace_id)
    return token


def sign_out(store: Store, name: str, token: str, trace_id: str) -> str | None:
    """End a session; the id token of one that began at a provider."""
    with store.begin() as connection:
        hint = sessions.end_session(connection, digest_of(token))
        _note(connection, name, SIGNED_OUT, 200, trace_id)
    return hint


def _must_wait(connection: sa.Connection, who: list[str]) -> bool:
    now = datetime.now(UTC)
    found = kept.failures_of(connection, who, accounts.QUIET)
    free = dict(zip(who, (accounts.FREE_FAILURES, accounts.FREE_OF_ADDRESS), strict=False))
    return any(last_at + accounts.wait_after(n, free[name]) > now for name, (n, last_at) in found.items())


def _note(
    connection: sa.Connection, name: str, action: str, status: int, trace_id: str, fields: list[str] | None = None
) -> None:
    entry = audit.Entry(name, action, status, [], [], fields or [], masked=True, actor_name=name, trace_id=trace_id)
    audit.put_entry(connection, entry)
