"""Source records in immutable versions, the candidate index, stored pairs, and the models that weighed them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from mdm.store.tables.columns import (
    CURRENT,
    Recorded,
    bigint,
    current_index,
    document,
    instant,
    past_index,
    states_of,
    text,
    written,
)


class Record(Recorded, table=True):
    """One version of one source record."""

    __tablename__ = "record"
    __table_args__ = (
        states_of("record_id"),
        current_index("record_current_key", "system", "local_id", unique=True),
        past_index("record_past_key", "system", "local_id"),
        # What came since the last export: of blocks, since records come in the order of time, and next to nothing.
        sa.Index("record_recorded_ix", "recorded_from", postgresql_using="brin"),
        {"comment": "one immutable version of one source record"},
    )

    record_id: int = bigint("names (system, local_id, incarnation) in all its versions")
    system: str = text()
    local_id: str = text()
    incarnation: int = Field(
        sa_column_kwargs={"comment": "1, and one more each time the key was given to somebody else"}
    )
    party: str = text("person | organisation")
    role: str = text("customer | enrichment")
    status: str = text("accepted | deleted")
    content_hash: int = bigint("over what the contract mapped; equal means unchanged")
    extracted_at: datetime = instant("when the delivery was cut")
    changed_at: datetime | None = instant("effective from, as the source says", nullable=True)
    run_id: str = text("the run or request that wrote this version")
    cleansed: str = written("the record by mdm.party.CLEANSED, without what has a column here")
    original: str | None = written("mapped key -> text as delivered", nullable=True)


class RecordKey(SQLModel, table=True):
    """The candidate index: one row per blocking key of a current accepted record."""

    __tablename__ = "record_key"
    __table_args__ = (
        # A night takes out and asks for the keys of a few records in every hundred: a summary of pages would read all.
        sa.Index("record_key_record_ix", "record_id"),
        {"comment": "the candidate index: one row per blocking key of a current accepted record"},
    )

    key: int = bigint("hash of rule and value", primary_key=True)
    record_id: int = bigint(primary_key=True)


class Pair(SQLModel, table=True):
    """Two records above the review threshold, with the evidence."""

    __tablename__ = "pair"
    __table_args__ = (
        sa.Index("pair_right_ix", "right_id"),
        sa.CheckConstraint("left_id < right_id", name="pair_ordered"),
        {"comment": "two records above the review threshold, with the evidence"},
    )

    left_id: int = bigint("record id, the smaller", primary_key=True)
    right_id: int = bigint("record id, the greater", primary_key=True)
    party: str = text("person | organisation")
    weight: float = Field(
        sa_type=sa.Double, sa_column_kwargs={"comment": "match weight: log2 posterior odds, rounded to 1e-6"}
    )
    levels: list[int] = Field(
        sa_type=ARRAY(sa.SmallInteger),
        nullable=False,
        sa_column_kwargs={"comment": "level per comparison, in the model's order"},
    )
    evidence: list[float] = Field(
        sa_type=ARRAY(sa.Double),
        nullable=False,
        sa_column_kwargs={"comment": "bits per comparison, in the model's order"},
    )
    model_id: str = text("the model that weighed it")


class Reference(SQLModel, table=True):
    """The customer that a record of an enrichment source names itself: by PIN, or by the key of another source."""

    __tablename__ = "reference"
    __table_args__ = (
        sa.Index("reference_key_ix", "system", "local_id"),
        {"comment": "the customer that an enrichment record names itself"},
    )

    record_id: int = bigint("of the enrichment record", primary_key=True)
    system: str | None = text("of the key", nullable=True)
    local_id: str | None = text("the key", nullable=True)
    pin: str | None = text("the PIN, where that is given", nullable=True)


class GenericValue(SQLModel, table=True):
    """A phone, e-mail address or dwelling that so many hold that it is no evidence."""

    __tablename__ = "generic_value"
    __table_args__ = {"comment": "a value that so many hold that it is no evidence"}

    key: int = bigint("its number in the candidate index", primary_key=True)
    party: str = text("person | organisation")
    kind: str = text("phone | email | dwelling")
    value: str = text()
    people: int = bigint("who held it when it was counted last, told apart by name and birth date")
    run_id: str = text()


class Model(SQLModel, table=True):
    """A version of a matching model; immutable but for its status."""

    __tablename__ = "model"
    __table_args__ = (
        sa.Index("model_current", "party", unique=True, postgresql_where=sa.text("status = 'current'")),
        {"comment": "a version of a matching model; immutable but for its status"},
    )

    model_id: str = text(primary_key=True)
    party: str = text("person | organisation")
    status: str = text("candidate | current | retired")
    definition: Any = document("weights, prior, term frequencies; see mdm.match.model")
    created_at: datetime = instant(default="now()")


__all__ = ["CURRENT", "GenericValue", "Model", "Pair", "Record", "RecordKey", "Reference"]
