"""Who may use the API, and what they read and wrote: keys, and the append-only audit log."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from mdm.store.tables.columns import bigint, identity, instant, text


def _texts(comment: str) -> list[str]:
    """A list of texts, empty by default."""
    kwargs = {"comment": comment, "server_default": sa.text("'{}'")}
    found: list[str] = Field(sa_type=ARRAY(sa.Text), nullable=False, sa_column_kwargs=kwargs)
    return found


class ApiKey(SQLModel, table=True):
    """A key of the API; its secret is not kept."""

    __tablename__ = "api_key"
    __table_args__ = {"comment": "a key of the API; its secret is not kept"}

    key_id: str = text("the part of the key that is no secret", primary_key=True)
    name: str = text("who uses it, in words")
    digest: str = text("SHA-256 of the secret, hexadecimal")
    scopes: list[str] = _texts("what it may do; see mdm.access")
    rate: int | None = bigint("requests per minute and process; null: as mdm.toml says", nullable=True)
    created_at: datetime = instant(default="now()")
    created_by: str = text()
    expires_at: datetime | None = instant("from then on it is refused; null: never", nullable=True)
    revoked_at: datetime | None = instant(nullable=True)
    revoked_by: str | None = text(nullable=True)
    last_used_at: datetime | None = instant("to about a minute", nullable=True)


class Audit(SQLModel, table=True):
    """One read of a person, or one write, that somebody made; rows are only added (a trigger refuses the rest)."""

    __tablename__ = "audit"
    __table_args__ = (
        sa.Index("audit_at_ix", "at", postgresql_using="brin"),
        sa.Index("audit_pins_ix", "pins", postgresql_using="gin"),
        {"comment": "who read or wrote what, when and why; rows are only added"},
    )

    audit_id: int | None = identity()
    at: datetime = instant(default="clock_timestamp()")
    actor: str = text("key id, or the login name of who typed a command")
    actor_name: str | None = text("name of the key", nullable=True)
    purpose: str | None = text("as the caller said (X-Purpose)", nullable=True)
    action: str = text("method and route, or the command")
    pins: list[str] = _texts("customers of whom something was read or written")
    records: list[str] = _texts("source keys (system:local_id) that were read or written")
    fields: list[str] = _texts("names of what was returned or written, never values")
    masked: bool = Field(sa_column_kwargs={"comment": "personal values were masked in the answer"})
    status: int = Field(sa_type=sa.SmallInteger, nullable=False, sa_column_kwargs={"comment": "of HTTP"})
    trace_id: str | None = text("as in the log", nullable=True)


__all__ = ["ApiKey", "Audit"]
