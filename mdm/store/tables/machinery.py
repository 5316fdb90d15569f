"""What the store needs for itself: counters, and who holds the run lock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from mdm.store.tables.columns import bigint, document, instant, text


class Counter(SQLModel, table=True):
    """A sequence that rolls back with its transaction, so that a repeated run gives the same numbers."""

    __tablename__ = "counter"
    __table_args__ = {"comment": "a sequence that rolls back with its transaction"}

    name: str = text(primary_key=True)
    value: int = bigint("the last number given")


class LockHolder(SQLModel, table=True):
    """Who took an advisory lock last; only true while the lock is held."""

    __tablename__ = "lock_holder"
    __table_args__ = {"comment": "who took an advisory lock last; only true while it is held"}

    name: str = text(primary_key=True)
    pid: int = bigint()
    host: str = text()
    run_id: str | None = text(nullable=True)
    command: str | None = text(nullable=True)
    since: datetime = instant(default="now()")


class Due(SQLModel, table=True):
    """What a single write left for the next run to settle."""

    __tablename__ = "due"
    __table_args__ = {"comment": "what a single write left for the next run to settle"}

    kind: str = text("customer | address | key | value", primary_key=True)
    value: str = text("see mdm.store.due", primary_key=True)
    since: datetime = instant(default="now()")


class Applying(SQLModel, table=True):
    """A lock that a night holds while it applies; there are too many for the server's table of locks."""

    __tablename__ = "applying"
    __table_args__ = {"comment": "locks of the night that applies, or of the last one: see mdm.live.locks"}

    number: int = bigint("as mdm.live.locks numbers keys, source keys and customers", primary_key=True)


class OnceTold(SQLModel, table=True):
    """What a caller was told of an order that is to be carried out once (Idempotency-Key)."""

    __tablename__ = "once"
    __table_args__ = (
        sa.Index("once_at_ix", "at"),
        {"comment": "what a caller was told of an order that is to be carried out once"},
    )

    caller: str = text(primary_key=True)
    key: str = text("chosen by the caller", primary_key=True)
    digest: str = text("of the order")
    answer: Any = document("outcome, pin, version, tasks: nothing personal")
    at: datetime = instant(default="now()")


__all__ = ["Counter", "Due", "LockHolder", "OnceTold"]
