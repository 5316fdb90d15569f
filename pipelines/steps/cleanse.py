"""Step 2, cleanse: every new or changed record through the one cleanser; the cleansed gate decides.

Out: ``records`` (CLEANSED and record_id, incarnation, moved), ``gone`` (record_id, extracted_at: deleted),
``replaced`` (record_id: the key was given to somebody else), ``quarantine``, ``due`` (see `pipelines.steps.due`).
Record ids are taken here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.report import trend_of
from expectations.verdict import CleansedGate
from mdm.contracts import SourceContract
from mdm.party import CLEANSED, INSTANT, QUARANTINE
from mdm.resolve.incarnation import READ, is_new_incarnation
from mdm.store import counters, records, runs
from mdm.store.pending import pending_records
from pipelines.context import Night
from pipelines.documents import to_stored
from pipelines.steps.due import fix_due
from pipelines.steps.echoes import with_echoes
from pipelines.steps.known import CHANGED

WORK = CLEANSED.append(pa.field("record_id", pa.int64())).append(pa.field("incarnation", pa.int32()))
WORK = WORK.append(pa.field("moved", pa.bool_()))  # known before under this incarnation: its data changed
GONE = pa.schema([("record_id", pa.int64()), ("extracted_at", INSTANT)])
REPLACED = pa.schema([("record_id", pa.int64())])


def cleanse(night: Night) -> dict[str, Any]:
    """Cleanse what was received and say which record of the store each row is."""
    gates: dict[str, CleansedGate] = {}
    last = night.settings.gates.trend_runs
    for contract, cleansed in _cleanse_all(night):
        from expectations.gate import check_cleansed  # seconds to import

        with night.database.begin() as connection:
            rows = runs.expectation_rows(connection, last, system=contract.source)
        trend = trend_of(rows, system=contract.source, last=last)
        gates[contract.source] = check_cleansed(cleansed, contract, policy=night.settings.gates, trend=trend)
    found = {contract.source: gates[contract.source] for contract in night.contracts if contract.source in gates}
    stopped = {source: gate.stopped for source, gate in found.items() if gate.stopped}
    passed = {source: gate for source, gate in found.items() if not gate.stopped}
    accepted = [gate.accepted for gate in passed.values()]
    rejected = [row for source, gate in passed.items() for row in _rejected_rows(source, gate)]
    results = [asdict(result) for gate in found.values() for result in gate.results]
    quarantined = [QUARANTINE.empty_table(), *(gate.quarantined.cast(QUARANTINE) for gate in found.values())]
    folder = night.folder
    with night.scratch() as scratch:
        counts = _identify(night, pa.concat_tables([CLEANSED.empty_table(), *accepted]), stopped, scratch)
    folder.write("cleanse", "quarantine", pa.concat_tables(quarantined))
    folder.write_json("cleanse", "results", results)
    refused = sum(t.num_rows for t in quarantined)
    with night.database.begin() as connection:
        pending = pending_records(connection, night.business_date).num_rows
    pending += fix_due(night)
    return {**counts, "pending": pending, "quarantined": refused, "rejected_rows": rejected, "stopped": stopped}


def _rejected_rows(system: str, gate: CleansedGate) -> list[dict[str, Any]]:
    """Rows of each file of which no record is left: those that were taken for accepted and are not."""
    if gate.quarantined.num_rows == 0:
        return []
    with duckdb.connect() as scratch:
        scratch.register("accepted", gate.accepted.select(["file", "line"]))
        scratch.register("refused", gate.quarantined.select(["file", "line"]))
        found = scratch.sql(
            "SELECT file, count(DISTINCT line) FROM refused ANTI JOIN accepted USING (file, line) GROUP BY file"
        ).fetchall()
    return [{"system": system, "file": file, "rows": rows} for file, rows in found]


def _cleanse_all(night: Night) -> Iterator[tuple[SourceContract, pa.Table]]:
    """CLEANSED rows of every source that has changes, in the order in which they are done.

    What receive has not started is started now, all of it.
    """
    for contract in night.contracts:
        if contract.source not in night.cleansing:
            changed = night.folder.read("receive", f"changed-{contract.source}", CHANGED)
            if changed.num_rows:
                night.cleansing.start(contract, changed, night.context_of)
    contracts = {contract.source: contract for contract in night.contracts}
    for source in night.cleansing.sources:
        night.progress(f"cleanse {source}")
        yield contracts[source], night.cleansing.finish(contracts[source])


def _identify(
    night: Night, cleansed: pa.Table, stopped: dict[str, str], scratch: duckdb.DuckDBPyConnection
) -> dict[str, int]:
    """Give each record its id: that of the known key, or a new one for a new key and for a key that was reused."""
    scratch.register("cleansed", cleansed)
    keys = cleansed.select(["system", "local_id"])
    scratch.register("positions", keys.append_column("position", pa.array(np.arange(keys.num_rows))))
    with night.database.begin() as connection:
        known = records.find_current(connection, keys) if keys.num_rows else None
        gone = night.folder.read("receive", "gone").filter(
            pc.invert(pc.is_in(night.folder.read("receive", "gone")["system"], pa.array(list(stopped), pa.string())))
        )
        leaving = records.find_current(connection, gone.select(["system", "local_id"])) if gone.num_rows else None
    replaced = _replaced(cleansed, known, scratch)
    cleansed = with_echoes(night, cleansed, known, scratch)
    _match_known(scratch, known, replaced)
    new = scratch.execute("SELECT count(*) FROM named WHERE record_id IS NULL").fetchall()[0][0]
    with night.database.begin() as connection:
        take = counters.last_taken(connection, "record") + 1 if night.dry_run else counters.take
        first = take if isinstance(take, int) else take(connection, "record", new) if new else 0
    folder = night.folder
    _write_records(night, cleansed, _numbered(scratch, first))
    folder.write("cleanse", "replaced", pa.table({"record_id": pa.array(sorted(replaced), pa.int64())}))
    folder.write("cleanse", "gone", _gone(gone, leaving, scratch))
    return {"records": cleansed.num_rows, "new": new, "reused_keys": len(replaced), "gone": gone.num_rows}


def _numbered(scratch: duckdb.DuckDBPyConnection, first: int) -> pa.Table:
    """The columns that WORK adds to CLEANSED, in the order of the cleansed records; new ids count from `first`."""
    return scratch.sql(
        f"""
        SELECT coalesce(record_id, {first} - 1 + row_number() OVER
               (PARTITION BY record_id IS NULL ORDER BY system, local_id))::BIGINT AS record_id,
               incarnation::INTEGER AS incarnation, record_id IS NOT NULL AS moved
        FROM named ORDER BY position
        """
    ).to_arrow_table()


def _write_records(night: Night, cleansed: pa.Table, numbered: pa.Table) -> None:
    """The file of WORK: the wide columns go from Arrow to the file, only keys went through DuckDB."""
    for column in numbered.schema:
        cleansed = cleansed.append_column(column, numbered[column.name])
    night.folder.write_wide("cleanse", "records", cleansed.cast(WORK))


def _match_known(scratch: duckdb.DuckDBPyConnection, known: pa.Table | None, replaced: set[int]) -> None:
    """Table `named`: keys and positions of the cleansed records with the id and incarnation that they have, or the
    next incarnation."""
    columns = {"system": pa.string(), "local_id": pa.string(), "record_id": pa.int64(), "incarnation": pa.int32()}
    table = pa.table({name: pa.array([], kind) for name, kind in columns.items()})
    if known is not None and known.num_rows:
        table = known.select(list(columns))
    scratch.register("known", table)
    scratch.register("reused", pa.table({"record_id": pa.array(sorted(replaced), pa.int64())}))
    scratch.execute(
        """
        CREATE TABLE named AS
        SELECT c.system, c.local_id, c.position, CASE WHEN r.record_id IS NULL THEN k.record_id END AS record_id,
               CASE WHEN k.record_id IS NULL THEN 1 WHEN r.record_id IS NULL THEN k.incarnation
                    ELSE k.incarnation + 1 END AS incarnation
        FROM positions c LEFT JOIN known k USING (system, local_id) LEFT JOIN reused r ON r.record_id = k.record_id
        """
    )


def _replaced(cleansed: pa.Table, known: pa.Table | None, scratch: duckdb.DuckDBPyConnection) -> set[int]:
    """Records whose key now stands for another party."""
    if known is None or known.num_rows == 0:
        return set()
    stored = to_stored(known, scratch, ("system", "local_id", "record_id", *READ))
    old = {(row["system"], row["local_id"]): row for row in stored.to_pylist()}
    scratch.register("old_keys", known.select(["system", "local_id"]))
    current = scratch.sql(
        f"SELECT system, local_id, {', '.join(READ)} FROM cleansed SEMI JOIN old_keys USING (system, local_id)"
    ).to_arrow_table()
    found = set()
    for row in current.to_pylist():
        before = old[row["system"], row["local_id"]]
        if is_new_incarnation(before, row):
            found.add(before["record_id"])
    return found


def _gone(gone: pa.Table, leaving: pa.Table | None, scratch: duckdb.DuckDBPyConnection) -> pa.Table:
    if leaving is None or leaving.num_rows == 0:
        return GONE.empty_table()
    scratch.register("gone_keys", gone)
    scratch.register("leaving", leaving.select(["system", "local_id", "record_id"]))
    query = "SELECT record_id, g.extracted_at FROM leaving JOIN gone_keys g USING (system, local_id)"
    return scratch.sql(query).to_arrow_table().cast(GONE)
