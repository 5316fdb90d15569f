"""What runs when: the settings of the schedule, and the moments of a cron line in a time zone.

A line of cron is about the clock on the wall. Two nights a year that clock jumps. A line with fixed hours runs once
for each of its times all the same: one that the clock skips, as much later as it jumped; one that it shows twice, the
first time. A line with any hour (`*`, `*/2`) goes on through the jump by its minutes. Vixie's cron does it so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

JUMP = dt.timedelta(hours=3)  # no clock on a wall jumps further
MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Line:
    """A cron line: minute, hour, day of the month, month, day of the week, on the clocks of `zone`."""

    cron: str
    zone: ZoneInfo

    def last(self, now: dt.datetime) -> dt.datetime:
        """Its latest moment up to `now`, in UTC."""
        return max(moment for moment in self._back(now) if moment <= now)

    def next(self, now: dt.datetime) -> dt.datetime:
        """Its earliest moment after `now`, in UTC."""
        return min(moment for moment in self._on(now) if moment > now)

    def _back(self, now: dt.datetime) -> Iterator[dt.datetime]:
        """Its moments from later than `now` back to the first that is surely earlier than those before it."""
        wall, offset, jump = self._wall(now)
        times = croniter(self.cron, (wall + jump).replace(second=0, microsecond=0) + MINUTE)
        while True:
            time = times.get_prev(dt.datetime)
            yield self._moment(time, offset)
            if time <= wall - jump:
                return

    def _on(self, now: dt.datetime) -> Iterator[dt.datetime]:
        wall, offset, jump = self._wall(now)
        times = croniter(self.cron, wall - jump)
        while True:
            time = times.get_next(dt.datetime)
            yield self._moment(time, offset)
            if time > wall + jump:
                return

    def _wall(self, now: dt.datetime) -> tuple[dt.datetime, dt.timedelta | None, dt.timedelta]:
        """What the clock on the wall shows; its distance from UTC where that is held fast; how far it may jump."""
        local = now.astimezone(self.zone)
        wall = local.replace(tzinfo=None)
        if self.cron.split()[1].startswith("*"):
            return wall, local.utcoffset(), dt.timedelta()
        return wall, None, JUMP

    def _moment(self, wall: dt.datetime, offset: dt.timedelta | None) -> dt.datetime:
        if offset is not None:
            return (wall - offset).replace(tzinfo=dt.UTC)
        return wall.replace(tzinfo=self.zone).astimezone(dt.UTC)


def _checked_line(text: str) -> str:
    parts = text.split()
    if len(parts) != 5 or not croniter.is_valid(text):
        raise ValueError("it must be a cron line of five parts: minute hour day month weekday")
    try:
        croniter(text, dt.datetime(2026, 1, 1)).get_next(dt.datetime)
    except (ValueError, KeyError):  # the 30th of February
        raise ValueError("no day is ever like that") from None
    return " ".join(parts)


def _checked_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no time zone is called that; they are like Asia/Shanghai") from None
    return text


CronLine = Annotated[str, AfterValidator(_checked_line)]


class ScheduleSettings(BaseModel):
    """What `mdm worker` does when; what has no line is not done by it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    time_zone: Annotated[str, AfterValidator(_checked_zone)] = Field(
        default="UTC", description="of the clock that the lines are about"
    )
    run: CronLine | None = Field(default=None, description="the night")
    sync: CronLine | None = Field(default=None, description="sync-back to every target without a line of its own")
    targets: dict[str, CronLine] = Field(default={}, description="sync-back by target")
    acknowledgements: CronLine | None = Field(default=None, description="pick up what the targets answered")
    warehouse: CronLine | None = Field(default=None, description="the export for the warehouse")
    webhooks: CronLine | None = Field(default=None, description="send changes to the subscribers")
    settle: CronLine | None = Field(default=None, description="what single writes left for others")
    retention: CronLine | None = Field(default=None, description="compress and remove what was kept long enough")
    backup: CronLine | None = Field(default=None, description="a backup of database and workspace")
    at_once: int = Field(default=3, ge=1, le=50, description="jobs that one worker does side by side")
    attempts: int = Field(default=3, ge=1, le=20, description="tries of a job that fails, until people are told")
    retry_seconds: float = Field(default=300, ge=0, le=86400, description="until the second try; each time doubled")
    grace_seconds: float = Field(
        default=30, ge=0, le=86400, description="that jobs may go on when the worker is told to stop"
    )

    def line(self, cron: str) -> Line:
        """A cron line on the clocks of this schedule."""
        return Line(cron, ZoneInfo(self.time_zone))


__all__ = ["Line", "ScheduleSettings"]
