"""What the nights did: runs, their steps and deliveries, what went to quarantine, what the expectations found."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from mdm.store.tables.columns import bigint, document, identity, instant, text


class Run(SQLModel, table=True):
    """One night, or one command that changes the store."""

    __tablename__ = "run"
    __table_args__ = {"comment": "one night, or one command that changes the store"}

    run_id: str = text(primary_key=True)
    business_date: date
    status: str = text("running | applied | failed | stopped (by a gate)")
    started_at: datetime = instant(default="now()")
    ended_at: datetime | None = instant(nullable=True)
    report: Any = document("the report printed at the end", nullable=True)


class RunStep(SQLModel, table=True):
    """One step of a run."""

    __tablename__ = "run_step"
    __table_args__ = {"comment": "one step of a run"}

    run_id: str = text(primary_key=True)
    step: str = text(primary_key=True)
    status: str = text("running | done | failed | skipped")
    counts: Any = document("what the step counted, by name", nullable=True)
    seconds: float | None = Field(default=None, sa_type=sa.Double)
    peak_mb: float | None = Field(
        default=None, sa_type=sa.Double, sa_column_kwargs={"comment": "PSS of all processes, MB"}
    )
    ended_at: datetime | None = instant(nullable=True)


class Delivery(SQLModel, table=True):
    """One file of a source and where its rows went; rows_read is the sum of the six counts after it."""

    __tablename__ = "delivery"
    __table_args__ = (
        sa.Index("delivery_system_ix", "system", "extracted_at"),
        sa.Index("delivery_run_ix", "run_id"),
        {"comment": "one file of a source; rows_read = the sum of the six counts after it"},
    )

    delivery_id: int | None = identity()
    run_id: str = text()
    system: str = text()
    file: str = text("name below the landing directory")
    digest: str = text("of the bytes")
    content_digest: str | None = text("of the mapped rows in any order; null when unread", nullable=True)
    extracted_at: datetime = instant("when the source cut it")
    kind: str = text("full | delta")
    rows_read: int = bigint()
    accepted: int = bigint("new or changed")
    unchanged: int = bigint()
    duplicate: int = bigint("same key again in this file")
    deletion: int = bigint("row that says: deleted")
    quarantined: int = bigint()
    suppressed: int = bigint("erased before, or otherwise to be left out")
    records: int = bigint("records made of the rows; a row may carry several")
    status: str = text("applied | stopped | repeated | older | failed")
    created: datetime = instant(default="now()")


class Quarantine(SQLModel, table=True):
    """A row that failed validation, kept with its reasons until the source sends it right."""

    __tablename__ = "quarantine"
    __table_args__ = (
        sa.Index("quarantine_key_ix", "system", "local_id"),
        sa.Index("quarantine_run_ix", "run_id"),
        {"comment": "a row that failed validation, kept with its reasons until the source sends it right"},
    )

    quarantine_id: int | None = identity()
    system: str = text()
    local_id: str | None = text("null when the row has no readable key", nullable=True)
    file: str = text()
    line: int = bigint("1 = first line of the file")
    reason: str = text("a code")
    detail: str | None = text("found and expected, for a person", nullable=True)
    content: str | None = text("the row as far as it could be read, shortened", nullable=True)
    run_id: str = text("the run that saw it last")
    first_seen: datetime = instant(default="now()")
    resolved_run: str | None = text("the run in which the key was accepted", nullable=True)


class ExpectationResult(SQLModel, table=True):
    """What one expectation found in one run."""

    __tablename__ = "expectation_result"
    __table_args__ = (
        sa.Index("expectation_result_run_ix", "run_id"),
        sa.Index("expectation_result_trend_ix", "suite", "expectation", "column_name"),
        {"comment": "what one expectation found in one run"},
    )

    result_id: int | None = identity()
    run_id: str = text()
    suite: str = text()
    system: str | None = text("null for suites over all sources", nullable=True)
    expectation: str = text()
    column_name: str | None = text(nullable=True)
    success: bool
    observed: Any = document("the observed value", nullable=True)
    unexpected_count: int | None = bigint(nullable=True)
    unexpected_share: float | None = Field(default=None, sa_type=sa.Double, sa_column_kwargs={"comment": "0 to 1"})
    severity: str = text("row (quarantines it) | batch (stops the source or the run) | trend (shown)")
    message: str = text("for people; empty when it held")
