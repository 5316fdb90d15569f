"""`mdm worker`: the schedule."""

from __future__ import annotations

import datetime as dt

import typer

from pipelines.commands.failing import told
from pipelines.commands.options import Landing, Workspace, open_store, settings_of


@told
def worker(workspace: Workspace = None, landing: Landing = None) -> None:
    """Do what [schedule] of mdm.toml says: the night, sync-back, retention, backup and the rest, each at its time.

    Every job is a command of mdm in a process of its own; mdm status shows what comes next and what failed last. Told
    to stop (SIGTERM, Ctrl-C) it lets running jobs end for a while; the next worker goes on with what was not done.

    \b
    Example:
      mdm worker -w data/samples
    """
    from pipelines.jobs.worker import work

    def say(text: str) -> None:
        typer.echo(f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S}Z {text}")

    settings = settings_of(workspace, landing)
    with open_store(settings) as database:
        work(settings, database, say)
