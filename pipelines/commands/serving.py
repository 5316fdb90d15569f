"""`mdm serve`, `mdm settle` and `mdm stop`: the API, what it leaves to settle, and the embedded database server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from mdm.settings import Settings
from pipelines.commands.failing import told
from pipelines.commands.options import AsJson, Workspace, open_store, print_json, settings_of


@told
def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option("--workers", min=1, metavar="N", help="How many processes.")] = 1,
    settle_every: Annotated[
        int, typer.Option("--settle-every", min=0, metavar="SECONDS", help="See mdm settle; 0: not by this process.")
    ] = 30,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Do what the schedule says as well; see mdm worker.")
    ] = False,
    workspace: Workspace = None,
) -> None:
    """Serve the API: customers, cross-references, households, records; its description is at /docs.

    \b
    Example:
      mdm serve -w data/samples --port 8000
    """
    from api import server

    settings = settings_of(workspace)
    with _settling(settings, settle_every), _working(settings, wanted=with_worker):
        server.serve(settings, host, port, workers)


@contextmanager
def _settling(settings: Settings, seconds: int) -> Iterator[None]:
    """A process that settles while the block lasts."""
    if not seconds:
        yield
        return
    command = [sys.executable, "-m", "pipelines.cli", "settle", "-w", str(settings.workspace), "--every", str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _working(settings: Settings, *, wanted: bool) -> Iterator[None]:
    """A worker while the block lasts, which ends with this process whatever ends it."""
    if not wanted:
        yield
        return
    from pipelines.jobs.child import WORKER
    from pipelines.jobs.plan import planned_jobs

    planned_jobs(settings)  # what is wrong with it is said at once
    command = [sys.executable, "-m", "pipelines.jobs.child", "-", "worker", "-w", str(settings.workspace)]
    process = subprocess.Popen(command, env={**os.environ, WORKER: str(os.getpid())})
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@told
def settle(
    every: Annotated[
        int, typer.Option("--every", min=0, metavar="SECONDS", help="Again and again, with so many seconds between.")
    ] = 0,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Settle what channels and stewards left for others: households around what they wrote, keys that became common.

    A night does so, too; mdm serve does it every 30 seconds.

    \b
    Example:
      mdm settle -w data/samples
    """
    from mdm.errors import MdmError
    from pipelines import settling

    settings = settings_of(workspace)
    with open_store(settings) as database:
        if not every:
            report = settling.settle(settings, database)
            found = {"settled": report is not None, "run_id": report["run_id"] if report is not None else None}
            typer.echo("settled" if found["settled"] else "nothing to settle") if not as_json else print_json(found)
            return
        for come in settling.settle_every(settings, database, every):
            typer.echo(f"not settled: {come}" if isinstance(come, MdmError) else "settled", err=True)


@told
def stop(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Stop the embedded database server of the workspace, whoever uses it. The next command starts it again.

    \b
    Example:
      mdm stop -w data/samples
    """
    from mdm.errors import UsageError
    from mdm.store import embedded

    settings = settings_of(workspace)
    if settings.database_url is not None:
        raise UsageError("the database is not ours to stop", where="MDM_DATABASE_URL", remedy="Stop it where it runs.")
    stopped = embedded.stop(settings.var)
    if as_json:
        print_json({"stopped": stopped})
    else:
        typer.echo("stopped" if stopped else "no server was running")
