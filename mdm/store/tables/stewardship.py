"""What stewards decide and what they are asked: judgements, tasks, overrides."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from mdm.store.tables.columns import bigint, document, identity, instant, text


class Judgement(SQLModel, table=True):
    """A steward's word about two records; append-only, a later one supersedes."""

    __tablename__ = "judgement"
    __table_args__ = (
        sa.Index(
            "judgement_in_force",
            "left_id",
            "right_id",
            unique=True,
            postgresql_where=sa.text("superseded_by is null"),
        ),
        sa.Index("judgement_right_ix", "right_id"),
        sa.Index("judgement_run_ix", "run_id"),
        sa.Index("judgement_actor_ix", "actor", "created_at"),
        {"comment": "a steward's word about two records; append-only, a later one supersedes"},
    )

    judgement_id: int | None = identity()
    left_id: int = bigint("record id, the smaller; names one incarnation of a key")
    right_id: int = bigint("record id, the greater")
    verdict: str = text("same | different | unsure | withdrawn")
    actor: str = text()
    reason: str | None = text(nullable=True)
    created_at: datetime = instant(default="now()")
    superseded_by: int | None = bigint("the later judgement on the same two", nullable=True)
    run_id: str | None = text("the run that carried it out first; null: none yet", nullable=True)


class HouseholdDecision(SQLModel, table=True):
    """A steward's word about two people: who was moved lives with the other, or apart, from a day on; append-only."""

    __tablename__ = "household_decision"
    __table_args__ = (
        sa.Index("household_decision_mover_ix", "mover_id"),
        sa.Index("household_decision_other_ix", "other_id"),
        sa.Index("household_decision_decision_ix", "decision"),
        {"comment": "a steward's word about two people: together or apart from a day on; append-only"},
    )

    row_id: int | None = identity()
    decision: int = bigint("what was decided at once has one number, and is taken back at once")
    verb: str = text("split | merge | move")
    mover_id: int = bigint("record id, of the customer who was moved")
    other_id: int = bigint("record id, of one with whom they live together, or not")
    verdict: str = text("together | apart | erased")
    since: date = Field(sa_column_kwargs={"comment": "first day on which it holds"})
    actor: str = text()
    reason: str | None = text(nullable=True)
    created_at: datetime = instant(default="now()")
    withdrawn_at: datetime | None = instant("taken back", nullable=True)
    withdrawn_by: str | None = text(nullable=True)
    withdrawn_reason: str | None = text(nullable=True)
    run_id: str = text("under which the history of the households has it")


class Task(SQLModel, table=True):
    """A question to a steward."""

    __tablename__ = "task"
    __table_args__ = (
        sa.Index(
            "task_open",
            "kind",
            "left_id",
            "right_id",
            unique=True,
            postgresql_where=sa.text("status = 'open'"),
            postgresql_nulls_not_distinct=True,
        ),
        sa.Index(
            "task_value_ix",
            sa.text("coalesce(value, 0) desc"),
            "task_id",
            postgresql_where=sa.text("status <> 'closed'"),
        ),
        sa.Index("task_left_ix", "left_id"),
        sa.Index("task_right_ix", "right_id"),
        sa.Index("task_closed_by_ix", "closed_by", "closed_at", postgresql_where=sa.text("closed_by is not null")),
        sa.Index("task_checks_ix", "checks", postgresql_where=sa.text("checks is not null")),
        sa.Index(
            "task_together_ix",
            "closed_run",
            postgresql_where=sa.text("closed_by is not null and closed_run like 'steward:together:%'"),
        ),
        {"comment": "a question to a steward; one open task per kind and pair"},
    )

    task_id: int | None = identity()
    kind: str = text(
        "possible_match | refused_union | contradiction | oversized | weak_link | generic_value | "
        "disagreement | undelivered"
    )
    left_id: int | None = bigint("record id, the smaller", nullable=True)
    right_id: int | None = bigint("record id; null when about one record", nullable=True)
    party: str = text("person | organisation")
    weight: float | None = Field(default=None, sa_type=sa.Double, sa_column_kwargs={"comment": "match weight, bits"})
    evidence: Any = document("bits per comparison", nullable=True)
    detail: Any = document("what a steward needs to know besides", nullable=True)
    status: str = text("open | review (open, of which only people know) | closed")
    opened_run: str = text()
    closed_run: str | None = text(nullable=True)
    closed_reason: str | None = text(nullable=True)
    created_at: datetime = instant(default="now()")
    value: float | None = Field(
        default=None, sa_type=sa.Double, sa_column_kwargs={"comment": "how uncertain, times how much hangs on it"}
    )
    assignee: str | None = text("who works on it", nullable=True)
    claimed_at: datetime | None = instant("since when", nullable=True)
    closed_by: str | None = text("the steward who closed it; null: a run, or a write", nullable=True)
    verdict: str | None = text("same | different | unsure | dismissed, of the steward who closed it", nullable=True)
    closed_at: datetime | None = instant(nullable=True)
    region: str | None = text("of an address of the records, as it was when the task was opened", nullable=True)
    checks: int | None = bigint("the task whose answer is looked at a second time", nullable=True)
    systems: list[str] = Field(
        sa_type=ARRAY(sa.Text), nullable=False, sa_column_kwargs={"comment": "those that the records are of"}
    )


class Override(SQLModel, table=True):
    """A golden value pinned by a steward."""

    __tablename__ = "override"
    __table_args__ = (
        sa.Index("override_in_force", "pin", "attribute", unique=True, postgresql_where=sa.text("ended_at is null")),
        sa.Index("override_pin_ix", "pin"),
        {"comment": "a golden value pinned by a steward, with reason and expiry"},
    )

    override_id: int | None = identity()
    pin: str = text()
    attribute: str = text()
    value: Any = document("null pins: no value", nullable=True)
    reason: str = text()
    actor: str = text()
    expires: date | None = Field(default=None, sa_column_kwargs={"comment": "last day in force; null: for good"})
    created_at: datetime = instant(default="now()")
    ended_at: datetime | None = instant("replaced or lifted", nullable=True)
    ended_by: str | None = text("who replaced or lifted it", nullable=True)
    ended_reason: str | None = text("why it was lifted", nullable=True)
    run_id: str | None = text("the run whose golden record held it first; null: none yet", nullable=True)
    ended_run: str | None = text("the run whose golden record held it no more: ended or expired", nullable=True)


__all__ = ["HouseholdDecision", "Judgement", "Override", "Task"]
