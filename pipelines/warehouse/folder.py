"""The folder of the warehouse: what is in it is what its manifest names, and the manifest is written last.

    outbound/warehouse/
      manifest.json             the exports in force: the last full one and the increments after it
      schema.json, views.sql    what the columns mean; DuckDB views of the state after the last export
      customer/run=7/part-0.parquet ...

Files are written below `.unfinished` and renamed into their places. A partition that no manifest names is a half of an
export that was killed, or belongs to exports that a full one has replaced: the next export removes it.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import orjson

from mdm.errors import ConfigError, Taken
from mdm.store.mart import TABLES
from mdm.store.mart_reading import Mark

MANIFEST, UNFINISHED, LOCK = "manifest.json", ".unfinished", ".lock"
FOLDER = "warehouse"  # below outbound/
FORMAT = 1
_RUN = re.compile(r"run=([0-9]+)")

Kind = Literal["full", "increment"]


@dataclass(frozen=True, slots=True)
class Export:
    """One export. run: its number; rows: by table; a table without rows has no partition in an increment."""

    run: int
    kind: Kind
    at: datetime
    mark: Mark
    rows: dict[str, int]


class WarehouseFolder:
    """The exports below `path`, which others may not enter."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let nobody else write here meanwhile. Raises Taken when somebody does."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o750)
        descriptor = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise Taken(
                f"another export is being written into {self.path}, or a customer erased in it",
                holder=None,
                remedy="Run the command again when that one has ended.",
            ) from None
        finally:
            os.close(descriptor)

    def exports(self) -> list[Export]:
        """The exports in force, the full one first. Raises ConfigError for a manifest that is not ours."""
        file = self.path / MANIFEST
        if not file.exists():
            return []
        try:
            document = orjson.loads(file.read_bytes())
            if document["format"] != FORMAT:
                raise ValueError
            return [_from_json(each) for each in document["exports"]]
        except (ValueError, KeyError, TypeError):
            raise ConfigError(
                "not a manifest that this version of mdm can read", where=str(file), remedy="Begin anew: mdm warehouse "
                "--full into an empty folder.",
            ) from None  # fmt: skip

    def partition(self, table: str, run: int) -> Path:
        """Where the files of a table of one export are."""
        return self.path / table / f"run={run}"

    def begin(self, views: bytes | None) -> None:
        """Remove what no manifest names, and make an empty folder to write into.

        views: `views.sql` as it is by the manifest; an export that was killed may have left another.
        """
        if views is not None:
            self.write("views.sql", views)
        named = {export.run for export in self.exports()}
        for run, partition in self._partitions():
            if run not in named:
                shutil.rmtree(partition)
        unfinished = self.path / UNFINISHED
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()

    def next_run(self) -> int:
        """A number that no partition has had here."""
        return 1 + max(
            (run for run, _ in [*self._partitions(), *((each.run, None) for each in self.exports())]), default=0
        )

    def publish(self, export: Export, documents: dict[str, bytes]) -> None:
        """Put what was written into its place; with the manifest the export has happened. documents: by file name."""
        unfinished = self.path / UNFINISHED
        for table in TABLES:
            if (unfinished / table).is_dir():
                place = self.partition(table, export.run)
                place.parent.mkdir(exist_ok=True)
                _flush_all(unfinished / table)
                (unfinished / table).rename(place)
                flush(place.parent)
        before = [] if export.kind == "full" else self.exports()
        for name, content in documents.items():
            self.write(name, content)
        self.put_manifest([*before, export])
        self.leave()

    def leave(self) -> None:
        """Remove what was to be written into."""
        shutil.rmtree(self.path / UNFINISHED, ignore_errors=True)

    def put_manifest(self, exports: list[Export]) -> None:
        """Write the manifest, in one step."""
        document = {"format": FORMAT, "exports": [asdict(each) for each in exports]}
        self.write(MANIFEST, orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z))

    def write(self, name: str, content: bytes) -> None:
        """Write a small file in one step."""
        unfinished = self.path / f".{name}.unfinished"
        unfinished.write_bytes(content)
        flush(unfinished)
        unfinished.rename(self.path / name)
        flush(self.path)

    def files(self, table: str) -> list[Path]:
        """All files of a table that are here, named in the manifest or not."""
        return sorted((self.path / table).glob("run=*/*.parquet"))

    def _partitions(self) -> list[tuple[int, Path]]:
        found = [(_RUN.fullmatch(each.name), each) for table in TABLES for each in (self.path / table).glob("run=*")]
        return [(int(match[1]), each) for match, each in found if match is not None]


def _from_json(document: dict[str, Any]) -> Export:
    mark = document["mark"]
    last_at = None if mark["last_at"] is None else datetime.fromisoformat(mark["last_at"])
    return Export(
        document["run"], document["kind"], datetime.fromisoformat(document["at"]),
        Mark(mark["position"], mark["last"], last_at, datetime.fromisoformat(mark["since"])), document["rows"],
    )  # fmt: skip


def _flush_all(folder: Path) -> None:
    for file in folder.iterdir():
        flush(file)
    flush(folder)


def flush(path: Path) -> None:
    """See that a file, or the names in a folder, outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
