"""Customers and their PINs, the cross-reference, lineage, golden records, households."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from mdm.store.tables.columns import (
    Recorded,
    bigint,
    bigints,
    current_index,
    document,
    identity,
    instant,
    past_index,
    states_of,
    text,
    written,
)


class Customer(Recorded, table=True):
    """One state of one PIN; a PIN has a current state for ever."""

    __tablename__ = "customer"
    __table_args__ = (
        states_of("pin"),
        current_index("customer_current", "pin", unique=True),
        current_index("customer_redirect_ix", "redirect_to"),
        current_index("customer_founder_ix", "founder_record_id"),
        {"comment": "one state of one PIN; a PIN has a current state for ever"},
    )

    pin: str = text()
    party: str = text("person | organisation")
    status: str = text("active | redirected | retired | erased")
    redirect_to: str | None = text("the surviving PIN, for redirected", nullable=True)
    merged_into: str | None = text("the PIN that it follows when a merge of merges is taken apart", nullable=True)
    founder_record_id: int | None = bigint("the record that holds the PIN (founder role)", nullable=True)
    issued: int = bigint("place in the order of issue: in a merge the smaller survives")
    run_id: str = text()


class Lineage(SQLModel, table=True):
    """What happened to PINs; append-only."""

    __tablename__ = "lineage"
    __table_args__ = (
        sa.Index("lineage_pin_ix", "pin"),
        sa.Index("lineage_other_pin_ix", "other_pin"),
        {"comment": "what happened to PINs; append-only"},
    )

    event_id: int | None = identity()
    run_id: str = text()
    actor: str = text("who: a steward, a channel, or run")
    kind: str = text("minted | merged | split | unmerged | revived | retired | erased")
    pin: str = text()
    other_pin: str | None = text("merged into, split from", nullable=True)
    record_ids: list[int] = bigints("the records concerned")
    reason: str | None = text(nullable=True)
    at: datetime = instant(default="now()")


class Xref(Recorded, table=True):
    """Source record to PIN."""

    __tablename__ = "xref"
    __table_args__ = (
        states_of("record_id"),
        current_index("xref_current_key", "system", "local_id", unique=True),
        past_index("xref_past_key", "system", "local_id"),
        sa.Index("xref_pin_ix", "pin"),
        sa.Index("xref_recorded_ix", "recorded_from", postgresql_using="brin"),
        {"comment": "source record to PIN"},
    )

    record_id: int = bigint()
    system: str = text()
    local_id: str = text()
    incarnation: int
    pin: str = text()
    home: str = text("the PIN that the record was first given in this customer; a merge leaves it")
    run_id: str = text()


class Golden(Recorded, table=True):
    """One state of the golden record of one customer."""

    __tablename__ = "golden"
    __table_args__ = (
        states_of("pin"),
        current_index("golden_current", "pin", unique=True),
        # Most documents are of 1 to 4 KB: kept in their row as they are, not compressed one by one from 2 KB on.
        {"comment": "one state of the golden record of one customer", "postgresql_with": {"toast_tuple_target": 8160}},
    )

    pin: str = text()
    doc: str = written("values with record or override, rule and runner-up; see mdm.golden")
    run_id: str = text()


class Household(Recorded, table=True):
    """One state of one household, or of one legal entity of organisations."""

    __tablename__ = "household"
    __table_args__ = (
        states_of("chi"),
        current_index("household_current", "chi", unique=True),
        current_index("household_dwelling_ix", "dwelling"),
        current_index("household_redirect_ix", "redirect_to"),
        {"comment": "one state of one household, or of one legal entity of organisations"},
    )

    chi: str = text()
    kind: str = text("household | legal_entity")
    dwelling: str | None = text("dwelling key, for households", nullable=True)
    doc: Any = document("what is shown of it", nullable=True)
    status: str = text("active | retired | redirected")
    redirect_to: str | None = text(nullable=True)
    issued: int = bigint("place in the order of issue")
    run_id: str = text()


class Membership(Recorded, table=True):
    """A customer in a household, from / to."""

    __tablename__ = "membership"
    __table_args__ = (
        states_of("chi", "pin", "period"),
        sa.Index("membership_pin_ix", "pin"),
        sa.Index("membership_recorded_ix", "recorded_from", postgresql_using="brin"),
        {"comment": "a customer in a household, from / to"},
    )

    chi: str = text()
    pin: str = text()
    period: int = Field(sa_column_kwargs={"comment": "1, 2 ... : who comes back is a member again"})
    role: str | None = text(nullable=True)
    valid_from: date | None = Field(default=None, sa_column_kwargs={"comment": "effective time; null: open"})
    valid_to: date | None = Field(
        default=None, sa_column_kwargs={"comment": "effective time, not included; null: open"}
    )
    evidence: Any = document("the records that say so", nullable=True)
    run_id: str = text()


__all__ = ["Customer", "Golden", "Household", "Lineage", "Membership", "Xref"]
