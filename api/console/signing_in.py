"""Signing in with name and password: who guesses waits ever longer, and never learns whether there is an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from api.store import Store
from mdm import accounts
from mdm.access import digest_of
from mdm.store import accounts as kept
from mdm.store import audit, sessions
from mdm.store.accounts import AccountState

SIGNED_IN, REFUSED, SIGNED_OUT = "console sign-in", "console sign-in refused", "console sign-out"


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


def open_session(connection: sa.Connection, account: AccountState, before: str | None, trace_id: str) -> str:
    """Begin a session of somebody who has shown who they are, and end the one before; the new token."""
    if before:
        sessions.end_session(connection, digest_of(before))
    token = accounts.new_token()
    sessions.add_session(connection, digest_of(token), account.name)
    kept.note_sign_in(connection, account.name)
    _note(connection, account.name, SIGNED_IN, 200, trace_id)
    return token


def sign_out(store: Store, name: str, token: str, trace_id: str) -> None:
    """End a session."""
    with store.begin() as connection:
        sessions.end_session(connection, digest_of(token))
        _note(connection, name, SIGNED_OUT, 200, trace_id)


def _must_wait(connection: sa.Connection, who: list[str]) -> bool:
    now = datetime.now(UTC)
    found = kept.failures_of(connection, who, accounts.QUIET)
    free = dict(zip(who, (accounts.FREE_FAILURES, accounts.FREE_OF_ADDRESS), strict=False))
    return any(last_at + accounts.wait_after(n, free[name]) > now for name, (n, last_at) in found.items())


def _note(connection: sa.Connection, name: str, action: str, status: int, trace_id: str) -> None:
    audit.put_entry(
        connection, audit.Entry(name, action, status, [], [], [], masked=True, actor_name=name, trace_id=trace_id)
    )
