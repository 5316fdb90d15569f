"""Sessions of the console, and the forms that came after a session had ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa

from mdm.store.accounts import AccountState

NOTED = timedelta(minutes=1)  # how exact "seen" is
REMEMBERED = timedelta(days=7)  # after its end a session still tells whose it was
FORMS_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SessionState:
    """A session and whose it is. ended: signed out, taken away, idle or old; the account may be disabled besides."""

    account: AccountState
    ended: bool
    revealed_until: datetime | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that came after its session had ended. form: names and values in their order."""

    kept_id: int
    path: str
    form: list[tuple[str, str]]
    created_at: datetime


def add_session(connection: sa.Connection, digest: str, account: str, hint: str | None = None) -> None:
    """Begin a session; what is too old to be of use is removed on this occasion. hint: see `end_session`."""
    connection.exec_driver_sql(
        "delete from console_session where created_at < now() - %(old)s", {"old": REMEMBERED * 2}
    )
    connection.exec_driver_sql("delete from kept_form where created_at < now() - %(old)s", {"old": FORMS_KEPT})
    connection.exec_driver_sql(
        "insert into console_session (digest, account, hint) values (%(digest)s, %(account)s, %(hint)s)",
        {"digest": digest, "account": account, "hint": hint},
    )


def find_session(connection: sa.Connection, digest: str, *, idle: timedelta, longest: timedelta) -> SessionState | None:
    """A session by the digest of its token, ended ones too while they are remembered."""
    row = connection.exec_driver_sql(
        "select a.name, a.full_name, a.role, a.pii, a.language, a.theme, null, a.disabled_at, "
        "s.ended_at is not null or a.disabled_at is not null or s.seen_at < now() - %(idle)s "
        "or s.created_at < now() - %(longest)s, "
        "case when s.revealed_until > now() then s.revealed_until end "
        "from console_session s join account a on a.name = s.account where s.digest = %(digest)s",
        {"digest": digest, "idle": idle, "longest": longest},
    ).first()
    return None if row is None else SessionState(AccountState(*row[:8]), row[8], row[9])


def note_seen(connection: sa.Connection, digest: str) -> None:
    """Note that a session is in use, once a minute; what a crash of the machine may lose of that is no loss."""
    connection.exec_driver_sql(
        "update console_session set seen_at = now() from (select set_config('synchronous_commit', 'off', true)) as s "
        "where digest = %(digest)s and seen_at < now() - %(noted)s and ended_at is null",
        {"digest": digest, "noted": NOTED},
    )


def end_session(connection: sa.Connection, digest: str) -> str | None:
    """Sign out; the id token of a session that began at a provider, for signing out there."""
    found = connection.exec_driver_sql(
        "with ended as (select digest, hint from console_session where digest = %(digest)s and ended_at is null "
        "for update) update console_session s set ended_at = now(), hint = null from ended "
        "where s.digest = ended.digest returning ended.hint",
        {"digest": digest},
    )
    hint: str | None = found.scalar()
    return hint


def end_sessions(connection: sa.Connection, account: str) -> None:
    """Sign somebody out wherever they are signed in."""
    connection.exec_driver_sql(
        "update console_session set ended_at = now(), hint = null where account = %(account)s and ended_at is null",
        {"account": account},
    )


def reveal(connection: sa.Connection, digest: str, span: timedelta | None) -> None:
    """Show personal values in a session for so long, or no more."""
    connection.exec_driver_sql(
        "update console_session set revealed_until = now() + %(span)s where digest = %(digest)s",
        {"digest": digest, "span": span},
    )


def keep_form(connection: sa.Connection, account: str, path: str, form: Sequence[tuple[str, str]]) -> None:
    """Keep a form for whoever sent it; the last ten of each."""
    connection.exec_driver_sql(
        "insert into kept_form (account, path, form) values (%(account)s, %(path)s, %(form)s::json)",
        {"account": account, "path": path, "form": orjson.dumps([list(pair) for pair in form]).decode()},
    )
    connection.exec_driver_sql(
        "delete from kept_form where kept_id in "
        "(select kept_id from kept_form where account = %(account)s order by kept_id desc offset 10)",
        {"account": account},
    )


def kept_forms(connection: sa.Connection, account: str) -> list[Kept]:
    """What was kept for somebody, the newest first."""
    rows = connection.exec_driver_sql(
        "select kept_id, path, form, created_at from kept_form "
        "where account = %(account)s and created_at > now() - %(old)s order by kept_id desc",
        {"account": account, "old": FORMS_KEPT},
    )
    return [Kept(number, path, _pairs(form), at) for number, path, form, at in rows]


def drop_form(connection: sa.Connection, account: str, kept_id: int) -> None:
    """It was sent again, or is not wanted any more."""
    connection.exec_driver_sql(
        "delete from kept_form where account = %(account)s and kept_id = %(kept_id)s",
        {"account": account, "kept_id": kept_id},
    )


def _pairs(form: Any) -> list[tuple[str, str]]:
    return [(str(name), str(value)) for name, value in form]
