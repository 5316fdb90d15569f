"""The night: which step, in which order, with which checkpoint. No matching rule lives here.

receive -> cleanse -> match -> resolve -> households, golden -> judge -> apply

Each step but the last reads files and writes files (`RunFolder`); the last one puts all of it into the store in one
transaction. A run that was killed goes on with the first step that was not finished; one at a time.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import orjson

from mdm.contracts import load_contracts
from mdm.errors import ConfigError, GateStopped, UsageError
from mdm.settings import Settings
from mdm.store import counters, runs
from mdm.store.database import Database
from mdm.store.locks import run_lock
from pipelines.accounts import settled_accounts
from pipelines.context import Night, Progress
from pipelines.folder import RunFolder
from pipelines.measure import measure
from pipelines.model_changes import compare_with_store
from pipelines.report import make_report
from pipelines.steps.apply import apply
from pipelines.steps.cleanse import cleanse
from pipelines.steps.golden import golden
from pipelines.steps.households import households
from pipelines.steps.judge import judge
from pipelines.steps.match import match
from pipelines.steps.receive import receive
from pipelines.steps.resolve import resolve
from pipelines.which_run import Asked, find_or_begin, folder_of, meaning_of

Step = Callable[[Night], dict[str, Any]]
STEPS: dict[str, Step] = {
    "receive": receive,
    "cleanse": cleanse,
    "match": match,
    "resolve": resolve,
    "households": households,
    "golden": golden,
    "judge": judge,
}
APPLY = "apply"
# Steps that read nothing of each other are done side by side.
STAGES: tuple[tuple[str, ...], ...] = (
    ("receive",),
    ("cleanse",),
    ("match",),
    ("resolve",),
    ("households", "golden"),
    ("judge",),
)


def run_night(
    settings: Settings, database: Database, asked: Asked | None = None, progress: Progress = lambda text: None
) -> dict[str, Any]:
    """Run the night, or what is left of an unfinished one; its report (see pipelines.report).

    Raises RunInProgress when another run is under way. The report's `status` is applied, unchanged, stopped (by the
    golden gate), dry_run or unfinished (`only`); `stopped` names the sources that a gate stopped.
    """
    asked = asked or Asked()
    if asked.only is not None and asked.only not in (*STEPS, APPLY):
        raise UsageError(f"no step is called {asked.only}", remedy=f"The steps are: {', '.join((*STEPS, APPLY))}.")
    contracts = tuple(load_contracts(settings.sources))
    if not contracts:
        raise ConfigError("no source contracts", where=str(settings.sources), remedy="Write one: see mdm init.")
    meaning = meaning_of(settings, [contract.digest for contract in contracts], asked)
    with run_lock(database, {"command": "mdm model promote" if asked.models else "mdm run"}) as lock:
        run_id, business_date = find_or_begin(settings, database, meaning, asked)
        folder = RunFolder(folder_of(settings, run_id))
        delivering = contracts if asked.feeds else ()
        night = Night(
            settings, database, contracts, delivering, run_id, business_date, folder, progress, asked.dry_run,
            lock.check, {model.party: model for model in asked.models},
        )  # fmt: skip
        with night.cleansing, night.aside, night.component:
            return _run(night, asked)


def _run(night: Night, asked: Asked) -> dict[str, Any]:
    manifests: dict[str, Any] = {}
    for names in STAGES:
        if asked.only in names:
            names = names[: names.index(asked.only) + 1]
        manifests |= _do_all(night, names, load=not asked.dry_run and asked.only in (None, APPLY))
        name = names[-1]
        if name == "receive" and night.settings.gates.on_failure == "stop" and manifests[name]["counts"]["stopped"]:
            return _stop(night, manifests, "a source was stopped, and the policy is to stop the run")
        if name == "cleanse" and _nothing_changed(night, manifests):
            break
        if asked.only == name:
            return make_report(night, manifests, "unfinished")
    stopped = manifests.get("judge", {"counts": {}})["counts"].get("stopped")
    if asked.dry_run:
        report = make_report(night, manifests, "dry_run")
        if night.models:
            report["comparison"] = compare_with_store(night, asked.examples)
        shutil.rmtree(night.folder.path)
        return report
    if stopped:
        return _stop(night, manifests, stopped)
    return _apply(night, manifests)


def _do_all(night: Night, names: Sequence[str], *, load: bool) -> dict[str, Any]:
    """The manifests of steps that are done side by side. load: what they made may be loaded aside."""

    def do(name: str) -> dict[str, Any]:
        manifest = _do(night, name, STEPS[name])
        if load:
            night.aside.start(night, [name])
        return manifest

    if len(names) == 1:
        return {name: do(name) for name in names}
    with ThreadPoolExecutor(len(names), thread_name_prefix="step") as pool:
        return dict(zip(names, pool.map(do, names), strict=True))


def _do(night: Night, name: str, step: Step) -> dict[str, Any]:
    """A step's manifest: of this run's earlier try if it was finished then."""
    found = night.folder.manifest(name)
    if found is not None:
        return found
    night.check_lock()
    night.folder.begin(name)
    _note(night, name, "running")
    with measure(night.data_directory) as measured:
        counts = orjson.loads(orjson.dumps(step(night)))  # as it will be read again, dates as text
    manifest = {"counts": counts, **asdict(measured)}
    night.folder.finish(name, manifest)
    _note(night, name, "done", manifest)
    return manifest


def _nothing_changed(night: Night, manifests: dict[str, Any]) -> bool:
    cleansed = manifests["cleanse"]["counts"]
    return not (night.models or cleansed["records"] or cleansed["gone"] or cleansed["pending"])


def _apply(night: Night, manifests: dict[str, Any]) -> dict[str, Any]:
    changed = not _nothing_changed(night, manifests)

    def end(connection: Any, counts: dict[str, Any]) -> None:
        manifests[APPLY] = {"counts": counts}
        report = make_report(night, manifests, "applied" if changed else "unchanged")
        _keep(night, connection, report)
        runs.end_run(connection, night.run_id, "applied", report)
        night.check_lock()

    with measure(night.data_directory) as measured:
        if changed:
            counts = apply(night, end)
        else:
            counts = {}
            with night.database.begin() as connection:
                end(connection, counts)
    manifests[APPLY] = {"counts": counts, **asdict(measured), "aside_seconds": round(night.aside.seconds, 3)}
    report = make_report(night, manifests, "applied" if changed else "unchanged")
    with night.database.begin() as connection:
        runs.put_step(connection, night.run_id, APPLY, "done", counts=counts, seconds=measured.seconds,
                      peak_mb=measured.peak_mb)  # fmt: skip
        runs.end_run(connection, night.run_id, "applied", report)
    _close(night)
    return report


def _stop(night: Night, manifests: dict[str, Any], reason: str) -> dict[str, Any]:
    """A gate stopped the run: what it found is kept, nothing is applied, and the next run begins anew."""
    report = make_report(night, manifests, "stopped") | {"reason": reason}
    if not night.dry_run:
        night.aside.drop(night)
        with night.database.begin() as connection:
            _keep(night, connection, report)
            counters.give_back(connection, "pin", night.run_id)
            runs.end_run(connection, night.run_id, "stopped", report)
    _close(night)
    return report


def _keep(night: Night, connection: Any, report: dict[str, Any]) -> None:
    """Deliveries, quarantine and what the expectations found."""
    counts = [(night.folder.manifest(step) or {"counts": {}})["counts"] for step in ("receive", "cleanse")]
    deliveries = []
    for account in settled_accounts(*counts):
        row = {k: v for k, v in account.items() if k not in ("missing", "reason")}
        row["extracted_at"] = dt.datetime.fromisoformat(row["extracted_at"])
        if report["status"] == "stopped" and row["status"] == "applied":
            row["status"] = "stopped"
        deliveries.append(row)
    runs.put_deliveries(connection, night.run_id, deliveries)
    results: list[dict[str, Any]] = []
    for step in ("receive", "cleanse", "judge"):
        if night.folder.manifest(step) is None:
            continue
        if night.folder.file(step, "results.json").exists():
            results += night.folder.read_json(step, "results")
        if night.folder.file(step, "quarantine.parquet").exists():
            failed = night.folder.read(step, "quarantine")
            if failed.num_rows:
                runs.put_quarantine(connection, night.run_id, failed)
    runs.put_expectation_results(connection, night.run_id, results)
    if night.folder.manifest("cleanse") is not None and report["status"] == "applied":
        accepted = night.folder.read("cleanse", "records", columns=["system", "local_id"])
        if accepted.num_rows:
            runs.resolve_quarantine(connection, night.run_id, accepted)


def _note(night: Night, step: str, status: str, manifest: dict[str, Any] | None = None) -> None:
    if night.dry_run:
        return
    facts = manifest or {}
    with night.database.begin() as connection:
        runs.put_step(connection, night.run_id, step, status, counts=facts.get("counts"),
                      seconds=facts.get("seconds"), peak_mb=facts.get("peak_mb"))  # fmt: skip


def _close(night: Night) -> None:
    """The files of a finished run are no longer needed, but for its manifests: the store has everything."""
    for folder in night.folder.path.iterdir():
        if folder.is_dir():
            for file in folder.glob("*.parquet"):
                file.unlink()
    shutil.rmtree(night.folder.path / "spill", ignore_errors=True)


def leave_code(report: dict[str, Any]) -> int:
    """The exit code of a run: 3 when a gate stopped it or any source of it, else 0."""
    return GateStopped.exit_code if report["status"] == "stopped" or report["stopped"] else 0


__all__ = ["APPLY", "STAGES", "STEPS", "Asked", "Step", "leave_code", "run_night"]
