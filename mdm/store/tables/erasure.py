"""What stays of an erased person: the PIN, when, who and why; and keyed hashes that keep them from coming back."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from mdm.store.tables.columns import bigints, instant, text


def _names(comment: str) -> list[str]:
    """A list of names of ours."""
    found: list[str] = Field(sa_type=ARRAY(sa.Text), nullable=False, sa_column_kwargs={"comment": comment})
    return found


class Erasure(SQLModel, table=True):
    """A customer who was erased."""

    __tablename__ = "erasure"
    __table_args__ = {"comment": "a customer who was erased: all that is kept, but for the PIN and the suppression"}

    pin: str = text(primary_key=True)
    erased_at: datetime = instant(default="now()")
    actor: str = text("who did it")
    reason: str = text("why; holds no personal data")
    tables: list[str] = _names("tables that held content, whose files are written anew without it")
    touched: list[int] = bigints("records of others, to be resolved again without this customer")
    purged_at: datetime | None = instant("when no file of the database held the content any more", nullable=True)


class Suppression(SQLModel, table=True):
    """A keyed hash by which rows of an erased customer are recognised and held back."""

    __tablename__ = "suppression"
    __table_args__ = (
        sa.Index("suppression_system_ix", "system"),
        {"comment": "a keyed hash by which rows of an erased customer are recognised and held back"},
    )

    digest: str = text("HMAC-SHA256 under the workspace's key, hexadecimal", primary_key=True)
    kind: str = text("key | identifier | near (an identifier less one character)")
    system: str | None = text("for keys: whose key", nullable=True)
    proofs: list[str] = _names("for keys: kinds of identifier by which another holder of the key can be told")
    pin: str = text("of the erased customer")


__all__ = ["Erasure", "Suppression"]
