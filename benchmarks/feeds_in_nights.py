"""The linked feeds over several nights: the same customers and households as in one load, and PINs that last.

Once with every record on one of ten random nights, in deltas, under the model of the one load; and once with three of
the six feeds first and the others after them.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq

from benchmarks.accuracy import DATA, GATE_STOPPED, ROOT
from benchmarks.process import run_mdm
from benchmarks.table import Figure
from benchmarks.thirty_nights.one_load import differences, same_models
from benchmarks.thirty_nights.view import content_of, view_of
from mdm.settings import Settings
from mdm.store.database import open_database

FEEDS = DATA / "linked_feeds"
WORKSPACE = ROOT / "benchmarks" / "workspaces" / "linked_feeds"
NIGHTS = 10
FIRST_HALF = ("census", "ssa", "wic")
SEED = 7
LIMITS = "\n[gates]\nmax_churn = 1.0\n"  # a tenth of the data more is no ordinary night


def measure_feeds_in_nights(scratch: Path, say: Callable[[str], None]) -> list[Figure]:
    """The figures; none where the feeds are not here."""
    if not FEEDS.exists():
        say("linked_feeds are not here (../shared/data), left out")
        return []
    say("linked_feeds in one load")
    one_load, nights = _workspace(scratch / "one", "full"), _workspace(scratch / "nights", "delta")
    run_mdm("run", workspace=one_load, landing=FEEDS, allow=(0, GATE_STOPPED))
    say(f"linked_feeds in {NIGHTS} random nights")
    with open_database(None, one_load / "var") as mine, open_database(None, nights / "var") as theirs:
        same_models(mine, theirs)
    try:
        for number in range(NIGHTS):
            folder = scratch / f"night{number}"
            _part_of_night(number, folder)
            run_mdm("run", workspace=nights, landing=folder, allow=(0, GATE_STOPPED))
        with (
            open_database(None, one_load / "var") as mine,
            open_database(None, nights / "var") as theirs,
            mine.read() as one,
            theirs.read() as other,
        ):
            counts, _ = differences(content_of(one), content_of(other))
    finally:
        for workspace in (one_load, nights):
            run_mdm("stop", workspace=workspace)
    say("linked_feeds, half of the feeds first")
    moved, first = _half_first(scratch / "half")
    return [
        *(Figure(f"linked_feeds in {NIGHTS} nights: {what} that differ from one load", count, "", None, 0)
          for what, count in counts.items()),
        Figure("linked_feeds, half first: PINs of the first half", first, ""),
        Figure("linked_feeds, half first: PINs that mean another person", moved, "", None, 0),
    ]  # fmt: skip


def _workspace(path: Path, delivery: str) -> Path:
    shutil.copytree(WORKSPACE, path, ignore=shutil.ignore_patterns("var"))
    path.chmod(0o711)
    for contract in (path / "sources").glob("*.yaml"):
        contract.write_text(contract.read_text().replace("delivery: full", f"delivery: {delivery}"))
    with (path / "mdm.toml").open("a") as settings:
        settings.write(LIMITS)
    return path


def _part_of_night(number: int, into: Path) -> None:
    """The rows of every feed that come on one of the nights; each row comes on one."""
    into.mkdir(parents=True)
    for feed in sorted(FEEDS.iterdir()):
        if feed.name == "truth.csv":
            continue
        draw = random.Random(f"{SEED} {feed.name}")
        if feed.suffix == ".parquet":
            table = pq.read_table(feed)
            rows = [row for row in range(table.num_rows) if draw.randrange(NIGHTS) == number]
            pq.write_table(table.take(rows), into / feed.name)
        elif feed.suffix == ".xlsx":
            _part_of_workbook(feed, into / feed.name, number, draw)
        else:
            lines = feed.read_text(encoding="utf-8").splitlines(keepends=True)
            head = 0 if feed.suffix == ".jsonl" else 1
            kept = [line for line in lines[head:] if draw.randrange(NIGHTS) == number]
            (into / feed.name).write_text("".join([*lines[:head], *kept]), encoding="utf-8")


def _part_of_workbook(feed: Path, into: Path, number: int, draw: random.Random) -> None:
    book = openpyxl.load_workbook(feed, read_only=True)
    head, *rows = book[book.sheetnames[0]].values
    fresh = openpyxl.Workbook(write_only=True)
    sheet = fresh.create_sheet(book.sheetnames[0])
    for row in (head, *(row for row in rows if draw.randrange(NIGHTS) == number)):
        sheet.append(row)
    book.close()
    fresh.save(into)


def _half_first(scratch: Path) -> tuple[int, int]:
    """Load some feeds, then all: how many PINs of the first load mean another person afterwards, of how many."""
    workspace = _workspace(scratch / "workspace", "full")
    later = scratch / "later"
    later.mkdir()
    for contract in (workspace / "sources").glob("*.yaml"):
        if contract.stem not in FIRST_HALF:
            contract.rename(later / contract.name)
    try:
        run_mdm("run", workspace=workspace, landing=FEEDS, allow=(0, GATE_STOPPED))
        before = _persons(workspace)
        for contract in later.iterdir():
            contract.rename(workspace / "sources" / contract.name)
        run_mdm("run", workspace=workspace, landing=FEEDS, allow=(0, GATE_STOPPED))
        after = _persons(workspace)
    finally:
        run_mdm("stop", workspace=workspace)
    return sum(not (persons & after.get(pin, set())) for pin, persons in before.items()), len(before)


def _persons(workspace: Path) -> dict[str, set[str]]:
    """PIN, redirected ones too -> who holds most of its records (several when they are equal)."""
    truth = dict(_truth())
    with open_database(None, Settings.load(workspace).var) as database, database.read() as connection:
        view = view_of(connection)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for pin, names in view.records.items():
        found[pin].update(truth[name] for name in names if name in truth)
    most = {
        pin: {person for person, count in counted.items() if count == max(counted.values())}
        for pin, counted in found.items()
    }
    return most | {pin: most.get(to, set()) for pin, to in view.redirects.items()}


def _truth() -> Iterator[tuple[tuple[str, str], str]]:
    lines: Sequence[str] = (FEEDS / "truth.csv").read_text(encoding="utf-8").splitlines()[1:]
    for line in lines:
        source, local_id, person, *_ = line.split(",")
        yield (source, local_id), person
