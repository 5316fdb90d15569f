"""Accounts of the console, and failures to sign in to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

_COLUMNS = (
    "name, full_name, role, pii, issuer, language, theme, created_at, created_by, disabled_at, disabled_by, "
    "last_sign_in_at"
)


@dataclass(frozen=True, slots=True)
class AccountState:
    """An account as signing in sees it. digest: of the password; None: signs in elsewhere."""

    name: str
    full_name: str | None
    role: str
    pii: bool
    language: str | None
    theme: str | None
    digest: str | None
    disabled_at: datetime | None


_STATE = "name, full_name, role, pii, language, theme, digest, disabled_at"


def add_account(
    connection: sa.Connection,
    name: str,
    *,
    role: str,
    pii: bool,
    created_by: str,
    digest: str | None = None,
    full_name: str | None = None,
    issuer: str | None = None,
    subject: str | None = None,
) -> bool:
    """Add an account; False: there is one of this name."""
    added = connection.exec_driver_sql(
        "insert into account (name, full_name, digest, role, pii, issuer, subject, created_by) values "
        "(%(name)s, %(full_name)s, %(digest)s, %(role)s, %(pii)s, %(issuer)s, %(subject)s, %(created_by)s) "
        "on conflict (name) do nothing",
        {
            "name": name, "full_name": full_name, "digest": digest, "role": role, "pii": pii, "issuer": issuer,
            "subject": subject, "created_by": created_by,
        },
    )  # fmt: skip
    return added.rowcount == 1


def find_account(connection: sa.Connection, name: str) -> AccountState | None:
    """An account, disabled ones too."""
    row = connection.exec_driver_sql(f"select {_STATE} from account where name = %(name)s", {"name": name}).first()
    return None if row is None else AccountState(*row)


def find_subject(connection: sa.Connection, issuer: str, subject: str) -> AccountState | None:
    """The account of somebody who signs in elsewhere."""
    row = connection.exec_driver_sql(
        f"select {_STATE} from account where issuer = %(issuer)s and subject = %(subject)s",
        {"issuer": issuer, "subject": subject},
    ).first()
    return None if row is None else AccountState(*row)


def list_accounts(connection: sa.Connection) -> list[dict[str, Any]]:
    """All accounts, by name; without their passwords' digests."""
    return [dict(row) for row in connection.exec_driver_sql(f"select {_COLUMNS} from account order by name").mappings()]


def stewards(connection: sa.Connection) -> list[str]:
    """Names of the accounts that may work on tasks."""
    found = connection.exec_driver_sql(
        "select name from account where disabled_at is null and role <> 'viewer' order by name"
    )
    return list(found.scalars())


def set_password(connection: sa.Connection, name: str, digest: str) -> bool:
    """Another password; False: there is no such account, or it signs in elsewhere."""
    done = connection.exec_driver_sql(
        "update account set digest = %(digest)s where name = %(name)s and subject is null",
        {"name": name, "digest": digest},
    )
    return done.rowcount == 1


def set_rights(connection: sa.Connection, name: str, *, role: str, pii: bool, full_name: str | None) -> None:
    """What an account may do from now on, and its full name if that is known."""
    connection.exec_driver_sql(
        "update account set role = %(role)s, pii = %(pii)s, full_name = coalesce(%(full_name)s, full_name) "
        "where name = %(name)s",
        {"name": name, "role": role, "pii": pii, "full_name": full_name},
    )


def link(connection: sa.Connection, name: str, issuer: str, subject: str) -> bool:
    """Let an account sign in elsewhere, and by password no more; False: there is no such account."""
    done = connection.exec_driver_sql(
        "update account set issuer = %(issuer)s, subject = %(subject)s, digest = null where name = %(name)s",
        {"name": name, "issuer": issuer, "subject": subject},
    )
    return done.rowcount == 1


def set_preference(
    connection: sa.Connection, name: str, which: Literal["language", "theme"], value: str | None
) -> None:
    """How somebody wants the console to look, wherever they sign in."""
    connection.exec_driver_sql(
        f"update account set {which} = %(value)s where name = %(name)s", {"name": name, "value": value}
    )


def disable(connection: sa.Connection, name: str, *, by: str) -> bool:
    """Let somebody sign in no more; one who was disabled before stays so. False: there is no such account."""
    connection.exec_driver_sql(
        "update account set disabled_at = now(), disabled_by = %(by)s where name = %(name)s and disabled_at is null",
        {"name": name, "by": by},
    )
    return find_account(connection, name) is not None


def note_sign_in(connection: sa.Connection, name: str) -> None:
    """Somebody has signed in."""
    connection.exec_driver_sql("update account set last_sign_in_at = now() where name = %(name)s", {"name": name})


# -- failures ----------------------------------------------------------------------------------------------------------


def failures_of(connection: sa.Connection, who: list[str], quiet: timedelta) -> dict[str, tuple[int, datetime]]:
    """Who -> failures in a row, and when the last one was; those without a failure for `quiet` are left out."""
    rows = connection.exec_driver_sql(
        "select who, failures, last_at from sign_in_failure where who = any(%(who)s) and last_at > now() - %(quiet)s",
        {"who": who, "quiet": quiet},
    )
    return {name: (failures, last_at) for name, failures, last_at in rows}


def add_failure(connection: sa.Connection, who: list[str], quiet: timedelta) -> None:
    """One failure more for each, and those of others forgotten that are old."""
    connection.exec_driver_sql("delete from sign_in_failure where last_at < now() - %(quiet)s", {"quiet": quiet})
    connection.exec_driver_sql(
        "insert into sign_in_failure (who, failures) select unnest(%(who)s::text[]), 1 "
        "on conflict (who) do update set failures = sign_in_failure.failures + 1, last_at = now()",
        {"who": sorted(who)},
    )


def forget_failures(connection: sa.Connection, who: str) -> None:
    """They have signed in."""
    connection.exec_driver_sql("delete from sign_in_failure where who = %(who)s", {"who": who})
