"""Pairs of sites that may be one dwelling, found by shared keys, with what speaks for them (DuckDB).

A pair must share a key (a block) and be alike in every part; both are cheap tests that let through all that
`mdm.resolve.dwelling_pairs` can admit. Blocks and counts are of addresses, so that a night can ask the store for them.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from mdm.match.model import Frequencies
from mdm.resolve.addresses import BLOCKS, CENSUS, census_sql
from mdm.resolve.dwelling_pairs import Columns, DwellingRules


def pair_all(con: duckdb.DuckDBPyConnection, rules: DwellingRules) -> None:
    """Make the tables `address_pair` (a, b) and `census` (key, holders) of all addresses, from `keys` and `lives`."""
    between = f"count(*) between 2 and {rules.largest_block}"
    con.execute(
        f"""
        create table block as select key, address from keys where kind in {BLOCKS}
        and key in (select key from keys where kind in {BLOCKS} group by key having {between});
        create table person_block as select customer, address from lives
        where customer in (select customer from lives group by customer having {between});
        create table address_pair as
        select a.address as a, b.address as b from block a join block b on a.key = b.key and a.address < b.address
        union
        select a.address, b.address from person_block a join person_block b
        on a.customer = b.customer and a.address < b.address
        union
        select least(a.address, b.address), greatest(a.address, b.address)
        from (select distinct address, number, street from n where whole and unit = '') a
        join (select distinct address, number, street from n where whole and unit <> '') b using (number, street);
        create table census as select key, count(*) as holders from keys where kind in {CENSUS} group by key;
        """
    )


def texts_sql(texts: str) -> str:
    """SELECT of the texts of addresses, columns of `texts`, with what `alike_sql` reads of each, not of each pair."""
    return f"""
        SELECT *, regexp_replace(unit, '\\D', '', 'g') AS digits,
               array_to_string(list_sort(string_split(street, ' ')), ' ') AS words FROM ({texts})
    """


def alike_sql(a: str, b: str) -> str:
    """Whether two rows of `texts_sql` are alike in unit, box and street.

    Units first: they tell most pairs of one building apart. Two slips by Levenshtein are cheaper, and hold one by
    Damerau.
    """
    return f"""
        {a}.box = {b}.box
        and ({a}.unit = {b}.unit or {a}.unit = '' or {b}.unit = '' or {a}.digits = {b}.digits
             or suffix({a}.unit, {b}.unit) or suffix({b}.unit, {a}.unit)
             or case when levenshtein({a}.unit, {b}.unit) <= 2 then damerau_levenshtein({a}.unit, {b}.unit) <= 1 end)
        and ({a}.street = {b}.street or {a}.street = '' or {b}.street = '' or {a}.words = {b}.words
             or contains({a}.street, {b}.street) or contains({b}.street, {a}.street)
             or damerau_levenshtein({a}.street, {b}.street) <= 0.4 * greatest(strlen({a}.street), strlen({b}.street)))
    """


def weigh(con: duckdb.DuckDBPyConnection, rules: DwellingRules, surnames: Frequencies | None) -> Columns:
    """Pairs of sites of the pairs of addresses, the less known side first, with what speaks for them.

    Reads `ss` (sighting, customer, site, role), `site`, `families`, `lives`, `address_pair` and `census`.
    """
    con.execute(_WHO)
    if surnames is None:
        con.execute(_SHARE)
    else:
        shares = pa.array(surnames.values.values(), pa.float64())
        con.register("share", pa.table({"family": pa.array(surnames.values, pa.string()), "share": shares}))
    con.execute(_RANKED.replace("$largest", str(rules.largest_block)))
    con.execute(_MATES.replace("$household", str(rules.household)))
    street, number = census_sql()
    con.execute(f"create table counted as select *, {street} as street_key, {number} as number_key from site")
    return con.sql(_EVIDENCE.replace("$rare", str(surnames.default if surnames else 0.0))).fetchnumpy()


_WHO = """
create table who as select distinct site, customer from ss;
create table kin as select distinct site, family from who join families using (customer);
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

_RANKED = f"""
create table near as
with texts as materialized ({texts_sql("SELECT DISTINCT address, number, street, unit, box FROM site")})
select a.address as a, b.address as b
from address_pair p join texts a on a.address = p.a join texts b on b.address = p.b
where {alike_sql("a", "b")};

create table pair as
select a.site as x, b.site as y from near join site a on a.address = near.a join site b on b.address = near.b
union all
select a.site, b.site from site a join site b on a.address = b.address and a.site < b.site
where a.address in (select address from site group by address having count(*) between 2 and $largest);

create table ranked as
select case when (a.whole, a.people, -a.site) < (b.whole, b.people, -b.site) then x else y end as weak,
       case when (a.whole, a.people, -a.site) < (b.whole, b.people, -b.site) then y else x end as strong
from pair join site a on a.site = x join site b on b.site = y
left join role ra on ra.site = x left join role rb on rb.site = y
where a.number = b.number or a.number = '' or b.number = ''
      or (length(a.number) = length(b.number) and length(a.number) > 2)
      or damerau_levenshtein(a.number, b.number) <= 1 or ra.site is not null and rb.site is not null
"""

_MATES = """
create table mates as
select distinct a.customer, b.customer as mate, a.address from lives a join lives b using (address)
where a.customer <> b.customer
      and address in (select address from lives group by address having count(*) between 2 and $household)
      and a.customer in (select customer from who join ranked on site = weak);
"""

# a round number of others, so that one more neighbour seldom changes what a whole street says of namesakes
ROUND = "pow(2, round(log2(greatest({0}, 1))))"
_EVIDENCE = f"""
with person as (
         select weak, strong, count(*) as persons from ranked
         join who a on a.site = weak join who b on b.site = strong and a.customer = b.customer group by all
     ),
     surname as (
         select weak, strong, min(coalesce(share, $rare)) as share from ranked
         join kin a on a.site = weak join kin b on b.site = strong and a.family = b.family
         left join share on share.family = a.family group by all
     ),
     mate as (
         select distinct weak, strong from ranked join site sa on sa.site = weak join site sb on sb.site = strong
         join who a on a.site = weak join mates on mates.customer = a.customer
         join who b on b.site = strong and b.customer = mates.mate
         where mates.address <> sa.address and mates.address <> sb.address
     ),
     head as (
         select weak, strong, true as one_head from ranked
         join heads a on a.site = weak join heads b on b.site = strong and a.customer = b.customer group by all
     ),
     lines as (select address, count(distinct place) as places from site group by address)
select weak, strong, a.number as number_a, b.number as number_b, a.street as street_a, b.street as street_b,
       a.unit as unit_a, b.unit as unit_b, a.box as box_a, b.box as box_b, a.place as place_a, b.place as place_b,
       a.postcode as postcode_a, b.postcode as postcode_b, a.locality as locality_a, b.locality as locality_b,
       a.whole as whole_a, b.whole as whole_b,
       coalesce(persons, 0) > 0 as person, surname.weak is not null as surname, coalesce(share, 0.0) as share,
       mate.weak is not null as mates,
       coalesce(ra.headed, false) and coalesce(rb.headed, false) and one_head is null as rivals,
       coalesce(ra.others, false) and not coalesce(ra.headed, false) and coalesce(rb.headed, false)
       or coalesce(rb.others, false) and not coalesce(rb.headed, false) and coalesce(ra.headed, false) as complement,
       {ROUND.format("greatest(coalesce(ca.holders, 0), coalesce(cb.holders, 0)) - (a.whole and b.whole)::int")}
       as on_street,
       {ROUND.format("greatest(coalesce(na.holders, 0), coalesce(nb.holders, 0)) - (a.whole and b.whole)::int")}
       as at_number,
       greatest(la.places - 1, 1) as places
from ranked join counted a on a.site = weak join counted b on b.site = strong
left join person using (weak, strong) left join surname using (weak, strong) left join head using (weak, strong)
left join mate using (weak, strong)
left join role ra on ra.site = weak left join role rb on rb.site = strong
left join census ca on ca.key = a.street_key left join census cb on cb.key = b.street_key
left join census na on na.key = a.number_key left join census nb on nb.key = b.number_key
join lines la on la.address = a.address
order by weak, strong
"""
