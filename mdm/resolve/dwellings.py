"""Which spellings of an address name one dwelling.

Every sighting of a customer at an address is a *spelling*: number, street, unit, place. Equal spellings are one
dwelling; others are joined only on evidence about the people: the same customer writes both, or people of one surname
live at both, or one spelling holds a spouse or child without a reference person and the other the reference person.
Precision before recall: neighbours of one surname are not a typo (see `coincidence` in `DwellingRules`).

The way: spellings -> sites (equal number, street and unit in agreeing places) -> pairs of sites that share a key
(DuckDB) -> kind and strength of each pair -> joins in falling rank, all of one rank at once, so that the order of
arrival plays no part. `pipelines.steps.surroundings` does the same around what a night changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Self

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mdm.match.model import Frequencies
from mdm.resolve.addresses import make_keys, read_addresses
from mdm.resolve.dwelling_candidates import pair_all, weigh
from mdm.resolve.dwelling_pairs import BY, KINDS, DwellingRules, Join, admissible
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


JOINS = pa.schema(
    [
        ("weak", pa.int64()),  # the site that follows, by the number of its first spelling
        ("strong", pa.int64()),
        ("weak_address", pa.int64()),
        ("strong_address", pa.int64()),
        ("support", pa.int16()),  # what people say
        ("kind", pa.int16()),  # index of KINDS
        ("similarity", pa.float64()),
    ]
)


@dataclass(slots=True)
class Dwellings:
    """Sightings with an address, read and grouped. `con` has the tables of `read_addresses`, `ss` and `site`."""

    con: duckdb.DuckDBPyConnection
    rules: DwellingRules

    @classmethod
    def read(cls, sightings: pa.Table, rules: DwellingRules | None = None, sites: pa.Array | None = None) -> Self:
        """Spellings brought together to sites; the caller closes `con`.

        `sites`: the site of every sighting (null where it has no address), when not all people of its address are here.
        """
        con = duckdb.connect()
        con.execute("set threads to 2")
        read_addresses(con, sightings)
        if sites is None:
            _make_sites(con)
        else:
            con.register("sites_given", pa.table({"sighting": np.arange(len(sightings)), "spelling": sites}))
            con.execute(_GIVEN_SITES)
            con.execute(_SITES)
        return cls(con, rules or DwellingRules())

    def joins(self, surnames: Frequencies | None = None) -> pa.Table:
        """JOINS among the pairs of `address_pair`, weighed with the counts of `census`."""
        found = admissible(weigh(self.con, self.rules, surnames), self.rules)
        rows = ((join.weak, join.strong, -join.rank[0], join.rank[1], join.similarity) for join in found)
        weak, strong, support, kind, similarity = zip(*rows, strict=True) if found else ((),) * 5
        table = {"weak": weak, "strong": strong, "support": support, "kind": kind, "similarity": similarity}
        types = {"similarity": pa.float64()}
        self.con.register(
            "joins_found", pa.table({name: pa.array(c, types.get(name, pa.int64())) for name, c in table.items()})
        )
        return (
            self.con.sql(
                """
                select a.spelling as weak, b.spelling as strong, a.address as weak_address,
                       b.address as strong_address, support, kind, similarity
                from joins_found j join site a on a.site = j.weak join site b on b.site = j.strong
                """
            )
            .to_arrow_table()
            .cast(JOINS)
        )

    def all_joins(self, surnames: Frequencies | None = None) -> pa.Table:
        """JOINS among everything that was read."""
        make_keys(self.con)
        pair_all(self.con, self.rules)
        return self.joins(surnames)

    def group(self, joins: pa.Table) -> pa.Table:
        """DWELLINGS by these JOINS, whose sites are all among what was read."""
        self.con.register("joins_given", joins)
        given = self.con.sql(
            """
            select a.site as weak, b.site as strong, support, kind, similarity
            from joins_given j join site a on a.spelling = j.weak join site b on b.spelling = j.strong
            """
        ).fetchall()
        known = [Join((-support, kind), weak, strong, similarity) for weak, strong, support, kind, similarity in given]
        nodes = self.con.sql("select count(*) from n").fetchall()[0][0]
        return _table(self.con, *_join(nodes, known))


def group_dwellings(
    sightings: pa.Table, rules: DwellingRules | None = None, surnames: Frequencies | None = None
) -> pa.Table:
    """The dwelling of every sighting that has an address: `SIGHTINGS` -> `DWELLINGS`.

    `surnames`: how often a surname (family key) occurs; by default among the customers of these sightings.
    """
    found = Dwellings.read(sightings, rules)
    try:
        return found.group(found.all_joins(surnames))
    finally:
        found.con.close()


def _make_sites(con: duckdb.DuckDBPyConnection) -> None:
    """Bring equal number, street and unit in agreeing places together: makes the tables `site` and `ss`."""
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


_GIVEN_SITES = """
create table site_of as
select p.node, any_value(h.node) as site
from placed p join sites_given g using (sighting) join n h on h.spelling = g.spelling group by p.node
"""
_SITES = """
create table sn as select n.*, site_of.site from n join site_of using (node);
create table site as
select h.site, h.address, h.spelling, h.street, h.number, h.unit, h.box, h.place, h.postcode, h.locality, h.whole,
       a.people
from sn h join (select site, sum(people) as people from sn group by site) a on h.site = a.site
where h.node = h.site;
create table ss as select placed.*, site_of.site from placed join site_of using (node);
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
        select sighting, dwelling, spelled.address,
               coalesce(how.matched, case when node = site then 'exact' else 'place' end) as matched,
               coalesce("by", 'address') as "by", partial
        from ss join how using (site) join spelled using (dwelling) order by sighting
        """
        )
        .to_arrow_table()
        .cast(DWELLINGS)
    )
