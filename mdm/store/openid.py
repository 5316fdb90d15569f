"""Those who were sent to the provider to sign in and are not back yet (OpenID Connect)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

AWAY = timedelta(minutes=15)  # as long as signing in at the provider may take


@dataclass(frozen=True, slots=True)
class AttemptState:
    """Somebody who is away. browser: digest of their cookie; path: where they want to go; back: where they return."""

    browser: str
    path: str
    back: str


def add_attempt(connection: sa.Connection, state: str, found: AttemptState) -> None:
    """Somebody leaves; `state` is a digest. Those who have been away for too long are forgotten on this occasion."""
    connection.exec_driver_sql("delete from openid_attempt where created_at < now() - %(away)s", {"away": AWAY})
    connection.exec_driver_sql(
        "insert into openid_attempt (state, browser, path, back) values (%(state)s, %(browser)s, %(path)s, %(back)s)",
        {"state": state, "browser": found.browser, "path": found.path, "back": found.back},
    )


def take_attempt(connection: sa.Connection, state: str) -> AttemptState | None:
    """Somebody is back, once: None for the second time, after too long, or when nobody left with this state."""
    row = connection.exec_driver_sql(
        "delete from openid_attempt where state = %(state)s "
        "returning browser, path, back, created_at > now() - %(away)s",
        {"state": state, "away": AWAY},
    ).first()
    return AttemptState(*row[:3]) if row is not None and row[3] else None
