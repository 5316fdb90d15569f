"""The two times as requests write them, in queries and bodies alike."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

from mdm.registry.moments import read_day, read_moment

AS_OF = "effective time: what was true on this day (YYYY-MM-DD); values without dates always count"
KNOWN_AT = (
    "recorded time: what was known then, merges and redirects too. Date, time and zone (+ is written %2B); a date "
    "alone is its first moment in UTC. In the future: as now. Before the first run: 404, which says since when "
    "anything is known"
)

_ZONE_WITH_LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")  # "+" in a query string is a space unless it is written %2B


def read_date(value: Any) -> Any:
    """An ISO date; the texts of numbers, which pydantic takes for seconds, are refused."""
    return read_day(value) if isinstance(value, str) else value


def read_instant(value: Any) -> Any:
    """An ISO date and time with its zone, or a date: its first moment in UTC; numbers are refused."""
    if isinstance(value, int | float):
        value = str(value)
    return read_moment(_ZONE_WITH_LOST_PLUS.sub(r"+\1", value)) if isinstance(value, str) else value


Day = Annotated[date | None, BeforeValidator(read_date)]
Instant = Annotated[datetime | None, BeforeValidator(read_instant)]
