"""The candidate index seen by a night: who of the store, beside tonight's own records, holds given keys."""

from __future__ import annotations

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import Values, fetch_numbers, load_values
from mdm.store.ordered import in_order
from mdm.store.states import is_empty

_COUNTS = pa.schema([("key", pa.int64()), ("stored", pa.int64()), ("before", pa.int64())])
_HOLDERS = pa.schema([("key", pa.int64()), ("record_id", pa.int64())])


def is_new(connection: sa.Connection) -> bool:
    """Whether nothing is indexed yet."""
    return is_empty(connection, "record_key")


def count_others(connection: sa.Connection, keys: Values, but: Values) -> pa.Table:
    """(key, stored, before): how many records hold each of `keys`, without and with those of `but`; only held keys."""
    if is_new(connection):
        return _COUNTS.empty_table()
    load_values(connection, "asked_key", in_order(keys))
    load_values(connection, "left_out", but)
    return fetch_numbers(
        connection,
        "select k.key, count(*) filter (where o.value is null) as stored, count(*) as before "
        "from asked_key a join record_key k on k.key = a.value left join left_out o on o.value = k.record_id "
        "group by k.key",
        _COUNTS.names,
    )


def holders_of(connection: sa.Connection, keys: Values, but: Values) -> pa.Table:
    """(key, record_id): the records, those of `but` left out, that hold one of `keys`."""
    if is_new(connection):
        return _HOLDERS.empty_table()
    load_values(connection, "asked_key", in_order(keys))
    load_values(connection, "left_out", but)
    return fetch_numbers(
        connection,
        "select k.key, k.record_id from asked_key a join record_key k on k.key = a.value "
        "where not exists (select from left_out o where o.value = k.record_id)",
        _HOLDERS.names,
    )


def keys_of_records(connection: sa.Connection, record_ids: Values) -> pa.Table:
    """(key, record_id): all keys that the index has for `record_ids`."""
    if is_new(connection):
        return _HOLDERS.empty_table()
    load_values(connection, "wanted", record_ids)
    return fetch_numbers(
        connection,
        "select k.key, k.record_id from wanted w join record_key k on k.record_id = w.value",
        _HOLDERS.names,
    )
