"""`mdm`: the verbs that people and cron type. Each is a few lines in pipelines.commands; the work is elsewhere.

Nothing heavy is imported here: a verb imports what it needs when it runs, so that `mdm --help` and `mdm lookup` are
quick.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import Annotated

import typer

from pipelines.commands import (
    access,
    deciding,
    erasing,
    exporting,
    hooks,
    keeping,
    learning,
    looking,
    nightly,
    scheduling,
    serving,
    syncing,
    users,
    workspace,
)

EXIT_CODES = "Exit codes: 0 done; 1 failed; 2 wrong use; 3 a quality gate stopped the run or a source of it."

app = typer.Typer(
    name="mdm",
    help="The customer master file: from the feeds of a night to customers, households and a lookup.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.command("init")(workspace.init)
app.command("check")(workspace.check)
app.command("run")(nightly.run)
app.command("status")(nightly.status)
app.command("sync")(syncing.sync)
app.command("lookup")(looking.lookup)
app.command("why")(looking.why)
app.command("evaluate")(looking.evaluate)
app.command("judge")(deciding.judge)
app.command("unmerge")(deciding.unmerge)
app.command("override")(deciding.override)
app.command("train")(learning.train)
app.command("erase")(erasing.erase)
app.command("warehouse")(exporting.warehouse)
app.command("serve")(serving.serve)
app.command("worker")(scheduling.worker)
app.command("backup")(keeping.backup)
app.command("restore")(keeping.restore)
app.command("retention")(keeping.retention)
app.command("settle")(serving.settle)
app.command("stop")(serving.stop)

models = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Matching models: list, compare, promote.")
models.command("list")(learning.list_)
models.command("compare")(learning.compare)
models.command("promote")(learning.promote)
app.add_typer(models, name="model")

app.command("audit")(access.audit)

keys = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Keys of the API: create, list, revoke.")
keys.command("create")(access.create)
keys.command("list")(access.list_)
keys.command("revoke")(access.revoke)
app.add_typer(keys, name="key")

accounts = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Accounts of the console: add, list, disable, link."
)
accounts.command("add")(users.add)
accounts.command("list")(users.list_)
accounts.command("disable")(users.disable)
accounts.command("password")(users.password)
accounts.command("link")(users.link)
app.add_typer(accounts, name="user")

webhooks = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Subscribers to changes: add, list, pause, replay, send ..."
)
webhooks.command("add")(hooks.add)
webhooks.command("list")(hooks.list_)
webhooks.command("pause")(hooks.pause)
webhooks.command("resume")(hooks.resume)
webhooks.command("rotate")(hooks.rotate)
webhooks.command("replay")(hooks.replay)
webhooks.command("dead-letters")(hooks.dead_letters)
webhooks.command("remove")(hooks.remove)
webhooks.command("send")(hooks.send)
app.add_typer(webhooks, name="webhook")


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("customer-master"))
        raise typer.Exit


@app.callback()
def _mdm(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """The customer master file: from the feeds of a night to customers, households and a lookup."""


def main() -> None:
    """A verb of `mdm`, for a process that goes on; ends with SystemExit."""
    app()


def program() -> None:
    """Entry point of the program `mdm`."""
    try:
        main()
    except SystemExit as ended:
        _leave(ended)
        raise


def _leave(ended: SystemExit) -> None:
    """End the process here if nobody else is at work in it.

    Freeing millions of objects one by one, which takes half a second after a night, is left to the kernel.
    """
    if threading.active_count() > 1 or not isinstance(ended.code, int | None):
        return
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ended.code or 0)


if __name__ == "__main__":
    program()
