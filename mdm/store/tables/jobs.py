"""What runs on a schedule: which moment of it was seen to last, and how every run of it went."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from mdm.store.tables.columns import bigint, identity, instant, text


class Job(SQLModel, table=True):
    """A job of the schedule."""

    __tablename__ = "job"
    __table_args__ = {"comment": "a job of the schedule"}

    name: str = text("run, backup ..., or sync and the name of a target", primary_key=True)
    planned: datetime = instant("the moment of its cron line that was given to a worker last, or from which it counts")


class JobRun(SQLModel, table=True):
    """One try to do a job; it holds nothing of what the command printed."""

    __tablename__ = "job_run"
    __table_args__ = (
        sa.Index("job_run_job_ix", "job", "job_run_id"),
        {"comment": "one try to do a job; holds nothing of what the command printed"},
    )

    job_run_id: int | None = identity()
    job: str = text()
    planned: datetime = instant("the moment of its cron line")
    queued: int = bigint("its number in the queue: tries of one plan share it")
    worker: str = text("host and process")
    log: str | None = text("what it printed, below var/log", nullable=True)
    started_at: datetime = instant(default="clock_timestamp()")
    ended_at: datetime | None = instant("null: under way", nullable=True)
    outcome: str | None = text("done | failed | stopped (by a gate) | misused | interrupted | lost", nullable=True)
    exit_code: int | None = Field(
        default=None, sa_type=sa.SmallInteger, sa_column_kwargs={"comment": "of the command; below 0: by a signal"}
    )
    again_at: datetime | None = instant("tried again then; null: not", nullable=True)
    told_at: datetime | None = instant("people were told of the failure", nullable=True)


__all__ = ["Job", "JobRun"]
