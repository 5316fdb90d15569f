"""What was sent back: targets and their positions, numbered deliveries, their rows, and what was answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from mdm.store.tables.columns import bigint, document, identity, instant, text


class SyncTarget(SQLModel, table=True):
    """A system that is sent to, and how far it has been told."""

    __tablename__ = "sync_target"
    __table_args__ = (
        sa.Index("sync_target_code", "target", unique=True),
        {"comment": "a system that is sent to, and how far it has been told"},
    )

    target_id: int | None = identity()
    target: str = text("code of the contract")
    position: int = bigint("changes up to here are in its deliveries")
    number: int = bigint("of its last delivery")
    since: datetime = instant(default="now()")


class SyncDelivery(SQLModel, table=True):
    """One delivery to one target: immutable once it is written, but for the rows of people erased since."""

    __tablename__ = "sync_delivery"
    __table_args__ = (
        sa.Index("sync_delivery_number", "target_id", "number", unique=True),
        sa.Index("sync_delivery_open_ix", "target_id", postgresql_where=sa.text("not settled")),
        {"comment": "one delivery to one target"},
    )

    delivery_id: int | None = identity()
    target_id: int = bigint()
    number: int = bigint("1, 2 ... for each target")
    kind: str = text("full | delta")
    status: str = text("prepared (rows are kept) | rendered (its file lies under a temporary name) | written")
    position_from: int = bigint("changes after this ...")
    position_to: int = bigint("... and up to this are in it")
    business_date: date
    contract: Any = document("by which it was made, and is made again")
    folder: str = text("where its file was put")
    file: str = text("its name")
    rows: int = bigint("lines of the file")
    withheld: int = bigint("rows of people erased since")
    checksum: str | None = text("SHA-256 of the file; null before it was made", nullable=True)
    created_at: datetime = instant(default="now()")
    written_at: datetime | None = instant(nullable=True)
    answered_at: datetime | None = instant("when its last acknowledgement was read", nullable=True)
    complete: bool = Field(sa_column_kwargs={"comment": "every row was answered"})
    settled: bool = Field(
        sa_column_kwargs={"comment": "every row was accepted, delivered again, superseded or given to a steward"}
    )


class SyncRow(SQLModel, table=True):
    """What a target was told of one of its keys; its last row of a key is what the target is taken to hold."""

    __tablename__ = "sync_row"
    __table_args__ = (
        sa.PrimaryKeyConstraint("target_id", "key", "delivery_id"),
        # rows come in the order of their deliveries: a summary of pages finds those of one, and costs nothing to keep
        sa.Index("sync_row_delivery_ix", "delivery_id", postgresql_using="brin"),
        sa.Index("sync_row_moved_ix", "target_id", "delivery_id", postgresql_where=sa.text("moved_from is not null")),
        {"comment": "what a target was told of one of its keys, by delivery"},
    )

    target_id: int = bigint()
    key: str = text("the target's own key, or the PIN")
    delivery_id: int = bigint()
    line: int = bigint("place in the delivery, from 1")
    action: str = text("new | changed | moved | gone")
    pin: str | None = text("null: the key is nobody's", nullable=True)
    moved_from: str | None = text("the PIN told before, when it was another", nullable=True)
    attempt: int = Field(sa_type=sa.SmallInteger, sa_column_kwargs={"comment": "2 ...: the same, delivered again"})
    content: str | None = text("values in the order of the columns, separated by US (0x1f)", nullable=True)
    altered: str | None = text("fields that could not be written as they are, and what was written", nullable=True)


class SyncAnswer(SQLModel, table=True):
    """What a target answered to one row of a delivery."""

    __tablename__ = "sync_answer"
    __table_args__ = (
        sa.PrimaryKeyConstraint("delivery_id", "key"),
        sa.Index("sync_answer_rejected_ix", "delivery_id", postgresql_where=sa.text("not accepted")),
        {"comment": "what a target answered to one row of a delivery"},
    )

    delivery_id: int = bigint()
    key: str = text()
    accepted: bool
    reason: str | None = text("the target's, of rejected rows", nullable=True)
    ack_id: int = bigint("the file that said it")


class SyncAck(SQLModel, table=True):
    """An acknowledgement file that was read, or refused."""

    __tablename__ = "sync_ack"
    __table_args__ = (
        sa.Index("sync_ack_digest_ix", "target_id", "digest", unique=True),
        {"comment": "an acknowledgement file that was read, or refused"},
    )

    ack_id: int | None = identity()
    target_id: int = bigint()
    file: str = text()
    digest: str = text("SHA-256 of its bytes")
    delivery_id: int | None = bigint("null: of no known delivery", nullable=True)
    status: str = text("applied | refused")
    accepted: int = bigint()
    rejected: int = bigint()
    problem: str | None = text("why it was refused, and what to do", nullable=True)
    read_at: datetime = instant(default="now()")


__all__ = ["SyncAck", "SyncAnswer", "SyncDelivery", "SyncRow", "SyncTarget"]
