"""Step 8, apply: everything that the night found becomes the store's state in one transaction, beside single writes.

The tables of a first night that are loaded aside are put in place by it at its end.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import sqlalchemy as sa

from mdm.errors import StoreError
from mdm.live import locks
from mdm.store import (
    changes,
    counters,
    customers,
    generic,
    households,
    judgements,
    keys,
    lineage,
    models,
    overrides,
    pairs,
    records,
    references,
    second_looks,
    tasks,
)
from mdm.store import golden as golden_store
from mdm.store.applying import publish
from mdm.store.bulk import deferred_indexes
from mdm.store.states import is_empty
from mdm.store.twins import keep_empty, take_place
from pipelines.context import Night
from pipelines.steps import aside
from pipelines.steps.address_index import apply_index
from pipelines.steps.announce import announce_applied
from pipelines.steps.aside import Loads
from pipelines.steps.due import settle_due
from pipelines.steps.match import PARTIES
from pipelines.steps.rebase import Rebased, carry_out_singly, locks_of, look, settle_written, without
from pipelines.steps.rows import of_run, rows_of

Counts = dict[str, Any]
Last = Callable[[sa.Connection, Counts], None]
LOADED = ("record", "customer", "xref", "lineage", "golden", "household", "membership", "change", *aside.TABLES)
ACTOR = "run"
KEPT = ("generic_value", "undelivered")  # tasks that no night closes by not asking again
MOST_LOCKS = 1_000_000  # of a night that changes 50,000 records; to publish them takes two seconds


def apply(night: Night, last: Last) -> Counts:
    """Write all files of the night into the store in one transaction, with what `last` adds to it; or nothing.

    Single writes go on meanwhile, but for those of the records and customers that it changes. Beside a first night, one
    with a new model, and one that changes much, nobody writes.
    """
    night.progress("apply")
    with ExitStack() as stack, night.scratch() as scratch:
        alone = stack.enter_context(ExitStack())  # until the night's locks are published
        gate = alone.enter_context(night.database.begin())
        locks.be_alone(gate)
        connection = stack.enter_context(night.database.begin())
        touched = look(night, connection, scratch)
        first = is_empty(connection, "customer")
        own = None if night.models or first else locks_of(night, scratch, MOST_LOCKS)
        if own is not None:
            locks.be_night(connection, frozenset(own.to_pylist()))
            publish(gate, own)
            alone.close()
        counts = _all(night, without(night, touched, connection, scratch), connection)
        last(connection, counts)
        return counts


def _all(whole: Night, rebased: Rebased, connection: sa.Connection) -> Counts:
    night = rebased.night
    first = is_empty(connection, "customer")
    _check_numbers(night, connection)
    night.aside.start(night, tuple(aside.MADE_BY))
    loads = night.aside.loads
    with night.scratch() as scratch:
        for table in loads:
            keep_empty(connection, table)
        with deferred_indexes(connection, [table for table in LOADED if table not in loads]):
            counts = {**_records(night, connection, scratch, loads), **_matching(night, connection, scratch, loads)}
            counts |= {
                **_customers(night, connection, scratch),
                **_households(night, connection, scratch, loads),
            }
            if first:
                changes.announce_first(connection, run_id=night.run_id, actor=ACTOR)
        loaded = {table: load.result() for table, load in loads.items()}
        for table in loaded:
            take_place(connection, table)
        counts |= {"pairs": loaded["pair"]} if "pair" in loaded else {}
    _decisions(night, connection)
    counts |= _tasks(night, connection)
    if rebased.untouched and not first:
        announce_applied(night, connection, ACTOR)
    if rebased.untouched:
        settle_due(connection, night.folder)
    else:  # what is due is left to the next run: of these files not all was applied
        counts["singly"] = carry_out_singly(whole, connection, rebased.records)
        announce_applied(night, connection, ACTOR)
    settle_written(whole, connection)
    return counts


def _check_numbers(night: Night, connection: sa.Connection) -> None:
    """See that the PINs were reserved, and that nobody took a household id since they were numbered; take those."""
    pins = night.folder.read_json("resolve", "numbers")
    chis = night.folder.read_json("households", "numbers")
    wanted = {kind: (chis["first"][kind], chis["minted"][kind]) for kind in chis["first"]}
    reserved = counters.reserved_for(connection, "pin", night.run_id)
    if reserved is None or reserved[0] != pins["first"]:
        raise StoreError("the PINs that the run reserved are gone", remedy="Run again.")
    counters.forget_reservation(connection, "pin", night.run_id)
    for name, (first, minted) in wanted.items():
        if counters.last_taken(connection, name) != first - 1:
            raise StoreError(f"somebody else has issued a {name} since the run resolved", remedy="Run again.")
        if minted:
            counters.advance(connection, name, first - 1 + minted)


def _records(
    night: Night, connection: sa.Connection, scratch: duckdb.DuckDBPyConnection, loads: Loads
) -> dict[str, Any]:
    folder = night.folder
    put = records.put_versions(connection, rows_of(night, scratch, "record"))
    work = folder.read("cleanse", "records", columns=["record_id", "moved"])
    gone = of_run(night, scratch, "cleanse", "gone").to_arrow_table()
    deleted = records.mark_deleted(connection, gone) if gone.num_rows else 0
    stale = pa.concat_arrays(
        [
            work["record_id"].combine_chunks().filter(work["moved"].combine_chunks()),
            folder.read("cleanse", "replaced")["record_id"].combine_chunks(),
        ]
    )
    if len(stale):
        pairs.delete_pairs(connection, stale)
    if "record_key" not in loads:
        index = rows_of(night, scratch, "record_key")
        if len(stale):
            keys.replace_keys(connection, stale, index)
        else:
            keys.load_keys(connection, index)
    return {"records_new": put.inserted - put.changed, "records_changed": put.changed, "records_deleted": deleted}


def _matching(
    night: Night, connection: sa.Connection, scratch: duckdb.DuckDBPyConnection, loads: Loads
) -> dict[str, Any]:
    for party in night.models:
        pairs.delete_pairs_of(connection, party)
    for party in PARTIES:
        file = night.folder.file("match", f"model-{party}.json")
        if file.exists():
            definition = orjson.loads(file.read_bytes())
            model_id = _model_id(file.read_bytes())
            models.save_model(connection, model_id, party, definition)
            models.make_current(connection, model_id)
    dropped = night.folder.read("match", "dropped")
    if dropped.num_rows:
        pairs.drop_pairs(connection, dropped)
    counted = of_run(night, scratch, "match", "generic").to_arrow_table()
    if counted.num_rows:
        generic.put_generic(connection, counted)
    if "pair" in loads:
        return {}
    return {"pairs": pairs.put_pairs(connection, rows_of(night, scratch, "pair"))}


def _model_id(text: bytes) -> str:
    from mdm.match.model import Model

    return Model.from_json(text).model_id


def _customers(night: Night, connection: sa.Connection, scratch: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    folder = night.folder
    put = customers.put_customers(connection, of_run(night, scratch, "resolve", "customers"))
    closed = folder.read("resolve", "closed")
    if closed.num_rows:
        customers.end_xrefs(connection, closed)
    xrefs = customers.put_xrefs(connection, of_run(night, scratch, "resolve", "xrefs"))
    bought = folder.read("resolve", "bought")
    if bought.num_rows:
        references.put_references(connection, bought["record_id"], folder.read("resolve", "references"))
    events = folder.read("resolve", "lineage")  # in its order
    for name, value in (("run_id", night.run_id), ("actor", ACTOR)):
        events = events.append_column(name, pa.repeat(pa.scalar(value, pa.string()), events.num_rows))
    lineage.add_events(connection, events)
    ended = folder.read("golden", "ended")
    if ended.num_rows:
        golden_store.end_golden(connection, ended)
    counts = {
        "customers_new": put.inserted - put.changed,
        "customers_changed": put.changed,
        "xrefs_changed": xrefs.inserted,
    }
    golden = golden_store.put_golden(connection, of_run(night, scratch, "golden", "golden"))
    return counts | {"golden_changed": golden.inserted}


def _households(
    night: Night, connection: sa.Connection, scratch: duckdb.DuckDBPyConnection, loads: Loads
) -> dict[str, Any]:
    folder = night.folder
    apply_index(connection, folder, besides=loads)
    put = households.put_households(connection, of_run(night, scratch, "households", "households"))
    ended = folder.read("households", "ended")
    if ended.num_rows:
        households.end_memberships(connection, ended)
    members = households.put_memberships(connection, of_run(night, scratch, "households", "memberships").filter(
        f"(chi, pin, period) NOT IN (SELECT (chi, pin, period) FROM {folder.sql('households', 'unchanged')})"
    ))  # fmt: skip
    return {"households_changed": put.inserted, "memberships_changed": members.inserted}


def _decisions(night: Night, connection: sa.Connection) -> None:
    """Note which judgements and overrides this run was the first to carry out, for the history of their customers."""
    folder = night.folder
    judgements.note_carried_out(connection, night.run_id, folder.read("resolve", "judgements")["judgement_id"])
    held, pins = folder.read("golden", "overrides")["override_id"], folder.read("golden", "golden", columns=["pin"])
    overrides.note_carried_out(connection, night.run_id, held, pins["pin"])


def _tasks(night: Night, connection: sa.Connection) -> dict[str, Any]:
    """Open what is open; close what concerned tonight's component and is no longer so."""
    folder = night.folder
    wanted = folder.read("resolve", "tasks")
    component = pa.concat_arrays(
        [
            folder.read("resolve", "others", columns=["record_id"])["record_id"].combine_chunks(),
            *(
                folder.read("cleanse", name, columns=["record_id"])["record_id"].combine_chunks()
                for name in ("records", "gone", "replaced")
            ),
        ]
    )
    known = tasks.open_tasks_on(connection, component)
    still = set(zip(*(wanted[n].to_pylist() for n in ("kind", "left_id", "right_id")), strict=True))
    over = [
        row["task_id"]
        for row in known.to_pylist()
        if (row["kind"], row["left_id"], row["right_id"]) not in still and row["kind"] not in KEPT
    ]
    reason = "the reason is gone: the records changed, or the two are one customer now"
    if over:
        tasks.close_tasks(connection, night.run_id, pa.array(over, pa.int64()), reason)
    second_looks.close_stale(connection, night.run_id, reason)
    opened = tasks.put_tasks(connection, night.run_id, wanted) if wanted.num_rows else 0
    return {"tasks_opened": opened, "tasks_closed": len(over)}
