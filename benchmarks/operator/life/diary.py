"""Which day brings what: events befall people (`course`), and some of their records hear of it (`desk`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import floor
from zlib import crc32

from benchmarks.operator.households import HEAD, PARTNER, TODAY
from benchmarks.operator.life.desk import FULL, TRIES, Desk, name_of
from benchmarks.operator.life.entries import Entry
from benchmarks.operator.text import day as day_of

# How often, for each customer and night. An operator loses and wins one or two customers in a hundred a month; the
# rest is of that order, so that thirty nights at any size hold every kind of event.
RATES = {
    "new_customer": 0.0010, "another_record": 0.0020, "again": 0.0030, "closed": 0.0010, "lost_customer": 0.0004,
    "key_reused_later": 0.0003, "key_reused_at_once": 0.0002, "owner_changed": 0.0003, "number_changed": 0.0006,
    "number_recycled": 0.0003, "moved": 0.0003, "married": 0.0001, "parted": 0.0001, "left_home": 0.0001,
    "died": 0.0002, "contact_changed": 0.0001, "typed_wrong": 0.0004, "wrong_id": 0.0001,
}  # fmt: skip
KINDS = tuple(RATES)
WRONG = {  # source -> (column, wrong on purpose) that a clerk gets wrong and puts right some nights later
    "mobile_billing": ("CERT_NO", "document"), "fixed_line": ("ID_NO", "document"), "tv": ("born", "birth"),
    "broadband": ("payer_dob", "birth"),
}  # fmt: skip


@dataclass
class Diary(Desk):
    """The days of the operator; `live` one day at a time."""

    def live(self, night: int) -> None:
        """The day before this night: the systems are as they are when their extracts are cut."""
        self.night, self.day = night, TODAY + night - 1
        self._busy, self._touched = set(), set()
        for put_right in self.due.pop(night, []):
            put_right()
        for kind in KINDS:
            for _ in range(self._count(kind)):
                self._try(kind)
        self._write()

    def channel_write(self, number: int) -> str | None:
        """The key of a web shop account that was just made or changed, and is written at once; None if nobody came."""
        if self.random.random() < 0.5:
            person = self._pick(self._customers())
            key = self._add(person, "web_shop") if person is not None else None
        else:
            name = self._pick([n for n, e in self.systems.entries.items() if n[0] == "web_shop" and self._free(e)])
            key = name[1] if name and self._rewrite(self.systems.entries[name], draw=False) else None
        if key is not None:
            self._tell("written_at_once", f"web_shop:{key}")
            self._write()
            row = self.systems.rows["web_shop"][key]
            row["updated"] = row["updated"].replace("T10:00", f"T{18 + number % 5}:{number // 5 % 60:02d}")
        return key

    # -- how often, and whom -------------------------------------------------------------------------------------------

    def _count(self, kind: str) -> int:
        rate = max(RATES[kind] * self.customers * self.pace, 1.2 / self.nights)
        phase = crc32(kind.encode()) % 97 / 97
        return floor(rate * (self.night - 1) + phase) - floor(rate * (self.night - 2) + phase)

    def _try(self, kind: str) -> None:
        for _ in range(TRIES):
            whom = getattr(self, f"_{kind}")()
            if whom is not None:
                self._tell(kind, whom)
                return

    # -- what happens --------------------------------------------------------------------------------------------------

    def _stranger(self) -> int | None:
        """Somebody of age of whom no system knows."""
        of = self.systems.of_person
        free = [p for p in self.course.grown(self.day).tolist() if not of.get(p) and p not in self._busy]
        return self._pick(free)

    def _somebody(self, stranger: float) -> int | None:
        if self.random.random() < stranger:
            return self._stranger()
        return self._pick(self._customers())

    def _source(self) -> str:
        return str(
            self.random.choice(
                ["mobile_billing", "fixed_line", "broadband", "tv", "call_centre"], p=[0.35, 0.1, 0.2, 0.15, 0.2]
            )
        )

    def _new_customer(self) -> str | None:
        person, source = self._stranger(), self._source()
        key = self._add(person, source) if person is not None else None
        return key and f"{source}:{key}"

    def _another_record(self) -> str | None:
        person, source = self._somebody(0.0), self._source()
        key = self._add(person, source) if person is not None else None
        return key and f"{source}:{key}"

    def _again(self) -> str | None:
        entry = self._record()
        return name_of(entry) if entry and self._rewrite(entry, draw=False) else None

    def _closed(self) -> str | None:
        entry = self._record()
        if entry is None or len(self.systems.of_person[entry.person]) < 2 or not self._row_can_go(entry):
            return None
        self._drop(entry)
        return name_of(entry)

    def _lost_customer(self) -> str | None:
        entry = self._record()
        if entry is None:
            return None
        self._take_away(entry.person)
        return entry.label

    def _key_reused_later(self) -> str | None:
        ready = [item for item in self.freed if item[0] < self.night and item[2] not in self.systems.rows[item[1]]]
        item, person = self._pick(ready), self._somebody(0.6)
        if item is None or person is None:
            return None
        _, source, key = item
        if self._add(person, source, key) is None:
            return None
        self.freed.remove(item)
        return f"{source}:{key}"

    def _key_reused_at_once(self) -> str | None:
        entry, person = self._record(FULL), self._somebody(0.6)
        if entry is None or person in (None, entry.person):
            return None
        return name_of(entry) if self._rewrite(entry, person=person) else None

    def _owner_changed(self) -> str | None:
        """A line passes to another of the household, with its number; without one to a stranger."""
        entry = self._record(FULL)
        if entry is None:
            return None
        grown = set(self.course.grown(self.day).tolist()) - self._busy - {entry.person}
        taker = self._pick(mate for mate in self.course.housemates(entry.person) if mate in grown) or self._somebody(
            0.5
        )
        if not isinstance(taker, int) or taker == entry.person:
            return None
        contacts, giver = self.systems.world.contacts, entry.person
        if "mobile" not in entry.shows:
            return name_of(entry) if self._rewrite(entry, draw=False, person=taker) else None
        saved = [(p, contacts.mobile[p], contacts.mobile_since[p], contacts.former[p], contacts.former_since[p])
                 for p in (giver, taker)]  # fmt: skip
        self.course.take_number(taker, int(contacts.mobile[giver]), self.day)
        self.course.take_number(giver, self.course.new_number(giver), self.day)
        if self._rewrite(entry, draw=False, person=taker):
            self._busy.add(giver)
            return name_of(entry)
        for p, *values in saved:
            contacts.mobile[p], contacts.mobile_since[p], contacts.former[p], contacts.former_since[p] = values
        return None

    def _number_changed(self) -> str | None:
        person = self._somebody(0.0)
        return None if person is None else self._renumber(person, self.course.new_number(person))

    def _number_recycled(self) -> str | None:
        person = self._somebody(0.0)
        number = self._pick(self.course.rested_numbers(person, self.day)) if person is not None else None
        return None if number is None or person is None else self._renumber(person, int(number))

    def _renumber(self, person: int, number: int) -> str:
        self.course.take_number(person, number, self.day)
        self._tell_systems(person, 0.5)
        if self.random.random() < 0.5:
            self._add(person, "mobile_billing")
        return f"P{person:07d}"

    def _tell_systems(self, person: int, share: float) -> None:
        """Some of the person's records are written anew."""
        self._busy.add(person)
        for name in sorted(self.systems.of_person.get(person, ())):
            entry = self.systems.entries.get(name)
            if entry and entry.source in FULL and "#" not in entry.local_id and self.random.random() < share:
                self._rewrite(entry, draw=False)

    def _moved(self) -> str | None:
        person = self._somebody(0.0)
        if person is None or self.systems.world.households.group_quarters[self.course.household(person)]:
            return None
        mates = self.course.housemates(person)
        if self._busy & set(mates) or not self.course.move(self.course.household(person), self.day):
            return None
        for mate in mates:
            self._tell_systems(mate, 0.6)
        return f"H{self.course.household(person):07d}"

    def _married(self) -> str | None:
        free = [p for p in self.course.single_heads(self.day) if p not in self._busy]
        one = self._pick(free)
        other = None if one is None else self._pick(p for p in free if p != one and self.course.fit(one, p))
        if one is None or other is None:
            return None
        self.course.marry(one, other, self.day)
        for person in (one, other):
            self._tell_systems(person, 0.7)
        return f"P{one:07d} and P{other:07d}"

    def _parted(self) -> str | None:
        return self._go_away(self.course.partners(self.day))

    def _left_home(self) -> str | None:
        return self._go_away(self.course.grown_children(self.day))

    def _go_away(self, people: list[int]) -> str | None:
        person = self._pick(p for p in people if p not in self._busy)
        if person is None or not self.course.leave(person, self.day):
            return None
        self._tell_systems(person, 0.8)
        return f"P{person:07d}"

    def _died(self) -> str | None:
        """Some records go at once, the rest within a week; a partner may take one over."""
        person = self._somebody(0.0)
        if person is None:
            return None
        slots = self.systems.world.members.slot
        heirs = [m for m in self.course.housemates(person) if m != person and slots[m] in (HEAD, PARTNER)]
        self.course.dead.add(person)
        self._busy.add(person)
        for name in sorted(self.systems.of_person[person]):
            entry = self.systems.entries[name]
            heir = self._pick(h for h in heirs if h not in self._busy)
            if heir is not None and entry.source in FULL and "#" not in name[1] and self.random.random() < 0.3:
                self._rewrite(entry, draw=False, person=heir)
        if self.random.random() < 0.5:
            self._take_away(person)
        else:
            later = self.night + 1 + int(self.random.integers(5))
            self.due.setdefault(later, []).append(lambda: self._take_away(person))
        return f"P{person:07d}"

    def _contact_changed(self) -> str | None:
        """A company names somebody else."""
        entry = self._pick(e for e in self.systems.entries.values() if e.source == "key_accounts" and self._free(e))
        person = self._somebody(0.1)
        if not isinstance(entry, Entry) or person in (None, entry.person):
            return None
        return name_of(entry) if self._rewrite(entry, person=person) else None

    def _typed_wrong(self) -> str | None:
        """A wrong digit in an identity number or a wrong birth date, put right some nights later."""
        return self._spoil(lambda text: _other_digit(text, int(self.random.integers(1 << 20))))

    def _wrong_id(self) -> str | None:
        """Somebody else's identity number or birth date, put right some nights later."""
        other = self._record(tuple(WRONG))
        if other is None:
            return None
        text = self.systems.rows[other.source][other.key].get(WRONG[other.source][0])
        return self._spoil(lambda _: text, (other.source,)) if text else None

    def _spoil(self, wrong: Callable[[str], str | None], sources: tuple[str, ...] = tuple(WRONG)) -> str | None:
        entry = self._record(sources)
        if entry is None:
            return None
        column, fact = WRONG[entry.source]
        row = self.systems.rows[entry.source][entry.key]
        text = row.get(column)
        bare = self.systems.entry(
            entry.source, entry.local_id, entry.key, entry.person, _day(entry), entry.shows - {fact}
        )
        if not text or wrong(text) == text or not self._can_be_told(bare, entry):
            return None
        self.systems.rows[entry.source][entry.key] = row | {column: wrong(text)}
        self._touched.add((entry.source, entry.key))
        self._busy.add(entry.person)
        later = self.night + 1 + int(self.random.integers(4))
        self.due.setdefault(later, []).append(lambda: self._put_right(entry, column, text))
        return name_of(entry)

    def _put_right(self, entry: Entry, column: str, text: str) -> None:
        """Unless the record was written anew or is no more."""
        if self.systems.entries.get(entry.name) == entry:
            row = self.systems.rows[entry.source][entry.key]
            self.systems.rows[entry.source][entry.key] = row | {column: text}
            self._touched.add((entry.source, entry.key))
            self._tell("put_right", name_of(entry))


def _day(entry: Entry) -> int:
    year, month, of_month = map(int, entry.as_of.split("-"))
    return day_of(year, month, of_month)


def _other_digit(text: str, seed: int) -> str:
    digits = [i for i, letter in enumerate(text) if letter.isdigit()]
    at = digits[seed % len(digits)]
    return text[:at] + str((int(text[at]) + 1 + seed // 31 % 8) % 10) + text[at + 1 :]
