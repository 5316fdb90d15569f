"""Addresses, who was seen where, and what joins spellings: what a night needs to make households again around a change.
And, for the same use, the keys of organisations.

Everything is of the current records: a night deletes what it looked at again and puts what it found. `customers` here
are those of the store, before the night.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import (
    Source,
    Values,
    copy_rows,
    fetch_arrow,
    fetch_columns,
    fetch_numbers,
    load_temporary,
    load_values,
)
from mdm.store.connection import wait_within
from mdm.store.ordered import by_index, in_order
from mdm.store.replacing import replace_rows
from mdm.store.states import is_empty

TABLES = ("address", "address_key", "sighting", "dwelling_join", "entity_key")
_COLUMNS = {
    "address": ("address", "number", "street", "unit", "box"),
    "address_key": ("address", "key"),
    "sighting": ("record_id", "address", "site"),
    "dwelling_join": ("weak", "strong", "weak_address", "strong_address", "support", "kind", "similarity"),
    "entity_key": ("record_id", "key"),
}
_NOWHERE = pa.schema([("pin", pa.string()), ("site", pa.int64())])
_UNTIED = pa.schema([("a", pa.int64()), ("b", pa.int64())])


class More(NamedTuple):
    """What leads on besides what the store says: customers, where they were seen, and which sites are joined."""

    pins: pa.Array
    tonight: pa.Table  # pin, site
    joined: pa.Table  # a, b: sites


def nobody_seen(connection: sa.Connection) -> bool:
    """Whether no address is known yet."""
    return is_empty(connection, "sighting")


def records_of_pins(connection: sa.Connection, pins: Values) -> pa.Table:
    """The current records of customers: record_id, pin, and the address and site where they were seen, or null."""
    load_values(connection, "wanted", pins)
    with by_index(connection, pins):
        return fetch_columns(
            connection,
            "select x.record_id, x.pin, s.address, s.site from wanted w join xref x on x.pin = w.value "
            "left join sighting s using (record_id) where x.recorded_to = 'infinity'",
        )


def unsettled(connection: sa.Connection, pins: Values) -> bool:
    """Whether single writes have left something due about one of these customers, or where they were seen."""
    load_values(connection, "wanted", pins)
    found: bool = connection.exec_driver_sql(
        "select exists (select from wanted w join due d on d.kind = 'customer' and d.value = w.value) or exists ("
        "select from due d join sighting s on s.address = d.value::bigint join xref x using (record_id) "
        "join wanted w on w.value = x.pin where d.kind = 'address' and x.recorded_to = 'infinity')"
    ).scalar_one()
    return found


def people_at(connection: sa.Connection, addresses: Values) -> pa.Table:
    """Who was seen at `addresses`: address, site, record_id, pin."""
    load_values(connection, "wanted", in_order(addresses))
    with by_index(connection, addresses):
        return fetch_columns(
            connection,
            "select s.address, s.site, s.record_id, x.pin from wanted w join sighting s on s.address = w.value "
            "join xref x using (record_id) where x.recorded_to = 'infinity'",
        )


def keys_of(connection: sa.Connection, addresses: Values) -> pa.Table:
    """The keys of `addresses`: address, key."""
    load_values(connection, "wanted", in_order(addresses))
    return fetch_numbers(
        connection,
        "select k.address, k.key from wanted w join address_key k on k.address = w.value",
        ("address", "key"),
    )


def holders_of(connection: sa.Connection, keys: Values) -> pa.Table:
    """The addresses that hold `keys`: key, address."""
    load_values(connection, "wanted", in_order(keys))
    return fetch_numbers(
        connection,
        "select k.key, k.address from wanted w join address_key k on k.key = w.value",
        ("key", "address"),
    )


def count_holders(connection: sa.Connection, keys: Values) -> pa.Table:
    """How many addresses hold each of `keys`, where any does: key, holders."""
    load_values(connection, "wanted", in_order(keys))
    return fetch_numbers(
        connection,
        "select k.key, count(*) as holders from wanted w join address_key k on k.key = w.value group by k.key",
        ("key", "holders"),
    )


def find_addresses(connection: sa.Connection, addresses: Values) -> pa.Table:
    """The texts of `addresses`: address, number, street, unit, box."""
    load_values(connection, "wanted", in_order(addresses))
    return fetch_columns(connection, "select a.* from wanted w join address a on a.address = w.value")


def joins_at(connection: sa.Connection, addresses: Values) -> pa.Table:
    """The joins of which a side is at one of `addresses`."""
    load_values(connection, "wanted", addresses)
    return fetch_arrow(
        connection,
        "select j.* from wanted w join dwelling_join j on j.weak_address = w.value "
        "union select j.* from wanted w join dwelling_join j on j.strong_address = w.value",
    )


def joins_between(connection: sa.Connection, sites: Values) -> pa.Table:
    """The joins of which both sides are among `sites`."""
    load_values(connection, "wanted", sites)
    return fetch_arrow(
        connection,
        "select j.* from wanted w join dwelling_join j on j.weak = w.value join wanted v on v.value = j.strong",
    )


_PREPARE = """
create temporary table reached_pin (pin text primary key) on commit drop;
create temporary table reached_site (site bigint primary key) on commit drop
"""
_INDEXED = """
create index on tonight (pin);
create index on tonight (site);
create index on joined (a);
create index on joined (b);
analyze tonight;
analyze joined
"""
# who is asked for, and who is seen tonight where somebody was reached before
_ASKED = """
insert into reached_pin
select value from wanted union select t.pin from reached_site r join tonight t using (site)
on conflict do nothing returning pin
"""
# from customers to the sites where they were seen, from these to the sites that may be the same dwelling
_FIRST_SITES = """
insert into reached_site
select distinct site from (
    select s.site from frontier f join xref x on x.pin = f.pin and x.recorded_to = 'infinity'
    join sighting s using (record_id)
    union all
    {tonight}
) as found on conflict do nothing returning site
"""
_SITES = _FIRST_SITES.format(tonight="select t.site from frontier f join tonight t using (pin)")
# where `tonight` and `joined` are others than before, all that was reached may lead on by them
_SITES_ANEW = _FIRST_SITES.format(
    tonight="""select t.site from reached_pin r join tonight t using (pin)
    union all
    select j.b from reached_site r join joined j on j.a = r.site
    union all
    select j.a from reached_site r join joined j on j.b = r.site"""
)
_JOINED = """
insert into reached_site
select distinct site from (
    select j.strong as site from fresh f join dwelling_join j on j.weak = f.site
    union all
    select j.weak from fresh f join dwelling_join j on j.strong = f.site
    union all
    select j.b from fresh f join joined j on j.a = f.site
    union all
    select j.a from fresh f join joined j on j.b = f.site
) as found on conflict do nothing returning site
"""
_PEOPLE = """
insert into reached_pin
select distinct pin from (
    select x.pin from entered e join sighting s on s.site = e.site
    join xref x on x.record_id = s.record_id and x.recorded_to = 'infinity'
    union all
    select t.pin from entered e join tonight t using (site)
) as found on conflict do nothing returning pin
"""


def closed_around(connection: sa.Connection, pins: pa.Array, then: Callable[[], More] | None = None) -> pa.Array:
    """The PINs of `pins`, of the customers who share dwellings with them, and of those who do with these, and so on.

    By what the store says; and then by more, which `then` gives: it may be found out meanwhile.
    """
    for name in ("reached_pin", "reached_site"):
        connection.exec_driver_sql(f"drop table if exists pg_temp.{name}")
    for statement in _PREPARE.split(";"):
        connection.exec_driver_sql(statement)
    _reach(connection, More(pins, _NOWHERE.empty_table(), _UNTIED.empty_table()), _SITES)
    if then is not None:
        wait_within(connection)
        _reach(connection, then(), _SITES_ANEW)
    return fetch_columns(connection, "select pin from reached_pin")["pin"].combine_chunks()


def _reach(connection: sa.Connection, more: More, first: str) -> None:
    load_values(connection, "wanted", more.pins)
    load_temporary(connection, "tonight", more.tonight, {"pin": "text", "site": "bigint"})
    load_temporary(connection, "joined", more.joined, {"a": "bigint", "b": "bigint"})
    for statement in _INDEXED.split(";"):
        connection.exec_driver_sql(statement)
    _keep(connection, "frontier", _ASKED)
    with by_index(connection, more.pins):
        statement = first
        while _step(connection, statement):
            statement = _SITES


def _step(connection: sa.Connection, sites: str) -> int:
    """All that is one dwelling further; how many customers came."""
    _keep(connection, "fresh", sites)
    connection.exec_driver_sql("drop table if exists pg_temp.entered")
    connection.exec_driver_sql("create temporary table entered on commit drop as select site from fresh")
    while _keep(connection, "fresh", _JOINED):
        connection.exec_driver_sql("insert into entered select site from fresh")
    connection.exec_driver_sql("analyze entered")
    return _keep(connection, "frontier", _PEOPLE)


def _keep(connection: sa.Connection, table: str, statement: str) -> int:
    """Run an `insert ... returning` and keep what it returned as the new temporary `table`; how much it was."""
    connection.exec_driver_sql(f"drop table if exists pg_temp.{table}_next")
    column = statement.rsplit(" ", 1)[1].strip()
    kind = "text" if column == "pin" else "bigint"
    connection.exec_driver_sql(f"create temporary table {table}_next ({column} {kind}) on commit drop")
    count = connection.exec_driver_sql(
        f"with added as ({statement}) insert into {table}_next select {column} from added"
    ).rowcount
    connection.exec_driver_sql(f"drop table if exists pg_temp.{table}")
    connection.exec_driver_sql(f"alter table {table}_next rename to {table}")
    connection.exec_driver_sql(f"analyze {table}")
    return count


def clear_addresses(connection: sa.Connection, tables: Sequence[str] = TABLES) -> None:
    """Forget everything that some of TABLES say, to be put as a whole."""
    connection.exec_driver_sql(f"truncate {', '.join(tables)}")


def entity_keys_of(connection: sa.Connection, pins: Values) -> pa.Table:
    """The keys of organisations: key."""
    load_values(connection, "wanted", pins)
    return fetch_numbers(
        connection,
        "select distinct k.key from wanted w join xref x on x.pin = w.value and x.recorded_to = 'infinity' "
        "join entity_key k using (record_id)",
        ("key",),
    )


def pins_of_keys(connection: sa.Connection, keys: Values) -> pa.Table:
    """The organisations that hold one of `keys`: pin."""
    load_values(connection, "wanted", keys)
    return fetch_columns(
        connection,
        "select distinct x.pin from wanted w join entity_key k on k.key = w.value "
        "join xref x using (record_id) where x.recorded_to = 'infinity'",
    )


def replace_addresses(
    connection: sa.Connection, table: str, source: Source, touched: Values, judged: Values, renamed: Values
) -> None:
    """Put the rows of one of TABLES, with all its columns, in the place of what a night looked at again.

    These are those at the `touched` addresses, the joins at the `judged` ones, and what the `renamed` records say of
    organisations.
    """
    columns = _COLUMNS[table]
    if table == "dwelling_join":
        load_values(connection, "wanted", judged)
        for side in ("weak_address", "strong_address"):
            connection.exec_driver_sql(f"delete from dwelling_join j using wanted w where j.{side} = w.value")
        copy_rows(connection, table, columns, source)
    elif table == "entity_key":
        replace_rows(connection, table, "record_id", renamed, source, columns)
    else:
        replace_rows(connection, table, "address", touched, source, columns)


def load_addresses(connection: sa.Connection, table: str, source: Source) -> int:
    """Add rows to one of TABLES, with all its columns."""
    columns: Sequence[str] = _COLUMNS[table]
    return copy_rows(connection, table, columns, source)
