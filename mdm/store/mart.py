"""The tables of the warehouse: what each is made of, one declaration for the views in `mart` and for the export.

A table is a SELECT over one table of the store, `t`, and what it takes from others. Its rows belong to an owner (a PIN,
a household, a source record ...): when anything of an owner has changed, all rows of that owner are exported anew, so
that a reader takes for each owner the rows of the latest export that has any (`pipelines/warehouse/duck.py`).
Recorded time is closed at the right with null: a state without `recorded_to` is the current one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

SCHEMA = "mart"
Owner = Literal["pin", "chi", "record", "event", "result"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, the SQL that gives it (null: the column of `t` with this name), and what it means."""

    name: str
    meaning: str
    sql: str | None = None


@dataclass(frozen=True, slots=True)
class MartTable:
    """A table of the warehouse. base: the table of the store behind it; joined, where: the rest of its SELECT.

    key: what a row is known by. owner: whose rows are exported anew together; owned_by: the SQL of that owner.
    """

    name: str
    meaning: str
    base: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    owner: Owner
    owned_by: str
    joined: str = ""
    where: str = "true"

    def select(self, condition: str = "true") -> str:
        """The rows, or those for which a condition on `t` holds."""
        columns = ", ".join(f'{each.sql or f"t.{each.name}"} as "{each.name}"' for each in self.columns)
        return f"select {columns} from {self.base} t {self.joined} where {self.where} and {condition}"


_RUN = Column("run_id", "the run, write or decision that made this state")
_FROM = Column("recorded_from", "since when this was known")
_TO = Column("recorded_to", "until when it was believed; null: it is", "nullif(t.recorded_to, 'infinity')")
_BEST = (
    Column("place", "1: the best", "e.place::integer"),
    Column("system", "the source system that says so; null: a steward", "e.entry #>> '{record,0}'"),
    Column("local_id", "the record there", "e.entry #>> '{record,1}'"),
)


def _value(attribute: str, field: str, meaning: str, name: str | None = None) -> Column:
    """A field of a golden value that goes whole."""
    return Column(name or f"{attribute}_{field}", meaning, f"d.{attribute} #>> '{{value,{field}}}'")


def _each(attribute: str) -> str:
    return (
        f"cross join lateral json_array_elements(t.doc::json -> '{attribute}') with ordinality as e(entry, place)"
    )  # fmt: skip


_OF_THE_DOCUMENT = """
left join golden g on g.pin = t.pin and g.recorded_to = 'infinity'
left join lateral json_to_record(g.doc::json) as d(
    name json, organisation json, birth_date json, death_date json, sex json, phones json, emails json, address json
) on true
"""
_CUSTOMER = MartTable(
    "customer", "every PIN ever issued, and its customer as known now", "customer",
    (
        Column("pin", "customer PIN"),
        Column("party", "person | organisation"),
        Column("status", "active | redirected | retired | erased"),
        Column("redirect_to", "the surviving PIN, for redirected"),
        _value("name", "given", "given name"), _value("name", "middle", "middle name"),
        _value("name", "family", "family name"), _value("name", "native", "name in hanzi"),
        _value("organisation", "name", "name of an organisation"), _value("organisation", "form", "its legal form"),
        Column("birth_date", "date of birth", "(d.birth_date ->> 'value')::date"),
        Column("death_date", "date of death", "(d.death_date ->> 'value')::date"),
        Column("sex", "male | female", "d.sex ->> 'value'"),
        Column("phone", "the best phone, E.164", "d.phones #>> '{0,value}'"),
        Column("email", "the best e-mail address", "d.emails #>> '{0,value}'"),
        _value("address", "text", "the address in one line"), _value("address", "street", "street"),
        _value("address", "locality", "town"), _value("address", "region", "province or state"),
        _value("address", "postcode", "postal code"), _value("address", "country", "ISO 3166 code"),
        _value("address", "division_code", "GB/T 2260, of district, city or province in China"),
        Column("recorded_from", "since when this is known", "coalesce(g.recorded_from, t.recorded_from)"),
        Column("run_id", "the run, write or decision that made it so", "coalesce(g.run_id, t.run_id)"),
    ),
    ("pin",), "pin", "t.pin", _OF_THE_DOCUMENT, "t.recorded_to = 'infinity'",
)  # fmt: skip

TABLES: dict[str, MartTable] = {
    table.name: table
    for table in (
        _CUSTOMER,
        MartTable(
            "customer_version", "every state of every golden record", "golden",
            (
                Column("pin", "customer PIN"), _FROM, _TO, _RUN,
                Column("doc", "the golden record: JSON, as docs/architecture.md and mdm.golden.document describe it"),
            ),
            ("pin", "recorded_from"), "pin", "t.pin",
        ),
        MartTable(
            "xref", "source record to PIN, now and before", "xref",
            (
                Column("record_id", "number of the source record (one incarnation of its key)"),
                Column("system", "source system"), Column("local_id", "its key there"),
                Column("incarnation", "1, and one more each time the key was given to somebody else"),
                Column("pin", "customer PIN"), _FROM, _TO, _RUN,
            ),
            ("record_id", "recorded_from"), "pin", "t.pin",
        ),
        MartTable(
            "household", "households, and legal entities of organisations, now and before", "household",
            (
                Column("chi", "household id"), Column("kind", "household | legal_entity"),
                Column("status", "active | retired | redirected"),
                Column("redirect_to", "the household that it is part of now"),
                Column("dwelling", "key of its dwelling: number|street|unit|box|place"), _FROM, _TO, _RUN,
            ),
            ("chi", "recorded_from"), "chi", "t.chi",
        ),
        MartTable(
            "membership", "who belongs to a household, from when to when", "membership",
            (
                Column("chi", "household id"), Column("pin", "customer PIN"),
                Column("period", "1, 2 ...: who comes back is one again"), Column("role", "place in the household"),
                Column("valid_from", "first day of it; null: not known"),
                Column("valid_to", "first day on which it is over; null: it is not"), _FROM, _TO, _RUN,
            ),
            ("chi", "pin", "period", "recorded_from"), "chi", "t.chi",
        ),
        MartTable(
            "account", "accounts of customers as known now", "golden",
            (
                Column("pin", "customer PIN"), Column("account", "its number", "e.entry ->> 'value'"), *_BEST, _FROM,
            ),
            ("pin", "place"), "pin", "t.pin", _each("accounts"), "t.recorded_to = 'infinity'",
        ),
        MartTable(
            "subscription", "products of customers as known now, across all lines of business", "golden",
            (
                Column("pin", "customer PIN"), Column("product", "code of the product", "e.entry ->> 'product'"),
                Column("number", "the number or line that it is on", "e.entry ->> 'number'"),
                Column("status", "active, suspended ..., as the source says", "e.entry ->> 'status'"),
                Column("valid_from", "first day; null: not known", "(e.entry ->> 'valid_from')::date"),
                Column("valid_to", "first day on which it is over; null: it is not",
                       "(e.entry ->> 'valid_to')::date"),
                *_BEST, _FROM,
            ),
            ("pin", "place"), "pin", "t.pin", _each("subscriptions"), "t.recorded_to = 'infinity'",
        ),
        MartTable(
            "lineage", "what happened to PINs", "lineage",
            (
                Column("event_id", "number of the event"),
                Column("kind", "minted | merged | split | unmerged | revived | retired | erased | moved"),
                Column("pin", "customer PIN"), Column("other_pin", "merged into, split from"),
                Column("record_ids", "the records concerned"), Column("actor", "who: a steward, a channel, or run"),
                _RUN, Column("at", "when"),
            ),
            ("event_id",), "event", "t.pin",
        ),
        MartTable(
            "record", "every version of every source record, cleansed", "record",
            (
                Column("record_id", "number of the record: of system, key and incarnation"),
                Column("system", "source system"), Column("local_id", "its key there"),
                Column("incarnation", "1, and one more each time the key was given to somebody else"),
                Column("party", "person | organisation"), Column("role", "customer | enrichment"),
                Column("status", "accepted | deleted"), Column("extracted_at", "when the delivery was cut"),
                Column("changed_at", "when it changed, as the source says"), _FROM, _TO, _RUN,
                Column("cleansed", "the record as cleansed: JSON by mdm.party.CLEANSED"),
            ),
            ("record_id", "recorded_from"), "record", "t.record_id",
        ),
        MartTable(
            "quality", "what the expectations found, by run", "expectation_result",
            (
                Column("result_id", "number of the result"), Column("run_id", "the run"),
                Column("business_date", "of the run", "r.business_date"),
                Column("suite", "the suite: of a source, of the cleansed batch, of the golden store"),
                Column("system", "source system; null: over all"), Column("expectation", "what was expected"),
                Column("column_name", "of which column"), Column("success", "whether it held"),
                Column("unexpected_count", "values for which it did not hold"),
                Column("unexpected_share", "of all of them, 0 to 1"), Column("severity", "row | batch | trend"),
            ),
            ("result_id",), "result", "t.run_id", "left join run r on r.run_id = t.run_id",
        ),
    )
}  # fmt: skip


def make_views(connection: sa.Connection) -> None:
    """(Re)make the views of the schema `mart`: they are those of this version of the program."""
    connection.exec_driver_sql(f"create schema if not exists {SCHEMA}")
    connection.exec_driver_sql(f"comment on schema {SCHEMA} is 'the tables of the warehouse: docs/warehouse.md'")
    for table in TABLES.values():
        view = f'{SCHEMA}."{table.name}"'
        connection.exec_driver_sql(f"create view {view} as {table.select()}")
        connection.exec_driver_sql(f"comment on view {view} is {_literal(table.meaning)}")
        for column in table.columns:
            connection.exec_driver_sql(f'comment on column {view}."{column.name}" is {_literal(column.meaning)}')


def read_from(connection: sa.Connection, table: str, other: str) -> None:
    """Let the views that read a table of the store read another one of the same make, whatever it is called later."""
    for each in TABLES.values():
        query = each.select()
        changed = re.sub(rf"\b(from|join) {table} (?=[a-z] )", rf"\1 {other} ", query)
        if changed != query:
            connection.exec_driver_sql(f'create or replace view {SCHEMA}."{each.name}" as {changed}')


def drop_views(connection: sa.Connection) -> None:
    """Drop the views, so that the tables behind them can be changed."""
    for name in TABLES:
        connection.exec_driver_sql(f'drop view if exists {SCHEMA}."{name}"')


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"
