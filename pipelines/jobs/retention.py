"""What was kept long enough is compressed or removed, with a report. What is needed stays, however old.

Needed are: files that no run has applied as they are, the last delivery of a source, runs that are not finished,
deliveries that a target has not settled, tasks that are open or say why something is not asked again.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mdm.contracts import SourceContract, SqlFormat, load_contracts
from mdm.errors import FeedError
from mdm.settings import Settings
from mdm.store import audit
from mdm.store import retention as store
from mdm.store.database import Database
from mdm.store.locks import run_lock
from mdm.store.place import make_private
from pipelines.landing import Delivery, find_deliveries

ARCHIVE = Path("archive") / "landing"  # below the workspace


@dataclass
class Part:
    """What became of one kind of thing. freed: bytes; kept: old things that are needed, and why."""

    days: int | None
    compressed: int = 0
    removed: int = 0
    freed: int = 0
    kept: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Keeping:
    """One call: the moment that counts as now, and whether anything is done."""

    settings: Settings
    database: Database
    now: dt.datetime
    dry_run: bool

    def before(self, days: int) -> dt.datetime:
        """What is older than this goes."""
        return self.now - dt.timedelta(days=days)


def keep(
    settings: Settings, database: Database, *, dry_run: bool = False, now: dt.datetime | None = None
) -> dict[str, Part]:
    """Compress and remove; the report: kind -> Part. Raises RunInProgress while a run is under way."""
    call = Keeping(settings, database, now or dt.datetime.now(dt.UTC), dry_run)
    with run_lock(database, {"command": "mdm retention"}):
        return {
            "landing": _landing(call),
            "archive": _archive(call),
            "deliveries": _deliveries(call),
            "runs": _runs(call),
            "logs": _logs(call),
            "tasks": _rows(call, "task", settings.retention.tasks_days),
            "audit": _rows(call, "audit", settings.retention.audit_days),
            "jobs": _rows(call, "job_run", settings.retention.logs_days),
        }


def archived_files(settings: Settings, contract: SourceContract) -> list[Path]:
    """Compressed files of a source, by the patterns of its contract."""
    folder = settings.workspace / ARCHIVE
    return sorted({file for pattern in contract.files for file in folder.glob(f"{pattern}.gz")})


# -- files of sources --------------------------------------------------------------------------------------------------


def _landing(call: Keeping) -> Part:
    part = Part(call.settings.retention.landing_days)
    if part.days is None:
        return part
    for contract in load_contracts(call.settings.sources):
        if isinstance(contract.format, SqlFormat):
            continue
        try:
            deliveries = find_deliveries(contract, call.settings.landing)
        except FeedError as error:
            part.kept[contract.source] = str(error)
            continue
        with call.database.begin() as connection:
            read = {row["file"]: row for row in store.files_read(connection, contract.source)}
        for delivery in deliveries:
            _land(call, part, contract, delivery, read)
    return part


def _land(
    call: Keeping, part: Part, contract: SourceContract, delivery: Delivery, read: dict[str, dict[str, Any]]
) -> None:
    """Compress one file into the archive, with its control file, if it is old and not needed."""
    assert delivery.path is not None
    assert part.days is not None
    since = _since(contract, delivery, read)
    age = since or dt.datetime.fromtimestamp(delivery.path.stat().st_mtime, dt.UTC)
    if age >= call.before(part.days):
        return
    if since is None:
        part.kept[delivery.name] = "no run has applied it as it is"
        return
    if (row := read.get(delivery.name)) is not None and row["last"]:
        part.kept[delivery.name] = "the last one of its source"
        return
    control = [delivery.control.path] if delivery.control is not None else []
    for file in (delivery.path, *control):
        _to_archive(call, part, file)


def _since(contract: SourceContract, delivery: Delivery, read: dict[str, dict[str, Any]]) -> dt.datetime | None:
    """When a run had applied what is in this file; None when that cannot be said.

    A full delivery that no run has read, because a later one was there, is out of date since that was applied.
    """
    assert delivery.path is not None
    row = read.get(delivery.name)
    if row is not None:
        status = delivery.path.stat()
        untouched = max(status.st_mtime, status.st_ctime) < row["started_at"].timestamp()
        if untouched or row["digest"] == _digest(contract, delivery):
            found: dt.datetime = row["ended_at"]
            return found
        return None
    later = [
        row["ended_at"] for row in read.values()
        if contract.delivery.kind == row["kind"] == "full" and row["extracted_at"] > delivery.extracted_at
    ]  # fmt: skip
    return min(later, default=None)


def _digest(contract: SourceContract, delivery: Delivery) -> str:
    """As a run notes it (pipelines.steps.receive)."""
    return hashlib.sha256(f"{contract.digest}:{delivery.content_digest()}".encode()).hexdigest()


def _to_archive(call: Keeping, part: Part, file: Path) -> None:
    """Compressed and on the disk before the original goes; the time of the file stays."""
    goal = call.settings.workspace / ARCHIVE / f"{file.relative_to(call.settings.landing).as_posix()}.gz"
    part.compressed += 1
    size = file.stat().st_size
    if call.dry_run:
        return
    unfinished = goal.with_name(f".{goal.name}.unfinished")
    try:
        make_private(goal.parent)
        if goal.exists():  # another file of this name was archived before
            goal = goal.with_name(f"{goal.stem}.{call.now:%Y%m%dT%H%M%S}.gz")
        with file.open("rb") as plain, open(_private(unfinished), "wb") as raw:
            with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed:
                shutil.copyfileobj(plain, packed, 1 << 20)
            raw.flush()
            os.fsync(raw.fileno())
        shutil.copystat(file, unfinished)
        unfinished.chmod(0o600)
        unfinished.rename(goal)
        file.unlink()
        part.freed += size - goal.stat().st_size
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        part.compressed -= 1
        part.failed[file.name] = error.strerror or str(error)


def _private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _archive(call: Keeping) -> Part:
    """By the time when they were compressed away: the time of the archive's directory entry."""
    part = Part(call.settings.retention.archive_days)
    folder = call.settings.workspace / ARCHIVE
    for file in _files(folder):
        _remove_old(call, part, file, dt.datetime.fromtimestamp(file.stat().st_ctime, dt.UTC))
    return part


# -- files of ours -----------------------------------------------------------------------------------------------------


def _deliveries(call: Keeping) -> Part:
    """`mdm sync --replay` makes them again."""
    part = Part(call.settings.retention.deliveries_days)
    if part.days is None:
        return part
    with call.database.begin() as connection:
        found = store.settled_files(connection, call.before(part.days))
    for folder, name in found:
        file = call.settings.workspace / folder / name
        if file.is_file():
            _remove(call, part, file)
    return part


def _runs(call: Keeping) -> Part:
    """Manifests; the reports are in the store. The newest stays: by its time new feeds are known."""
    part = Part(call.settings.retention.runs_days)
    if part.days is None:
        return part
    with call.database.begin() as connection:
        unfinished = store.unfinished_runs(connection)
    root = call.settings.var / "runs"
    folders = [folder for folder in root.glob("*") if folder.is_dir()]
    folders.sort(key=lambda folder: folder.stat().st_mtime)
    for folder in folders[:-1]:
        if dt.datetime.fromtimestamp(folder.stat().st_mtime, dt.UTC) >= call.before(part.days):
            continue
        if folder.name in unfinished:
            part.kept[folder.name] = "not finished: mdm run goes on with it"
            continue
        part.removed += 1
        part.freed += sum(file.stat().st_size for file in _files(folder))
        if not call.dry_run:
            shutil.rmtree(folder, ignore_errors=True)
    return part


def _logs(call: Keeping) -> Part:
    part = Part(call.settings.retention.logs_days)
    for file in _files(call.settings.var / "log"):
        _remove_old(call, part, file, dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC))
    return part


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(file for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else ()


def _remove_old(call: Keeping, part: Part, file: Path, since: dt.datetime) -> None:
    if part.days is not None and since < call.before(part.days):
        _remove(call, part, file)


def _remove(call: Keeping, part: Part, file: Path) -> None:
    size = file.stat().st_size
    try:
        if not call.dry_run:
            file.unlink()
    except OSError as error:
        part.failed[file.name] = error.strerror or str(error)
        return
    part.removed += 1
    part.freed += size


# -- rows --------------------------------------------------------------------------------------------------------------


def _rows(call: Keeping, table: str, days: int | None) -> Part:
    part = Part(days)
    if days is None:
        return part
    before = call.before(days)
    with call.database.begin() as connection:
        if call.dry_run:
            part.removed = store.count_old(connection, table, before)
        elif table == "audit":
            part.removed = audit.delete_before(connection, before)
        else:
            part.removed = store.delete_old(connection, table, before)
    return part
