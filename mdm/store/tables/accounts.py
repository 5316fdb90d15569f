"""Who works with the console: accounts, their sessions, failures to sign in, forms that came after a session's end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from mdm.store.tables.columns import bigint, document, identity, instant, text


def _flag(comment: str) -> bool:
    """Yes or no, no by default."""
    kwargs = {"comment": comment, "server_default": sa.text("false")}
    found: bool = Field(default=False, sa_type=sa.Boolean, nullable=False, sa_column_kwargs=kwargs)
    return found


class Account(SQLModel, table=True):
    """Somebody who may sign in to the console."""

    __tablename__ = "account"
    __table_args__ = (
        sa.Index("account_subject", "issuer", "subject", unique=True, postgresql_where=sa.text("subject is not null")),
        {"comment": "somebody who may sign in to the console"},
    )

    name: str = text("the actor of what they do, as in the audit log", primary_key=True)
    full_name: str | None = text("as colleagues see it", nullable=True)
    digest: str | None = text("of the password, by Argon2id; null: signs in elsewhere", nullable=True)
    role: str = text("viewer | steward | lead | admin; see mdm.accounts")
    pii: bool = _flag("may see personal values")
    issuer: str | None = text("who says who they are (OpenID Connect)", nullable=True)
    subject: str | None = text("what they are called there", nullable=True)
    language: str | None = text("en | zh; null: as the browser asks", nullable=True)
    theme: str | None = text("light | dark; null: as the browser asks", nullable=True)
    created_at: datetime = instant(default="now()")
    created_by: str = text()
    disabled_at: datetime | None = instant("from then on they cannot sign in", nullable=True)
    disabled_by: str | None = text(nullable=True)
    last_sign_in_at: datetime | None = instant(nullable=True)


class ConsoleSession(SQLModel, table=True):
    """A session of the console; rows outlive it by a few days, so that a late form finds whose it was."""

    __tablename__ = "console_session"
    __table_args__ = (
        sa.Index("console_session_account_ix", "account"),
        {"comment": "a session of the console; its token is not kept"},
    )

    digest: str = text("SHA-256 of the token, hexadecimal", primary_key=True)
    account: str = text("name of the account")
    created_at: datetime = instant(default="now()")
    seen_at: datetime = instant("of the last request, to about a minute", default="now()")
    ended_at: datetime | None = instant("signed out, or taken from them", nullable=True)
    revealed_until: datetime | None = instant("personal values are shown until then", nullable=True)
    hint: str | None = text("id token of a provider, to sign out there; gone when the session is ended", nullable=True)


class SignInFailure(SQLModel, table=True):
    """Failures to sign in, in a row, under one name or from one address."""

    __tablename__ = "sign_in_failure"
    __table_args__ = {"comment": "failures to sign in, in a row, under one name or from one address"}

    who: str = text("SHA-256 of `account:NAME` or `address:ADDRESS`, hexadecimal", primary_key=True)
    failures: int = bigint("since the last success, or the last quiet day")
    last_at: datetime = instant(default="now()")


class OpenIdAttempt(SQLModel, table=True):
    """Somebody who was sent to the provider to sign in, and is not back yet."""

    __tablename__ = "openid_attempt"
    __table_args__ = (
        sa.Index("openid_attempt_created_ix", "created_at"),
        {"comment": "somebody who was sent to the provider to sign in; taken once, and not for long"},
    )

    state: str = text("SHA-256 of what the provider gives back, hexadecimal", primary_key=True)
    browser: str = text("SHA-256 of the cookie of the browser, hexadecimal")
    path: str = text("where they want to go")
    back: str = text("the address that the provider sends them to")
    created_at: datetime = instant(default="now()")


class KeptForm(SQLModel, table=True):
    """A form that was sent after its session had ended; offered again after sign-in, and gone after a day."""

    __tablename__ = "kept_form"
    __table_args__ = (
        sa.Index("kept_form_account_ix", "account"),
        {"comment": "a form that was sent after its session had ended"},
    )

    kept_id: int | None = identity()
    account: str = text("who sent it; nobody else sees it")
    path: str = text("where it was sent to")
    form: Any = document("what was in it: pairs of name and value")
    created_at: datetime = instant(default="now()")


__all__ = ["Account", "ConsoleSession", "KeptForm", "OpenIdAttempt", "SignInFailure"]
