"""What channels and stewards wrote while the night worked is neither lost nor undone.

The night's files were made from the store as it was. Where a single write touched what hangs together with tonight's
records, these files are no longer true: such components are left out of what is applied in bulk, and carried out one
record after the other, by the rules of `mdm.live`, in the same transaction. Everything else is applied as it is.

While a night applies, single writes go on beside it, but for those of the records, keys and customers that it changes:
these stand in a table (`locks_of`, `mdm.live.locks`) from the moment that is looked at here.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from mdm.live import locks
from mdm.live.again import resolve_again
from mdm.live.attempt import Attempt
from mdm.live.orders import Writer
from mdm.store import candidates, customers, due, live, overtaken, runs
from pipelines.context import Night
from pipelines.folder import RunFolder

FOLDER = "rebased"
ACTOR = "run"


@dataclass(frozen=True, slots=True)
class Rebased:
    """The night as it is to be applied, and the records of those components that are carried out one by one."""

    night: Night
    records: frozenset[int] = frozenset()

    @property
    def untouched(self) -> bool:
        return not self.records


def look(night: Night, connection: sa.Connection, scratch: duckdb.DuckDBPyConnection) -> frozenset[int]:
    """Of the records that the night resolves or takes away those that hang together with what was written since it
    began. Nobody may be writing just now."""
    run = runs.find_run(connection, night.run_id)
    assert run is not None
    files = [("cleanse", "records"), ("cleanse", "gone"), ("cleanse", "replaced"), ("resolve", "others")]
    all_of_them = " UNION ".join(f"SELECT record_id FROM {night.folder.sql(*file)}" for file in files)
    scratch.execute(f"CREATE TABLE ours AS {all_of_them}")
    ours = scratch.sql("FROM ours").to_arrow_table()["record_id"].combine_chunks()
    scratch.register("stored_xrefs", customers.xrefs_of_records(connection, ours).select(["record_id", "pin"]))
    scratch.execute("CREATE TABLE reached (node VARCHAR)")
    written = overtaken.written_since(connection, run["started_at"])["record_id"]
    if len(written) == 0:
        return frozenset()
    scratch.register("theirs", overtaken.bonds_of(connection, written, night.settings.matching.review_weight))
    _note_keys(night, connection, ours, scratch)
    return frozenset(_concerned(night, written, scratch))


def _note_keys(night: Night, connection: sa.Connection, ours: pa.Array, scratch: duckdb.DuckDBPyConnection) -> None:
    """Have the next run look again at the keys that written records share with ours, as these are or were: tonight may
    make one too common, or no longer so, and what was written was compared by how many held it before."""
    scratch.register("held", candidates.keys_of_records(connection, ours))
    shared = scratch.sql(
        f"""
        SELECT DISTINCT value FROM theirs WHERE kind = 'key' AND value::BIGINT IN (
            SELECT key FROM {night.folder.sql("match", "keys")} UNION ALL SELECT key FROM held)
        """
    ).fetchall()
    due.note(connection, {(due.KEY, key) for (key,) in shared})


def locks_of(night: Night, scratch: duckdb.DuckDBPyConnection, most: int) -> pa.Array | None:
    """The numbers of the locks that the night holds while it applies (`mdm.live.locks`), after `look`; None if they are
    more than `most`."""
    folder = night.folder
    pins = scratch.sql(
        f"""
        SELECT pin FROM stored_xrefs UNION SELECT pin FROM {folder.sql("resolve", "xrefs")}
        UNION SELECT pin FROM {folder.sql("resolve", "customers")}
        UNION SELECT node[5:] FROM reached WHERE node[:4] IN ('pin ', 'now ')
        """
    ).fetchall()
    keys = scratch.sql(f"SELECT DISTINCT key FROM {folder.sql('match', 'keys')}").to_arrow_table()["key"]
    names = scratch.sql(f"SELECT system, local_id FROM {folder.sql('cleanse', 'records')}").fetchall()
    if len(pins) + len(keys) + len(names) > most:
        return None
    numbers = [*locks.of_pins(pin for (pin,) in pins), *(locks.of_source_key(*name) for name in names)]
    return pa.concat_arrays([keys.combine_chunks().cast(pa.int64()), pa.array(numbers, pa.int64())])


def without(
    night: Night, records: frozenset[int], connection: sa.Connection, scratch: duckdb.DuckDBPyConnection
) -> Rebased:
    """The night without the components of `records`, after `look`."""
    if not records:
        return Rebased(night)
    return Rebased(replace(night, folder=_without(night, set(records), scratch, connection)), records)


def settle_written(night: Night, connection: sa.Connection) -> None:
    """What was written before the night began it has seen."""
    run = runs.find_run(connection, night.run_id)
    assert run is not None
    overtaken.forget_written(connection, run["started_at"])


def carry_out_singly(night: Night, connection: sa.Connection, records: frozenset[int]) -> int:
    """Write tonight's versions of `records` one by one, and resolve the others of their components; how many."""
    writer = _writer(night)
    ids = pa.array(sorted(records), pa.int64())
    with night.scratch() as scratch:
        scratch.register("concerned", pa.table({"record_id": ids}))
        source = night.folder.sql("cleanse", "records")
        table = scratch.sql(f"SELECT * FROM {source} SEMI JOIN concerned USING (record_id) ORDER BY system, local_id")
        rows = table.to_arrow_table().to_pylist()
        gone = scratch.sql(
            f"SELECT record_id FROM {night.folder.sql('cleanse', 'gone')} SEMI JOIN concerned USING (record_id)"
        )
        left = {record_id for (record_id,) in gone.fetchall()}
    seen = {row["record_id"] for row in rows}
    done = 0
    for row in rows:
        before = live.find_version(connection, row["system"], row["local_id"])
        if _is_older(row, before):
            continue
        Attempt(writer, connection, ACTOR, set(), run_id=night.run_id).put(before, row)
        done += 1
    for record_id in sorted(left):
        before = live.version_of(connection, record_id)
        if before is not None and before["status"] == "accepted":
            Attempt(writer, connection, ACTOR, set(), run_id=night.run_id).delete(before)
            done += 1
    resolve_again(writer, connection, sorted(records - seen - left), actor=ACTOR, run_id=night.run_id)
    return done


def _is_older(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    """Whether the store knows something from later than a night's row, or just the same."""
    if before is None:
        return False
    same = before["status"] == "accepted" and before["content_hash"] == row["content_hash"]
    return bool(same or before["extracted_at"] > row["extracted_at"])


def _writer(night: Night) -> Writer:
    settings = night.settings.model_copy(
        update={"run": night.settings.run.model_copy(update={"business_date": night.business_date})}
    )
    return Writer.of(night.database, settings, night.contracts)


# -- which -------------------------------------------------------------------------------------------------------------


def _concerned(night: Night, written: pa.ChunkedArray, scratch: duckdb.DuckDBPyConnection) -> set[int]:
    """Of `ours` those that hang together with `written` ones (`theirs`: their bonds); table `reached`: with what else
    these do."""
    folder = night.folder
    scratch.execute(
        f"""
        CREATE TABLE bond AS
        SELECT 'record ' || record_id AS a, 'now ' || pin AS b FROM {folder.sql("resolve", "xrefs")}
        UNION ALL SELECT 'record ' || record_id, 'pin ' || pin FROM stored_xrefs
        UNION ALL SELECT 'record ' || left_id, 'record ' || right_id FROM {folder.sql("match", "pairs")}
        UNION ALL SELECT 'record ' || left_id, 'record ' || right_id FROM {folder.sql("match", "dropped")}
        UNION ALL SELECT 'record ' || record_id, 'key ' || key FROM {folder.sql("match", "keys")}
            SEMI JOIN (SELECT value::BIGINT AS key FROM theirs WHERE kind = 'key') USING (key)
        UNION ALL SELECT 'record ' || record_id, kind || ' ' || value FROM theirs;
        INSERT INTO bond SELECT b, a FROM bond
        """
    )
    scratch.register("written", pa.table({"record_id": written}))
    scratch.execute("INSERT INTO reached SELECT 'record ' || record_id FROM written")
    added = 1
    while added:
        found = scratch.execute(
            "INSERT INTO reached SELECT DISTINCT b FROM bond SEMI JOIN reached ON a = node "
            "ANTI JOIN reached r ON b = r.node RETURNING 1"
        ).fetchall()
        added = len(found)
    rows = scratch.execute("SELECT record_id FROM ours WHERE 'record ' || record_id IN (FROM reached)").fetchall()
    return {record_id for (record_id,) in rows}


def _without(
    night: Night, concerned: set[int], scratch: duckdb.DuckDBPyConnection, connection: sa.Connection
) -> RunFolder:
    """The night's files without what they say of the records `concerned`, of their customers and households."""
    old = night.folder
    path = old.path / FOLDER
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(old.path, path, ignore=shutil.ignore_patterns("spill", FOLDER, "changed-*"))
    folder = RunFolder(path)
    scratch.register("concerned", pa.table({"record_id": pa.array(sorted(concerned), pa.int64())}))
    scratch.execute(
        f"""
        CREATE TABLE own AS SELECT record_id FROM {old.sql("cleanse", "records")} SEMI JOIN concerned USING (record_id);
        CREATE TABLE their_pin AS
        SELECT pin FROM {old.sql("resolve", "xrefs")} SEMI JOIN concerned USING (record_id)
        UNION SELECT pin FROM stored_xrefs SEMI JOIN concerned USING (record_id);
        INSERT INTO their_pin SELECT pin FROM {old.sql("resolve", "customers")} WHERE redirect_to IN (FROM their_pin)
            OR founder_record_id IN (FROM concerned) OR merged_into IN (FROM their_pin);
        CREATE TABLE home AS
        SELECT chi FROM {old.sql("households", "memberships")} WHERE pin IN (FROM their_pin)
        UNION SELECT chi FROM {old.sql("households", "ended")} WHERE pin IN (FROM their_pin)
        """
    )
    record, pin = "record_id NOT IN (FROM concerned)", "pin NOT IN (FROM their_pin)"
    late = f"FROM {old.sql('match', 'keys')} k ANTI JOIN {old.sql('cleanse', 'records')} USING (record_id)"
    stored = candidates.keys_of_records(
        connection, scratch.sql(f"SELECT record_id {late}").to_arrow_table()["record_id"]
    )
    scratch.register("stored_keys", stored)
    new_key = "(key, record_id) NOT IN (SELECT (key, record_id) FROM stored_keys)"
    scratch.execute("CREATE TABLE anew AS FROM own UNION FROM written")  # whose pairs are as single writes make them
    other_pair = "left_id NOT IN (FROM anew) AND right_id NOT IN (FROM anew)"
    kept = {
        ("cleanse", "records"): record, ("cleanse", "gone"): record, ("cleanse", "replaced"): record,
        ("match", "keys"): f"record_id NOT IN (FROM anew) AND {new_key}",
        ("match", "pairs"): other_pair, ("match", "dropped"): other_pair,
        ("resolve", "customers"): pin, ("resolve", "xrefs"): record, ("resolve", "closed"): record,
        ("resolve", "lineage"): f"{pin} AND coalesce(other_pin, '') NOT IN (FROM their_pin)",
        ("resolve", "tasks"): "left_id NOT IN (FROM concerned)", ("resolve", "others"): record,
        ("golden", "golden"): pin, ("golden", "ended"): pin,
        ("households", "households"): "chi NOT IN (FROM home)", ("households", "memberships"): "chi NOT IN (FROM home)",
        ("households", "ended"): "chi NOT IN (FROM home)", ("households", "sighting"): "record_id NOT IN (FROM own)",
        ("households", "entity_key"): record, ("households", "renamed"): record,
    }  # fmt: skip
    for (step, name), condition in kept.items():
        folder.write_query(step, name, scratch, f"SELECT * FROM {old.sql(step, name)} WHERE {condition}")
    members = scratch.sql(
        f"SELECT pin FROM {old.sql('households', 'memberships')} WHERE chi IN (FROM home) UNION SELECT pin FROM "
        f"{old.sql('households', 'ended')} WHERE chi IN (FROM home) UNION FROM their_pin"
    ).fetchall()
    due.note(connection, {(due.CUSTOMER, name) for (name,) in members})
    return folder
