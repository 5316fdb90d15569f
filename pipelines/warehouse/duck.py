"""`views.sql` and `schema.json`: how DuckDB sees the state after the last export, and what the columns mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
import pyarrow as pa

from mdm.store.mart import TABLES, MartTable, Owner
from pipelines.warehouse.folder import Export

# owner -> the table that has a row for each that was exported, and its column
_KNOWN_BY: dict[Owner, tuple[str | None, str]] = {
    "pin": ("customer", "pin"), "chi": ("household", "chi"), "record": (None, "record_id"),
    "event": (None, "event_id"), "result": (None, "result_id"),
}  # fmt: skip
_HEAD = """-- DuckDB views of the warehouse after export {run}, written by mdm; paths are relative to this folder:
--   set file_search_path = '.../outbound/warehouse';
"""


def views_sql(exports: Sequence[Export]) -> str:
    """One view per table: of each owner the rows of the last export that has any."""
    views = [f"create or replace view {table.name} as\n{_view(table, exports)};\n" for table in TABLES.values()]
    return "\n".join([_HEAD.format(run=exports[-1].run), *views])


def schema_json(schemas: Mapping[str, pa.Schema]) -> bytes:
    """What the tables and their columns are."""
    document = {
        name: {
            "meaning": table.meaning,
            "key": list(table.key),
            "columns": [
                {"name": field.name, "type": str(field.type), "meaning": column.meaning}
                for field, column in zip(schemas[name], table.columns, strict=True)
            ],
        }
        for name, table in TABLES.items()
    }
    return orjson.dumps({"tables": document}, option=orjson.OPT_INDENT_2)


def _view(table: MartTable, exports: Sequence[Export]) -> str:
    columns = ", ".join(f'x."{column.name}"' for column in table.columns)
    rows = f"select {columns} from {_files(table.name, exports)} x"
    if len(exports) == 1:
        return rows
    known_by, owner = _KNOWN_BY[table.owner]
    latest = f"select {owner}, max(run) as run from {_files(known_by or table.name, exports)} group by {owner}"
    return f"{rows}\njoin ({latest}) l on x.{owner} = l.{owner} and x.run = l.run"


def _files(table: str, exports: Sequence[Export]) -> str:
    """The partitions of the exports in force: of a full one always, of an increment if it has rows."""
    runs = [each.run for each in exports if each.kind == "full" or each.rows.get(table)]
    paths = ", ".join(f"'{table}/run={run}/*.parquet'" for run in runs)
    return f"read_parquet([{paths}], hive_partitioning = true, union_by_name = true)"
