"""Households through time, where people come and go: a sweep over the dates on which somebody moved."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from mdm.resolve.household_decisions import Ledger, Place, place

Piece = tuple[int, int, int, int | None]  # stay, household, first day, first day no longer (None = open)


@dataclass(slots=True)
class Stay:
    """A customer in a dwelling; days since 1970, `end` exclusive or None."""

    stay: int
    customer: str
    dwelling: int
    start: int
    end: int | None
    seen: int  # last day on which a record said so
    seen_known: bool  # whether the sources would have said so later, had it still been true


class Sweep:
    """Households through time: at each date the people of every changed dwelling are matched to the households before.

    A household goes where most of its members go (ties: earliest membership, then the customer's first record); where
    several meet, the one that brings most members goes on, the others end (decision 6 of the design; ties: the older
    household, then as above: the numbers of dwellings and households depend on the order of arrival). `first`: the
    name of each customer's first record: what a customer is called (its PIN) depends on the order of arrival. Who was
    decided to live elsewhere, or apart, is matched where the `ledger` places them; they stay where they are for the
    question who came and went. `elsewhere`: (stay, household) that are so by decision alone.
    """

    def __init__(
        self,
        stays: Iterable[Stay],
        families: dict[str, set[str]],
        first: dict[str, str],
        ledger: Ledger | None = None,
    ) -> None:
        self.stays, self.families, self.first = list(stays), families, first
        self.ledger = ledger or Ledger()
        self.at: dict[str, int] = {}  # customer -> dwelling by the sources
        self.elsewhere: set[tuple[int, int]] = set()
        self.there: dict[int, dict[str, Stay]] = defaultdict(dict)  # dwelling -> customer -> stay
        self.household: dict[str, int] = {}
        self.since: dict[str, int] = {}  # start of the current membership
        self.began: list[int] = []  # household -> first day
        self.done: list[Piece] = []

    def pieces(self) -> list[Piece]:
        """Every stay, cut where its customer came to another household."""
        changes: dict[int, tuple[list[Stay], list[Stay]]] = defaultdict(lambda: ([], []))
        for stay in self.stays:
            changes[stay.start][0].append(stay)
            if stay.end is not None:
                changes[stay.end][1].append(stay)
        for day in sorted({*changes, *self.ledger.days}):
            self._day(day, *changes[day])
        for people in self.there.values():
            for customer, stay in people.items():
                self.done.append((stay.stay, self.household[customer], self.since[customer], None))
        return self.done

    def _day(self, day: int, arrivals: list[Stay], departures: list[Stay]) -> None:
        before: dict[int, set[str]] = defaultdict(set)
        touched = {stay.dwelling for stay in arrivals} | {stay.dwelling for stay in departures}
        if self.ledger.decided:
            touched = self._reached(touched, {stay.customer for stay in arrivals} | self.ledger.beginning(day))
        for dwelling in touched:
            for customer in self.there[dwelling]:
                before[self.household[customer]].add(customer)
        gone: dict[str, Stay] = {}
        for stay in departures:
            if self.there[stay.dwelling].pop(stay.customer, None) is not None:
                gone[stay.customer] = stay
                self.at.pop(stay.customer)
        moved = Counter(self.household.get(customer) for customer in gone)
        for dwelling, newcomers in groupby(
            sorted(arrivals, key=lambda s: (s.dwelling, s.customer)), lambda s: s.dwelling
        ):
            new = list(newcomers)
            coming = self._not_held(new, day)
            for stay in self._superseded(dwelling, coming, day, moved) if coming else ():
                moved[self.household.get(stay.customer)] += stay.customer not in gone
                gone[stay.customer] = self.there[dwelling].pop(stay.customer)
                self.at.pop(stay.customer)
            for stay in new:
                self.there[dwelling][stay.customer] = stay
                self.at[stay.customer] = dwelling
        self._settle(day, touched, before, gone)

    def _reached(self, touched: set[int], customers: set[str]) -> set[int]:
        """The dwellings whose households may be others when `touched` ones change: decisions tie some together."""
        reached, waiting = set(touched), set(touched)
        while waiting or customers:
            people = customers.union(*(self.there[dwelling].keys() for dwelling in waiting))
            waiting = {self.at[c] for c in self.ledger.tied(people) if c in self.at} - reached
            reached |= waiting
            customers = set()
        return reached

    def _superseded(self, dwelling: int, new: list[Stay], day: int, moved: Counter[int | None]) -> list[Stay]:
        """People nobody has confirmed since, when strangers move in and nobody confirmed of their household is left.

        Not known when last confirmed: only when half of their household has left as well (`moved`, by household).
        """
        names = {family for stay in new for family in self.families.get(stay.customer, ())}
        groups: dict[int, list[Stay]] = defaultdict(list)
        for stay in self.there[dwelling].values():
            groups[self.household[stay.customer]].append(stay)
        left: list[Stay] = []
        for household, stays in groups.items():
            stale = all(s.seen < day and (s.seen_known or moved[household] >= len(stays)) for s in stays)
            if stale and not any(names & self.families.get(s.customer, set()) for s in stays):
                left += stays
        return self._not_held(left, day)

    def _not_held(self, stays: list[Stay], day: int) -> list[Stay]:
        """Without those who live elsewhere by decision: they drive nobody out, and nobody drives them out."""
        held = {each.mover for each in self.ledger.holds((stay.customer for stay in stays), day) if each.together}
        return [stay for stay in stays if stay.customer not in held]

    def _settle(self, day: int, touched: set[int], before: dict[int, set[str]], gone: dict[str, Stay]) -> None:
        homes = {customer: dwelling for dwelling in touched for customer in self.there[dwelling]}
        where: dict[str, Place] = {customer: (dwelling, "") for customer, dwelling in homes.items()}
        if holds := self.ledger.holds(homes, day):
            where = place(homes, holds, self.first)
        groups: dict[Place, set[str]] = {spot: set() for spot in sorted(set(where.values()))}
        for customer, spot in where.items():
            groups[spot].add(customer)
        claims: dict[Place, list[tuple[int, int, tuple[int, str], int]]] = defaultdict(list)
        for household, people in before.items():
            parts: dict[Place, list[str]] = defaultdict(list)
            for customer in people & where.keys():
                parts[where[customer]].append(customer)
            if parts:
                senior = {d: min(self._seniority(c) for c in part) for d, part in parts.items()}
                best = min(parts, key=lambda d: (-len(parts[d]), senior[d]))
                claims[best].append((-len(parts[best]), self.began[household], senior[best], household))
        previous = {customer: household for household, people in before.items() for customer in people}
        for spot, people in groups.items():
            household = min(claims[spot])[-1] if claims[spot] else self._begin(day)
            for customer in people:
                stay = self.there[homes[customer]][customer]
                if stay.dwelling != spot[0]:
                    self.elsewhere.add((stay.stay, household))
                self._place(customer, stay, household, day, gone.get(customer), previous)
        for customer, stay in gone.items():
            if customer not in where and customer in previous:
                self.done.append((stay.stay, previous[customer], self.since.pop(customer), day))
                del self.household[customer]

    def _seniority(self, customer: str) -> tuple[int, str]:
        return self.since[customer], self.first[customer]

    def _place(
        self, customer: str, stay: Stay, household: int, day: int, left: Stay | None, previous: dict[str, int]
    ) -> None:
        if left is None and previous.get(customer) == household:
            return
        if customer in previous:
            self.done.append(((left or stay).stay, previous[customer], self.since[customer], day))
        self.household[customer], self.since[customer] = household, day

    def _begin(self, day: int) -> int:
        self.began.append(day)
        return len(self.began) - 1
