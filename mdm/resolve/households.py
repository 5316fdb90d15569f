"""Who lived together, when.

A household is the people of one dwelling at a date, followed through time: people join and leave, and a family that
moves stays one household (it goes with most of its members); strangers who move in where it lived are another one.
Group quarters (declared, too many people, or many people of unrelated surnames) are not a household. Nothing here
depends on the order of arrival; it works on everything or on a subset of customers that is closed under shared
dwellings (`closed`).

The way: sightings -> dwellings (`mdm.resolve.dwellings`) -> stays (a customer in a dwelling, from, to) -> households:
dwellings where nobody ever moved in one step, the others by sweeping over the dates on which somebody moved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from mdm.resolve.dwellings import SIGHTINGS, DwellingRules, group_dwellings

EVIDENCE = pa.list_(
    pa.struct(
        [
            ("system", pa.string()),
            ("local_id", pa.string()),
            ("effective", pa.date32()),  # from when the record says so
            ("dwelling", pa.int64()),
            ("address", pa.string()),
            ("matched", pa.string()),  # how this spelling came to the dwelling, see `DWELLINGS`
            ("by", pa.string()),
        ]
    )
)
MEMBERSHIPS = pa.schema(
    [
        ("household", pa.int64()),  # 0.. in the order of the earliest membership, then customer
        ("customer", pa.string()),
        ("role", pa.string()),  # see `mdm.resolve.roles`; "member" where no source says
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),  # first day on which it was no longer true; null = open
        ("evidence", EVIDENCE),
    ]
)


@dataclass(frozen=True, slots=True)
class HouseholdRules:
    """What is still a household. Figures are judgements: censuses find fewer than 1 household in 1,000 above 12."""

    max_dwelling_people: int = 15  # more people at once are group quarters
    crowd: int = 12  # more than these at once need a surname that dominates
    dominating_surname: float = 1 / 3  # share of the people who bear the most frequent surname
    dwellings: DwellingRules = field(default_factory=DwellingRules)


@dataclass(slots=True)
class Stay:
    """A customer in a dwelling; days since 1970, `end` exclusive or None; `seen` = last confirmed, None = unknown."""

    stay: int
    customer: str
    dwelling: int
    start: int
    end: int | None
    seen: int | None


def build_households(
    sightings: pa.Table,
    rules: HouseholdRules | None = None,
    surname_share: dict[str, float] | None = None,
    dwellings: pa.Table | None = None,
) -> pa.Table:
    """Memberships of all customers that were seen at a dwelling: `SIGHTINGS` -> `MEMBERSHIPS`.

    A household of one is a household. `dwellings`: the grouping of these sightings, when it was made before.
    """
    rules = rules or HouseholdRules()
    if dwellings is None:
        dwellings = group_dwellings(sightings, rules.dwellings, surname_share)
    con = duckdb.connect()
    con.execute("set threads to 2")
    try:
        rows = pa.array(np.arange(len(sightings)))
        con.register("sightings_in", sightings.select(SIGHTINGS.names).cast(SIGHTINGS).append_column("sighting", rows))
        con.register("dwellings_in", dwellings)
        con.execute(_STAYS)
        con.register("crowd", pa.table({"dwelling": pa.array(_crowds(con, rules), pa.int64())}))
        pieces = list(_moved(con))
        con.register("swept", _pieces_table(pieces))
        con.execute(_MEMBERSHIPS)
        return (
            con.sql("select * from membership order by household, valid_from, customer")
            .to_arrow_table()
            .cast(MEMBERSHIPS)
        )
    finally:
        con.close()


_STAYS = """
create table seen as
select s.sighting, s.customer, d.dwelling, d.address, d.matched, d."by", s.system, s.local_id, s.role, s.kind,
       coalesce(s.valid_from, s.changed_at::date, s.extracted_at::date) as effective, s.valid_to,
       greatest(s.seen_at::date, effective) as seen, s.seen_at is null as unsure, d.partial
from sightings_in s join dwellings_in d using (sighting)
where effective is not null and (s.valid_to is null or s.valid_to > effective);

create table quarters as
select dwelling from seen group by dwelling having count_if(kind = 'group_quarters') > count(*) / 2;

create table place as
with popular as (select dwelling, count(distinct customer) as people from seen group by dwelling),
     choice as (
        select customer, effective, dwelling, max(valid_to) as valid_to, count_if(valid_to is null) as open_ended,
               row_number() over (
                   partition by customer, effective
                   order by bool_and(partial), bool_and(coalesce(kind, '') = 'mailing'), count(*) desc,
                            any_value(people) desc, dwelling) as choice
        from seen join popular using (dwelling) group by customer, effective, dwelling
     )
select customer, effective, dwelling, case when open_ended = 0 then valid_to end as valid_to
from choice where choice = 1;

create table stays as
with marked as (
    select *, lag(dwelling) over w is distinct from dwelling or lag(valid_to) over w < effective as new,
           lead(effective) over w as next
    from place window w as (partition by customer order by effective)
), numbered as (
    select *, sum(new::int) over (partition by customer order by effective) as run from marked
), run as (
    select customer, run, any_value(dwelling) as dwelling, min(effective) as start,
           arg_max_null(least(coalesce(valid_to, next), coalesce(next, valid_to)), effective) as stop
    from numbered group by customer, run
)
select row_number() over (order by r.customer, r.start) - 1 as stay, r.customer, r.dwelling, r.start, r.stop,
       case when not bool_or(s.unsure) then max(s.seen) end as confirmed
from run r join seen s on s.customer = r.customer and s.dwelling = r.dwelling
     and s.effective >= r.start and (r.stop is null or s.effective < r.stop)
group by r.customer, r.dwelling, r.start, r.stop;

create table kin as
select distinct customer, family from (
    select customer, family_key as family from sightings_in union all select customer, former_key from sightings_in
) where length(family) > 1 and customer in (select customer from stays);
"""


def _crowds(con: duckdb.DuckDBPyConnection, rules: HouseholdRules) -> list[int]:
    """Dwellings that are group quarters by the number of people at once, or by that and their surnames."""
    con.execute(
        f"create table busy as select dwelling from stays group by dwelling having count(distinct customer) > {rules.crowd}"
    )
    stays = con.sql(
        "select dwelling, customer, start, stop from stays where dwelling in (from busy) order by dwelling, start, customer"
    ).fetchall()
    families = defaultdict(list)
    for customer, family in con.sql(
        "select customer, family from kin where customer in (select customer from stays where dwelling in (from busy))"
    ).fetchall():
        families[customer].append(family)
    return [
        dwelling
        for dwelling, rows in groupby(stays, key=lambda row: row[0])
        if _is_crowd(_peak([(c, a, b) for _, c, a, b in rows]), families, rules)
    ]


def _peak(stays: list[tuple[str, Any, Any]]) -> set[str]:
    """The customers at the moment when most were there."""
    best: set[str] = set()
    for moment in sorted({start for _, start, _ in stays}):
        there = {c for c, start, stop in stays if start <= moment and (stop is None or stop > moment)}
        if len(there) > len(best):
            best = there
    return best


def _is_crowd(people: set[str], families: dict[str, list[str]], rules: HouseholdRules) -> bool:
    if len(people) <= rules.crowd:
        return False
    if len(people) > rules.max_dwelling_people:
        return True
    bearers: dict[str, int] = defaultdict(int)
    for customer in people:
        for family in families.get(customer, []):
            bearers[family] += 1
    return max(bearers.values(), default=0) < rules.dominating_surname * len(people)


def _moved(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int, int, int | None]]:
    """Pieces (stay, household, from, to) of the dwellings where somebody came or went after the first day."""
    con.execute(
        """
        create table lived as select * from stays
        where dwelling not in (from quarters) and dwelling not in (select dwelling from crowd);
        create table still as
        select dwelling from (
            select *, count(*) over (partition by customer) as moves from stays
        ) group by dwelling
        having max(moves) = 1 and count(stop) = 0 and coalesce(min(confirmed) >= max(start), true);
        """
    )
    rows = con.sql(
        """select stay, customer, dwelling, start - date '1970-01-01', stop - date '1970-01-01',
           confirmed - date '1970-01-01' from lived where dwelling not in (from still) order by stay"""
    ).fetchall()
    families: dict[str, set[str]] = defaultdict(set)
    for customer, family in con.sql(
        "select customer, family from kin where customer in (select customer from lived where dwelling not in (from still))"
    ).fetchall():
        families[customer].add(family)
    return Sweep([Stay(*row) for row in rows], families).pieces()


class Sweep:
    """Households through time: at each date the people of every changed dwelling are matched to the households before.

    A household goes where most of its members go (ties: earliest membership, then customer); where several meet, the
    one that brings most members goes on, the others end (decision 6 of the design).
    """

    def __init__(self, stays: Iterable[Stay], families: dict[str, set[str]]) -> None:
        self.stays, self.families = list(stays), families
        self.there: dict[int, dict[str, Stay]] = defaultdict(dict)  # dwelling -> customer -> stay
        self.household: dict[str, int] = {}
        self.since: dict[str, int] = {}  # start of the current membership
        self.began: list[int] = []  # household -> first day
        self.done: list[tuple[int, int, int, int | None]] = []

    def pieces(self) -> Iterator[tuple[int, int, int, int | None]]:
        """(stay, household, from, to) of every piece of every stay."""
        changes: dict[int, tuple[list[Stay], list[Stay]]] = defaultdict(lambda: ([], []))
        for stay in self.stays:
            changes[stay.start][0].append(stay)
            if stay.end is not None:
                changes[stay.end][1].append(stay)
        for day in sorted(changes):
            self._day(day, *changes[day])
        for people in self.there.values():
            for customer, stay in people.items():
                self.done.append((stay.stay, self.household[customer], self.since[customer], None))
        return iter(self.done)

    def _day(self, day: int, arrivals: list[Stay], departures: list[Stay]) -> None:
        before: dict[int, set[str]] = defaultdict(set)
        touched = {stay.dwelling for stay in arrivals} | {stay.dwelling for stay in departures}
        for dwelling in touched:
            for customer in self.there[dwelling]:
                before[self.household[customer]].add(customer)
        gone: dict[str, Stay] = {}
        for stay in departures:
            if self.there[stay.dwelling].pop(stay.customer, None) is not None:
                gone[stay.customer] = stay
        for dwelling, newcomers in groupby(
            sorted(arrivals, key=lambda s: (s.dwelling, s.customer)), lambda s: s.dwelling
        ):
            new = list(newcomers)
            for stay in self._superseded(dwelling, new, day, gone):
                gone[stay.customer] = self.there[dwelling].pop(stay.customer)
            for stay in new:
                self.there[dwelling][stay.customer] = stay
        self._settle(day, touched, before, gone)

    def _superseded(self, dwelling: int, new: list[Stay], day: int, gone: dict[str, Stay]) -> list[Stay]:
        """People nobody has confirmed since, when strangers move in and nobody confirmed of their household is left.

        Not known when last confirmed: only when half of their household has left as well.
        """
        names = {family for stay in new for family in self.families.get(stay.customer, ())}
        groups: dict[int, list[Stay]] = defaultdict(list)
        for stay in self.there[dwelling].values():
            groups[self.household[stay.customer]].append(stay)
        left: list[Stay] = []
        for household, stays in groups.items():
            moved = sum(self.household.get(customer) == household for customer in gone)
            stale = all(s.seen < day if s.seen is not None else moved >= len(stays) for s in stays)
            if stale and not any(names & self.families.get(s.customer, set()) for s in stays):
                left += stays
        return left

    def _settle(self, day: int, touched: set[int], before: dict[int, set[str]], gone: dict[str, Stay]) -> None:
        groups = {dwelling: set(self.there[dwelling]) for dwelling in sorted(touched) if self.there[dwelling]}
        where = {customer: dwelling for dwelling, people in groups.items() for customer in people}
        claims: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for household, people in before.items():
            parts: dict[int, list[str]] = defaultdict(list)
            for customer in people & where.keys():
                parts[where[customer]].append(customer)
            if parts:
                best = min(parts, key=lambda d: (-len(parts[d]), min((self.since[c], c) for c in parts[d])))
                claims[best].append((-len(parts[best]), self.began[household], household))
        previous = {customer: household for household, people in before.items() for customer in people}
        for dwelling, people in groups.items():
            household = min(claims[dwelling])[2] if claims[dwelling] else self._begin(day)
            for customer in people:
                self._place(customer, self.there[dwelling][customer], household, day, gone.get(customer), previous)
        for customer, stay in gone.items():
            if customer not in where and customer in previous:
                self.done.append((stay.stay, previous[customer], self.since.pop(customer), day))
                del self.household[customer]

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


def _pieces_table(pieces: list[tuple[int, int, int, int | None]]) -> pa.Table:
    stay, household, start, stop = zip(*pieces, strict=True) if pieces else ((), (), (), ())
    return pa.table(
        {
            "stay": pa.array(stay, pa.int64()),
            "household": pa.array(household, pa.int64()),
            "start": pa.array(start, pa.int32()).cast(pa.date32()),
            "stop": pa.array(stop, pa.int32()).cast(pa.date32()),
        }
    )


_MEMBERSHIPS = """
create table pieces as
select p.stay, customer, 's' || household as household, p.start, p.stop from swept p join stays using (stay)
where p.stop is null or p.stop > p.start
union all
select stay, customer, 'd' || dwelling, start, stop from lived where dwelling in (from still);

create table runs as
with marked as (
    select *, coalesce(lag(stop) over w <> start, true) as new
    from pieces window w as (partition by household, customer order by start)
)
select *, sum(new::int) over (partition by household, customer order by start) as run from marked;

create table numbers as
select household, row_number() over (order by min(start), min(customer), household) - 1 as number
from runs group by household;

create table membership as
with spans as (
    select household, customer, run, min(start) as valid_from,
           case when count(*) = count(stop) then max(stop) end as valid_to
    from runs group by household, customer, run
), proof as (
    select r.household, r.customer, r.run, arg_max(s.role, s.effective) as role,
           list(struct_pack(s.system, s.local_id, s.effective, s.dwelling, s.address, s.matched, s."by")
                order by s.effective, s.system, s.local_id) as evidence
    from runs r join stays t using (stay) join seen s on s.customer = t.customer and s.dwelling = t.dwelling
         and s.effective >= t.start and (t.stop is null or s.effective < t.stop)
    group by r.household, r.customer, r.run
)
select number as household, customer, coalesce(role, 'member') as role, valid_from, valid_to, evidence
from spans join proof using (household, customer, run) join numbers using (household);
"""
