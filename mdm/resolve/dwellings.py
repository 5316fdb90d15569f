"""Which spellings of an address name one dwelling.

Every sighting of a customer at an address is a *spelling*: number, street, unit, place. Spellings that are equal are one
dwelling; others are joined only on evidence about the people: the same customer writes both, or people of one surname
live at both, or one spelling holds a spouse or child without a reference person and the other the reference person.
Precision before recall: neighbours of one surname are not a typo (see `coincidence` in `DwellingRules`).

The way: spellings -> sites (equal number, street and unit in agreeing places) -> pairs of sites that share a key
(DuckDB) -> kind and strength of each pair -> joins in falling rank, all of one rank at once, so that the order of
arrival plays no part. Run it over everything: a night's few million spellings take seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mdm.resolve.spellings import Level, number_levels, place_level, street_levels, unit_levels

Ints = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]

SIGHTINGS = pa.schema(
    [
        ("system", pa.string()),
        ("local_id", pa.string()),
        ("customer", pa.string()),  # PIN, or any other key of the customer that the record belongs to
        ("number_key", pa.string()),
        ("street_key", pa.string()),
        ("unit_key", pa.string()),
        ("place_key", pa.string()),
        ("postcode", pa.string()),
        ("locality", pa.string()),
        ("po_box", pa.string()),
        ("kind", pa.string()),  # dwelling | group_quarters | business | mailing; null = dwelling
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),  # first day on which it was no longer true
        ("changed_at", pa.timestamp("us", tz="UTC")),
        ("extracted_at", pa.timestamp("us", tz="UTC")),
        ("seen_at", pa.timestamp("us", tz="UTC")),  # last delivery that still had the record; null = not known
        ("family_key", pa.string()),
        ("former_key", pa.string()),
        ("role", pa.string()),  # one of `mdm.resolve.roles.ROLES`
    ]
)

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


@dataclass(frozen=True, slots=True)
class DwellingRules:
    """Constants of the grouping of spellings, each a judgement about slips of hand, none fitted to a set."""

    largest_block: int = 40  # sites that share a key: beyond, the key proves nothing (and pairs grow with its square)
    coincidence: float = 0.02  # a near address is a typo in about 1 record of 50: a chance namesake must be rarer
    coincidence_missing: float = 0.3  # a part that is not given: the question is only which dwelling, not whether
    long_number: int = 3  # digits of a number, and letters of a street, that no two addresses share by chance
    long_street: int = 8


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
        pairs = _candidates(con, rules, surname_share)
        joins = _joins(pairs, rules)
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
    n = con.sql("select * from n order by node").fetchnumpy()
    site = np.arange(len(n["node"]), dtype=np.int64)
    core = [n[key] for key in ("street", "number", "unit", "box", "owner")]
    new = np.ones(len(site), dtype=bool)
    if len(site):
        new[1:] = np.any([part[1:] != part[:-1] for part in core], axis=0)
    starts = np.flatnonzero(new)
    ends = np.append(starts[1:], len(site))
    for start, end in zip(starts[ends - starts > 1], ends[ends - starts > 1], strict=True):
        _group_places(n, range(start, end), site)
    con.register("site_of", pa.table({"node": np.arange(len(site)), "site": site}))
    con.execute(_SITES)
    return site


def _group_places(n: Columns, nodes: range, site: Ints) -> None:
    """Sites among the spellings of one number, street and unit: the most used place first, near places join it."""
    places = {i: (str(n["place"][i]), str(n["postcode"][i]), str(n["locality"][i])) for i in nodes}
    heads: list[int] = []
    for i in sorted(nodes, key=lambda i: (not places[i][0], -int(n["people"][i]), i)):
        levels = [place_level(places[i], places[head]) for head in heads]
        near = [h for h, level in zip(heads, levels, strict=True) if level in (Level.EQUAL, Level.NEAR)]
        if not near and len(heads) == 1 and levels[0] == Level.MISSING:
            near = heads
        if near:
            site[i] = near[0]
        else:
            heads.append(i)


_SITES = """
create table sn as select n.*, site_of.site from n join site_of using (node);
create table site as
select h.site, h.street, h.number, h.unit, h.box, h.place, h.postcode, h.locality, h.owner = '' as whole, a.people
from sn h join (select site, sum(people) as people from sn group by site) a on h.site = a.site
where h.node = h.site;
create table ss as
select s.*, sn.node, sn.site from s join sn using (street, number, unit, box, place, postcode, locality, owner);
create table who as select distinct site, customer from ss;
create table kin as select distinct site, family from who join families using (customer);
create table heads as select distinct site, customer from ss where role = 'reference';
create table role as
select site, bool_or(role = 'reference') as headed, bool_or(role in ('spouse', 'child', 'relative', 'other')) as others
from ss where role is not null group by site;
"""

_BLOCKS = {
    "person": "select site, customer as key from who",
    "kin_number": "select site, family || '|' || number as key from kin join site using (site) where number <> ''",
    "kin_street": "select site, family || '|' || street as key from kin join site using (site) where street <> ''",
    "kin_box": "select site, family || '|' || box as key from kin join site using (site) where box <> ''",
    "head": "select site, number || '|' || unit || '|' || left(street, 4) as key from site where whole",
    "tail": "select site, number || '|' || unit || '|' || right(street, 8) as key from site where whole",
    "building": "select site, number || '|' || street as key from site where whole",
}


def _candidates(con: duckdb.DuckDBPyConnection, rules: DwellingRules, share: dict[str, float] | None) -> Columns:
    """Pairs of sites that share a key, the less known side first, with what speaks for them."""
    blocks = [
        f"""select a.site as x, b.site as y from block_{name} a join block_{name} b on a.key = b.key and a.site < b.site"""
        for name in _BLOCKS
    ]
    for name, sql in _BLOCKS.items():
        con.execute(
            f"create table block_{name} as with k as ({sql}) select * from k "
            f"where key in (select key from k group by key having count(*) between 2 and {rules.largest_block})"
        )
    if share is None:
        con.execute(
            "create table share as select family, count(*) / (select greatest(count(distinct customer), 1) from families) "
            "as share from families group by family"
        )
    else:
        con.register("share", pa.table({"family": list(share), "share": pa.array(share.values(), pa.float64())}))
    con.execute(f"create table pair as {' union '.join(blocks)}")
    con.execute(
        f"""
        insert into pair select a.site, b.site from site a join site b using (number, street)
        where a.whole and b.whole and a.unit = '' and b.unit <> '' and number || '|' || street in (
            select number || '|' || street from site where whole group by all having count(*) > {rules.largest_block})
        """
    )
    return con.sql(_EVIDENCE).fetchnumpy()


_EVIDENCE = """
with streets as (select street, place, count(*) as sites from site group by all),
     numbers as (select number, place, count(*) as sites from site group by all),
     ranked as (
         select distinct case when (a.whole, a.people, -a.site) < (b.whole, b.people, -b.site) then x else y end as weak,
                case when (a.whole, a.people, -a.site) < (b.whole, b.people, -b.site) then y else x end as strong
         from pair join site a on a.site = x join site b on b.site = y
     ),
     person as (
         select weak, strong, count(*) as persons from ranked
         join who a on a.site = weak join who b on b.site = strong and a.customer = b.customer group by all
     ),
     surname as (
         select weak, strong, min(share) as share from ranked
         join kin a on a.site = weak join kin b on b.site = strong and a.family = b.family
         left join share on share.family = a.family group by all
     ),
     head as (
         select weak, strong, true as one_head from ranked
         join heads a on a.site = weak join heads b on b.site = strong and a.customer = b.customer group by all
     )
select weak, strong, a.number as number_a, b.number as number_b, a.street as street_a, b.street as street_b,
       a.unit as unit_a, b.unit as unit_b, a.box as box_a, b.box as box_b, a.place as place_a, b.place as place_b,
       a.postcode as postcode_a, b.postcode as postcode_b, a.locality as locality_a, b.locality as locality_b,
       a.whole as whole_a, b.whole as whole_b,
       coalesce(persons, 0) > 0 as person, surname.weak is not null as surname, coalesce(share, 0.0) as share,
       coalesce(ra.headed, false) and coalesce(rb.headed, false) and one_head is null as rivals,
       coalesce(ra.others, false) and not coalesce(ra.headed, false) and coalesce(rb.headed, false)
       or coalesce(rb.others, false) and not coalesce(rb.headed, false) and coalesce(ra.headed, false) as complement,
       greatest(sa.sites, sb.sites) as on_street, greatest(na.sites, nb.sites) as at_number
from ranked join site a on a.site = weak join site b on b.site = strong
left join person using (weak, strong) left join surname using (weak, strong) left join head using (weak, strong)
left join role ra on ra.site = weak left join role rb on rb.site = strong
join streets sa on sa.street = a.street and sa.place = a.place
join streets sb on sb.street = b.street and sb.place = b.place
join numbers na on na.number = a.number and na.place = a.place
join numbers nb on nb.number = b.number and nb.place = b.place
order by weak, strong
"""

PERSON, SURNAME_AND_ROLES, SURNAME, ROLES, NOBODY = 4, 3, 2, 1, 0  # what people say for a pair, strongest first
_BY = {PERSON: "person", SURNAME_AND_ROLES: "surname", SURNAME: "surname", ROLES: "roles", NOBODY: "address"}
KINDS = (
    "place", "unit_missing", "street_spelling", "unit_spelling", "number_spelling", "po_box", "number_missing",
    "street_missing", "number_wrong", "spelling",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Join:
    """A pair of sites that may be one dwelling; joins of equal `rank` (lowest first) are decided together."""

    rank: tuple[int, int]
    weak: int
    strong: int
    similarity: float


def _joins(pairs: Columns, rules: DwellingRules) -> list[Join]:
    """The admissible pairs, each with its kind and what speaks for it."""
    if not len(pairs["weak"]):
        return []
    support = _support(pairs)
    kinds, similarity = _kinds(pairs, support, rules)
    weak, strong = pairs["weak"], pairs["strong"]
    return [
        Join((-int(support[i]), int(kinds[i])), int(weak[i]), int(strong[i]), round(float(similarity[i]), 6))
        for i in np.flatnonzero(kinds >= 0)
    ]


def _support(pairs: Columns) -> Ints:
    """What the people of both sites say for their being one dwelling."""
    surname = pairs["surname"] & True
    support = np.where(surname, SURNAME, NOBODY)
    support[pairs["complement"]] = ROLES
    support[pairs["complement"] & surname] = SURNAME_AND_ROLES
    support[pairs["person"]] = PERSON
    return np.asarray(support, dtype=np.int64)


def _kinds(pairs: Columns, support: Ints, rules: DwellingRules) -> tuple[Ints, NDArray[np.float64]]:
    """Index into `KINDS` of every pair, -1 where the pair is not admissible; and the similarity of the spellings."""
    number = number_levels(pairs["number_a"], pairs["number_b"])
    unit = unit_levels(pairs["unit_a"], pairs["unit_b"])
    street, similarity = street_levels(pairs["street_a"], pairs["street_b"])
    place = _place_levels(pairs)
    by_person, by_kin = support == PERSON, support >= SURNAME
    rivals = pairs["rivals"] & ~by_person
    namesakes_on_street = pairs["share"] * np.maximum(pairs["on_street"] - 1, 1)
    namesakes_at_number = pairs["share"] * np.maximum(pairs["at_number"] - 1, 1)
    rare_street = by_person | (by_kin & ~rivals & (namesakes_on_street <= rules.coincidence))
    likely_street = by_person | (by_kin & (namesakes_on_street <= rules.coincidence_missing))
    likely_number = by_person | (by_kin & (namesakes_at_number <= rules.coincidence_missing))
    alone_on_street = (support == ROLES) & (pairs["on_street"] <= 2)
    long_number = np.fromiter((len(text) >= rules.long_number for text in pairs["number_a"]), bool)
    long_street = np.fromiter((len(text) >= rules.long_street for text in pairs["street_a"]), bool)
    both = pairs["whole_a"] & pairs["whole_b"]
    no_box = (pairs["box_a"] == "") & (pairs["box_b"] == "")
    same_number = (number == Level.EQUAL) & (pairs["number_a"] != "")
    same_street = (street == Level.EQUAL) & (pairs["street_a"] != "")
    same_unit = unit >= Level.NEAR
    same_place = (place >= Level.NEAR) | ((place == Level.WEAK) & by_person)
    here = no_box & same_place & same_unit

    rule = {
        "place": no_box & (same_number | (pairs["number_a"] == pairs["number_b"])) & same_street & (unit == Level.EQUAL)
        & (by_person | (by_kin & (place >= Level.WEAK))),
        "unit_missing": here & same_number & same_street & (unit == Level.MISSING) & (support >= ROLES),
        "street_spelling": here & same_number & (
            (street == Level.NEAR) & (by_kin | ((support == ROLES) & long_number)
                                      | (both & long_number & long_street & (unit == Level.EQUAL)))
            | (street == Level.WEAK) & likely_number),
        "unit_spelling": here & same_number & same_street & (unit == Level.NEAR) & (by_person | (by_kin & ~rivals)),
        "number_spelling": here & same_street & (number == Level.NEAR) & (
            rare_street | ((support == SURNAME_AND_ROLES) & likely_street) | alone_on_street),
        "po_box": ~no_box & (pairs["box_a"] == pairs["box_b"]) & same_place & by_kin,
        "number_missing": here & (number == Level.MISSING) & (
            (same_street & (likely_street | alone_on_street)) | ((street == Level.NEAR) & by_person)),
        "street_missing": here & same_number & (street == Level.MISSING) & (
            likely_number | ((support == ROLES) & long_number)),
        "number_wrong": here & same_street & (number <= Level.WEAK) & (
            (by_person & (number == Level.WEAK)) | ((support == SURNAME_AND_ROLES) & rare_street)),
        "spelling": here & by_person & (number >= Level.NEAR) & (street >= Level.NEAR),
    }  # fmt: skip
    kinds = np.full(len(support), -1, dtype=np.int64)
    for i in reversed(range(len(KINDS))):
        kinds[rule[KINDS[i]]] = i
    return kinds, similarity


def _place_levels(pairs: Columns) -> NDArray[np.int8]:
    names = ("place", "postcode", "locality")
    left = list(zip(*(pairs[f"{name}_a"] for name in names), strict=True))
    right = list(zip(*(pairs[f"{name}_b"] for name in names), strict=True))
    cache: dict[Any, Level] = {}
    levels = np.empty(len(left), dtype=np.int8)
    for i, pair in enumerate(zip(left, right, strict=True)):
        if pair not in cache:
            cache[pair] = place_level(*pair)
        levels[i] = cache[pair]
    return levels


def _join(nodes: int, joins: Iterable[Join]) -> tuple[Ints, dict[int, tuple[int, int]]]:
    """The root of every site, and the rank by which a site was joined to its dwelling."""
    parent = np.arange(nodes, dtype=np.int64)
    matched: dict[int, tuple[int, int]] = {}

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = int(parent[node])
        return node

    for rank, same_rank in groupby(sorted(joins, key=lambda j: (j.rank, j.weak, j.strong)), key=lambda j: j.rank):
        chosen = list(_unambiguous(list(same_rank), root))
        for join in chosen:
            a, b = root(join.weak), root(join.strong)
            if a != b:
                parent[max(a, b)] = min(a, b)
                matched.setdefault(join.weak, rank)
    return np.fromiter((root(i) for i in range(nodes)), np.int64, nodes), matched


def _unambiguous(joins: list[Join], root: Any) -> Iterator[Join]:
    """Of each site's joins of one rank the most similar, unless two dwellings are equally similar."""
    of_site: dict[int, list[Join]] = defaultdict(list)
    for join in joins:
        if root(join.weak) != root(join.strong):
            of_site[join.weak].append(join)
    for candidates in of_site.values():
        best = max(join.similarity for join in candidates)
        tops = [join for join in candidates if join.similarity == best]
        if len({root(join.strong) for join in tops}) == 1:
            yield tops[0]


def _table(con: duckdb.DuckDBPyConnection, roots: Ints, matched: dict[int, tuple[int, int]]) -> pa.Table:
    sites = np.arange(len(roots))
    how = pa.table(
        {
            "site": sites,
            "dwelling": roots,
            "matched": pa.array(
                [KINDS[matched[i][1]] if i in matched else None for i in range(len(roots))], pa.string()
            ),
            "by": pa.array([_BY[-matched[i][0]] if i in matched else None for i in range(len(roots))], pa.string()),
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
