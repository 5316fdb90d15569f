"""`mdm backup`: one state of the database and the files of the workspace, in a folder that is whole or not there.

    backups/20260401T003000Z/manifest.json    what is in it, with checksums; written last
                             database/        one state, by pg_dump
                             workspace.tar.gz mdm.toml, sources/, targets/ and what else is there
    backups/issued.json                       how far PINs were issued, kept up to date (mdm.store.issued)
    backups/erased.jsonl                      who was erased since

State below `var/` is not part of it: it is in the database, or made again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from mdm.errors import NotFound, StoreError
from mdm.settings import Settings
from mdm.store.database import Database
from mdm.store.dump import dump
from mdm.store.issued import NAMES, Issued
from mdm.store.place import make_private
from mdm.suppression import Hasher
from pipelines.context import Progress

MANIFEST = "manifest.json"
NAME = "%Y%m%dT%H%M%SZ"
NEVER = ("var", "outbound")  # of the workspace; and the backups themselves
LARGE = ("landing", "archive")  # only where [backup] says so


@dataclass(frozen=True, slots=True)
class Backup:
    """A whole backup."""

    path: Path
    moment: dt.datetime
    manifest: dict[str, Any]


def folder_of(settings: Settings) -> Path:
    """Where backups are."""
    return settings.workspace / settings.backup.folder


def make_backup(settings: Settings, database: Database, progress: Progress = lambda text: None) -> dict[str, Any]:
    """Make a backup and remove those that are too many; the report. Raises StoreError; then there is none."""
    folder = make_private(folder_of(settings))
    begun = dt.datetime.now(dt.UTC)
    unfinished = folder / f".unfinished-{begun:%Y%m%dT%H%M%S%f}"
    for left in folder.glob(".unfinished-*"):  # of one that was killed
        if dt.datetime.fromtimestamp(left.stat().st_mtime, dt.UTC) < begun - dt.timedelta(days=1):
            shutil.rmtree(left, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    try:
        progress("database")
        facts = dump(database, unfinished / "database", settings.backup.processes)
        progress("workspace")
        _pack(settings, unfinished / "workspace.tar.gz")
        progress("checksums")
        manifest = {
            **asdict(facts), "product": importlib.metadata.version("customer-master"),
            "workspace": str(settings.workspace), "instance": settings.instance.code, "key": key_of(settings),
            "seconds": round((dt.datetime.now(dt.UTC) - begun).total_seconds(), 1),
            "files": {name: {"bytes": size, "sha256": digest} for name, size, digest in _checksums(unfinished)},
        }  # fmt: skip
        _write(unfinished / MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        goal = _name(folder, facts.moment)
        unfinished.rename(goal)
    except OSError as error:
        raise StoreError(
            f"no backup was made: {error.strerror or error}", where=str(folder), remedy="Make room, or choose a folder."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    Issued(settings.var).raise_to({name: facts.counters.get(name, 0) for name in NAMES}, copy=folder)
    removed = _remove_old(settings)
    size = sum(file["bytes"] for file in manifest["files"].values())
    return {
        "backup": str(goal), "moment": facts.moment, "bytes": size, "seconds": manifest["seconds"],
        "customers": facts.rows.get("customer", 0), "removed": [path.name for path in removed],
    }  # fmt: skip


def key_of(settings: Settings) -> str:
    """A number by which the key of the PINs is recognised, and which does not tell it."""
    return Hasher(settings.instance.pin_key).key("backup", "key") if settings.instance.pin_key else ""


def backups(folder: Path) -> list[Backup]:
    """Whole backups, the oldest first."""
    found = []
    for file in folder.glob(f"*/{MANIFEST}"):
        if not file.parent.name.startswith("."):
            manifest = orjson.loads(file.read_bytes())
            found.append(Backup(file.parent, dt.datetime.fromisoformat(manifest["moment"]), manifest))
    return sorted(found, key=lambda backup: backup.moment)


def find_backup(folder: Path, at: dt.datetime | None) -> Backup:
    """The latest one, or the latest that is not after a moment. Raises NotFound."""
    there = backups(folder)
    fit = [backup for backup in there if at is None or backup.moment <= at]
    if not fit:
        first = f"The first is of {there[0].moment:%Y-%m-%d %H:%M:%S %Z}." if there else "Make one: mdm backup."
        when = f" up to {at:%Y-%m-%d %H:%M:%S %Z}" if at else ""
        raise NotFound(f"no backup{when}", where=str(folder), remedy=first)
    return fit[-1]


def check(backup: Backup) -> None:
    """See that every file is as it was written. Raises StoreError."""
    there = {name: (size, digest) for name, size, digest in _checksums(backup.path)}
    for name, file in backup.manifest["files"].items():
        if there.get(name) != (file["bytes"], file["sha256"]):
            what = "is missing" if name not in there else "is not as it was written"
            raise StoreError(
                f"the backup is damaged: {name} {what}", where=str(backup.path),
                remedy="Take an earlier one: mdm restore --at MOMENT.",
            )  # fmt: skip


def _name(folder: Path, moment: dt.datetime) -> Path:
    path = folder / f"{moment:{NAME}}"
    return path if not path.exists() else folder / f"{moment:%Y%m%dT%H%M%S%f}Z"


def _pack(settings: Settings, goal: Path) -> None:
    """The workspace without its state; readable by its owner only."""
    own = folder_of(settings).resolve()
    skipped = set(NEVER) | (set() if settings.backup.landing else set(LARGE))

    def wanted(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        top = Path(entry.name).parts[:1]
        inside = (settings.workspace / entry.name).resolve()
        return None if (top and top[0] in skipped) or inside == own else entry

    with open(os.open(goal, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz") as packed:
            for path in sorted(settings.workspace.iterdir()):
                packed.add(path, path.name, filter=wanted)
        raw.flush()


def _checksums(folder: Path) -> Iterator[tuple[str, int, str]]:
    """Each file below a backup but the manifest, brought to the disk: name, bytes, SHA-256."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name == MANIFEST:
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        yield path.relative_to(folder).as_posix(), path.stat().st_size, digest


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _remove_old(settings: Settings) -> list[Path]:
    old = backups(folder_of(settings))[: -settings.backup.keep]
    for backup in old:
        (backup.path / MANIFEST).unlink()  # from now on it is no backup
        shutil.rmtree(backup.path, ignore_errors=True)
    return [backup.path for backup in old]
