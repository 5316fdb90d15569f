"""Records on their way between CLEANSED columns and the JSON document that the store keeps."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import duckdb
import pyarrow as pa

from mdm.live.stored import IN_DOCUMENT
from mdm.party import CLEANSED
from pipelines.folder import RunFolder

STORED = CLEANSED.append(pa.field("record_id", pa.int64()))


def component_sql(folder: RunFolder) -> str:
    """SELECT of all records that a night resolved again, as STORED: its own, and those that hang together with them."""
    names = ", ".join(STORED.names)
    own, others = folder.sql("cleanse", "records"), folder.sql("resolve", "others")
    return f"(SELECT {names} FROM {own} UNION ALL SELECT {names} FROM {others})"


def document_sql() -> str:
    """The JSON document of a CLEANSED row, as a DuckDB expression: nulls left out, but for those inside lists.

    Members are written one by one: an object of all of them, most of them null, takes twice as long to make and clean.
    """
    return _object_sql({name: (name, CLEANSED.field(name).type) for name in IN_DOCUMENT})


def _object_sql(members: dict[str, tuple[str, pa.DataType]]) -> str:
    """A JSON object as text; members: name -> (SQL of the value, type)."""
    texts = (f"""'"{name}":' || {_value_sql(value, kind)}""" for name, (value, kind) in members.items())
    return f"'{{' || concat_ws(',', {', '.join(texts)}) || '}}'"


def _value_sql(value: str, kind: pa.DataType) -> str:
    """A value as JSON text; null when it is null."""
    if not pa.types.is_struct(kind):
        return f"to_json({value})::VARCHAR"
    inner = _object_sql({field.name: (f'{value}."{field.name}"', field.type) for field in kind})
    return f"CASE WHEN {value} IS NOT NULL THEN {inner} END"


def structure_sql(names: Collection[str] = IN_DOCUMENT) -> str:
    """The types of (some members of) the document, as DuckDB's `from_json` takes them."""
    import orjson

    return orjson.dumps({name: _json_type(CLEANSED.field(name).type) for name in names}).decode()


def _json_type(kind: pa.DataType) -> object:
    if pa.types.is_list(kind):
        return [_json_type(kind.value_type)]
    if pa.types.is_struct(kind):
        return {field.name: _json_type(field.type) for field in kind}
    return {"string": "VARCHAR", "date32[day]": "DATE", "bool": "BOOLEAN"}.get(str(kind), "VARCHAR")


def to_stored(
    versions: pa.Table, connection: duckdb.DuckDBPyConnection, names: Sequence[str] = STORED.names
) -> pa.Table:
    """Versions as the store gives them (columns and `cleansed` JSON) as `names` of STORED: CLEANSED and `record_id`.

    Only what is asked for is read out of the documents.
    """
    schema = pa.schema([STORED.field(name) for name in names])
    if versions.num_rows == 0:
        return schema.empty_table()
    inside = [name for name in IN_DOCUMENT if name in names]
    columns = {name: f"d.{name}" for name in inside} | {name: "NULL" for name in ("original", "file", "line")}
    found = ", ".join(f"{columns.get(name, name)} AS {name}" for name in names)
    parsed = f", from_json(cleansed, '{structure_sql(inside)}') AS d" if inside else ""
    connection.register("stored_versions", versions)
    table = connection.sql(f"SELECT {found} FROM (SELECT *{parsed} FROM stored_versions)").to_arrow_table()
    connection.unregister("stored_versions")
    return table.cast(schema)
