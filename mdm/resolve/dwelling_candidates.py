"""Pairs of sites that may be one dwelling, found by shared keys, with what speaks for them (DuckDB).

A pair must share a key (a block) and be alike in every part; both are cheap tests that let through all that
`mdm.resolve.dwelling_pairs` can admit.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from mdm.resolve.dwelling_pairs import Columns, DwellingRules

# what sites share: the same customer; a surname with a number, a street or a PO box; a number with one end of a street
_BLOCKS = {
    "person": "select site, customer as key from who",
    "kin_number": "select site, family || '|' || number as key from kin join site using (site) where number <> ''",
    "kin_street": "select site, family || '|' || street as key from kin join site using (site) where street <> ''",
    "head": "select site, number || '|' || unit || '|' || left(street, 3) as key from site where whole",
    "tail": "select site, number || '|' || unit || '|' || right(street, 8) as key from site where whole",
    "box": "select site, box || '|' || place as key from site where box <> ''",
    "building": "select site, number || '|' || street as key from site where whole",
}


def candidates(con: duckdb.DuckDBPyConnection, rules: DwellingRules, share: dict[str, float] | None) -> Columns:
    """Pairs of sites that share a key, the less known side first, with what speaks for them.

    Reads the tables `ss` (sighting, customer, site, role), `site` and `families` of the connection.
    """
    con.execute(_WHO.replace("$household", str(rules.household)))
    if share is None:
        con.execute(_SHARE)
    else:
        con.register("share", pa.table({"family": list(share), "share": pa.array(share.values(), pa.float64())}))
    for name, sql in _BLOCKS.items():
        con.execute(
            f"create table block_{name} as with k as ({sql}) select * from k "
            f"where key in (select key from k group by key having count(*) between 2 and {rules.largest_block})"
        )
    joins = (
        f"select a.site as x, b.site as y from block_{name} a join block_{name} b on a.key = b.key and a.site < b.site"
        for name in _BLOCKS
    )
    con.execute(f"create table pair as {' union '.join(joins)}")
    con.execute(_BIG_BUILDINGS.replace("$largest", str(rules.largest_block)))
    con.execute(_RANKED)
    return con.sql(_EVIDENCE).fetchnumpy()


_WHO = """
create table who as select distinct site, customer from ss;
create table kin as select distinct site, family from who join families using (customer);
create table mates as
select a.customer, b.customer as mate, a.site from who a join who b using (site) join site s using (site)
where a.customer <> b.customer and s.whole and s.people <= $household;
create table heads as select distinct site, customer from ss where role = 'reference';
create table role as
select site, bool_or(role = 'reference') as headed,
       bool_or(role in ('spouse', 'child', 'relative', 'other')) as others
from ss where role is not null group by site;
"""

_SHARE = """
create table share as
select family, count(*) / (select greatest(count(distinct customer), 1) from families) as share
from families group by family
"""

# a spelling without unit meets every unit of its building, however many
_BIG_BUILDINGS = """
insert into pair select a.site, b.site from site a join site b using (number, street)
where a.whole and b.whole and a.unit = '' and b.unit <> '' and number || '|' || street in (
    select number || '|' || street from site where whole group by all having count(*) > $largest)
"""

# units first: they tell most pairs of one building apart (two slips by Levenshtein are cheaper and hold one by Damerau)
_RANKED = """
create table near as
with units as (select site, unit, box, regexp_replace(unit, '\\D', '', 'g') as digits from site)
select x, y from pair join units a on a.site = x join units b on b.site = y
where a.box = b.box
  and (a.unit = b.unit or a.unit = '' or b.unit = '' or a.digits = b.digits
       or suffix(a.unit, b.unit) or suffix(b.unit, a.unit)
       or case when levenshtein(a.unit, b.unit) <= 2 then damerau_levenshtein(a.unit, b.unit) <= 1 end);

create table ranked as
select distinct case when (a.whole, a.people, -a.site) < (b.whole, b.people, -b.site) then x else y end as weak,
       case when (a.whole, a.people, -a.site) < (b.whole, b.people, -b.site) then y else x end as strong
from near join site a on a.site = x join site b on b.site = y
left join role ra on ra.site = x left join role rb on rb.site = y
where (a.number = b.number or a.number = '' or b.number = ''
       or (length(a.number) = length(b.number) and length(a.number) > 2)
       or damerau_levenshtein(a.number, b.number) <= 1 or ra.site is not null and rb.site is not null)
  and (a.street = b.street or a.street = '' or b.street = ''
       or damerau_levenshtein(a.street, b.street) <= 0.4 * greatest(strlen(a.street), strlen(b.street))
       or contains(a.street, b.street) or contains(b.street, a.street)
       or list_sort(string_split(a.street, ' ')) = list_sort(string_split(b.street, ' ')))
"""

_EVIDENCE = """
with streets as (
         select street, place, count(distinct number || '|' || unit || '|' || box) as sites from site group by all
     ),
     numbers as (select number, place, count(distinct street || '|' || unit) as sites from site group by all),
     lines as (select number, street, count(distinct place) as sites from site where whole group by all),
     person as (
         select weak, strong, count(*) as persons from ranked
         join who a on a.site = weak join who b on b.site = strong and a.customer = b.customer group by all
     ),
     surname as (
         select weak, strong, min(share) as share from ranked
         join kin a on a.site = weak join kin b on b.site = strong and a.family = b.family
         left join share on share.family = a.family group by all
     ),
     mate as (
         select distinct weak, strong from ranked
         join who a on a.site = weak join mates on mates.customer = a.customer
         join who b on b.site = strong and b.customer = mates.mate
         where mates.site <> weak and mates.site <> strong
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
       mate.weak is not null as mates,
       coalesce(ra.headed, false) and coalesce(rb.headed, false) and one_head is null as rivals,
       coalesce(ra.others, false) and not coalesce(ra.headed, false) and coalesce(rb.headed, false)
       or coalesce(rb.others, false) and not coalesce(rb.headed, false) and coalesce(ra.headed, false) as complement,
       greatest(sa.sites, sb.sites) as on_street, greatest(na.sites, nb.sites) as at_number,
       coalesce(la.sites, 1) as places
from ranked join site a on a.site = weak join site b on b.site = strong
left join person using (weak, strong) left join surname using (weak, strong) left join head using (weak, strong)
left join mate using (weak, strong)
left join role ra on ra.site = weak left join role rb on rb.site = strong
join streets sa on sa.street = a.street and sa.place = a.place
join streets sb on sb.street = b.street and sb.place = b.place
join numbers na on na.number = a.number and na.place = a.place
join numbers nb on nb.number = b.number and nb.place = b.place
left join lines la on la.number = a.number and la.street = a.street
order by weak, strong
"""
