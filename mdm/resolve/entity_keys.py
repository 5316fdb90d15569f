"""Keys by which organisations of one legal entity find each other, so that a night makes only those around a change.

What `mdm.resolve.legal_entities` brings together shares a key, or *asks* for one that another bears: the number of the
asked key is one more than that of the key itself. Who asks for the same is not brought together by that alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from mdm.resolve.addresses import number_sql
from mdm.resolve.legal_entities import organisations_from_cleansed, possible_heads, read_branch

ENTITY_KEYS = pa.schema([("record_id", pa.int64()), ("key", pa.int64())])  # key: of 63 bits; odd: asks for key - 1


def entity_keys(records: pa.Table) -> pa.Table:
    """The keys of the organisations among `records` (the columns that legal entities read, and `record_id`)."""
    chosen = records.filter(pc.equal(records["party"], "organisation"))
    named = organisations_from_cleansed(chosen, chosen["local_id"])
    columns = (named[name].to_pylist() for name in ("name", "organisation_key", "registrations"))
    found = [
        (record_id, text, asks)
        for record_id, *row in zip(chosen["record_id"].to_pylist(), *columns, strict=True)
        for text, asks in _texts(*row)
    ]
    record_ids, texts, asks = zip(*found, strict=True) if found else ((),) * 3
    table = pa.table(
        {"record_id": pa.array(record_ids, pa.int64()), "text": pa.array(texts, pa.string()), "asks": pa.array(asks)}
    )
    with duckdb.connect() as con:
        con.register("texts", table.cast(pa.schema([*list(table.schema)[:2], ("asks", pa.int64())])))
        number = number_sql("'entity'", "text")
        query = f"SELECT DISTINCT record_id, {number} + asks AS key FROM texts ORDER BY record_id, key"
        return con.sql(query).to_arrow_table().cast(ENTITY_KEYS)


def answering(keys: pa.Array) -> pa.Array:
    """The keys whose holders may be of one legal entity with those of `keys`."""
    asks = pc.equal(pc.bit_wise_and(keys, 1), 1)
    borne = keys.filter(pc.invert(asks))
    return pc.unique(pa.concat_arrays([borne, pc.add(borne, 1), pc.subtract(keys.filter(asks), 1)]))


def _texts(name: str | None, key: str | None, registrations: list[str] | None) -> Iterator[tuple[str, int]]:
    """What an organisation bears (0) and asks for (1)."""
    for registration in registrations or ():
        yield f"number|{registration}", 0
    branch = read_branch(name) if name else None
    if branch is None:
        if key:
            yield f"name|{key}", 0
        return
    if branch.whole:
        yield f"name|{branch.head}", 0
    else:
        for head in possible_heads(branch):
            yield f"name|{head}", 1
