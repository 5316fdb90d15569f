"""Who is told of changes over HTTP: subscribers, how far each was told, and changes that one of them refused."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from mdm.store.tables.columns import bigint, instant, text


def _flag(comment: str) -> bool:
    found: bool = Field(sa_type=sa.Boolean, nullable=False, sa_column_kwargs={"comment": comment})
    return found


class Subscriber(SQLModel, table=True):
    """Somebody to whom changes are sent, and how far they were."""

    __tablename__ = "subscriber"
    __table_args__ = {"comment": "somebody to whom changes are sent, and how far they were; its secret is not kept"}

    name: str = text(primary_key=True)
    url: str = text("where changes are posted to")
    types: list[str] | None = Field(
        default=None, sa_type=ARRAY(sa.Text), nullable=True, sa_column_kwargs={"comment": "only these; null: all"}
    )
    with_values: bool = _flag("what was known before and after is sent with a change")
    pii: bool = _flag("and not masked")
    batch: int = Field(sa_column_kwargs={"comment": "changes in one request, at most; 1: never several"})
    salt: str = text("from which, with the workspace's key, its secret is derived; see mdm.webhooks")
    former_salt: str | None = text("of the secret before, by which is signed as well", nullable=True)
    former_until: datetime | None = instant("until then", nullable=True)
    position: int = bigint("all changes up to here were told, or stand in webhook_held")
    ahead: list[int] = Field(
        sa_type=ARRAY(sa.BigInteger),
        nullable=False,
        sa_column_kwargs={"comment": "told beyond it", "server_default": sa.text("'{}'")},
    )
    sending: int = bigint("up to here changes may have been sent before: told again they are marked as repeated")
    turn: int = bigint("one more with every write: who writes after somebody else notices")
    failures: int = bigint("in a row, of everything that was sent")
    failing_since: datetime | None = instant(nullable=True)
    next_at: datetime | None = instant("not before then is anything sent; null: now", nullable=True)
    error: str | None = text("why the last request failed; quotes nothing of an answer", nullable=True)
    told_at: datetime | None = instant("the last time that it accepted anything", nullable=True)
    paused_at: datetime | None = instant("nothing is sent; null: it is", nullable=True)
    paused_by: str | None = text(nullable=True)
    created_at: datetime = instant(default="now()")
    created_by: str = text()


class HeldChange(SQLModel, table=True):
    """A change that a subscriber refused while it took others, or that waits behind such a one."""

    __tablename__ = "webhook_held"
    __table_args__ = (
        sa.Index("webhook_held_key_ix", "subscriber", "key", "position"),
        {"comment": "a change that a subscriber refused while it took others, or that waits behind such a one"},
    )

    subscriber: str = text(primary_key=True)
    position: int = bigint("of the change", primary_key=True)
    key: str = text("PIN or CHI: whose changes go in order")
    attempts: int = bigint("0: it waits behind another one")
    first_at: datetime = instant("first refused", default="now()")
    next_at: datetime | None = instant("tried again not before then; null: now", nullable=True)
    error: str | None = text("why it was refused; quotes nothing of an answer", nullable=True)
    dead_at: datetime | None = instant("given up", nullable=True)


__all__ = ["HeldChange", "Subscriber"]
