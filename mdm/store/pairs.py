"""Stored pairs: two records above the review threshold, with the evidence. Derived, hence without recorded time."""

from __future__ import annotations

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import Source, Values, copy_rows, fetch_arrow, load_temporary, load_values
from mdm.store.states import is_empty

PAIR_COLUMNS = {
    "left_id": "bigint",
    "right_id": "bigint",
    "party": "text",
    "weight": "double precision",
    "levels": "smallint[]",
    "evidence": "double precision[]",
    "model_id": "text",
}
_COLUMNS = ", ".join(PAIR_COLUMNS)


def put_pairs(connection: sa.Connection, source: Source) -> int:
    """Store the pairs in `source` (PAIR_COLUMNS; left_id < right_id), in place of what is known of the same two."""
    if is_empty(connection, "pair"):
        return copy_rows(connection, "pair", list(PAIR_COLUMNS), source)
    load_temporary(connection, "incoming_pair", source, PAIR_COLUMNS)
    updates = ", ".join(f"{name} = excluded.{name}" for name in list(PAIR_COLUMNS)[2:])
    return connection.exec_driver_sql(
        f"insert into pair ({_COLUMNS}) select {_COLUMNS} from incoming_pair "
        f"on conflict (left_id, right_id) do update set {updates}"
    ).rowcount


def delete_pairs(connection: sa.Connection, record_ids: Values) -> int:
    """Delete all pairs of `record_ids`: their data changed, or they are gone."""
    load_values(connection, "wanted", record_ids)
    left = connection.exec_driver_sql("delete from pair p using wanted w where p.left_id = w.value").rowcount
    return left + connection.exec_driver_sql("delete from pair p using wanted w where p.right_id = w.value").rowcount


def delete_pairs_of(connection: sa.Connection, party: str) -> int:
    """Delete all pairs of a party type: another model weighs them all again."""
    return connection.exec_driver_sql("delete from pair where party = %s", (party,)).rowcount


def drop_pairs(connection: sa.Connection, source: Source) -> int:
    """Delete the pairs in `source` (left_id, right_id): nothing makes them candidates any more, or they score anew."""
    load_temporary(connection, "dropped", source, {"left_id": "bigint", "right_id": "bigint"})
    return connection.exec_driver_sql(
        "delete from pair p using dropped d where p.left_id = d.left_id and p.right_id = d.right_id"
    ).rowcount


def pairs_touching(connection: sa.Connection, record_ids: Values) -> pa.Table:
    """All stored pairs with one or both records among `record_ids`, by weight falling."""
    load_values(connection, "wanted", record_ids)
    return fetch_arrow(
        connection,
        f"""
        select {_COLUMNS} from (
            select p.* from wanted w join pair p on p.left_id = w.value
            union
            select p.* from wanted w join pair p on p.right_id = w.value
        ) as touching order by weight desc, left_id, right_id
        """,
    )


def all_pairs(connection: sa.Connection, *, least_weight: float | None = None) -> pa.Table:
    """All stored pairs, or those of a match weight of at least `least_weight` bits."""
    return fetch_arrow(
        connection,
        f"select {_COLUMNS} from pair where %(least)s::float8 is null or weight >= %(least)s",
        {"least": least_weight},
    )


def find_pair(connection: sa.Connection, one: int, other: int) -> dict[str, object] | None:
    """The stored pair of two records in either order, or None."""
    row = connection.exec_driver_sql(
        f"select {_COLUMNS} from pair where left_id = %(left)s and right_id = %(right)s",
        {"left": min(one, other), "right": max(one, other)},
    )
    return next((dict(found) for found in row.mappings()), None)
