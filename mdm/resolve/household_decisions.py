"""Who lives with whom by what stewards decided, and where that places people (the cases are in `docs/identity.md`).

A decision is about the one who is moved: `mover` lives with others, or apart from them, from a day on. Everybody else
is where the sources say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mdm.resolve.judging import contradicted_chain

Place = tuple[int, str]  # a dwelling; and for those who were taken out of it the name of the first of them, else ""


class Decided(NamedTuple):
    """What was decided of two people from a day on (days since 1970). A greater number was decided later."""

    mover: str
    other: str
    together: bool
    since: int
    number: int


def in_force(decided: Iterable[Decided], day: int) -> list[Decided]:
    """Of any two people what was decided last of what holds on a day; nothing of one and the same."""
    last: dict[frozenset[str], Decided] = {}
    for each in sorted(decided, key=lambda d: d.number):
        if each.since <= day and each.mover != each.other:
            last[frozenset((each.mover, each.other))] = each
    return list(last.values())


def contradiction(decided: Iterable[Decided], days: Iterable[int]) -> tuple[int, tuple[str, ...]] | None:
    """A day on which two live apart whom a chain of others holds together, and the chain; None if there is none."""
    decided = list(decided)
    for day in sorted(set(days)):
        holds = in_force(decided, day)
        names = sorted({name for each in holds for name in (each.mover, each.other)})
        number = {name: n for n, name in enumerate(names)}
        ties = [(number[each.mover], number[each.other]) for each in holds if each.together]
        for each in holds:
            if not each.together:
                chain = contradicted_chain(number[each.mover], number[each.other], "different", ties, ())
                if chain:
                    return day, tuple(names[n] for n in chain)
    return None


def place(homes: Mapping[str, int], decided: Iterable[Decided], names: Mapping[str, str]) -> dict[str, Place]:
    """Where each of `homes` (customer -> dwelling by the sources) is by what is in force; equal places live together.

    names: of their first records, which decide between equals. Nobody is placed with whom they were told apart from.
    """
    return _Placing(homes, [d for d in decided if d.mover in homes and d.other in homes], names).done()


@dataclass(slots=True)
class _Placing:
    homes: Mapping[str, int]
    decided: Sequence[Decided]
    names: Mapping[str, str]
    placed: dict[str, Place] = field(default_factory=dict)
    people: dict[Place, set[str]] = field(default_factory=lambda: defaultdict(set))
    apart: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def done(self) -> dict[str, Place]:
        """First those who are where the sources say, then who was taken out there, then who lives with others."""
        anchors: dict[str, list[str]] = defaultdict(list)
        taken_out: dict[str, set[str]] = defaultdict(set)
        for each in self.decided:
            if each.together:
                anchors[each.mover].append(each.other)
            else:
                self.apart[each.mover].add(each.other)
                self.apart[each.other].add(each.mover)
                taken_out[each.mover].add(each.other)
        settled = self.homes.keys() - anchors.keys()
        out = {c for c in settled if any(o in settled and self.homes[o] == self.homes[c] for o in taken_out[c])}
        for customer in settled - out:
            self._put(customer, (self.homes[customer], ""))
        for customer in self._ordered(out):
            self._put_out(customer)
        waiting = self._ordered(anchors)
        while waiting:
            customer = self._next(waiting, anchors)
            waiting.remove(customer)
            self._join(customer, anchors[customer])
        return self.placed

    def _next(self, waiting: Sequence[str], anchors: Mapping[str, Sequence[str]]) -> str:
        """Who is next to follow others: best one whose others are all placed; those of a ring wait for each other."""
        ready = (c for c in waiting if all(other in self.placed for other in anchors[c]))
        begun = (c for c in waiting if any(other in self.placed for other in anchors[c]))
        return next(ready, None) or next(begun, None) or waiting[0]

    def _join(self, customer: str, others: Sequence[str]) -> None:
        """To where most of the others are, else home, else out of it."""
        there: dict[Place, list[str]] = defaultdict(list)
        for other in others:
            if other in self.placed:
                there[self.placed[other]].append(self.names[other])
        best = sorted(there, key=lambda p: (-len(there[p]), min(there[p])))
        for where in (*best, (self.homes[customer], "")):
            if self._may(customer, where):
                return self._put(customer, where)
        return self._put_out(customer)

    def _put_out(self, customer: str) -> None:
        """To others who were taken out of the same home, if none of them is apart from this one too; else alone."""
        home = self.homes[customer]
        outside = sorted(place for place in self.people if place[0] == home and place[1])
        where = next((place for place in outside if self._may(customer, place)), None)
        self._put(customer, where or (home, self.names[customer]))

    def _may(self, customer: str, where: Place) -> bool:
        return not self.people[where] & self.apart[customer]

    def _put(self, customer: str, where: Place) -> None:
        self.placed[customer] = where
        self.people[where].add(customer)

    def _ordered(self, customers: Iterable[str]) -> list[str]:
        return sorted(customers, key=lambda c: self.names[c])


class Ledger:
    """All that was decided, by what hangs together: two people of one decision, and whoever is tied to one of them."""

    def __init__(self, decided: Iterable[Decided] = ()) -> None:
        self.decided = tuple(decided)
        self._root: dict[str, str] = {}
        for each in self.decided:
            self._root[self._part(each.mover)] = self._part(each.other)
        self._parts: dict[str, list[Decided]] = defaultdict(list)
        self._begins: dict[int, set[str]] = defaultdict(set)
        for each in self.decided:
            self._parts[self._part(each.mover)].append(each)
            self._begins[each.since] |= {each.mover, each.other}

    @property
    def customers(self) -> list[str]:
        """All of whom something was decided."""
        return sorted({customer for each in self.decided for customer in (each.mover, each.other)})

    @property
    def days(self) -> set[int]:
        """On which a decision begins to hold."""
        return set(self._begins)

    def beginning(self, day: int) -> set[str]:
        """Of whom a decision begins to hold on a day."""
        return self._begins.get(day, set())

    def tied(self, customers: Iterable[str]) -> set[str]:
        """The customers of all decisions that hang together with one of these."""
        return {c for part in self._of(customers) for each in self._parts[part] for c in (each.mover, each.other)}

    def holds(self, customers: Iterable[str], day: int) -> list[Decided]:
        """What is in force on a day of what hangs together with these customers."""
        return in_force((each for part in self._of(customers) for each in self._parts[part]), day)

    def _of(self, customers: Iterable[str]) -> set[str]:
        return {self._part(customer) for customer in customers if customer in self._root}

    def _part(self, customer: str) -> str:
        while (above := self._root.setdefault(customer, customer)) != customer:
            self._root[customer] = self._root[above]
            customer = above
        return customer
