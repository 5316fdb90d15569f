"""How long things are kept that the product no longer needs; without a number they are kept for ever."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Days = Annotated[int, Field(ge=1, le=36500)]


class RetentionSettings(BaseModel):
    """Days after which `mdm retention` compresses or removes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    landing_days: Days | None = Field(default=None, description="applied files: then compressed into archive/landing")
    archive_days: Days | None = Field(default=None, description="compressed files: then removed")
    deliveries_days: Days | None = Field(default=None, description="files of settled deliveries: then removed")
    runs_days: Days | None = Field(default=None, description="files of ended runs: then removed")
    logs_days: Days | None = Field(default=None, description="logs, and runs of jobs: then removed")
    tasks_days: Days | None = Field(default=None, description="closed tasks: then removed")
    audit_days: Days | None = Field(default=None, description="entries of the audit log: then removed")


__all__ = ["RetentionSettings"]
