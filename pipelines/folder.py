"""The files of a run: one folder per step, closed by a manifest that is written last.

A step is a function from files to files. While its folder has no manifest the step has not happened: it is emptied
and done again. A run that was killed therefore goes on with the first step that has no manifest.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

MANIFEST = "manifest.json"


class RunFolder:
    """`<workspace>/var/runs/<run id>`; readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def begin(self, step: str) -> None:
        """Make the folder of a step, empty."""
        shutil.rmtree(self.path / step, ignore_errors=True)
        (self.path / step).mkdir(mode=0o700)

    def finish(self, step: str, manifest: dict[str, Any]) -> None:
        """Write the manifest of a step: from now on the step has happened, also after a power cut."""
        folder = self.path / step
        for file in folder.iterdir():
            _flush(file)
        unfinished = folder / f"{MANIFEST}.unfinished"
        unfinished.write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))
        _flush(unfinished)
        unfinished.rename(folder / MANIFEST)
        _flush(folder)

    def manifest(self, step: str) -> dict[str, Any] | None:
        """The manifest of a step that has happened, or None."""
        file = self.path / step / MANIFEST
        if not file.exists():
            return None
        found: dict[str, Any] = orjson.loads(file.read_bytes())
        return found

    def file(self, step: str, name: str) -> Path:
        """The path of a file of a step."""
        return self.path / step / name

    def write(self, step: str, name: str, table: pa.Table) -> None:
        """Write a table as ``<name>.parquet`` of a step."""
        pq.write_table(table, self.file(step, f"{name}.parquet"), compression="snappy")

    def write_query(self, step: str, name: str, connection: duckdb.DuckDBPyConnection, query: str) -> None:
        """Write the result of a query as ``<name>.parquet`` of a step, without holding it in memory."""
        target = self.file(step, f"{name}.parquet")
        connection.execute(f"COPY ({query}) TO '{quoted(target)}' (FORMAT parquet, COMPRESSION snappy)")

    def read(
        self, step: str, name: str, schema: pa.Schema | None = None, *, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Read a table of a step, or some of its columns; an absent one is empty, of `schema`."""
        path = self.file(step, f"{name}.parquet")
        if not path.exists() and schema is not None:
            return schema.empty_table()
        return pq.read_table(path, columns=None if columns is None else list(columns))

    def sql(self, step: str, name: str) -> str:
        """A table of a step as a DuckDB table function."""
        return f"read_parquet('{quoted(self.file(step, f'{name}.parquet'))}')"

    def write_json(self, step: str, name: str, value: Any) -> None:
        """Write a small value as ``<name>.json`` of a step."""
        self.file(step, f"{name}.json").write_bytes(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS))

    def read_json(self, step: str, name: str) -> Any:
        """Read a small value of a step."""
        return orjson.loads(self.file(step, f"{name}.json").read_bytes())


def quoted(path: Path) -> str:
    """A path inside single quotes of SQL."""
    return str(path).replace("'", "''")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
