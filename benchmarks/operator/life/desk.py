"""The desk at which events become records: whom they can befall today, and what the systems write down of them.

A change is only written down if a competent person could still tell whose record it is: if not, the record shows all
that its system asks for, and if even that does not do, nothing is written and somebody else is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from benchmarks.operator.households import TODAY
from benchmarks.operator.life.course import Course
from benchmarks.operator.life.entries import NOBODY, Entry, parts
from benchmarks.operator.life.systems import KEYS, Job, Row, Systems
from benchmarks.operator.world import generator

FULL = ("mobile_billing", "fixed_line", "broadband", "tv")  # their keys are given to others, their lines change hands
TRIES = 40
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, for the report of a failure: night, kind, and the record or person it befell."""

    night: int
    kind: str
    whom: str


@dataclass
class Desk:
    """Today's desk: who and which rows something has happened to already, and the rows to be written."""

    course: Course
    systems: Systems
    customers: int
    nights: int
    pace: float = 1.0  # how much faster life goes than the rates of the diary say
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random: np.random.Generator = generator(self.systems.world.seed, "diary")
        self.night, self.day = 1, TODAY
        self.jobs: dict[tuple[str, str], Job] = {}
        self.freed: list[tuple[int, str, str]] = []
        self.due: dict[int, list[Callable[[], None]]] = {}
        self._busy: set[int] = set()
        self._touched: set[tuple[str, str]] = set()

    # -- whom ----------------------------------------------------------------------------------------------------------

    def _tell(self, kind: str, whom: str) -> None:
        self.events.append(Event(self.night, kind, whom))

    def _pick(self, things: Iterable[Thing]) -> Thing | None:
        found = list(things)
        return found[int(self.random.integers(len(found)))] if found else None

    def _free(self, entry: Entry) -> bool:
        """Whether nothing has happened to the record or its person today."""
        return (
            entry.person != NOBODY
            and entry.person not in self._busy
            and (entry.source, entry.key) not in self._touched
            and entry.person not in self.course.dead
        )

    def _customers(self) -> list[int]:
        of = self.systems.of_person
        return [p for p in self.course.grown(self.day).tolist() if of.get(p) and p not in self._busy]

    def _record(self, sources: tuple[str, ...] = tuple(KEYS)) -> Entry | None:
        """Any record of these systems that is free today; of an account the payer's."""
        entries = list(self.systems.entries.values())
        for _ in range(TRIES):
            entry = entries[int(self.random.integers(len(entries)))]
            if entry.source in sources and "#" not in entry.local_id and self._free(entry):
                return entry
        return None

    # -- writing -------------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        by_source: dict[str, dict[str, Job]] = {}
        for (source, key), job in self.jobs.items():
            by_source.setdefault(source, {})[key] = job
        for source, jobs in by_source.items():
            self.systems.write(source, jobs, self.night * 1000 + len(self.events) % 1000)
        self.jobs.clear()

    def _add(self, person: int, source: str, key: str | None = None) -> str | None:
        """A record of the person in a system, under a new key or a given one; its key, or None if it cannot be told."""
        key = key or self.systems.new_key(source)
        return (
            key if self._put(source, key, key, person, self.systems.facts_shown(source, person, self.random)) else None
        )

    def _rewrite(self, entry: Entry, *, draw: bool = True, person: int | None = None) -> bool:
        """Write a record anew, as the world is now; of another person if one is named."""
        who = entry.person if person is None else person
        shows = self.systems.facts_shown(entry.source, who, self.random) if draw else entry.shows
        return self._put(entry.source, entry.local_id, entry.key, who, shows)

    def _put(self, source: str, local_id: str, key: str, person: int, shows: frozenset[str]) -> bool:
        before = self.systems.entries.get((source, local_id))
        if source == "fixed_line" and self.systems.world.canadian(np.array([person]))[0]:
            return False  # it knows hanzi only
        for shown in (shows, shows | self.systems.all_facts(source)):
            entry = self.systems.entry(source, local_id, key, person, self.day, shown)
            if self._can_be_told(entry, before):
                self._keep(entry, before)
                return True
        return False

    def _keep(self, entry: Entry, before: Entry | None) -> None:
        systems = self.systems
        systems.put(entry)
        user: tuple[int, frozenset[str]] | None = None
        for name in list(systems.of_row[entry.source, entry.key]):
            other = systems.entries[name]
            if name == entry.name or entry.source != "broadband":
                continue
            if before is None or before.person != entry.person or other.person == NOBODY:
                systems.forget(name)  # the next holder of an account has no second user yet
            else:
                fresh = systems.entry(other.source, other.local_id, other.key, other.person, self.day, other.shows)
                systems.put(fresh)
                user = (other.person, other.shows)
        self.jobs[entry.source, entry.key] = Job(entry.person, self.day, entry.shows, user)
        self._touched.add((entry.source, entry.key))
        self._busy.add(entry.person)

    def _can_be_told(self, entry: Entry, before: Entry | None) -> bool:
        """Whether neither the person's records nor those of who had this one fall into more parts than before."""
        entries, of = self.systems.entries, self.systems.of_person
        mine = [entries[name] for name in sorted(of.get(entry.person, ())) if name != entry.name]
        was = parts([*mine, before]) if before is not None and before.person == entry.person else parts(mine)
        if parts([*mine, entry]) > max(was, 1):
            return False
        return before is None or before.person in (entry.person, NOBODY) or self._can_go(before)

    def _can_go(self, entry: Entry) -> bool:
        """Whether the person's other records still hang together without this one."""
        entries, names = self.systems.entries, sorted(self.systems.of_person.get(entry.person, ()))
        rest = [entries[name] for name in names if name != entry.name]
        return parts(rest) <= parts([*rest, entry])

    def _drop(self, entry: Entry) -> None:
        self.systems.drop(entry.source, entry.key)
        self._touched.add((entry.source, entry.key))
        if entry.source in FULL:
            self.freed.append((self.night, entry.source, entry.key))

    def _row_can_go(self, entry: Entry) -> bool:
        return all(self._can_go(self.systems.entries[n]) for n in self.systems.of_row[entry.source, entry.key])

    def _take_away(self, person: int) -> None:
        """All rows of the person go; of an account that somebody else uses only the person's part."""
        self._busy.add(person)
        for name in sorted(self.systems.of_person[person]):
            entry = self.systems.entries[name]
            if "#" in entry.local_id or entry.source == "key_accounts":
                self._leave_row(entry)
            elif self._row_can_go(entry):
                self._drop(entry)

    def _leave_row(self, entry: Entry) -> None:
        """The further record of a row goes, the row stays."""
        row: Row = self.systems.rows[entry.source][entry.key]
        prefix = ("user_",) if entry.source == "broadband" else ("联系人", "手机", "邮箱")
        self.systems.rows[entry.source][entry.key] = {
            column: None if column.startswith(prefix) else value for column, value in row.items()
        }
        self.systems.forget(entry.name)


def name_of(entry: Entry) -> str:
    """A record as users name it."""
    return f"{entry.source}:{entry.local_id}"
