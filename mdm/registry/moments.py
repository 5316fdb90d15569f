"""The two times that a question may name, as people write them: a day (`as_of`) and a moment (`known_at`)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

DAY_EXAMPLE = "2026-03-31"
MOMENT_EXAMPLE = "2026-03-31T22:30:00Z"

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|z|[+-]\d\d(?::?\d\d)?)?)?")


def read_day(text: str) -> date:
    """A date as YYYY-MM-DD. Raises ValueError, for people, with an example."""
    if not _DAY.fullmatch(text):
        raise ValueError(f"{text!r} is no date: write YYYY-MM-DD, such as {DAY_EXAMPLE}")
    if text.startswith("0000"):
        raise ValueError(f"{text!r}: there is no year 0; write a date such as {DAY_EXAMPLE}")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r}: the calendar has no such day; write one such as {DAY_EXAMPLE}") from None


def read_moment(text: str, *, zone: bool = True) -> datetime:
    """A moment in UTC, from an ISO date and time; a date alone is its first moment in UTC.

    zone: whether a time must say its zone; else it is UTC where it does not. Raises ValueError as `read_day`.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no time: write date, time and zone, such as {MOMENT_EXAMPLE}")
    day, time, offset = found[1], found[2], found[3]
    read_day(day)
    if time is not None and offset is None and zone:
        raise ValueError(
            f"{text!r} does not say which zone is meant: {text}Z is UTC, {text}+08:00 is Shanghai "
            f"(in a query + is written %2B); write a time such as {MOMENT_EXAMPLE}"
        )
    try:
        read = datetime.fromisoformat(f"{day}T{time or '00:00'}{(offset or 'Z').upper()}")
        return read.astimezone(UTC)
    except ValueError:
        raise ValueError(f"{text!r}: no clock shows such a time; write one such as {MOMENT_EXAMPLE}") from None
    except OverflowError:
        raise ValueError(f"{text!r} is too far away; write a time such as {MOMENT_EXAMPLE}") from None


def exactly(moment: datetime) -> str:
    """A moment as it may be typed again: to the microsecond, so that asking with it finds what began then."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
