"""A customer is erased: every record, everything made of them, in one transaction; then the bytes in the files.

While it works no night runs (run lock). First, in one transaction: what the store holds of the customer is deleted,
what documents about others quote of them is taken out, files below `var/` and `outbound/` are cleaned, keyed hashes are
kept by which their rows are recognised. Then the files of the database are written anew without what was deleted; a
kill in between leaves that to the next call with the same PIN. At last those with whom the customer hung together are
resolved again, by a run that reads no feeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import pyarrow as pa
import sqlalchemy as sa

from mdm.contracts import load_contracts
from mdm.errors import FeedError, NotFound, RunInProgress, UsageError
from mdm.registry.keys import read_pin
from mdm.settings import Settings
from mdm.store import audit, changes, lineage, runs, suppression
from mdm.store import erasure as store
from mdm.store.database import Database
from mdm.store.deliveries import let_nobody_tell
from mdm.store.embedded import log_files
from mdm.store.locks import run_lock
from mdm.store.physical import purge
from mdm.suppression import Hasher
from pipelines.context import Progress
from pipelines.erased_values import check_reason, hashes_of
from pipelines.jobs import erased
from pipelines.landing import find_deliveries
from pipelines.night import Asked, run_night
from pipelines.steps.aside import forget
from pipelines.sync.erased import leave_out
from pipelines.traces import clean_files, remove_run_files, take_out, text_files, values_of
from pipelines.warehouse.folder import FOLDER, WarehouseFolder
from pipelines.warehouse.forget import forget as forget_exported


@dataclass(frozen=True, slots=True)
class Holding:
    """What is held of a customer. records: system -> keys; rows: by table; files: system -> feeds in landing/."""

    pin: str
    party: str
    status: str
    pins: tuple[str, ...]
    records: dict[str, list[str]]
    rows: dict[str, int]
    files: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done. held: what there was, None when an earlier call deleted it; hashes: kept as suppression.

    cleaned: files below var/ and outbound/ that were rewritten or removed; left: what only a person can do, in words;
    run_id: of the run that resolved the others again; waits_for: why that is still to come.
    """

    pin: str
    erased_at: datetime
    actor: str
    reason: str
    held: Holding | None = None
    rewritten: dict[str, int] = field(default_factory=dict)
    hashes: int = 0
    cleaned: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    run_id: str | None = None
    waits_for: str | None = None


def look_at(settings: Settings, database: Database, pin: str) -> Holding | None:
    """What would be erased; None when the content of this customer was erased before.

    Raises NotFound for a PIN never issued, UsageError for one that leads to another.
    """
    with database.begin() as connection:
        person = _find(connection, read_pin(pin))
        return None if person is None else _holding(settings, connection, person)


def erase(
    settings: Settings,
    database: Database,
    pin: str,
    *,
    actor: str,
    reason: str,
    progress: Progress = lambda text: None,
) -> Erased:
    """Erase a customer for good; called again for one who was erased, finish what is missing.

    Raises NotFound and UsageError as `look_at`, UsageError for a reason that names the person, RunInProgress while a
    night runs.
    """
    pin = read_pin(pin)
    with run_lock(database, {"command": "mdm erase"}) as lock:
        forget(database)
        with _no_export(settings), database.begin() as connection:
            let_nobody_tell(connection)
            person = _find(connection, pin)
            done = None
            if person is not None:
                progress("delete")
                done = _delete(settings, database, connection, person, actor, reason)
                lock.check()
        with database.begin() as connection:
            noted = suppression.find_erasure(connection, pin)
            hashes = suppression.hashes_of(connection, pin)
        assert noted is not None
        erased.note(settings, {"pin": pin, **{name: noted[name] for name in ("erased_at", "actor", "reason")}}, hashes)
        done = done or Erased(pin, noted["erased_at"], noted["actor"], noted["reason"])
        if noted["purged_at"] is not None:
            return done
        left = purge(database, noted["tables"], progress)
        with database.begin() as connection:
            suppression.end_erasure(connection, pin)
    run_id, waits_for = _resolve_others(settings, database, pin, noted["touched"], progress)
    return Erased(
        pin, done.erased_at, done.actor, done.reason, done.held, done.rewritten, done.hashes, done.cleaned,
        (*done.left, *left), run_id, waits_for,
    )  # fmt: skip


# -- what there is -----------------------------------------------------------------------------------------------------


def _find(connection: sa.Connection, pin: str) -> store.Person | None:
    """The customer; None when the content was erased before."""
    person = store.find_person(connection, pin)
    if person is None:
        raise NotFound(f"PIN {pin} was never issued", remedy="Nothing is held of it.")
    if person.status == "erased":
        return None
    if person.status == "redirected":
        raise UsageError(
            f"PIN {pin} was merged into another customer, who would be erased as a whole",
            remedy="Name the PIN that it leads to (mdm lookup PIN); or take this one out before: mdm unmerge PIN.",
        )
    return person


def _holding(settings: Settings, connection: sa.Connection, person: store.Person) -> Holding:
    records: dict[str, list[str]] = {}
    for system, local_id in person.keys:
        records.setdefault(system, []).append(local_id)
    rows = store.count_rows(connection)
    return Holding(person.pin, person.party, person.status, person.pins, records, rows, dict(_feeds(settings, records)))


def _feeds(settings: Settings, systems: dict[str, list[str]]) -> Iterator[tuple[str, list[str]]]:
    """Delivered files of these systems that are there; they belong to the source, and are not touched."""
    for contract in load_contracts(settings.sources):
        if contract.source in systems:
            try:
                yield contract.source, [delivery.name for delivery in find_deliveries(contract, settings.landing)]
            except FeedError:
                yield contract.source, []


# -- the transaction ---------------------------------------------------------------------------------------------------


def _delete(
    settings: Settings, database: Database, connection: sa.Connection, person: store.Person, actor: str, reason: str
) -> Erased:
    texts = [orjson.loads(text) for text in person.texts]
    check_reason(reason, texts)
    hasher = Hasher(settings.instance.pin_key)
    held, touched = _holding(settings, connection, person), store.neighbours(connection)
    run_id = f"erase-{person.pin}"
    changes.announce_erased(connection, person.pin, run_id=run_id, actor=actor)
    chis = store.households_of(connection)
    with audit.changeable(connection, "erasure"):
        rows = store.delete_person(connection, person, run_id)
    remade = leave_out(settings, connection)
    # Files first become fewer, then cleaner: nothing of this is undone if the transaction fails, nor needs to be.
    unfinished = [run["run_id"] for run in runs.last_runs(connection, 1000, status="running")]
    removed = remove_run_files(settings.var / "runs", unfinished)
    folders = (settings.var / "runs", settings.var / "log", settings.outbound)
    warehouse = WarehouseFolder(settings.outbound / FOLDER)
    texts_of = (file for file in text_files(*folders) if warehouse.path not in file.parents)
    files = [*texts_of, *(log_files(settings.var) if database.embedded else ())]
    everything = values_of(person.texts, {local_id for _, local_id in person.keys})
    with audit.changeable(connection, "erasure"):
        values, rewritten = take_out(connection, everything, files)
    cleaned, left = clean_files(files, values)
    cleaned += forget_exported(warehouse, store.find_exported(connection, chis)) if warehouse.path.is_dir() else []
    cleaned += [file for file in remade if file not in cleaned]
    kept = suppression.put_hashes(connection, person.pin, hashes_of(connection, hasher, person.keys, texts))
    tables = sorted({*rows, *rewritten, *held.rows})
    at = suppression.put_erasure(connection, person.pin, actor=actor, reason=reason, tables=tables, touched=touched)
    _note(connection, person.pin, run_id, actor, reason)
    names = [str(file.relative_to(settings.workspace)) for file in cleaned if file.is_relative_to(settings.workspace)]
    words = tuple(f"This file quotes them and is not text: {file}" for file in left)
    return Erased(person.pin, at, actor, reason, held, rewritten, kept, (*removed, *names), words)


def _note(connection: sa.Connection, pin: str, run_id: str, actor: str, reason: str) -> None:
    event: dict[str, Any] = {
        "run_id": run_id, "actor": actor, "kind": "erased", "pin": pin, "other_pin": None, "record_ids": [],
        "reason": reason,
    }  # fmt: skip
    kinds = {name: pa.string() for name in event} | {"record_ids": pa.list_(pa.int64())}
    lineage.add_events(connection, pa.Table.from_pylist([event], schema=pa.schema(kinds)))


def _no_export(settings: Settings) -> AbstractContextManager[None]:
    """Nobody exports meanwhile: an export that had begun before would still have the customer."""
    warehouse = WarehouseFolder(settings.outbound / FOLDER)
    return warehouse.locked() if warehouse.path.is_dir() else nullcontext()


# -- afterwards --------------------------------------------------------------------------------------------------------


def _resolve_others(
    settings: Settings, database: Database, pin: str, touched: Sequence[int], progress: Progress
) -> tuple[str | None, str | None]:
    """Resolve those again with whom the customer hung together: (run id, or why that waits)."""
    if not touched:
        return None, None
    with database.begin() as connection:
        unfinished = runs.last_runs(connection, 1, status="running")
    later = "those with whom the customer shared a household or evidence are resolved again by the next run (mdm run)"
    if unfinished:
        return None, f"run {unfinished[0]['run_id']} is not finished: {later}"
    try:
        report = run_night(settings, database, Asked(feeds=False), progress)
    except RunInProgress as error:
        return None, f"{error.message}: {later}"
    with database.begin() as connection:
        suppression.forget_touched(connection, pin)
    return report["run_id"], None
