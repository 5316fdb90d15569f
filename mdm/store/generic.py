"""Values that so many hold that they are no evidence: see mdm.match.generic."""

from __future__ import annotations

from collections import defaultdict

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import Source, fetch_arrow, load_temporary
from mdm.store.connection import driver_of

_KINDS = {"key": "bigint", "party": "text", "kind": "text", "value": "text", "people": "bigint", "run_id": "text"}


def generic_values(connection: sa.Connection, party: str) -> pa.Table:
    """The generic values of a party type: key, kind, value, people."""
    return fetch_arrow(
        connection,
        "select key, kind, value, people from generic_value where party = %(party)s order by key",
        {"party": party},
    )


def generic_by_kind(connection: sa.Connection, party: str) -> dict[str, set[str]]:
    """The same as values by kind."""
    found: dict[str, set[str]] = defaultdict(set)
    rows = driver_of(connection).execute("select kind, value from generic_value where party = %s", (party,))
    for kind, value in rows:
        found[kind].add(value)
    return dict(found)


def put_generic(connection: sa.Connection, source: Source) -> None:
    """What a night counted (key, party, kind, value, people, run_id, generic): those that are not generic go."""
    load_temporary(connection, "counted", source, {**_KINDS, "generic": "boolean"})
    connection.exec_driver_sql("delete from generic_value v using counted c where v.key = c.key")
    columns = ", ".join(_KINDS)
    connection.exec_driver_sql(f"insert into generic_value ({columns}) select {columns} from counted where generic")
