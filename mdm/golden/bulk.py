"""The golden documents of many customers at once: `survivorship` as columns, in DuckDB.

Only customers with overrides, a handful, go through the Python path. Customers are taken in portions of about a million
records, so that memory does not grow with the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import groupby
from typing import TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from mdm.golden.document import to_text
from mdm.golden.overrides import Override
from mdm.golden.policy import Policy, make_policy
from mdm.golden.rules import ATTRIBUTES, DEFAULT_TRUST, GROUPS, Trust, source_trust
from mdm.golden.sql import DOUBTS, entries_query
from mdm.golden.survivorship import golden_document

Table: TypeAlias = str | pa.Table | duckdb.DuckDBPyRelation

GOLDEN = pa.schema([("pin", pa.string()), ("doc", pa.string())])

_PORTION = 1_250_000  # records; each portion reads the whole file
# What the documents need of CLEANSED; the rest is never read.
_COLUMNS = (
    "system", "local_id", "party", "role", "extracted_at", "changed_at",
    "name_prefix", "name_given", "name_middle", "name_family", "name_suffix",
    "given_key", "middle_key", "family_key", "given_native", "family_native",
    "organisation_name", "organisation_key", "organisation_form", "birth_date", "death_date", "sex",
    "identifiers", "phones", "emails", "address", "dwelling_key", "accounts", "subscriptions", "consents", "attributes",
    "issues",
)  # fmt: skip
_VIEWS = ("golden_cleansed", "golden_membership", "golden_trust", "golden_pinned")
_TABLES = ("golden_pin", "golden_member", "golden_record", *(f"golden_{name}" for name in ATTRIBUTES))


def golden_batch(
    cleansed: Table,
    membership: Table,
    *,
    trust: Trust | None = None,
    rules: Mapping[str, str] | None = None,
    half_life_days: Mapping[str, float] | None = None,
    overrides: Mapping[str, Sequence[Override]] | None = None,
    business_date: date,
    connection: duckdb.DuckDBPyConnection | None = None,
    echoes: bool = True,
) -> pa.Table:
    """(pin, doc) for every customer of `membership` with a record in `cleansed`; the order of the rows means nothing.

    cleansed: rows of `CLEANSED`, one per record: an Arrow table, a relation of `connection`, or a text (the name of a
    table or view of `connection`, or else a Parquet path or glob). membership: the same kinds, columns system,
    local_id, pin; records that it lacks are left out. overrides: pin -> overrides. The settings are those of
    `survivorship.golden_record`. echoes: whether records may be marked as holding values that they only repeat after
    us; where nothing was ever sent, nobody need look. Raises ConfigError when a setting is wrong. Leaves no table
    behind in `connection`.
    """
    policy = make_policy(trust=trust, rules=rules, half_life_days=half_life_days)
    con = duckdb.connect() if connection is None else connection
    parts = [GOLDEN.empty_table()]
    with _scratch(con):
        _view(con, "golden_cleansed", cleansed)
        _view(con, "golden_membership", membership)
        _view(con, "golden_trust", _trust_table(policy.trust))
        portions = _number_members(con)
        for portion in range(portions):
            _read_records(con, portion, portions)
            parts.append(_documents(con, policy, echoes))
            parts[-1] = _with_overrides(con, parts[-1], policy, overrides or {}, business_date)
    return pa.concat_tables(parts)


def _number_members(con: duckdb.DuckDBPyConnection) -> int:
    """Numbers customers, and records in (system, local_id) order. Returns the number of portions."""
    con.execute("""
        CREATE TEMP TABLE golden_pin AS
        SELECT pin, row_number() OVER () AS customer FROM (SELECT DISTINCT pin FROM golden_membership)""")
    con.execute("""
        CREATE TEMP TABLE golden_member AS
        SELECT system, local_id, customer, row_number() OVER (ORDER BY system, local_id) AS place
        FROM golden_membership JOIN golden_pin USING (pin)""")
    return 1 + int(con.sql("SELECT count(*) FROM golden_member").fetchall()[0][0]) // _PORTION


def _read_records(con: duckdb.DuckDBPyConnection, portion: int, portions: int) -> None:
    """The records of one portion of the customers, as `sql` wants them."""
    trust = ", ".join(f"coalesce(t.{group}, {DEFAULT_TRUST}) AS trust_{group}" for group in GROUPS)
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE golden_record AS
        SELECT {", ".join(f"c.{name}" for name in _COLUMNS)}, m.customer, m.place,
            epoch_us(coalesce(c.changed_at, c.extracted_at)) AS recorded,
            to_json([c.system, c.local_id])::TEXT AS record, {DOUBTS} AS doubts, {trust}
        FROM golden_cleansed c
        JOIN (SELECT * FROM golden_member WHERE customer % {portions} = {portion}) m USING (system, local_id)
        LEFT JOIN golden_trust t ON t.system = c.system""")


def _documents(con: duckdb.DuckDBPyConnection, policy: Policy, echoes: bool) -> pa.Table:
    """The documents of the customers of ``golden_record``, put together from the entries of each attribute."""
    for attribute in policy.attributes:
        entries = entries_query(attribute, echoes=echoes)
        con.execute(f"CREATE OR REPLACE TEMP TABLE golden_{attribute.name} AS {entries}")
    names = [attribute.name for attribute in policy.attributes]
    members = ", ".join(f"""',"{name}":' || golden_{name}.entries""" for name in names)
    joins = " ".join(f"LEFT JOIN golden_{name} USING (customer)" for name in names)
    # `survivorship._party` in SQL: the first customer-role record says it
    return con.sql(f"""
        SELECT pin, concat('{{"party":', to_json(party)::TEXT, {members}, '}}') AS doc
        FROM (
            SELECT customer, arg_min(party, ((role IS DISTINCT FROM 'customer')::BIGINT << 48) + place) AS party
            FROM golden_record GROUP BY customer
        ) JOIN golden_pin USING (customer) {joins}""").to_arrow_table()


def _with_overrides(
    con: duckdb.DuckDBPyConnection,
    documents: pa.Table,
    policy: Policy,
    overrides: Mapping[str, Sequence[Override]],
    business_date: date,
) -> pa.Table:
    """`documents` with those of the customers that have overrides made again, online."""
    if not overrides:
        return documents
    con.register("golden_pinned", pa.table({"pin": pa.array(list(overrides), pa.string())}))
    rows = con.sql("""
        SELECT pin, r.* EXCLUDE (customer, place, recorded, record, doubts)
        FROM golden_record r JOIN golden_pin USING (customer) SEMI JOIN golden_pinned USING (pin) ORDER BY pin""")
    made = {
        pin: to_text(
            golden_document(list(records), policy=policy, overrides=overrides[pin], business_date=business_date)
        )
        for pin, records in groupby(rows.to_arrow_table().to_pylist(), key=lambda record: record["pin"])
    }
    if not made:
        return documents
    others = documents.filter(pc.invert(pc.is_in(documents["pin"], pa.array(list(made)))))
    return pa.concat_tables([others, pa.table({"pin": list(made), "doc": list(made.values())}, schema=GOLDEN)])


def _trust_table(trust: Trust) -> pa.Table:
    """One row per system with its trust for each group."""
    columns = {"system": pa.array(list(trust), pa.string())}
    for group in GROUPS:
        columns[group] = pa.array([source_trust(trust, system, group) for system in trust], pa.int64())
    return pa.table(columns)


def _view(con: duckdb.DuckDBPyConnection, name: str, table: Table) -> None:
    """`table` under `name`."""
    if isinstance(table, pa.Table):
        con.register(name, table)
    elif isinstance(table, str):
        path = table.replace("'", "''")
        con.execute(
            f"CREATE TEMP VIEW {name} AS SELECT * FROM "
            + (f'"{table}"' if table.isidentifier() else f"read_parquet('{path}')")
        )
    else:
        table.create_view(name)


@contextmanager
def _scratch(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Drops what was made. Joins keep the order they are written in: the wide table is read past, never hashed."""
    (optimizers,) = con.sql("SELECT current_setting('disabled_optimizers')").fetchall()[0]
    con.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    try:
        yield
    finally:
        con.execute(f"SET disabled_optimizers = '{optimizers}'")
        for name in _TABLES:
            con.execute(f"DROP TABLE IF EXISTS {name}")
        for name in _VIEWS:
            con.execute(f"DROP VIEW IF EXISTS {name}")
