"""The files of each night, mishaps included, and what a store that took them rightly holds afterwards."""

from __future__ import annotations

import csv
import datetime as dt
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.operator.feeds import call_centre, enrichment, key_accounts
from benchmarks.operator.feeds.delivery import TRUTH, Delivery
from benchmarks.operator.feeds.fixed_line import WIDTHS
from benchmarks.operator.households import TODAY
from benchmarks.operator.life.course import Course
from benchmarks.operator.life.desk import Event
from benchmarks.operator.life.diary import Diary
from benchmarks.operator.life.entries import Entry
from benchmarks.operator.life.systems import FEEDS, Row, first_night
from benchmarks.operator.text import EPOCH
from benchmarks.operator.workspace import SAMPLE
from benchmarks.operator.world import generator, make_world

NIGHTLY = ("mobile_billing", "fixed_line", "broadband", "tv", "web_shop")
FILES = {
    "mobile_billing": "mobile_{:%Y%m%d}2300.txt", "fixed_line": "F97_{:%Y%m%d}.DAT",
    "broadband": "bb_accounts_{:%Y%m%d}.csv", "tv": "tv_{:%Y%m%d}.jsonl", "web_shop": "web_{:%Y%m%d}1200.jsonl",
    "call_centre": "calls_{:%Y%m%d}.parquet", "key_accounts": "key_accounts_{:%Y%m%d}.xlsx",
    "enrichment": "segments_{:%Y-%m}.csv",
}  # fmt: skip
DATED = {  # in the sample a constant says when these were cut
    "tv": '{file_name: "tv_%Y%m%d.jsonl"}',
    "key_accounts": '{file_name: "key_accounts_%Y%m%d.xlsx"}',
}
WEB_SHOP = """\
description: The web shop. Its full extract is cut at noon; in `channel` its changes come one by one, as they happen.
source: web_shop
party: person
files: web_*.jsonl
format: {type: json_lines, encoding: utf-8}
delivery: DELIVERY
extracted_at: {file_name: "WHEN"}
key: id
changed_at: updated
trust: {default: 55, emails: 80}
map:
  name.given: given
  name.family: family
  birth_date: born
  identifiers.national_id: {column: id_card, country: CN}
  phones: mobile
  emails: email
  address.text: line
  address.country: country
"""
WEEK = 7
MISHAPS = {3: ("mobile_billing", "missing"), 5: ("tv", "repeated"), 6: ("broadband", "older")}  # by night of the week
SEVERAL_A_WEEK = 10  # nights between two workbooks of the key account desk


@dataclass
class Written:
    """A change that a channel wrote at once: the landing directory with its one file, and its key."""

    landing: Path
    key: str


@dataclass
class Night:
    """One night. `truth`: what the store must hold once it is over; channel writes come before the feeds."""

    number: int
    business_date: dt.date
    landing: Path
    writes: list[Written] = field(default_factory=list)
    mishaps: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)


class Operator:
    """The operator of one size and seed: its workspace, and night after night its deliveries."""

    def __init__(
        self, out: Path, customers: int, nights: int, seed: int = 7, *, writes: int = 3, pace: float = 1.0
    ) -> None:
        self.out, self.writes = out, writes
        world = make_world(customers, seed, spare_dwellings=max(round(customers * pace) // 50, 20))
        self.systems, self._first = first_night(world)
        self.diary = Diary(Course(world), self.systems, customers, nights, pace)
        self.random = generator(seed, "deliveries")
        self.held: dict[tuple[str, str], Entry] = {}  # the truth of each record that the store must hold
        self.held_rows: dict[str, dict[str, Row]] = {name: {} for name in FEEDS}
        self._waiting: dict[str, Row | None] = {}  # call centre: what changed since its last delivery; None is deleted
        self._called: dict[str, Row] = {}
        for folder in (out, out / "channel"):
            _contracts(folder, channel=folder != out)

    def night(self, number: int) -> Night:
        """Live a day and deliver its night; nights are asked for in order, from 1."""
        cut = EPOCH + dt.timedelta(days=TODAY + number - 1)
        night = Night(number, cut + dt.timedelta(days=1), self.out / "landing" / f"night-{number:02d}")
        night.landing.mkdir(parents=True)
        told = len(self.diary.events)
        if number == 1:
            self._deliver_first(night)
        else:
            self.diary.live(number)
            noon = dict(self.systems.rows["web_shop"])
            noon_entries = {n: e for n, e in self.systems.entries.items() if n[0] == "web_shop"}
            night.writes = self._write_at_once(cut, number)
            self._deliver(night, cut, noon, noon_entries)
        night.events = self.diary.events[told:]
        return night

    def write_truth(self, path: Path) -> None:
        """The truth about what the store must hold, as `mdm evaluate` reads it."""
        told = {(e.person, e.home) for e in self.held.values() if e.told}
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(TRUTH.names)
            for entry in self.held.values():
                housed = entry.home is None or (entry.person, entry.home) in told
                household = entry.household if housed else None
                writer.writerow([entry.source, entry.local_id, entry.label, household or "", entry.as_of])

    def final(self, out: Path) -> dt.date:
        """A workspace whose feeds are the final state, each in one file; the business date of its one night."""
        _contracts(out, channel=False)
        landing = out / "landing"
        landing.mkdir(parents=True)
        last = EPOCH + dt.timedelta(days=TODAY + self.diary.night - 1)
        for source in FEEDS:
            self._write_file(source, self._table(source, self.held_rows[source]), landing, last)
        return last + dt.timedelta(days=1)

    # -- the first night -----------------------------------------------------------------------------------------------

    def _deliver_first(self, night: Night) -> None:
        cut = night.business_date - dt.timedelta(days=1)
        for source, delivery in self._first.items():
            feed = FEEDS[source]
            if source in (call_centre.NAME, enrichment.NAME):
                feed.write_files(delivery, night.landing)
            else:
                feed.write_files(delivery, night.landing, file=FILES[source].format(cut))
            self._hold(source, dict(self.systems.rows[source]), set())
        gone = {key for key, row in self.systems.rows["call_centre"].items() if row["op"] == "D"}
        for key in gone:
            self.held_rows["call_centre"].pop(key)
        self._called = dict(self.systems.rows["call_centre"])
        self._first = {}

    # -- later nights --------------------------------------------------------------------------------------------------

    def _write_at_once(self, cut: dt.date, number: int) -> list[Written]:
        written = []
        for i in range(self.writes):
            key = self.diary.channel_write(i + self.writes * number)
            if key is None:
                continue
            landing = self.out / "channel" / f"landing-{number:02d}-{i}"
            landing.mkdir(parents=True)
            row = self.systems.rows["web_shop"][key]
            at = dt.datetime.combine(cut, dt.time(18, i % 60, number))
            FEEDS["web_shop"].write_files(
                Delivery(self._table("web_shop", {key: row}), TRUTH.empty_table()),
                landing,
                file=f"web_{at:%Y%m%d%H%M%S}.jsonl",
            )
            self.held_rows["web_shop"][key] = row
            self.held["web_shop", key] = self.systems.entries["web_shop", key]
            written.append(Written(landing, key))
        return written

    def _deliver(
        self, night: Night, cut: dt.date, noon: dict[str, Row], noon_entries: dict[tuple[str, str], Entry]
    ) -> None:
        source, mishap = MISHAPS.get((night.number - 1) % WEEK + 1, ("", ""))
        before = self.out / "landing" / f"night-{night.number - 1:02d}"
        for name in NIGHTLY:
            if name == source:
                night.mishaps[name] = mishap
                if mishap == "repeated":
                    self._lay_again(name, before, night.landing)
                elif mishap == "older":
                    self._lay_again(name, self.out / "landing" / f"night-{night.number - 2:02d}", night.landing)
                continue
            bad = self._bad_rows(name)
            night.quarantined += [f"{name}:{key}" for key in bad]
            if name == "web_shop":
                self._write_file(name, self._table(name, noon), night.landing, cut)
                written = {w.key for w in night.writes}
                self._hold(name, noon, written, noon_entries)
                continue
            rows = self.systems.rows[name]
            good = {key: row for key, row in rows.items() if key not in bad}
            self._write_file(name, self._table(name, good), night.landing, cut, bad)
            self._hold(name, good, bad & self._held_keys(name))
        self._deliver_calls(night, cut)
        if night.number % SEVERAL_A_WEEK == 1:
            rows = self.systems.rows[key_accounts.NAME]
            self._write_file(key_accounts.NAME, self._table(key_accounts.NAME, rows), night.landing, cut)
            self._hold(key_accounts.NAME, rows, set())

    def _deliver_calls(self, night: Night, cut: dt.date) -> None:
        """The call centre's delta: what changed since the last, and who is gone."""
        rows, before = self.systems.rows[call_centre.NAME], self._called
        changed = {key: row for key, row in rows.items() if before.get(key) != row}
        gone = {key: {**row, "op": "D"} for key, row in before.items() if key not in rows}
        self._called = dict(rows)
        self._write_file(call_centre.NAME, self._table(call_centre.NAME, {**changed, **gone}), night.landing, cut)
        self._hold(call_centre.NAME, {**self.held_rows[call_centre.NAME], **changed}, set(), gone=set(gone))

    def _lay_again(self, source: str, landing: Path, into: Path) -> None:
        pattern = re.sub(r"{.*", "*", FILES[source])
        for file in landing.glob(pattern):
            shutil.copy(file, into / file.name)

    def _bad_rows(self, source: str) -> set[str]:
        """One row in two thousand cannot be read tonight; of small systems now and then one."""
        if source not in ("mobile_billing", "fixed_line", "broadband"):
            return set()
        keys = list(self.systems.rows[source])
        count = int(len(keys) / 2000 + self.random.random())
        return {keys[i] for i in self.random.integers(0, len(keys), count).tolist()}

    def _held_keys(self, source: str) -> set[str]:
        return set(self.held_rows[source])

    def _hold(
        self,
        source: str,
        rows: dict[str, Row],
        kept: set[str],
        entries: dict[tuple[str, str], Entry] | None = None,
        gone: set[str] | None = None,
    ) -> None:
        """The store now holds `rows` of a source, and of the keys in `kept` what it held before."""
        held, now = self.held_rows[source], self.systems.entries if entries is None else entries
        known = {n: e for n, e in self.held.items() if n[0] == source}
        fresh = {key: row for key, row in rows.items() if key not in kept and key not in (gone or ())}
        self.held_rows[source] = fresh | {key: held[key] for key in kept}
        for name in known:
            del self.held[name]
        self.held |= {n: e for n, e in known.items() if e.key in kept}
        self.held |= {n: e for n, e in now.items() if n[0] == source and e.key in fresh}

    # -- files ---------------------------------------------------------------------------------------------------------

    def _table(self, source: str, rows: dict[str, Row]) -> pa.Table:
        return pa.Table.from_pylist(list(rows.values()), schema=self.systems.schemas[source])

    def _write_file(
        self,
        source: str,
        table: pa.Table,
        landing: Path,
        cut: dt.date,
        bad: set[str] = frozenset(),  # type: ignore[assignment]
    ) -> None:
        delivery, file = Delivery(table, TRUTH.empty_table()), FILES[source].format(cut)
        if source == call_centre.NAME:
            pq.write_table(table, landing / file, compression="snappy", store_schema=False)
        elif source == enrichment.NAME:
            FEEDS[source].write_files(delivery, landing)
        elif bad or source in ("mobile_billing", "fixed_line", "broadband"):
            lines = {i: _broken(source, key) for i, key in enumerate(sorted(bad))}
            FEEDS[source].write_files(delivery, landing, file=file, bad=lines or {0: _broken(source, "")})
        else:
            FEEDS[source].write_files(delivery, landing, file=file)


def _broken(source: str, key: str) -> bytes:
    """A line that cannot be read, with its key as far as there is one."""
    if source == "fixed_line":
        width = sum(WIDTHS.values())
        return f"{key:10}".encode("gbk") + b"\xff\xfe\xfd\x81" * 5 + b" " * (width - 30)
    if source == "broadband":
        return f"{key},FTTH-100,A,2019".encode()
    return f"{key}|1|赵断行|1".encode("gb18030")


def _contracts(folder: Path, *, channel: bool) -> None:
    """The sample's contracts, with files that say when they were cut, and the web shop's."""
    sources = folder / "sources"
    sources.mkdir(parents=True, exist_ok=True)
    shutil.copy(SAMPLE / "mdm.toml", folder / "mdm.toml")
    for contract in (SAMPLE / "sources").glob("*.yaml"):
        text = contract.read_text(encoding="utf-8")
        if contract.stem in DATED:
            text = re.sub(r"extracted_at: .*", f"extracted_at: {DATED[contract.stem]}", text)
        (sources / contract.name).write_text(text, encoding="utf-8")
    web = WEB_SHOP.replace("DELIVERY", "delta" if channel else "full")
    web = web.replace("WHEN", "web_%Y%m%d%H%M%S.jsonl" if channel else "web_%Y%m%d%H%M.jsonl")
    (sources / "web_shop.yaml").write_text(web, encoding="utf-8")


__all__ = ["Night", "Operator", "Written"]
