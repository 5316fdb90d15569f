"""How far PINs and household ids were issued, noted in a file beside the database before any of them is used.

A database that is lost, or restored from a backup, does not know what it issued since. The file does: it says a bound
that no number given has passed, is on the disk before the transaction that gives them commits, and never goes back.
A backup names a second place for it (`copy`), best on another machine.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from mdm.errors import StoreError

log = logging.getLogger(__name__)

FILE = "issued.json"
OPTION = "mdm_issued"  # of the engine
STEP = 1000  # numbers noted at once: so many may be skipped after a restore, and a write of the file serves so many
NAMES = ("pin", "household", "legal_entity")  # counters of what is never issued twice


class Issued:
    """The file of one workspace, as one process uses it."""

    def __init__(self, var: Path) -> None:
        self.path = var / FILE
        self._known: dict[str, int] = {}
        self._lock = threading.Lock()

    def allow(self, name: str, last: int) -> None:
        """Numbers up to `last` may be used from now on. Raises StoreError when that cannot be noted."""
        if name not in NAMES or last <= self._known.get(name, 0):
            return
        with self._lock:
            self._known = self.raise_to({name: last})

    def raise_to(self, numbers: Mapping[str, int], *, copy: Path | None = None) -> dict[str, int]:
        """Note that numbers up to these were used; the bounds now. copy: where the file shall be kept as well."""
        try:
            with _alone(self.path.with_suffix(".lock")):
                noted = read(self.path)
                if copy is not None:
                    noted["copy"] = str(copy)
                bounds = noted.setdefault("bounds", {})
                short = {name: last for name, last in numbers.items() if last > bounds.get(name, 0)}
                bounds |= {name: -(-last // STEP) * STEP for name, last in short.items()}
                if short or copy is not None:
                    _write(self.path, noted)
                    _copy(noted)
        except OSError as error:
            raise StoreError(
                f"it cannot be noted which PINs are issued: {error.strerror}", where=str(self.path),
                remedy="None was issued. Make the file writable, or room on the disk, and try again.",
            ) from error  # fmt: skip
        return dict(bounds)


def allow(connection: sa.Connection, name: str, last: int) -> None:
    """As `Issued.allow`, for the workspace of this connection; nothing for one that belongs to none."""
    issued = connection.get_execution_options().get(OPTION)
    if isinstance(issued, Issued):
        issued.allow(name, last)


def read(path: Path) -> dict[str, Any]:
    """What the file says: `bounds` by counter, `copy`. An empty document when there is none."""
    try:
        found: dict[str, Any] = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except orjson.JSONDecodeError as error:
        raise StoreError(
            "this file says which PINs were issued, and cannot be read", where=str(path),
            remedy="Take its copy from the folder of the backups.",
        ) from error  # fmt: skip
    return found


def _copy(noted: Mapping[str, Any]) -> None:
    """The second place: not to reach it stops nobody, and a restore that has only this one skips more numbers."""
    if (folder := noted.get("copy")) is None:
        return
    try:
        _write(Path(folder) / FILE, noted)
    except OSError as error:
        log.warning("The copy of %s in %s could not be written: %s", FILE, folder, error.strerror)


def _write(path: Path, noted: Mapping[str, Any]) -> None:
    """Whole or not at all, and on the disk."""
    unfinished = path.with_suffix(".unfinished")
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(orjson.dumps(noted, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Nobody else writes the file within the block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
