"""What the store knows of a source's keys, and what tonight's deliveries make of it.

Kept in DuckDB, keys and positions only: the wide columns stay in Arrow. For a full delivery the store tells all keys
of the source while the delivery is mapped; for a delta those that it names.
"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import Future
from functools import partial
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mdm.contracts import SourceContract
from mdm.party import INSTANT, MAPPED, TEXT
from mdm.store import records
from mdm.store.database import Database
from pipelines.asking import Asking

CHANGED = MAPPED.append(pa.field("extracted_at", INSTANT))
GONE = pa.schema([("system", TEXT), ("local_id", TEXT), ("extracted_at", INSTANT)])
COLUMNS = ("local_id", "status", "content_hash", "extracted_at")


class Known:
    """The keys of one source: as the store has them, then as each delivery taken over leaves them."""

    def __init__(
        self, contract: SourceContract, database: Database, scratch: duckdb.DuckDBPyConnection, store: Asking
    ) -> None:
        self._source = contract.source
        self._full = contract.delivery.kind == "full"
        self._database, self._scratch, self._store = database, scratch, store
        self._told: Future[pa.Table] | None = None
        self._accepted: int | None = None  # records that the store held before a full delivery
        self._created = False
        self._taken: list[pa.Table] = []  # per delivery, what was new or changed then

    def expect(self) -> None:
        """A delivery is going to be judged: ask the store meanwhile, if it is a full one."""
        if self._full and self._told is None:
            self._told = self._store.ask(partial(records.hashes_of_source, system=self._source))

    def look_up(self, mapped: pa.Table, deletions: int = 0) -> int:
        """Take in what the store knows of the keys of a delivery (of all, for a full one); how many records it holds.

        For a delta without `deletions` it may be how many of these keys: nobody asks for a share of them, and counting
        reads every record of the source.
        """
        self._create()
        if self._full:
            return self._look_up_all()
        with self._database.begin() as connection:
            found = records.hashes_of(connection, self._source, self._unread(mapped))
            self._add(found)
            held = pc.sum(pc.equal(found["status"], "accepted")).as_py() or 0
            return held if held and not deletions else records.count_accepted(connection, self._source)

    def _look_up_all(self) -> int:
        if self._accepted is None:
            self.expect()
            assert self._told is not None
            found = self._told.result()
            self._accepted = pc.sum(pc.equal(found["status"], "accepted")).as_py() or 0
            self._add(found)
        return self._accepted

    def news(self, mapped: pa.Table) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Positions of the rows that the store lacks or knows otherwise; after `look_up`."""
        keys = mapped.select(["local_id", "row_hash"])
        self._scratch.register("delivered", keys.append_column("position", pa.array(np.arange(keys.num_rows))))
        query = (
            "SELECT position FROM delivered d LEFT JOIN known k USING (local_id) "
            "WHERE k.local_id IS NULL OR k.status <> 'accepted' OR k.content_hash <> d.row_hash ORDER BY position"
        )
        return np.asarray(self._scratch.sql(query).fetchnumpy()["position"], dtype=np.int64)

    def missing(self, extracted_at: dt.datetime, present: pa.Table, refused: pa.Table, held: pa.Table) -> int:
        """How many known records a full delivery lacks; quarantined and unreadable rows with a key are present.

        So are those that are held back (`held`: their keys), as suppressed.
        """
        if not self._full:
            return 0
        self._scratch.register("present", _keys(present, held))
        self._scratch.register("refused", refused.select(["local_id"]))
        return self._count(f"({_MISSING})", extracted_at)

    def take_over(
        self, extracted_at: dt.datetime, accepted: pa.Table, flagged: pa.Table, refused: pa.Table, held: pa.Table
    ) -> tuple[int, int]:
        """Take new and changed records over, and note who is gone: (rows with a change, records missing).

        accepted, flagged: MAPPED rows that stand, and those that are marked as deleted; refused: QUARANTINE; held: keys
        of rows that are held back.
        """
        for name, table in (("present", _keys(accepted, held)), ("flagged", flagged), ("refused", refused)):
            self._scratch.register(name, table.select(["local_id"]))
        self._find_fresh(extracted_at, accepted)
        rows = self._count("(SELECT DISTINCT line FROM fresh)")  # of one file
        self._find_gone(extracted_at)
        missing = self._count("missing")
        self._note_changed(extracted_at, accepted)
        self._update(extracted_at)
        return rows, missing

    def changed(self) -> pa.Table:
        """CHANGED rows: what is left of every delivery after the later ones."""
        tables = [CHANGED.empty_table()]
        for number, taken in enumerate(self._taken):
            positions = self._scratch.sql(
                f"SELECT position FROM changed WHERE delivery = {number} ORDER BY position"
            ).to_arrow_table()["position"]
            tables.append(_rows(taken, positions))
        return pa.concat_tables(tables)

    def gone(self) -> pa.Table:
        """GONE rows: who was deleted, all in all."""
        if not self._created:
            return GONE.empty_table()
        query = (
            f"SELECT '{self._source}' AS system, local_id, extracted_at FROM known WHERE touched AND status = 'deleted'"
        )
        return self._scratch.sql(query).to_arrow_table().cast(GONE)

    # -- reading -------------------------------------------------------------------------------------------------------

    def _create(self) -> None:
        if self._created:
            return
        self._created = True
        self._scratch.execute(
            "CREATE TABLE known (local_id VARCHAR, status VARCHAR, content_hash BIGINT, extracted_at TIMESTAMPTZ, "
            "touched BOOLEAN); CREATE TABLE changed (local_id VARCHAR, delivery INTEGER, position BIGINT); "
            "CREATE TABLE looked_up (local_id VARCHAR)"
        )

    def _add(self, rows: pa.Table) -> None:
        self._scratch.register("rows", rows.select(list(COLUMNS)))
        self._scratch.execute("INSERT INTO known SELECT *, false FROM rows")
        self._scratch.unregister("rows")

    def _unread(self, mapped: pa.Table) -> pa.Table:
        """Keys of a delivery that no former delivery of tonight has asked for."""
        self._scratch.register("asked", mapped.select(["local_id"]))
        self._scratch.execute(
            "CREATE OR REPLACE TEMP TABLE unread AS SELECT DISTINCT local_id FROM asked "
            "WHERE local_id IS NOT NULL AND local_id NOT IN (SELECT local_id FROM looked_up)"
        )
        self._scratch.execute("INSERT INTO looked_up FROM unread")
        return self._scratch.table("unread").to_arrow_table()

    # -- taking over ---------------------------------------------------------------------------------------------------

    def _find_fresh(self, extracted_at: dt.datetime, accepted: pa.Table) -> None:
        """Table `fresh`: the accepted rows that the store lacks or knows otherwise, unless what it knows is newer."""
        keys = accepted.select(["local_id", "row_hash", "line"])
        self._scratch.register("accepted", keys.append_column("position", pa.array(np.arange(keys.num_rows))))
        self._scratch.execute(
            """
            CREATE OR REPLACE TEMP TABLE fresh AS
            SELECT a.*, ?::TIMESTAMPTZ AS extracted_at FROM accepted a LEFT JOIN known k USING (local_id)
            WHERE k.local_id IS NULL
               OR (k.extracted_at <= ? AND (k.status <> 'accepted' OR k.content_hash <> a.row_hash))
            """,
            [extracted_at, extracted_at],
        )

    def _find_gone(self, extracted_at: dt.datetime) -> None:
        """Tables `missing` from a full delivery, and `gone`: these and the rows that say that they are deleted.

        What the store has from later than the delivery is not gone.
        """
        lacking = _MISSING if self._full else "SELECT local_id FROM known WHERE ?::TIMESTAMPTZ IS NULL"
        self._scratch.execute(f"CREATE OR REPLACE TEMP TABLE missing AS {lacking}", [extracted_at])
        self._scratch.execute(
            "CREATE OR REPLACE TEMP TABLE gone AS FROM missing "
            "UNION SELECT local_id FROM flagged WHERE local_id IS NOT NULL "
            "AND local_id NOT IN (SELECT local_id FROM known WHERE extracted_at > ?)",
            [extracted_at],
        )

    def _note_changed(self, extracted_at: dt.datetime, accepted: pa.Table) -> None:
        """Table `changed`: where the latest row of every changed key is; keys that are gone leave it."""
        scratch = self._scratch
        scratch.execute("DELETE FROM changed WHERE local_id IN (SELECT local_id FROM fresh)")
        scratch.execute(
            f"INSERT INTO changed SELECT local_id, {len(self._taken)}, row_number() OVER (ORDER BY position) - 1 "
            "FROM fresh"
        )
        positions = scratch.sql("SELECT position FROM fresh ORDER BY position").to_arrow_table()["position"]
        self._taken.append(_dated(_rows(accepted, positions), extracted_at))
        scratch.execute(
            "DELETE FROM changed WHERE local_id IN (FROM gone) AND local_id NOT IN (SELECT local_id FROM fresh)"
        )

    def _update(self, extracted_at: dt.datetime) -> None:
        """Table `known` as it is after the delivery."""
        self._scratch.execute(
            "UPDATE known SET status = 'deleted', touched = true, extracted_at = ? WHERE status = 'accepted' "
            "AND local_id IN (FROM gone) AND local_id NOT IN (SELECT local_id FROM present WHERE local_id IS NOT NULL)",
            [extracted_at],
        )
        self._scratch.execute(
            "UPDATE known SET status = 'accepted', touched = false, content_hash = f.row_hash, "
            "extracted_at = f.extracted_at FROM fresh f WHERE f.local_id = known.local_id"
        )
        self._scratch.execute(
            "INSERT INTO known SELECT f.local_id, 'accepted', f.row_hash, f.extracted_at, false FROM fresh f "
            "WHERE f.local_id NOT IN (SELECT local_id FROM known)"
        )

    def _count(self, of: str, *parameters: dt.datetime) -> int:
        return int(self._scratch.execute(f"SELECT count(*) FROM {of}", list(parameters)).fetchall()[0][0])


# Known accepted records, older than the delivery (parameter), that are neither present nor refused. A row in quarantine
# keeps its further records (key#name) as well.
_MISSING = """
SELECT k.local_id FROM known k
WHERE k.status = 'accepted' AND k.extracted_at < ?
  AND k.local_id NOT IN (SELECT local_id FROM present WHERE local_id IS NOT NULL)
  AND split_part(k.local_id, '#', 1) NOT IN
      (SELECT split_part(local_id, '#', 1) FROM refused WHERE local_id IS NOT NULL)
"""


def _keys(*tables: pa.Table) -> pa.Table:
    return pa.concat_tables([table.select(["local_id"]) for table in tables])


def _rows(table: pa.Table, positions: pa.ChunkedArray) -> pa.Table:
    """The rows at ascending positions: the table itself when these are all."""
    return table if len(positions) == table.num_rows else table.take(positions)


def _dated(table: pa.Table, cut: dt.datetime) -> pa.Table:
    """CHANGED of MAPPED."""
    column = pa.repeat(pa.scalar(cut, INSTANT), table.num_rows)
    return table.append_column("extracted_at", column).cast(CHANGED)
