"""Which values are generic when the night is over: see mdm.match.generic. Only values that tonight touches are counted.

A value's holders are found by its blocking key; that it has few records is known from the index, so people are counted
only where a value might be generic, or was.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import duckdb
import pyarrow as pa

from mdm.match.blocking import keys_sql
from mdm.match.features import READ, feature_sql, load_nicknames
from mdm.match.generic import KINDS, people_sql
from mdm.party import PartyType
from mdm.store import candidates, generic, records
from pipelines.context import Night
from pipelines.documents import to_stored
from pipelines.steps.due import load_due_values

SCHEMA = pa.schema(
    [
        ("key", pa.int64()),
        ("party", pa.string()),
        ("kind", pa.string()),
        ("value", pa.string()),
        ("people", pa.int64()),
        ("generic", pa.bool_()),
    ]
)


def find_generic(night: Night, party: PartyType, scratch: duckdb.DuckDBPyConnection, tonight: pa.Array) -> None:
    """Tables `generic_<party>` (SCHEMA, and `was`: what was counted) and `still` (kind, value: generic, not counted).

    Reads `of_party`, `keys_<party>` and `counted` (key, records: of all keys that tonight's records hold or held).
    """
    most = night.settings.matching.generic_people
    load_due_values(night.folder, party, scratch)
    with night.database.begin() as connection:
        scratch.register("was_generic", generic.generic_values(connection, party))
    names = ", ".join(f"'{kind}'" for kind in KINDS)
    touched = "true" if party in night.models else "key IN (SELECT key FROM counted)"
    scratch.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE suspect AS
        SELECT DISTINCT key FROM keys_{party}
        SEMI JOIN (SELECT key FROM counted WHERE records >= {most}) USING (key) WHERE name IN ({names})
        UNION SELECT key FROM was_generic WHERE {touched} UNION SELECT key FROM due_value
        """
    )
    scratch.execute(
        "CREATE OR REPLACE TEMP TABLE still AS SELECT kind, value FROM was_generic ANTI JOIN suspect USING (key)"
    )
    if scratch.execute("SELECT count(*) FROM suspect").fetchall()[0][0]:
        _count_people(night, party, scratch, tonight)
        _name_suspects(party, scratch, most)
    else:  # the usual night of a small change; to plan these queries takes longer than the rest
        scratch.register("nobody", SCHEMA.empty_table())
        scratch.execute(f"CREATE TABLE generic_{party} AS SELECT *, false AS was FROM nobody")
        scratch.unregister("nobody")
    scratch.execute(f"CREATE OR REPLACE TEMP TABLE flipped AS SELECT key FROM generic_{party} WHERE generic <> was")
    scratch.unregister("was_generic")


def _name_suspects(party: PartyType, scratch: duckdb.DuckDBPyConnection, most: int) -> None:
    """Table `generic_<party>`: the suspects with their values, and how many people have each."""
    scratch.execute(
        f"""
        CREATE TABLE generic_{party} AS
        WITH texts AS (
            SELECT DISTINCT key, name AS kind, text[len(name) + 2:] AS value
            FROM ({keys_sql("(SELECT * FROM of_party SEMI JOIN suspect_holders USING (record_id))", party)})
            SEMI JOIN suspect USING (key)
            UNION SELECT key, kind, value FROM was_generic UNION FROM due_text
        )
        SELECT key, '{party}' AS party, kind, value, coalesce(people, 0)::BIGINT AS people,
               coalesce(people, 0) >= {most} AS generic, key IN (SELECT key FROM was_generic) AS was
        FROM suspect JOIN texts USING (key) LEFT JOIN people USING (key)
        """
    )


def _count_people(night: Night, party: PartyType, scratch: duckdb.DuckDBPyConnection, tonight: pa.Array) -> None:
    """Tables `suspect_holders` (key, record_id) and `people` (key, people) of the suspects; `due_text` (key, kind,
    value) of those among them that single writes left to be counted."""
    suspects = scratch.sql("SELECT key FROM suspect").to_arrow_table()["key"]
    with night.database.begin() as connection:
        held = candidates.holders_of(connection, [] if party in night.models else suspects, tonight)
        stored = records.current_versions(connection, held["record_id"])
    scratch.register("stored_holders", held)
    scratch.register("holder_rows", to_stored(stored, scratch, READ))
    scratch.execute(
        f"CREATE OR REPLACE TEMP TABLE suspect_holders AS SELECT key, record_id FROM keys_{party} "
        "SEMI JOIN suspect USING (key) UNION ALL SELECT key, record_id FROM stored_holders"
    )
    load_nicknames(scratch, "(SELECT NULL::VARCHAR AS given_key)")
    of_stored = feature_sql(f"(SELECT * FROM holder_rows WHERE party = '{party}')")
    own = "SELECT record_id, given, family, birth, organisation FROM"
    features = f"({own} of_party UNION ALL {own} ({of_stored}))"
    scratch.execute(f"CREATE OR REPLACE TEMP TABLE people AS {people_sql(features, 'suspect_holders')}")
    scratch.execute(
        "CREATE OR REPLACE TEMP TABLE due_text AS SELECT DISTINCT key, name AS kind, text[len(name) + 2:] AS value "
        f"FROM ({keys_sql(f'({of_stored})', party)}) SEMI JOIN due_value USING (key)"
    )
    for name in ("stored_holders", "holder_rows"):
        scratch.unregister(name)


def generic_after(scratch: duckdb.DuckDBPyConnection, party: PartyType) -> dict[str, set[str]]:
    """The generic values when the night is over, by kind."""
    found: dict[str, set[str]] = defaultdict(set)
    query = f"SELECT kind, value FROM generic_{party} WHERE generic UNION ALL FROM still"
    for kind, value in scratch.execute(query).fetchall():
        found[kind].add(value)
    return dict(found)


def flips(scratch: duckdb.DuckDBPyConnection, party: PartyType) -> list[dict[str, Any]]:
    """For the report: the values that became generic, or are so no more."""
    rows = scratch.execute(
        f"SELECT kind, value, people, generic FROM generic_{party} WHERE generic <> was ORDER BY people DESC, value"
    ).fetchall()
    return [
        {"party": party, "kind": kind, "value": value, "people": people, "generic": is_now}
        for kind, value, people, is_now in rows
    ]
