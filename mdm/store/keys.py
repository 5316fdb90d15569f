"""The candidate index: which current records share a blocking key."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import Source, Values, copy_rows, fetch_arrow, load_temporary, load_values
from mdm.store.replacing import replace_rows


def load_keys(connection: sa.Connection, source: Source) -> int:
    """Add the keys in `source` (key, record_id) to the index; fastest when sorted by key.

    Pairs already there are an error: use `replace_keys` unless the records are new.
    """
    return copy_rows(connection, "record_key", ("key", "record_id"), source)


def replace_keys(connection: sa.Connection, record_ids: Values, source: Source) -> int:
    """Make `source` (key, record_id) all the keys of `record_ids`; how many of them are new.

    Keys of other records in `source` are added.
    """
    return replace_rows(connection, "record_key", "record_id", record_ids, source, ("key", "record_id"))


def delete_keys(connection: sa.Connection, record_ids: Values) -> int:
    """Take records out of the index; how many keys went."""
    load_values(connection, "wanted", record_ids)
    return connection.exec_driver_sql("delete from record_key k using wanted w where k.record_id = w.value").rowcount


def candidate_pairs(connection: sa.Connection, keys: Source, *, most: int) -> pa.Table:
    """Pairs (record_id, other_id) of the records in `keys` (key, record_id) with indexed ones that share a key.

    Each pair once, no record with itself. A key with more than `most` indexed records makes no pairs.
    """
    load_temporary(connection, "asked", keys, {"key": "bigint", "record_id": "bigint"})
    return fetch_arrow(
        connection,
        """
        with usable as (
            select k.key from (select distinct key from asked) a join record_key k using (key)
            group by k.key having count(*) <= %(most)s
        )
        select distinct a.record_id, k.record_id as other_id
        from usable join asked a using (key) join record_key k using (key) where k.record_id <> a.record_id
        """,
        {"most": most},
    )


def records_sharing(connection: sa.Connection, keys: Sequence[int], *, most: int) -> dict[int, list[int]]:
    """Record id -> those of `keys` that it shares, for one request; keys with more than `most` records are left out."""
    rows = connection.exec_driver_sql(
        """
        select k.record_id, array_agg(k.key order by k.key)
        from unnest(%(keys)s::bigint[]) as asked(key)
        cross join lateral (
            select key, record_id, count(*) over () as holders
            from (select key, record_id from record_key r where r.key = asked.key limit %(most)s + 1) as few
        ) as k
        where k.holders <= %(most)s group by k.record_id
        """,
        {"keys": list(keys), "most": most},
    )
    return {record_id: shared for record_id, shared in rows}


def count_keys(connection: sa.Connection, keys: Values) -> pa.Table:
    """How many current records hold each of `keys`: key, records; keys that nobody holds are left out."""
    load_values(connection, "wanted", keys)
    return fetch_arrow(
        connection,
        "select k.key, count(*) as records from wanted w join record_key k on k.key = w.value group by k.key",
    )


def common_keys(connection: sa.Connection, *, least: int) -> pa.Table:
    """The keys that `least` or more current records hold, the commonest first: key, records."""
    return fetch_arrow(
        connection,
        "select key, count(*) as records from record_key group by key having count(*) >= %(least)s "
        "order by count(*) desc, key",
        {"least": least},
    )


def all_keys(connection: sa.Connection) -> pa.Table:
    """The whole index: key, record_id."""
    return fetch_arrow(connection, "select key, record_id from record_key")
