"""The source systems as they stand: rows as their files have them, and the truth about every record."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.operator.feeds import (
    broadband,
    call_centre,
    enrichment,
    fixed_line,
    key_accounts,
    mobile_billing,
    tv,
    web_shop,
)
from benchmarks.operator.feeds.delivery import Delivery
from benchmarks.operator.life.entries import NOBODY, Entry, entries_of
from benchmarks.operator.observe import Sightings, bridge, witness
from benchmarks.operator.showcase import add_showcase
from benchmarks.operator.text import dates
from benchmarks.operator.world import World

Row = dict[str, Any]
FEEDS: dict[str, ModuleType] = {
    feed.NAME: feed
    for feed in (mobile_billing, fixed_line, broadband, tv, key_accounts, call_centre, enrichment, web_shop)
}
KEY_COLUMN = {
    "mobile_billing": "CUST_ID", "fixed_line": "SUBS_NO", "broadband": "account_no", "tv": "id",
    "key_accounts": "账号 Account", "call_centre": "contact_id", "enrichment": "list_no", "web_shop": "id",
}  # fmt: skip
KEYS = {
    "mobile_billing": ("M", 7), "fixed_line": ("6", 8), "broadband": ("BB", 8), "tv": ("TV", 7),
    "call_centre": ("C", 8), "web_shop": ("W", 7),
}  # fmt: skip
FIRST_KEY = 3_000_000  # of keys given out later: beyond those of the first night, below the hand-made ones
NAMESAKES = ("broadband", "tv", "call_centre")  # these ask for the birth date where father and son share a name


@dataclass(frozen=True, slots=True)
class Job:
    """A row to be written tonight: of whom, on which day, showing what. user: a further person of the row."""

    person: int
    day: int
    shows: frozenset[str]
    user: tuple[int, frozenset[str]] | None = None


@dataclass
class Systems:
    """Rows by source and key, entries by (source, local id), and whose they are."""

    world: World
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    schemas: dict[str, pa.Schema] = field(default_factory=dict)
    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    of_person: dict[int, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    of_row: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    given_out: int = FIRST_KEY

    def new_key(self, source: str) -> str:
        """A key that the system never gave out."""
        letter, width = KEYS[source]
        self.given_out += 1
        return f"{letter}{self.given_out:0{width}d}"

    def put(self, entry: Entry) -> None:
        """Keep the truth about a record in place of what was known."""
        self.forget(entry.name)
        self.entries[entry.name] = entry
        self.of_row[entry.source, entry.key].append(entry.name)
        if entry.person != NOBODY:
            self.of_person[entry.person].add(entry.name)

    def forget(self, name: tuple[str, str]) -> None:
        """The record is no more."""
        old = self.entries.pop(name, None)
        if old is not None:
            self.of_person[old.person].discard(name)
            self.of_row[old.source, old.key].remove(name)

    def drop(self, source: str, key: str) -> None:
        """The row goes, with all its records."""
        for name in list(self.of_row[source, key]):
            self.forget(name)
        self.rows[source].pop(key, None)

    def write(self, source: str, jobs: dict[str, Job], salt: int) -> None:
        """Write the rows of `jobs` (by key) as the system does, with its errors; `salt` makes each night's its own."""
        if not jobs:
            return
        world, keys = replace(self.world, seed=self.world.seed * 1009 + salt), list(jobs)
        seen = _sightings(source, [(job.person, job.day, job.shows) for job in jobs.values()])
        key = pa.array(keys, pa.string())
        if source == "key_accounts":
            self._write_contacts(world, keys, seen)
            return
        if source == "broadband":
            used = [i for i, job in enumerate(jobs.values()) if job.user is not None]
            users = _sightings(source, [(job.user[0], job.day, job.user[1]) for job in jobs.values() if job.user])
            users.row = np.array(used, dtype=np.int64)
            table = broadband.rows_of(world, seen, users, key)
        else:
            feed = FEEDS[source]
            make = feed.person_rows if source == "mobile_billing" else feed.rows_of
            table = make(world, seen, key)
        self.rows[source] |= zip(keys, table.cast(self.schemas[source]).to_pylist(), strict=True)

    def _write_contacts(self, world: World, keys: list[str], seen: Sightings) -> None:
        """Another contact person in the rows of a company."""
        seen.row = np.arange(len(keys))
        columns = key_accounts.contacts_of(world, seen, world.random("contacts"), len(keys))
        fresh = pa.table({**columns, "更新 Updated": dates(seen.day)}).to_pylist()
        for key, row in zip(keys, fresh, strict=True):
            self.rows["key_accounts"][key] = self.rows["key_accounts"][key] | row

    def facts_shown(self, source: str, person: int, shares: np.random.Generator) -> frozenset[str]:
        """What a record of this person in this system carries, drawn anew."""
        if source == "key_accounts":
            return frozenset({"mobile"} | ({"email"} if shares.random() < 0.3 else set()))
        shown = {fact for fact, mask in FEEDS[source].shown(shares, 1).items() if mask[0]}
        if source in NAMESAKES and self.world.names.suffix[person] > 0:
            shown.add("birth")
        return frozenset(shown)

    def all_facts(self, source: str) -> frozenset[str]:
        """Everything that the system has a place for."""
        if source == "key_accounts":
            return frozenset(("mobile", "email"))
        return frozenset(FEEDS[source].shown(np.random.default_rng(0), 1))

    def entry(self, source: str, local_id: str, key: str, person: int, day: int, shows: frozenset[str]) -> Entry:
        """The entry of a record that would be written on that day."""
        return entries_of(self.world, _sightings(source, [(person, day, shows)]), [local_id], [key])[0]


def _sightings(source: str, rows: list[tuple[int, int, frozenset[str]]]) -> Sightings:
    facts = ("document", "birth", "mobile", "email", "landline", "address")
    shows = {fact: np.array([fact in shown for _, _, shown in rows], dtype=bool) for fact in facts}
    person, day = (np.array([row[i] for row in rows], dtype=np.int64) for i in (0, 1))
    return Sightings(source, person, day, shows)


def first_night(world: World) -> tuple[Systems, dict[str, Delivery]]:
    """All systems as the sample generator makes them, and the deliveries of the first night (with their errors)."""
    sights = {name: feed.sight(world) for name, feed in FEEDS.items()}
    customers_only = [seen for name, feed in sights.items() for seen in feed if name != enrichment.NAME]
    bridge(world, customers_only)
    witness(world, customers_only)
    systems, deliveries = Systems(world), {}
    for name, feed in FEEDS.items():
        delivery: Delivery = feed.deliver(world, sights[name])
        add_showcase(name, delivery)
        deliveries[name] = delivery
        systems.schemas[name] = delivery.rows.schema
        systems.rows[name] = {row[KEY_COLUMN[name]]: row for row in delivery.rows.to_pylist()}
        for entry in _first_entries(world, name, sights[name], delivery):
            systems.put(entry)
    return systems, deliveries


def _first_entries(world: World, source: str, seen: list[Sightings], delivery: Delivery) -> list[Entry]:
    """The truth that came with the delivery; of those who were sighted, with facts."""
    told = delivery.truth.to_pylist()
    further = [i for i, row in enumerate(told) if "#" in row["local_id"]]
    at = further[0] if source == key_accounts.NAME and further else 0  # companies come first there
    sighted: dict[int, Entry] = {}
    for part in seen if source != enrichment.NAME else ():
        ids = [row["local_id"] for row in told[at : at + len(part)]]
        keys = [local_id.split("#")[0] for local_id in ids]
        part = replace(part, source=source)
        sighted |= zip(range(at, at + len(part)), entries_of(world, part, ids, keys), strict=True)
        at += len(part)
    static = {}
    for i, row in enumerate(told):
        if i not in sighted:
            key = row["local_id"].split("#")[0]
            static[i] = Entry(source, row["local_id"], key, NOBODY, row["person"], row["household"], row["as_of"])
    return [(sighted | static)[i] for i in range(len(told))]


__all__ = ["FEEDS", "KEYS", "KEY_COLUMN", "Job", "Row", "Systems", "first_night"]
