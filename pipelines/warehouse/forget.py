"""An erased person is taken out of the exports that we hold: files that have anything of them are written anew.

What the store held of them is named by keys (`mdm.store.erasure.find_exported`), so rows are found by these, in every
partition that is here, in force or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.folder import quoted
from pipelines.warehouse.duck import views_sql
from pipelines.warehouse.folder import WarehouseFolder, flush

_OF_THEM = "pin in (select pin from pins) or (pin, recorded_from) in (select pin, recorded_from from golden)"
# table -> which rows go
_GOES = {
    "customer": _OF_THEM, "customer_version": _OF_THEM, "account": _OF_THEM, "subscription": _OF_THEM,
    "xref": "record_id in (select record_id from records) "
            "or (record_id, recorded_from) in (select record_id, recorded_from from stays)",
    "membership": "pin in (select pin from pins)",
    "record": "(record_id, recorded_from) in (select record_id, recorded_from from versions)",
}  # fmt: skip
_NO_DWELLING = "(chi, recorded_from) in (select chi, recorded_from from dwellings)"
# table -> (which rows lose what they say, column, what is left of it)
_EMPTIED = {
    "household": (f"dwelling is not null and {_NO_DWELLING}", "dwelling",
                  f"case when {_NO_DWELLING} then null else dwelling end"),
    "lineage": ("exists (select 1 from unnest(record_ids) u(r) where r in (select record_id from records))",
                "record_ids",
                "coalesce((select list(r order by r) from unnest(record_ids) u(r) "
                "where r not in (select record_id from records)), []::bigint[])"),
}  # fmt: skip


def forget(folder: WarehouseFolder, person: Mapping[str, pa.Table]) -> list[Path]:
    """Take a person out of all files below `folder`, which is locked; which were written anew."""
    former = folder.exports()
    folder.begin(views_sql(former).encode() if former else None)
    with duckdb.connect(config={"threads": 2}) as scratch:
        for name, table in person.items():
            scratch.register(name, table)
        cleaned = [file for table in _GOES for file in folder.files(table) if _drop(scratch, file, _GOES[table])]
        for table, emptied in _EMPTIED.items():
            cleaned += [file for file in folder.files(table) if _empty(scratch, file, *emptied)]
    folder.leave()
    if cleaned:
        folder.put_manifest([replace(export, rows=_counted(folder, export.run, export.rows)) for export in former])
    return cleaned


def _drop(scratch: duckdb.DuckDBPyConnection, file: Path, which: str) -> bool:
    rows = f"read_parquet('{quoted(file)}', hive_partitioning = false)"
    return _write_anew(scratch, file, which, f"select * from {rows} where not coalesce({which}, false)")


def _empty(scratch: duckdb.DuckDBPyConnection, file: Path, which: str, column: str, left: str) -> bool:
    rows = f"read_parquet('{quoted(file)}', hive_partitioning = false)"
    return _write_anew(scratch, file, which, f"select * replace ({left} as {column}) from {rows}")


def _write_anew(scratch: duckdb.DuckDBPyConnection, file: Path, which: str, query: str) -> bool:
    """Replace a file by the result of a query if it has such rows."""
    rows = f"read_parquet('{quoted(file)}', hive_partitioning = false)"
    if not scratch.execute(f"select 1 from {rows} where {which} limit 1").fetchall():
        return False
    unfinished = file.with_name(f".{file.name}.unfinished")
    scratch.execute(f"copy ({query}) to '{quoted(unfinished)}' (format parquet, compression zstd)")
    unfinished.chmod(file.stat().st_mode & 0o777)
    flush(unfinished)
    unfinished.rename(file)
    flush(file.parent)
    return True


def _counted(folder: WarehouseFolder, run: int, rows: dict[str, int]) -> dict[str, int]:
    """The rows of an export as they are now in its files."""
    return {
        table: sum(pq.read_metadata(file).num_rows for file in folder.partition(table, run).glob("*.parquet"))
        for table in rows
    }
