"""The moments of cron lines: time zones, clocks that jump, and that no moment is lost or seen twice."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm.errors import ConfigError
from mdm.schedule import Line
from mdm.settings import Settings

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"


def at(text: str) -> dt.datetime:
    """A moment in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def moments(cron: str, zone: str, since: str, until: str) -> list[str]:
    """All moments of a line in a period, in UTC."""
    line, found, now = Line(cron, ZoneInfo(zone)), [], at(since)
    while (now := line.next(now)) <= at(until):
        found.append(f"{now:%m-%d %H:%M}")
    return found


CASES = {
    "half past one in Shanghai": ("30 1 * * *", SHANGHAI, "2026-04-01", "2026-04-03", ["04-01 17:30", "04-02 17:30"]),
    "workdays": ("0 5 * * mon-fri", "UTC", "2026-04-03 12:00", "2026-04-07 12:00", ["04-06 05:00", "04-07 05:00"]),
    "skipped in spring: as much later": (
        "30 2 * * *", BERLIN, "2026-03-28", "2026-03-30 12:00", ["03-28 01:30", "03-29 01:30", "03-30 00:30"]
    ),
    "twice in autumn: the first time": (
        "30 2 * * *", BERLIN, "2026-10-24", "2026-10-26 12:00", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]
    ),
    "every half hour goes on in autumn": (
        "*/30 * * * *", BERLIN, "2026-10-25 00:10", "2026-10-25 02:00",
        ["10-25 00:30", "10-25 01:00", "10-25 01:30", "10-25 02:00"],
    ),
    "every half hour goes on in spring": (
        "*/30 * * * *", BERLIN, "2026-03-29 00:10", "2026-03-29 01:30", ["03-29 00:30", "03-29 01:00", "03-29 01:30"]
    ),
}  # fmt: skip


@pytest.mark.parametrize(("cron", "zone", "since", "until", "expected"), CASES.values(), ids=CASES.keys())
def test_the_moments_of_a_line(cron: str, zone: str, since: str, until: str, expected: list[str]) -> None:
    assert moments(cron, zone, since, until) == expected


LINES = st.sampled_from(["* * * * *", "*/7 * * * *", "30 2 * * *", "15 1-3 * * *", "0 0 1 * *", "59 23 31 12 *"])
ZONES = st.sampled_from([SHANGHAI, BERLIN, "America/New_York", "UTC"])
NOWS = st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2027, 12, 31), timezones=st.just(dt.UTC))


@given(LINES, ZONES, NOWS)
def test_last_and_next_are_neighbours(cron: str, zone: str, now: dt.datetime) -> None:
    """A worker that looks whenever it may sees every moment once."""
    line = Line(cron, ZoneInfo(zone))
    last, coming = line.last(now), line.next(now)
    assert last <= now < coming
    assert line.last(coming) == coming
    assert line.last(coming - dt.timedelta(seconds=1)) == last
    assert line.next(last) == coming


WRONG = {
    'run = "30 1 * *"': "five parts",
    'run = "61 1 * * *"': "five parts",
    'run = "0 0 30 2 *"': "no day is ever like that",
    'sync = "daily"': "five parts",
    'time_zone = "Shanghai"': "Asia/Shanghai",
    'runs = "0 0 * * *"': "did you mean 'run'",
    'targets = {billing = "x"}': "schedule.targets.billing",
}


@pytest.mark.parametrize(("line", "words"), WRONG.items(), ids=WRONG.keys())
def test_a_wrong_line_is_refused_with_its_place(tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / "mdm.toml").write_text(f"[schedule]\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        Settings.load(tmp_path)
    assert words in str(caught.value)
    assert "mdm.toml:2" in str(caught.value)
