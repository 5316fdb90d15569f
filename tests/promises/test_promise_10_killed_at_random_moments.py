"""Promise 10: a process killed at any moment loses nothing and leaves nothing half done.

A night with changed, new, deleted and flagged records, a reused key and judgements to carry out is killed at moments
drawn from the time that it takes, or from that of its last transaction, and started again until it is done.
"""

from __future__ import annotations

import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mdm.store import judgements, runs
from mdm.store.database import Database
from mdm.store.fingerprint import store_fingerprint
from mdm.store.locks import run_lock
from mdm.store.lookups import latest_version
from pipelines.accounts import COUNTED
from tests.pipelines.evenings import After, Evening
from tests.pipelines.processes import PATIENCE, applying, kill_or_end, run_on, start_night
from tests.pipelines.tiny import TinyWorkspace, family_of_sources, people, person, text

RUN = "20260401-02"
JUDGED = ((("crm", "K001"), ("crm", "K002"), "same"), (("crm", "K012"), ("billing", "B012"), "different"))


@dataclass(frozen=True)
class Tonight:
    """A night that is to be disturbed. seconds: that it takes; apply: its end; said: what is to come of it."""

    before: Evening
    seconds: float
    apply: float
    said: tuple[Any, ...]


@pytest.fixture(scope="module")
def tonight(after: After, tmp_path_factory: pytest.TempPathFactory) -> Tonight:
    before = after(eventful_evening)
    with before.copied(tmp_path_factory.mktemp("undisturbed") / "operator") as (undisturbed, database):
        begun = time.monotonic()
        process = start_night(undisturbed, database)
        process.join(PATIENCE)
        assert process.exitcode == 0
        seconds = time.monotonic() - begun
        with database.begin() as connection:
            steps = {row["step"]: row["seconds"] for row in runs.steps(connection, RUN)}
        return Tonight(before, seconds, steps["apply"], _said(database))


def eventful_evening(path: Path, database: Database) -> None:
    """After the first night, and before one that finds much."""
    workspace = family_of_sources(path)
    toml = path / "mdm.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + "[gates]\nmax_churn = 1.0\n", encoding="utf-8")
    assert workspace.night(database)["status"] == "applied"
    _happen(workspace, database)


def _happen(workspace: TinyWorkspace, database: Database) -> None:
    """What the night finds: K000 is gone, K005 is somebody else, K006 unreadable, others are changed or new."""
    changed = [person(1), person(2), person(3, PHONE="+1 212 555 0143"), person(4, FAMILY="Married")]
    crm = [*changed, person(90, ID="K005"), *people(7, 35), person(59), *people(60, 6)]
    workspace.deliver("crm", text(crm) + b"K006,unreadable\n", day="20260401")
    billing = [person(n, ID=f"B{n:03}", STREET=f"{n} Elm Street") for n in range(11, 30)]
    workspace.deliver("billing", text([*billing, person(4, ID="B004")]), day="20260401")
    workspace.deliver("calls", text([person(70, ID="C070"), person(21, ID="C021")]), day="20260401")
    with database.begin() as connection:
        for one, other, verdict in JUDGED:
            found = [latest_version(connection, *key) for key in (one, other)]
            ids = [version["record_id"] for version in found if version is not None]
            judgements.add_judgement(connection, *ids, verdict, actor="steward", reason="a test")


def _said(database: Database) -> tuple[Any, ...]:
    """What the store says, and what the night said of its deliveries."""
    with database.begin() as connection:
        accounts = [
            tuple(row[name] for name in ("system", "file", "status", "rows_read", *COUNTED))
            for row in runs.deliveries(connection, RUN)
        ]
        (run,) = [run for run in runs.last_runs(connection, 100) if run["run_id"] == RUN]
        assert len({row["run_id"] for row in runs.last_runs(connection, 100, status="running")}) == 0
        return store_fingerprint(connection), accounts, run["status"], run["report"]["applied"]


def _disturb(tonight: Tonight, path: Path, dice: random.Random, *, in_apply: bool) -> int:
    """Kill the night, once or twice, and let it end; how often it could be killed before it was over."""
    kills = 0
    with tonight.before.copied(path / "operator") as (workspace, database):
        for _ in range(dice.randint(1, 2)):
            process = start_night(workspace, database)
            if in_apply:
                look = applying(workspace.path / "var" / "runs" / RUN, database)
                while process.is_alive() and not look():
                    time.sleep(0.001)
            process.join(dice.uniform(0, tonight.apply if in_apply else tonight.seconds))
            kills += kill_or_end(process)
            run_on(lambda: _released(database))
        assert workspace.night(database)["status"] in ("applied", "unchanged")
        assert _said(database) == tonight.said
    shutil.rmtree(path / "operator")
    return kills


def _released(database: Database) -> None:
    with run_lock(database, {"command": "a test"}):
        pass


def _disturb_until(tonight: Tonight, path: Path, *, kills: int, seed: int) -> None:
    dice, number, done = random.Random(seed), 0, 0
    while done < kills:
        number += 1
        try:
            done += _disturb(tonight, path, dice, in_apply=number % 3 == 0)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, night {number}, after {done} kills") from error
        assert number < 5 * kills, "the nights end before they can be killed"


def test_killed_five_times(tonight: Tonight, tmp_path: Path) -> None:
    _disturb_until(tonight, tmp_path, kills=5, seed=10)


@pytest.mark.slow
def test_killed_fifty_times(tonight: Tonight, tmp_path: Path) -> None:
    _disturb_until(tonight, tmp_path, kills=50, seed=random.SystemRandom().randrange(1 << 32))
