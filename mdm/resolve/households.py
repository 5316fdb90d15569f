"""Who lived together, when.

A household is the people of one dwelling at a date, followed through time: people join and leave, and a family that
moves stays one household (it goes with most of its members); strangers who move in where it lived are another one.
Group quarters (declared, too many people, or many people of unrelated surnames) are not a household. Nothing here
depends on the order of arrival; it works on everything or on a subset of customers that is closed under shared
dwellings (`closed`).

The way: sightings -> dwellings (`mdm.resolve.dwellings`) -> stays (a customer in a dwelling, from, to) -> households:
dwellings where nobody ever moved in one step, the others by sweeping over the dates on which somebody moved. What
stewards decided about who lives with whom (`mdm.resolve.household_decisions`) is obeyed by the sweep.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from mdm.match.model import Frequencies
from mdm.resolve.dwelling_pairs import DwellingRules
from mdm.resolve.dwellings import group_dwellings
from mdm.resolve.household_decisions import Decided, Ledger
from mdm.resolve.household_sweep import Stay, Sweep
from mdm.resolve.memberships import DECIDED, DECIDED_BY, EVIDENCE, MEMBERSHIPS
from mdm.resolve.sightings import SIGHTINGS


@dataclass(frozen=True, slots=True)
class HouseholdRules:
    """What is still a household. Figures are judgements: censuses find fewer than 1 household in 1,000 above 12, and
    about one person in ten moves in a year (hence two years back are right four times in five or better).
    """

    max_dwelling_people: int = 15  # more people at once are group quarters
    crowd: int = 12  # more than these at once need a surname that dominates
    carry_back_days: int = 730  # an undated address is taken to be true before, as far as the customer was known
    dominating_surname: float = 1 / 3  # share of the people who bear the most frequent surname
    dwellings: DwellingRules = field(default_factory=DwellingRules)


def build_households(
    sightings: pa.Table,
    rules: HouseholdRules | None = None,
    surnames: Frequencies | None = None,
    dwellings: pa.Table | None = None,
    decided: Sequence[Decided] = (),
) -> pa.Table:
    """Memberships of all customers that were seen at a dwelling: `SIGHTINGS` -> `MEMBERSHIPS`.

    A household of one is a household. `dwellings`: the grouping of these sightings, when it was made before. `decided`:
    by stewards; it must be closed, like the sightings: whoever is tied to one of these customers is among them.
    """
    rules = rules or HouseholdRules()
    if dwellings is None:
        dwellings = group_dwellings(sightings, rules.dwellings, surnames)
    con = duckdb.connect()
    con.execute("set threads to 2")
    try:
        rows = pa.array(np.arange(len(sightings)))
        con.register("sightings_in", sightings.select(SIGHTINGS.names).cast(SIGHTINGS).append_column("sighting", rows))
        con.register("dwellings_in", dwellings)
        con.execute(_STAYS)
        con.register("crowd", pa.table({"dwelling": pa.array(_crowds(con, rules), pa.int64())}))
        sweep = _moved(con, Ledger(decided))
        con.register("swept", _pieces_table(sweep))
        con.register("elsewhere", _elsewhere(sweep))
        con.execute(
            _MEMBERSHIPS.replace("$carry_back", str(rules.carry_back_days))
            .replace("$decided", DECIDED)
            .replace("$steward", DECIDED_BY)
        )
        return _table(con)
    finally:
        con.close()


_STAYS = """
create table seen as
select s.sighting, s.customer, d.dwelling, d.address, d.matched, d."by", s.system, s.local_id, s.role, s.kind,
       coalesce(s.valid_from, s.changed_at::date, s.extracted_at::date) as effective, s.valid_to,
       s.valid_from is not null as dated,
       greatest(coalesce(s.seen_at::date, effective), effective) as seen, s.seen_at is null as unsure, d.partial
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
       max(s.seen) as confirmed, not bool_or(s.unsure) as sure,
       bool_or(s.dated and s.effective = r.start) as dated
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
        f"""create table busy as
        select dwelling from stays group by dwelling having count(distinct customer) > {rules.crowd}"""
    )
    stays = con.sql(
        """select dwelling, customer, start, stop from stays where dwelling in (from busy)
        order by dwelling, start, customer"""
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


def _moved(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> Sweep:
    """The sweep over the dwellings where somebody came or went after the first day, or of whom something is decided."""
    con.register("ruled", pa.table({"customer": pa.array(ledger.customers, pa.string())}))
    con.execute(
        """
        create table lived as select * from stays
        where dwelling not in (from quarters) and dwelling not in (select dwelling from crowd);
        create table still as
        select dwelling from (
            select *, count(*) over (partition by customer) as moves from stays
        ) group by dwelling
        having max(moves) = 1 and count(stop) = 0 and (min(confirmed) >= max(start) or not bool_or(sure))
               and not bool_or(customer in (select customer from ruled));
        """
    )
    rows = con.sql(
        """select stay, customer, dwelling, start - date '1970-01-01', stop - date '1970-01-01',
           confirmed - date '1970-01-01', sure from lived where dwelling not in (from still) order by stay"""
    ).fetchall()
    families: dict[str, set[str]] = defaultdict(set)
    for customer, family in con.sql(
        """select customer, family from kin
        where customer in (select customer from lived where dwelling not in (from still))"""
    ).fetchall():
        families[customer].add(family)
    first = con.sql(
        """select customer, min(system || chr(31) || local_id) from seen
        where customer in (select customer from lived where dwelling not in (from still)) group by customer"""
    ).fetchall()
    return Sweep([Stay(*row) for row in rows], families, dict(first), ledger)


def _pieces_table(sweep: Sweep) -> pa.Table:
    pieces = sweep.pieces()
    stay, household, start, stop = zip(*pieces, strict=True) if pieces else ((), (), (), ())
    return pa.table(
        {
            "stay": pa.array(stay, pa.int64()),
            "household": pa.array(household, pa.int64()),
            "start": pa.array(start, pa.int32()).cast(pa.date32()),
            "stop": pa.array(stop, pa.int32()).cast(pa.date32()),
        }
    )


def _elsewhere(sweep: Sweep) -> pa.Table:
    """Stays that count elsewhere by decision alone, as `_MEMBERSHIPS` numbers households."""
    stay, household = zip(*sorted(sweep.elsewhere), strict=True) if sweep.elsewhere else ((), ())
    numbers = [2 * number for number in household]
    return pa.table({"stay": pa.array(stay, pa.int64()), "household": pa.array(numbers, pa.int64())})


_MEMBERSHIPS = """
create table pieces as
select p.stay, customer, 2 * household as household, p.start, p.stop from swept p join stays using (stay)
where p.stop is null or p.stop > p.start
union all
select stay, customer, 2 * dwelling + 1, start, stop from lived where dwelling in (from still);

create table runs as
with marked as (
    select *, coalesce(lag(stop) over w <> start, true) as new
    from pieces window w as (partition by household, customer order by start)
)
select *, sum(new::int) over (partition by household, customer order by start) as run from marked;

create table numbers as
select household, row_number() over (order by min(start), min(customer), household) - 1 as number
from runs group by household;

create table spans as
select row_number() over (order by number, min(start), customer) - 1 as membership, number, household, customer, run,
       min(start) as valid_from, case when count(*) = count(stop) then max(stop) end as valid_to
from runs join numbers using (household) group by number, household, customer, run;

create table known_before as
select t.customer, t.start, min(coalesce(s.changed_at, s.extracted_at)::date) as since
from stays t join sightings_in s using (customer)
where not t.dated and coalesce(s.changed_at, s.extracted_at)::date between t.start - $carry_back and t.start - 1
  and t.start = (select min(start) from stays f where f.customer = t.customer)
group by t.customer, t.start;

create table proofs as
select s.* replace (case when e.stay is null then s.matched else '$decided' end as matched,
                    case when e.stay is null then s."by" else '$steward' end as "by"), p.membership
from (select distinct membership, stay, household from spans join runs using (household, customer, run)) p
join stays t on t.stay = p.stay join seen s on s.customer = t.customer and s.dwelling = t.dwelling
     and s.effective >= t.start and (t.stop is null or s.effective < t.stop)
left join elsewhere e on e.stay = p.stay and e.household = p.household;
"""
_SPANS = """
select p.number as household, p.customer, coalesce(r.role, 'member') as role,
       coalesce(k.since, p.valid_from) as valid_from, p.valid_to
from spans p left join known_before k on k.customer = p.customer and k.start = p.valid_from
left join (
    select membership, arg_max(role, (effective, system, local_id)) as role
    from proofs where role is not null group by all
) r using (membership) order by p.membership
"""
_PROOFS = """
select membership, system, local_id, effective, address, matched, "by"
from proofs order by membership, effective, system, local_id, sighting
"""


def _table(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """`MEMBERSHIPS` with the sightings of each as its evidence."""
    spans = con.sql(_SPANS).to_arrow_table()
    proofs = con.sql(_PROOFS).to_arrow_table()
    counts = np.bincount(proofs["membership"].to_numpy(), minlength=len(spans))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    parts = [proofs[name].combine_chunks() for name in EVIDENCE.value_type.names]
    evidence = pa.ListArray.from_arrays(
        pa.array(offsets), pa.StructArray.from_arrays(parts, fields=list(EVIDENCE.value_type))
    )
    kind = pa.array(["household"] * len(spans), pa.string())
    return spans.add_column(0, "kind", kind).append_column("evidence", evidence).cast(MEMBERSHIPS)
