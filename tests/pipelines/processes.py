"""Nights in processes of their own, to be killed, starved or disturbed; forked from one that imported everything."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from mdm.errors import RunInProgress
from mdm.store.database import Database
from pipelines.folder import MANIFEST
from tests.pipelines.tiny import TinyWorkspace

PRELOADED = ["tests.pipelines.warm"]
PATIENCE = 120.0  # seconds that a step may take on a busy machine
WRITING = (
    "select backend_xid::text from pg_stat_activity where datname = current_database() and backend_xid is not null"
)

T = TypeVar("T")


def context() -> ForkServerContext:
    """Processes start from a server that did the imports, in a fraction of a second."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(PRELOADED)
    return found


def start_night(workspace: TinyWorkspace, database: Database) -> ForkServerProcess:
    """`mdm run` without the command line."""
    url = database.engine.url.render_as_string(hide_password=False)
    process = context().Process(target=_night, args=(workspace.path, url))
    process.start()
    return process


def start_promotion(workspace: TinyWorkspace, database: Database) -> ForkServerProcess:
    """`mdm model promote --accept-churn` without the command line."""
    url = database.engine.url.render_as_string(hide_password=False)
    process = context().Process(target=_promotion, args=(workspace.path, url))
    process.start()
    return process


def run_mdm(arguments: list[str], database: Database, output: Path, *, file_size: int | None = None) -> int:
    """`mdm` with these arguments; its exit code. What it prints goes to `output`. file_size: bytes, ulimit -f."""
    url = database.engine.url.render_as_string(hide_password=False)
    process = context().Process(target=_mdm, args=(arguments, url, output, file_size))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode is not None
    return process.exitcode


def wait_for(what: Callable[[], bool], process: ForkServerProcess) -> None:
    """Poll until `what` holds; the process must still be there."""
    end = time.monotonic() + PATIENCE
    while not what():
        assert process.is_alive(), f"the night ended ({process.exitcode}) before it could be disturbed"
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.001)


def applying(folder: Path, database: Database) -> Callable[[], bool]:
    """True once the transaction that applies the run in `folder` has written: the same one is seen twice."""
    seen: set[str] = set()

    def look() -> bool:
        if not (folder / "judge" / MANIFEST).exists():
            return False
        with database.engine.connect() as connection:
            writing = {str(xid) for (xid,) in connection.execute(sa.text(WRITING))}
        known = bool(writing & seen)
        seen.update(writing)
        return known

    return look


def kill(process: ForkServerProcess) -> None:
    """SIGKILL, and wait until it is gone."""
    assert kill_or_end(process), "the process ended before it could be killed"


def kill_or_end(process: ForkServerProcess) -> bool:
    """SIGKILL to a process that may just be ending by itself: whether it died of it, else it has ended well."""
    assert process.pid is not None
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def run_on(what: Callable[[], T]) -> T:
    """Call it as soon as the server has noticed that the process before is dead."""
    for _ in range(100):
        try:
            return what()
        except RunInProgress:
            time.sleep(0.1)
    raise AssertionError("the lock of a dead process was not given back")


def _night(path: Path, url: str) -> None:
    with _quiet(path.parent / "night.log"), Database(url) as database:
        TinyWorkspace(path, keep=True).night(database)


def _promotion(path: Path, url: str) -> None:
    from pipelines.models import promote_models

    with _quiet(path.parent / "promotion.log"), Database(url) as database:
        promote_models(TinyWorkspace(path, keep=True).settings, database, accept_churn=True)


def _mdm(arguments: list[str], url: str, output: Path, file_size: int | None) -> None:
    from pipelines.cli import main

    os.environ["MDM_DATABASE_URL"] = url
    sys.argv = ["mdm", *arguments]
    with _quiet(output):
        if file_size is not None:
            sys.dont_write_bytecode = True  # Python would keep half of what it compiles, for all who come later
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
        main()


@contextlib.contextmanager
def _quiet(output: Path):  # type: ignore[no-untyped-def]
    with output.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        yield
        sys.stdout.flush()
        sys.stderr.flush()
