"""Addresses as dwellings are found by: what a sighting says of one, under numbers that last, and the keys of each.

An *address* is number, street, unit and PO box, wherever it may be; one that names no dwelling (no number, no street)
is an address of its customer alone. Its *spellings* differ in the place; spellings in agreeing places are a *site*.
Numbers of addresses and spellings are made of their texts, so that a night and the store mean the same by them.

Keys, made of texts likewise: *blocks* are what addresses of one dwelling are expected to share; a *census* counts the
addresses on a street, and those at a number of a place.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from mdm.resolve.sightings import SIGHTINGS

ADDRESS_KEYS = pa.schema(
    [
        ("address", pa.int64()),
        ("kind", pa.string()),  # one of BLOCKS, CENSUS, or "lobby": an address without unit
        ("key", pa.int64()),  # odd: a census
    ]
)


def number_sql(*texts: str, odd: bool = False) -> str:
    """A number of 63 bits for some texts, in DuckDB: from MD5, which is the same everywhere; its last bit is `odd`."""
    return f"(md5_number(concat_ws(chr(31), {', '.join(texts)})) >> 66 << 1 | {odd:d})::BIGINT"


_STREET = number_sql("'street'", "street", "place", odd=True)
_NUMBER = number_sql("'number'", "number", "place", odd=True)
_KEYS = {
    "head": ("number", "unit", "left(street, 3)"),
    "tail": ("number", "unit", "right(street, 8)"),
    "building": ("number", "street"),
}
BLOCKS = ("kin_number", "kin_street", "head", "tail", "building", "box")
CENSUS = ("street", "number")


def read_addresses(con: duckdb.DuckDBPyConnection, sightings: pa.Table) -> None:
    """Make the tables `n` (spellings), `placed` (sightings with an address), `lives` and `families` of `con`."""
    rows = pa.array(np.arange(len(sightings)))
    con.register("sightings_in", sightings.select(SIGHTINGS.names).cast(SIGHTINGS).append_column("sighting", rows))
    con.execute(_TABLES)


# s: the texts of a sighting with an address; n: one row per distinct spelling (per customer when it is partial)
_TABLES = f"""
create table s as
with given as (
    select sighting, customer,
           coalesce(trim(number_key), '') as number, coalesce(trim(street_key), '') as street,
           coalesce(trim(unit_key), '') as unit, coalesce(trim(place_key), '') as place,
           upper(replace(coalesce(postcode, ''), ' ', '')) as postcode, lower(trim(coalesce(locality, ''))) as locality,
           coalesce(trim(po_box), '') as box, role
    from sightings_in
    where customer is not null and coalesce(kind, '') <> 'business'
), shaped as (
    select *, street <> '' and (number <> '' or unit <> '') as whole from given
)
select * replace (case when whole then '' else box end as box), case when whole then '' else customer end as owner
from shaped where whole or number <> '' or street <> '' or box <> '';

create table n as
select row_number() over (order by street, number, unit, box, place, locality, postcode, owner) - 1 as node, *,
       owner = '' as whole, {number_sql("number", "street", "unit", "box", "owner")} as address,
       {number_sql("number", "street", "unit", "box", "owner", "place", "locality", "postcode")} as spelling
from (select street, number, unit, box, place, postcode, locality, owner, count(distinct customer) as people
      from s group by all);

create table families as
select distinct customer, family from (
    select customer, family_key as family from sightings_in
    union all select customer, former_key from sightings_in
) where length(family) > 1 and customer is not null;

create table placed as
select s.sighting, s.customer, s.role, n.node, n.address
from s join n using (street, number, unit, box, place, postcode, locality, owner);

create table lives as select distinct customer, address from placed;
"""


def make_keys(con: duckdb.DuckDBPyConnection) -> None:
    """Make the table `keys` (ADDRESS_KEYS) of all addresses in `n`; needs the tables of `read_addresses`."""
    whole = " UNION ALL ".join(
        f"SELECT address, '{kind}' AS kind, {number_sql(repr(kind), *texts)} AS key FROM texts WHERE whole"
        for kind, texts in _KEYS.items()
    )
    con.execute(
        f"""
        create table keys as
        with texts as (select distinct address, number, street, unit, box, whole from n),
             kin as (
                select distinct t.*, f.family from texts t join lives using (address) join families f using (customer)
             )
        {whole}
        union all select address, 'lobby', {number_sql("'lobby'", "number", "street")} from texts
        where whole and unit = ''
        union all select address, 'kin_number', {number_sql("'kin'", "family", "number", "''")} from kin
        where number <> ''
        union all select address, 'kin_street', {number_sql("'kin'", "family", "''", "street")} from kin
        where street <> ''
        union all select distinct address, 'box', {number_sql("'box'", "box", "place")} from n where box <> ''
        union all select distinct address, 'street', {_STREET} from n where whole
        union all select distinct address, 'number', {_NUMBER} from n where whole
        """
    )


def census_sql() -> tuple[str, str]:
    """The keys of the street and of the number of a site, from its texts `number`, `street` and `place`."""
    return _STREET, _NUMBER
