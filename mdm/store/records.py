"""Source records and their versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import Source, Values, fetch_arrow, fetch_columns, load_temporary, load_values
from mdm.store.ordered import in_order
from mdm.store.states import StateCounts, ever, is_empty, put_selected, put_states

DOCUMENTS = 50_000  # asked for at once
_MANY = 5_000_000  # records; the hashes of fewer are some 200 MB at most, on both sides

_IDENTITY = "r.record_id, r.system, r.local_id, r.incarnation, r.party, r.role, r.status"
_HASHES = "r.local_id, r.status, r.content_hash, r.extracted_at"
_STATE = f"{_IDENTITY}, r.content_hash, r.extracted_at, r.changed_at"
_DOCUMENT = f"{_STATE}, r.cleansed"
_PARSED = f"{_STATE}, r.cleansed::json, r.original::json"


def current_hashes(connection: sa.Connection, system: str | None = None) -> pa.Table:
    """What is known of every key of `system` (of all): system, local_id, record_id, incarnation, party, role, status,
    content_hash, extracted_at. Deleted records are among them.
    """
    return fetch_arrow(
        connection,
        f"select {_IDENTITY}, r.content_hash, r.extracted_at from record r where r.recorded_to = 'infinity' "
        "and (%(system)s::text is null or r.system = %(system)s)",
        {"system": system},
    )


def hashes_of_source(connection: sa.Connection, system: str) -> pa.Table:
    """What a delivery of `system` is held against: local_id, status, content_hash, extracted_at of all its keys."""
    return _fetch_hashes(connection, system, "record r")


def hashes_of(connection: sa.Connection, system: str, keys: Source) -> pa.Table:
    """The same of the keys (local_id) that are asked for; those that it does not know are left out."""
    load_temporary(connection, "wanted", keys, {"local_id": "text"})
    return _fetch_hashes(connection, system, "wanted w join record r using (local_id)")


def _fetch_hashes(connection: sa.Connection, system: str, source: str) -> pa.Table:
    few = connection.exec_driver_sql("select reltuples < %s from pg_class where oid = 'record'::regclass", (_MANY,))
    fetch = fetch_columns if few.scalar_one() else fetch_arrow
    query = f"select {_HASHES} from {source} where r.recorded_to = 'infinity' and r.system = %(system)s"
    return fetch(connection, query, {"system": system})


def count_accepted(connection: sa.Connection, system: str) -> int:
    """How many records of `system` are in force."""
    found = connection.exec_driver_sql(
        "select count(*) from record where recorded_to = 'infinity' and system = %s and status = 'accepted'", (system,)
    )
    return int(found.scalar_one())


def keys_in_use(connection: sa.Connection, system: str, local_ids: Sequence[str]) -> frozenset[str]:
    """Those of a few keys of `system` that accepted records have; asked without a temporary table, so not written."""
    rows = connection.exec_driver_sql(
        "select r.local_id from record r where r.system = %(system)s and r.local_id = any(%(keys)s) "
        "and r.recorded_to = 'infinity' and r.status = 'accepted'",
        {"system": system, "keys": list(local_ids)},
    )
    return frozenset(rows.scalars())


def current_versions(connection: sa.Connection, record_ids: Values) -> pa.Table:
    """The current versions of `record_ids` with their documents (`cleansed`, JSON text)."""
    wanted = in_order(record_ids)
    load_values(connection, "wanted", wanted)
    query = f"select {_DOCUMENT} from wanted w join record r on r.record_id = w.value where r.recorded_to = 'infinity'"
    firsts = wanted[::DOCUMENTS].to_pylist() or [0]
    parts = zip(firsts, [*firsts[1:], None], strict=True)
    return pa.concat_tables([fetch_columns(connection, f"{query} and {_between('w.value', *ends)}") for ends in parts])


def _between(column: str, first: int, end: int | None) -> str:
    """SQL: from `first` on, and before `end` if there is one."""
    return f"{column} >= {first}" + ("" if end is None else f" and {column} < {end}")


def parties_of(connection: sa.Connection, record_ids: Values) -> pa.Table:
    """The party type of the current versions of `record_ids`: record_id, party."""
    load_values(connection, "wanted", record_ids)
    return fetch_arrow(
        connection,
        "select r.record_id, r.party from wanted w join record r on r.record_id = w.value "
        "where r.recorded_to = 'infinity'",
    )


def all_current(connection: sa.Connection, *, party: str | None = None, accepted_only: bool = True) -> pa.Table:
    """All current versions with their documents, of one party type or both."""
    return fetch_arrow(
        connection,
        f"select {_DOCUMENT} from record r where r.recorded_to = 'infinity' "
        "and (%(party)s::text is null or r.party = %(party)s) and (not %(accepted_only)s or r.status = 'accepted')",
        {"party": party, "accepted_only": accepted_only},
    )


def find_current(connection: sa.Connection, keys: Source) -> pa.Table:
    """The current versions, with documents, of source keys (system, local_id)."""
    if is_empty(connection, "record"):
        return fetch_arrow(connection, f"select {_DOCUMENT} from record r where false")
    load_temporary(connection, "wanted", keys, {"system": "text", "local_id": "text"})
    return fetch_arrow(
        connection,
        f"select {_DOCUMENT} from wanted w join record r using (system, local_id) where r.recorded_to = 'infinity'",
    )


def versions(connection: sa.Connection, system: str, local_id: str) -> list[dict[str, Any]]:
    """All versions of one key, all incarnations, oldest first, with documents and originals."""
    rows = connection.exec_driver_sql(
        f"select {_PARSED}, r.run_id, r.recorded_from, nullif(r.recorded_to, 'infinity') as recorded_to "
        f"from record r where r.system = %(system)s and r.local_id = %(local_id)s and {ever('r')} "
        "order by r.incarnation, r.recorded_from",
        {"system": system, "local_id": local_id},
    )
    return [dict(row) for row in rows.mappings()]


def version(connection: sa.Connection, record_id: int) -> dict[str, Any] | None:
    """The current version of one record with its document and original, or None."""
    row = connection.exec_driver_sql(
        f"select {_PARSED}, r.run_id, r.recorded_from from record r "
        "where r.record_id = %(record_id)s and r.recorded_to = 'infinity'",
        {"record_id": record_id},
    )
    return next((dict(found) for found in row.mappings()), None)


def put_versions(connection: sa.Connection, source: Source) -> StateCounts:
    """New versions of the records in `source` (columns of `record` but its recorded times).

    The former version is closed; one equal in all but run, extraction time and originals is left as it is. When a key
    got a new incarnation (another record id), the version of the old one is closed as well.
    """
    return put_states(
        connection,
        "record",
        source,
        key=("system", "local_id"),
        besides=("run_id", "extracted_at", "original"),
    )


_VERSION = (
    "record_id", "system", "local_id", "incarnation", "party", "role", "status", "content_hash", "extracted_at",
    "changed_at", "run_id", "cleansed", "original",
)  # fmt: skip
_DELETED_VERSION = """
select r.record_id, r.system, r.local_id, r.incarnation, r.party, r.role, 'deleted', r.content_hash, g.extracted_at,
       r.changed_at, g.run_id, r.cleansed, r.original
from gone g join record r on r.record_id = g.record_id and r.recorded_to = 'infinity' and r.status = 'accepted'
"""


def mark_deleted(connection: sa.Connection, source: Source) -> int:
    """A version with status `deleted` for each accepted record in `source` (record_id, extracted_at, run_id).

    Its blocking keys and pairs go; returns how many were marked.
    """
    kinds = {"record_id": "bigint", "extracted_at": "timestamptz", "run_id": "text"}
    load_temporary(connection, "gone", source, kinds)
    for statement in (
        "delete from record_key k using gone g where k.record_id = g.record_id",
        "delete from pair p using gone g where p.left_id = g.record_id",
        "delete from pair p using gone g where p.right_id = g.record_id",
    ):
        connection.exec_driver_sql(statement)
    return put_selected(connection, "record", _VERSION, _DELETED_VERSION, key=("record_id",))
