"""The values as delivered, as JSON text: for one row in Python, for a table in DuckDB; both give the same text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from mdm.party import MAPPED

_NOT_DELIVERED = ("system", "local_id", "party", "deleted", "file", "line", "row_hash", "changed_at")
KEPT = tuple(name for name in MAPPED.names if name not in _NOT_DELIVERED)
_ESCAPE = re.compile(rb"\\(?:u00[0-9a-f]{2}|.)")  # a backslash that was delivered is an escape of its own


def original_text(mapped: Mapping[str, Any]) -> str:
    """JSON object of the non-null mapped values: column -> text, or the struct or list as JSON without its nulls."""
    kept = {name: _without_nulls(value) for name in KEPT if (value := mapped.get(name)) is not None}
    return _ESCAPE.sub(_as_duckdb, orjson.dumps(kept)).decode("utf-8")


def _as_duckdb(escape: re.Match[bytes]) -> bytes:
    """DuckDB writes the digits of an escaped control character in capitals."""
    text = escape.group()
    return b"\\u00" + text[4:].upper() if text.startswith(b"\\u") else text


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: inner for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value]
    return value


def original_column(mapped: pa.Table, connection: duckdb.DuckDBPyConnection | None) -> pa.ChunkedArray:
    """`original_text` of every row of `mapped`, columnar."""
    con = duckdb.connect() if connection is None else connection.cursor()
    try:
        con.register("cleanse_mapped", mapped.select(list(KEPT)))
        members = ", ".join(filter(None, (_member(name, mapped.column(name)) for name in KEPT)))
        if not members:
            return pa.chunked_array([pa.repeat(pa.scalar("{}"), mapped.num_rows)])
        query = f"select '{{' || concat_ws(',', {members}) || '}}' as original from cleanse_mapped"
        return con.sql(query).to_arrow_table().column("original").cast(pa.string())
    finally:
        con.close()


def _member(name: str, column: pa.ChunkedArray) -> str | None:
    """SQL of `"name":value`, or null when the value is null; None when there is no value in the whole column."""
    if column.null_count == len(column):
        return None
    return f"""'"{name}":' || {_json(name, column)}"""


def _json(sql: str, column: pa.ChunkedArray) -> str:
    """SQL of the JSON text of an expression that has the values of `column`; null when it is null."""
    if pa.types.is_list(column.type):
        inner = f"coalesce({_json('x', pc.list_flatten(column))}, 'null')"
        return f"('[' || array_to_string(list_transform({sql}, lambda x: {inner}), ',') || ']')"
    if pa.types.is_struct(column.type):
        fields = [(field.name, pc.struct_field(column, field.name)) for field in column.type]
        members = ", ".join(
            f"""'"{name}":' || {_json(f'{sql}."{name}"', inner)}"""
            for name, inner in fields
            if inner.null_count < len(inner)
        )
        return f"(case when {sql} is not null then '{{' || concat_ws(',', {members or 'null'}) || '}}' end)"
    return f"(case when {sql} is not null then to_json({sql})::varchar end)"
