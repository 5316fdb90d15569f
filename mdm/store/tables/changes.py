"""The outbox: what changed, written in the transaction that changed it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from mdm.store.tables.columns import identity, instant, text


class Change(SQLModel, table=True):
    """One change of one customer or household. It names nobody and holds no value: before and after are derived."""

    __tablename__ = "change"
    __table_args__ = {"comment": "what changed, written in the transaction that changed it; holds no personal value"}

    position: int | None = identity()
    type: str = text("created | merged | split | changed | redirected | retired | erased | household_changed")
    pin: str | None = text("the customer; null for a household", nullable=True)
    chi: str | None = text("the household", nullable=True)
    related: list[str] | None = Field(
        default=None,
        sa_type=ARRAY(sa.Text),
        nullable=True,
        sa_column_kwargs={"comment": "the other PINs that the change is about"},
    )
    run_id: str = text("the run or write that caused it")
    actor: str = text("who: a steward, a channel, or run")
    at: datetime = instant("recorded time of the states that it announces", default="now()")


__all__ = ["Change"]
