"""`mdm restore`: the store and the workspace as a backup has them, and what the world learnt since is allowed for.

The backup is read into a new database beside the one in use, mended there (`mdm.store.restored`), and takes its place
in one transaction of the server, which is the last that is done. Killed before, the store is as it was, but files of
the workspace may be those of the backup: nobody opens the store then until it is restored again
(`mdm.store.restoring`). The former database is kept under another name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mdm.errors import ConfigError, MdmError, StoreError, UsageError
from mdm.resolve.household_tables import KINDS
from mdm.resolve.pins import mint_pins
from mdm.settings import FILE, Settings
from mdm.store import dump, embedded, restored, suppression
from mdm.store.database import Database, sqlalchemy_url
from mdm.store.issued import FILE as ISSUED
from mdm.store.issued import NAMES, Issued
from mdm.store.issued import read as read_issued
from mdm.store.migrations import migrate
from mdm.store.restoring import restoring
from pipelines.context import Progress
from pipelines.jobs import erased
from pipelines.jobs.backup import Backup, check, find_backup, folder_of, key_of
from pipelines.jobs.unpacking import take_back, unpack

NEW = "mdm_restored_"  # begins the name of a database that is being restored
SKIP = 1_000_000  # numbers left out where only the copy says how far they were issued: it may lag behind


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. folder: of backups; at: the moment; issued_up_to: the last number, where no file says it."""

    folder: Path | None = None
    at: dt.datetime | None = None
    issued_up_to: int | None = None
    keep_workspace: bool = False


@dataclass(slots=True)
class Report:
    """What was done, and what is left for people, in words."""

    backup: str
    moment: dt.datetime
    kept_as: str | None = None
    files: list[str] = field(default_factory=list)
    retired: dict[str, int] = field(default_factory=dict)
    announced: int = 0
    unfinished: int = 0
    targets: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bounds:
    """By counter: the last number that may have been used, and from where on numbers are given."""

    used: dict[str, int]
    next_from: dict[str, int]


def choose(workspace: Path, wanted: Wanted) -> Backup:
    """The backup that is meant, whole. Raises NotFound, StoreError, UsageError."""
    folder = wanted.folder
    if folder is None:
        if not (workspace / FILE).is_file():
            raise UsageError(
                "the workspace has no mdm.toml that says where the backups are", where=str(workspace),
                remedy="Name their folder: mdm restore --from FOLDER.",
            )  # fmt: skip
        folder = folder_of(Settings.load(workspace))
    found = find_backup(folder, wanted.at)
    check(found)
    return found


def restore(workspace: Path, backup: Backup, wanted: Wanted, progress: Progress = lambda text: None) -> Report:
    """Put a backup in place. Raises MdmError; then database and workspace are as they were."""
    report = Report(str(backup.path), backup.moment)
    now = dt.datetime.now(dt.UTC)
    aside = workspace / f"before-restore-{now:%Y%m%dT%H%M%SZ}"
    with restoring(workspace / "var", str(backup.path)):
        try:
            if not wanted.keep_workspace or not (workspace / FILE).is_file():
                progress("workspace")
                unpack(backup.path / "workspace.tar.gz", workspace, aside, report.files)
            future = _replace(workspace, backup, wanted, f"{now:%Y%m%d%H%M%S%f}", report, progress)
        except BaseException:
            take_back(workspace, aside, report.files)
            raise
        progress("done")
    if future is None:
        report.left.append(
            "The database as it was could not be read: who pulls changes, and every subscriber, has to load everything"
            " anew; what they hold from after the backup is not known."
        )
    if report.targets:
        report.left.append("Every target is told everything anew by the next mdm sync.")
    report.left.append("If the warehouse is exported to, do it anew: mdm warehouse --full.")
    report.left.append("Load the nights since: put their feeds into landing/ where they are gone, and run mdm run.")
    return report


def _replace(
    workspace: Path, backup: Backup, wanted: Wanted, stamp: str, report: Report, progress: Progress
) -> restored.Future | None:
    """Make the database of the backup beside the one in use and let it take its place; what that one knew."""
    settings = Settings.load(workspace)
    if backup.manifest["key"] != key_of(settings) or backup.manifest["instance"] != settings.instance.code:
        raise ConfigError(
            "the backup is of another instance: its PINs were made with another pin_key, or another code",
            where=str(workspace / FILE), remedy="Restore it into its own workspace.",
        )  # fmt: skip
    with _server(settings) as url:
        future = restored.look_back(url, backup.manifest["position"])
        bounds = _bounds(settings, backup, wanted, future)
        new, aside = f"{NEW}{stamp}", f"mdm_before_{stamp}"
        _clear_up(settings, url, report)
        progress("database")
        made = dump.restore(url, new, backup.path / "database", settings.backup.processes)
        try:
            with restored.bare(made) as database:
                progress("what was issued and told since")
                with database.begin() as connection:
                    migrate(connection)
                    _mend(settings, connection, backup, bounds, future, report)
            Issued(settings.var).raise_to(bounds.next_from, copy=backup.path.parent)
            progress("erasures")
            _erase_again(settings, made, backup, report)
            progress("in its place")
            dump.swap(url, new, aside)
        except BaseException:
            dump.drop(url, new)
            raise
        report.kept_as = aside
    return future


def _clear_up(settings: Settings, url: str, report: Report) -> None:
    """What restores that were killed have left; on a server of others they are named, for they may be theirs."""
    for name in dump.find(url, NEW):
        if settings.database_url is None:
            dump.drop(url, name)
        else:
            report.left.append(f"Database {name} is left of another restore; if none is under way, drop it.")


@contextmanager
def _server(settings: Settings) -> Iterator[str]:
    """The URL of the database that is to be replaced, on a running server that nobody else uses."""
    if settings.database_url is not None:
        yield sqlalchemy_url(settings.database_url)
        return
    server = embedded.join(settings.var)
    try:
        if not server.alone():
            raise StoreError(
                "others use the database of this workspace",
                remedy="Stop mdm serve, mdm worker and all other commands, then restore again.",
            )
        yield server.url
    finally:
        server.leave()


def _bounds(settings: Settings, backup: Backup, wanted: Wanted, future: restored.Future | None) -> Bounds:
    """How far numbers were issued. Raises UsageError when nothing says it."""
    own = read_issued(settings.var / ISSUED).get("bounds")
    copy = read_issued(backup.path.parent / ISSUED).get("bounds")
    sources = [own or {}, copy or {}, {} if future is None else future.bounds, backup.manifest["counters"]]
    if wanted.issued_up_to is not None:
        sources.append(dict.fromkeys(NAMES, wanted.issued_up_to))
    used = {name: max(source.get(name, 0) for source in sources) for name in NAMES}
    sure = own is not None or future is not None or wanted.issued_up_to is not None
    if not sure and copy is None:
        raise UsageError(
            f"nothing says which PINs were issued since the backup: there is no {ISSUED} in {settings.var} nor in"
            f" {backup.path.parent}",
            remedy="Say how many there may be at most in all: mdm restore --issued-up-to NUMBER.",
        )
    return Bounds(used, used if sure else {name: last + SKIP for name, last in used.items()})


def _mend(
    settings: Settings,
    connection: sa.Connection,
    backup: Backup,
    bounds: Bounds,
    future: restored.Future | None,
    report: Report,
) -> None:
    """In the new database, before anybody sees it: everything that must be otherwise than in the backup."""
    report.unfinished = restored.end_unfinished(connection)
    position = max(backup.manifest["position"], 0 if future is None else future.position)
    restored.go_beyond(connection, bounds.next_from, position)
    reason = f"may have been issued after the backup of {backup.moment:%Y-%m-%d %H:%M:%S %Z}, which was restored"
    code, secret = settings.instance.code, settings.instance.pin_key
    numbers = restored.unused_numbers(connection, bounds.used["pin"])
    pins = _minted(partial(mint_pins, instance=code, key=secret), numbers)
    restored.retire_pins(connection, numbers, pins, reason)
    report.retired["pin"] = len(pins)
    for kind, (counter, mint) in KINDS.items():
        numbers = restored.unused_ids(connection, kind, bounds.used[counter])
        restored.retire_ids(connection, kind, numbers, _minted(partial(mint, instance=code, key=secret), numbers))
        report.retired[kind] = len(numbers)
    known = {} if future is None else future.targets
    report.targets = restored.forget_what_targets_hold(connection, known, pins)
    if future is not None:
        report.announced = restored.announce(connection, future.pins, future.chis)


def _minted(mint: Any, numbers: Sequence[int]) -> list[str]:
    """The ids of numbers in order, minted range by range."""
    found: list[str] = []
    start = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or numbers[place] != numbers[place - 1] + 1:
            found += mint(numbers[start], place - start)
            start = place
    return found


def _erase_again(settings: Settings, url: str, backup: Backup, report: Report) -> None:
    """Whoever was erased since the backup stays erased: before anybody sees the database, at `url`."""
    from pipelines.erasure import erase

    server = embedded.join(settings.var) if settings.database_url is None else None
    with Database(url, server, issued=Issued(settings.var)) as database:
        for entry in erased.noted(settings, backup.path.parent):
            with database.begin() as connection:
                if suppression.find_erasure(connection, entry["pin"]) is not None:
                    continue
                rows = entry["hashes"]
                hashes = [suppression.Hash(row[0], row[1], row[2], tuple(row[3])) for row in rows]
                suppression.put_hashes(connection, entry["pin"], hashes)
            try:
                erase(settings, database, entry["pin"], actor=entry["actor"], reason=entry["reason"])
            except MdmError as error:
                report.left.append(f"{entry['pin']} was erased since, and could not be again: {error.message}")
                continue
            report.erased.append(entry["pin"])


__all__ = ["Report", "Wanted", "choose", "restore"]
