"""Exporting the warehouse: everything, or what has changed since the last export; in parts, by two connections.

The server packs each part into one value per column, Arrow takes these as they are, and Parquet writes them: nothing is
done row by row here, and no more than two parts are ever held.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mdm.store import mart_reading
from mdm.store.database import Database
from mdm.store.mart import TABLES
from mdm.store.mart_reading import Mark, Part
from pipelines.warehouse.duck import schema_json, views_sql
from pipelines.warehouse.folder import UNFINISHED, Export, Kind, WarehouseFolder

CONNECTIONS = 2
WHOLE_FROM = 0.25  # share of the customers that changed from which to export everything costs less
FEW = 1000  # customers that an increment may always have
# columns whose values repeat; all others are no smaller for a dictionary, and slower
_REPEATING = [
    "party", "status", "sex", "kind", "role", "system", "run_id", "product", "suite", "expectation", "column_name",
    "severity", "address_locality", "address_region", "address_country", "actor", "recorded_from", "at",
]  # fmt: skip
_DOCUMENTS = {"doc", "cleansed"}  # whose smallest and greatest value nobody asks for


@dataclass(frozen=True, slots=True)
class Exported:
    """What was done. run: None when nothing had changed; why_full: why no increment was made."""

    folder: str
    run: int | None
    kind: Kind
    rows: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    why_full: str | None = None


def export(
    database: Database, path: Path, *, full: bool = False, progress: Callable[[str], None] = lambda text: None
) -> Exported:
    """Export into the folder `path`: what has changed since its last export, or everything if there is none.

    Raises Taken while somebody else writes there, ConfigError for a folder that is not ours.
    """
    folder, began = WarehouseFolder(path), time.monotonic()
    with folder.locked():
        former = folder.exports()
        folder.begin(views_sql(former).encode() if former else None)
        run, at = folder.next_run(), datetime.now(UTC)
        with database.begin() as connection:
            now = mart_reading.mark_now(connection)
        with database.read() as holder:
            why = "" if full else _why_full(database, former, now)
            parts = _all_parts(database) if full or why else _changed_parts(database, former[-1].mark, now)
            if parts is None:
                parts, why = _all_parts(database), "much of it has changed"
            whole = full or bool(why)
            snapshot = mart_reading.share_snapshot(holder)
            schemas = {name: mart_reading.schema_of(holder, table) for name, table in TABLES.items()}
            written = _Written(path / UNFINISHED, schemas, parts, progress)
            with ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="warehouse") as pool:
                for each in [pool.submit(_read_on, database, snapshot, written, n) for n in range(CONNECTIONS)]:
                    each.result()
        if whole:
            written.fill_up()
        kind: Kind = "full" if whole else "increment"
        if not written.rows and not whole:
            folder.leave()
            return Exported(str(path), None, kind, {}, time.monotonic() - began)
        done = Export(run, kind, at, now, dict(sorted(written.rows.items())))
        chain = [done] if whole else [*former, done]
        folder.publish(done, {"schema.json": schema_json(schemas), "views.sql": views_sql(chain).encode()})
        return Exported(str(path), run, kind, done.rows, time.monotonic() - began, why or None)


def _why_full(database: Database, former: list[Export], now: Mark) -> str:
    """Why an increment cannot be made; empty when it can."""
    if not former:
        return "there is no export yet"
    with database.read() as connection:
        if not mart_reading.is_of_this_store(connection, former[-1].mark) or now.position < former[-1].mark.position:
            return "the last export is of another store, or of this one before it was restored"
    return ""


def _all_parts(database: Database) -> Iterator[Part]:
    with database.read() as connection:
        return iter([part for table in TABLES.values() for part in mart_reading.all_parts(connection, table)])


def _changed_parts(database: Database, since: Mark, now: Mark) -> Iterator[Part] | None:
    """The parts of what has changed; None when it is so much that all of it costs less."""
    with database.read() as connection:
        owners = {
            owner: mart_reading.touched(connection, owner, since, now)
            for owner in dict.fromkeys(table.owner for table in TABLES.values())
        }
        if len(owners["pin"]) > max(FEW, WHOLE_FROM * mart_reading.count_customers(connection)):
            return None
    tables = TABLES.values()
    return itertools.chain.from_iterable(mart_reading.parts_of(table, owners[table.owner]) for table in tables)


class _Written:
    """What is to be read and what was written, of all connections."""

    def __init__(
        self, path: Path, schemas: dict[str, pa.Schema], parts: Iterator[Part], progress: Callable[[str], None]
    ) -> None:
        self.path, self.schemas, self.rows = path, schemas, dict[str, int]()
        self._parts, self._progress, self._lock, self._table = parts, progress, threading.Lock(), ""

    def next_part(self) -> Part | None:
        """The next part that nobody has taken."""
        with self._lock:
            part = next(self._parts, None)
            if part is not None and part.table.name != self._table:
                self._table = part.table.name
                self._progress(f"export {self._table}")
            return part

    def note(self, table: str, rows: int) -> None:
        """Count rows that were written."""
        with self._lock:
            self.rows[table] = self.rows.get(table, 0) + rows

    def fill_up(self) -> None:
        """Give tables without rows an empty file, so that a full export has all of them."""
        for name in TABLES:
            if not (self.path / name).is_dir():
                self.note(name, 0)
                _open_file(self.path, name, 0, self.schemas[name]).close()

    def writer(self, table: str, number: int) -> pq.ParquetWriter:
        """A new file of a table."""
        return _open_file(self.path, table, number, self.schemas[table])


def _open_file(path: Path, table: str, number: int, schema: pa.Schema) -> pq.ParquetWriter:
    (path / table).mkdir(exist_ok=True)
    return pq.ParquetWriter(
        path / table / f"part-{number}.parquet", schema, compression="zstd", compression_level=1,
        use_dictionary=[name for name in schema.names if name in _REPEATING],
        write_statistics=[name for name in schema.names if name not in _DOCUMENTS],
    )  # fmt: skip


def _read_on(database: Database, snapshot: str, written: _Written, number: int) -> None:
    """Read part after part and write it, into one file per table."""
    table, writer = "", None
    try:
        with database.read() as connection:
            mart_reading.join_snapshot(connection, snapshot)
            while (part := written.next_part()) is not None:
                rows = mart_reading.fetch_part(connection, part)
                if rows.num_rows == 0:
                    continue
                if writer is None or part.table.name != table:
                    if writer is not None:
                        writer.close()
                    table, writer = part.table.name, written.writer(part.table.name, number)
                writer.write_table(rows.cast(written.schemas[table]))
                written.note(table, rows.num_rows)
    finally:
        if writer is not None:
            writer.close()
