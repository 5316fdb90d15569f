"""Where backups go, and how many are kept."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class BackupSettings(BaseModel):
    """What `mdm backup` does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path = Field(default=Path("backups"), description="best on another machine; relative to the workspace")
    keep: int = Field(default=14, ge=1, le=10000, description="the newest so many are kept")
    landing: bool = Field(default=False, description="whether landing/ and archive/ are part of it")
    processes: int = Field(default=2, ge=1, le=64, description="that write or read tables side by side")


__all__ = ["BackupSettings"]
