"""Which spellings of an address name one dwelling.

Every sighting of a customer at an address is a *spelling*: number, street, unit, place. Equal spellings are one
dwelling; others are joined only on evidence about the people: the same customer writes both, or people of one surname
live at both, or one spelling holds a spouse or child without a reference person and the other the reference person.
Precision before recall: neighbours of one surname are not a typo (see `coincidence` in `DwellingRules`).

The way: spellings -> sites (equal number, street and unit in agreeing places) -> pairs of sites that share a key
(DuckDB) -> kind and strength of each pair -> joins in falling rank, all of one rank at once, so that the order of
arrival plays no part. Run it over everything: a night's few million spellings take seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mdm.resolve.dwelling_candidates import candidates
from mdm.resolve.dwelling_pairs import BY, KINDS, DwellingRules, Join, admissible
from mdm.resolve.sightings import SIGHTINGS
from mdm.resolve.spellings import Level, place_level

Ints = NDArray[np.int64]
Place = tuple[str, str, str]  # place key, postcode, locality
Spelling = tuple[int, int, Place]  # node, people, place

DWELLINGS = pa.schema(
    [
        ("sighting", pa.int64()),  # row of SIGHTINGS, from 0
        ("dwelling", pa.int64()),  # dwellings are numbered in the order of their address
        ("address", pa.string()),  # the spelling that most of its people use
        ("matched", pa.string()),  # exact | place | street_spelling | number_spelling | unit_missing | ...
        ("by", pa.string()),  # what joined this spelling to the others: address | person | surname | roles
        ("partial", pa.bool_()),  # the address alone names no dwelling (no number, no street, a PO box)
    ]
)


def group_dwellings(
    sightings: pa.Table, rules: DwellingRules | None = None, surname_share: dict[str, float] | None = None
) -> pa.Table:
    """The dwelling of every sighting that has an address: `SIGHTINGS` -> `DWELLINGS`.

    `surname_share` is the share of customers with a surname (family key), 0..1; by default that of the sightings.
    """
    rules = rules or DwellingRules()
    con = duckdb.connect()
    con.execute("set threads to 2")
    try:
        rows = pa.array(np.arange(len(sightings)))
        con.register("sightings_in", sightings.select(SIGHTINGS.names).cast(SIGHTINGS).append_column("sighting", rows))
        con.execute(_SPELLINGS)
        sites = _sites(con)
        pairs = candidates(con, rules, surname_share)
        joins = admissible(pairs, rules)
        roots, matched = _join(len(sites), joins)
        return _table(con, roots, matched)
    finally:
        con.close()


# s: one row per sighting with an address; n: one row per distinct spelling (per customer when the spelling is partial)
_SPELLINGS = """
create table s as
with given as (
    select sighting, customer,
           coalesce(trim(number_key), '') as number, coalesce(trim(street_key), '') as street,
           coalesce(trim(unit_key), '') as unit, coalesce(trim(place_key), '') as place,
           upper(replace(coalesce(postcode, ''), ' ', '')) as postcode, lower(trim(coalesce(locality, ''))) as locality,
           coalesce(trim(po_box), '') as box, family_key, former_key, role
    from sightings_in
    where customer is not null and coalesce(kind, '') <> 'business'
), shaped as (
    select *, street <> '' and (number <> '' or unit <> '') as whole from given
)
select * replace (case when whole then '' else box end as box), case when whole then '' else customer end as owner
from shaped where whole or number <> '' or street <> '' or box <> '';

create table n as
select row_number() over (order by street, number, unit, box, place, locality, postcode, owner) - 1 as node,
       *
from (select street, number, unit, box, place, postcode, locality, owner, count(distinct customer) as people
      from s group by all);

create table families as
select distinct customer, family from (
    select customer, family_key as family from sightings_in
    union all select customer, former_key from sightings_in
) where length(family) > 1 and customer is not null;
"""

_NODE_KEYS = "street, number, unit, box, place, postcode, locality, owner"


def _sites(con: duckdb.DuckDBPyConnection) -> Ints:
    """Bring equal number, street and unit in agreeing places together; gives the site of every node, makes `site`."""
    n = con.sql("select * from n order by node").to_arrow_table()
    site = np.arange(len(n), dtype=np.int64)
    sizes = np.diff(np.append(_first_of_core(n), len(n)))
    shared = n.filter(pa.array(np.repeat(sizes > 1, sizes)))
    node, people, *place = (shared[name].to_pylist() for name in ("node", "people", "place", "postcode", "locality"))
    spellings = zip(node, people, zip(*place, strict=True), strict=True)
    for size in sizes[sizes > 1].tolist():
        _group_places(list(islice(spellings, size)), site)
    con.register("site_of", pa.table({"node": np.arange(len(site)), "site": site}))
    con.execute(_SITES)
    return site


def _first_of_core(n: pa.Table) -> Ints:
    """The nodes whose number, street, unit, box or owner is another than that of the node before."""
    same = np.ones(max(len(n) - 1, 0), dtype=np.bool_)
    for name in ("street", "number", "unit", "box", "owner"):
        same &= pc.equal(n[name][1:], n[name][:-1]).to_numpy()
    return np.flatnonzero(np.append(np.ones(min(len(n), 1), dtype=np.bool_), ~same))


def _group_places(spellings: list[Spelling], site: Ints) -> None:
    """Sites among the spellings of one number, street and unit: the most used place first, near places join it."""
    heads: list[tuple[int, Place]] = []
    for node, _, place in sorted(spellings, key=lambda spelling: (not spelling[2][0], -spelling[1], spelling[0])):
        levels = [place_level(place, head) for _, head in heads]
        near = [h for (h, _), level in zip(heads, levels, strict=True) if level in (Level.EQUAL, Level.NEAR)]
        if not near and len(heads) == 1 and levels[0] == Level.MISSING:
            near = [heads[0][0]]
        if near:
            site[node] = near[0]
        else:
            heads.append((node, place))


_SITES = """
create table sn as select n.*, site_of.site from n join site_of using (node);
create table site as
select h.site, h.street, h.number, h.unit, h.box, h.place, h.postcode, h.locality, h.owner = '' as whole, a.people
from sn h join (select site, sum(people) as people from sn group by site) a on h.site = a.site
where h.node = h.site;
create table ss as
select s.*, sn.node, sn.site from s join sn using (street, number, unit, box, place, postcode, locality, owner);
"""


def _join(nodes: int, joins: Iterable[Join]) -> tuple[Ints, dict[int, tuple[int, int]]]:
    """The root of every site, and the rank by which a site was joined to its dwelling."""
    parent = list(range(nodes))
    matched: dict[int, tuple[int, int]] = {}

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for rank, same_rank in groupby(sorted(joins, key=lambda j: (j.rank, j.weak, j.strong)), key=lambda j: j.rank):
        chosen = list(_unambiguous(list(same_rank), root))
        for join in chosen:
            a, b = root(join.weak), root(join.strong)
            if a != b:
                parent[max(a, b)] = min(a, b)
                matched.setdefault(join.weak, rank)
    return np.array([root(i) for i in range(nodes)], dtype=np.int64), matched


def _unambiguous(joins: list[Join], root: Callable[[int], int]) -> Iterator[Join]:
    """Of a site's joins of one rank the most similar, unless two dwellings are; of equal addresses all."""
    of_site: dict[int, list[Join]] = defaultdict(list)
    for join in joins:
        if join.same_address:
            yield join
        elif root(join.weak) != root(join.strong):
            of_site[join.weak].append(join)
    for rivals in of_site.values():
        best = max(join.similarity for join in rivals)
        tops = [join for join in rivals if join.similarity == best]
        if len({root(join.strong) for join in tops}) == 1:
            yield tops[0]


def _table(con: duckdb.DuckDBPyConnection, roots: Ints, matched: dict[int, tuple[int, int]]) -> pa.Table:
    ranks = [matched.get(i) for i in range(len(roots))]
    how = pa.table(
        {
            "site": np.arange(len(roots)),
            "dwelling": roots,
            "matched": pa.array([None if rank is None else KINDS[rank[1]] for rank in ranks], pa.string()),
            "by": pa.array([None if rank is None else BY[-rank[0]] for rank in ranks], pa.string()),
        }
    )
    con.register("how", how)
    return (
        con.sql(
            """
        with spelled as (
            select how.dwelling, arg_max(concat_ws(' ', nullif(number, ''), nullif(street, ''), nullif(unit, ''),
                   'po box ' || nullif(box, ''), nullif(place, '')), (whole, people, -site)) as address,
                   not bool_or(whole) as partial
            from how join site using (site) group by how.dwelling
        )
        select sighting, dwelling, address,
               coalesce(how.matched, case when node = site then 'exact' else 'place' end) as matched,
               coalesce("by", 'address') as "by", partial
        from ss join how using (site) join spelled using (dwelling) order by sighting
        """
        )
        .to_arrow_table()
        .cast(DWELLINGS)
    )
