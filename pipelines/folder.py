"""The files of a run: one folder per step, closed by a manifest that is written last.

A step is a function from files to files. While its folder has no manifest the step has not happened: it is emptied
and done again. A run that was killed therefore goes on with the first step that has no manifest.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

MANIFEST = "manifest.json"
ROW_GROUP = 122_880  # rows: what DuckDB writes too, so that its threads share a file when they read it


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
        self._second(step, name).unlink(missing_ok=True)
        pq.write_table(table, self.file(step, f"{name}.parquet"), compression="snappy")

    def write_wide(self, step: str, name: str, table: pa.Table) -> None:
        """The same for many rows and columns: in two files side by side, as one is written by one processor."""
        files, middle = [self.file(step, f"{name}.parquet")], table.num_rows // 2
        if table.num_rows >= 2 * ROW_GROUP:
            files.append(self._second(step, name))
        halves = [table] if len(files) == 1 else [table.slice(0, middle), table.slice(middle)]
        write = partial(pq.write_table, compression="snappy", row_group_size=ROW_GROUP)
        with ThreadPoolExecutor(len(files)) as pool:
            list(pool.map(write, halves, files))

    def write_query(self, step: str, name: str, connection: duckdb.DuckDBPyConnection, query: str) -> None:
        """Write the result of a query as ``<name>.parquet`` of a step, without holding it in memory."""
        self._second(step, name).unlink(missing_ok=True)
        target = self.file(step, f"{name}.parquet")
        connection.execute(f"COPY ({query}) TO '{quoted(target)}' (FORMAT parquet, COMPRESSION snappy)")

    def read(
        self, step: str, name: str, schema: pa.Schema | None = None, *, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Read a table of a step, or some of its columns; an absent one is empty, of `schema`."""
        path = self.file(step, f"{name}.parquet")
        if not path.exists() and schema is not None:
            return schema.empty_table()
        chosen = None if columns is None else list(columns)
        return pa.concat_tables([pq.read_table(file, columns=chosen) for file in self._files(step, name)])

    def sql(self, step: str, name: str) -> str:
        """A table of a step as a DuckDB table function."""
        files = ", ".join(f"'{quoted(file)}'" for file in self._files(step, name))
        return f"read_parquet([{files}])"

    def _files(self, step: str, name: str) -> list[Path]:
        second = self._second(step, name)
        return [self.file(step, f"{name}.parquet"), *([second] if second.exists() else [])]

    def _second(self, step: str, name: str) -> Path:
        """The other file of a table that `write_wide` wrote in two."""
        return self.file(step, f"{name}+.parquet")

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
