"""`mdm backup`, `mdm restore` and `mdm retention`: what is kept, and for how long."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.failing import told
from pipelines.commands.options import AsJson, Landing, Workspace, open_store, print_json, settings_of


@told
def backup(
    list_: Annotated[bool, typer.Option("--list", help="Show the backups that there are; make none.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Back up the database, as it is at one moment, and the files of the workspace. Nobody waits for it.

    Where to, and how many are kept, is said by [backup] of mdm.toml. A backup is whole or not there.

    \b
    Example:
      mdm backup -w data/samples
      mdm backup --list
    """
    from pipelines.jobs.backup import backups, folder_of, make_backup
    from pipelines.show.keeping import show_backup, show_backups
    from pipelines.show.progress import shown_progress

    settings = settings_of(workspace)
    if list_:
        there = backups(folder_of(settings))
        found = [{"backup": str(each.path), "moment": each.moment, "rows": each.manifest["rows"]} for each in there]
        print_json(found) if as_json else show_backups(found)
        return
    with shown_progress(silent=as_json) as progress, open_store(settings) as database:
        report = make_backup(settings, database, progress)
    print_json(report) if as_json else show_backup(report)


@told
def restore(
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="The latest backup up to then [default: the latest].")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--from", metavar="FOLDER", help="The folder of the backups, when mdm.toml is lost.")
    ] = None,
    issued_up_to: Annotated[
        int | None,
        typer.Option("--issued-up-to", min=0, metavar="N", help="PINs issued at most in all, when no file says it."),
    ] = None,
    keep_workspace: Annotated[
        bool, typer.Option("--keep-workspace", help="Leave mdm.toml and the contracts as they are.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Put back a backup: the database and the workspace. The database as it was is kept under another name.

    No PIN is issued twice: those that may have been issued since the backup are retired. Targets and subscribers are
    told what they know otherwise. Everything that uses the database has to be stopped before.

    \b
    Example:
      mdm restore -w data/samples --yes
      mdm restore --at 2026-04-01T08:00 --from /srv/backups/mdm
    """
    import os

    from pipelines.jobs.restore import Wanted, choose
    from pipelines.jobs.restore import restore as carry_out
    from pipelines.show.keeping import show_restored
    from pipelines.show.progress import shown_progress

    root = (workspace or Path(os.environ.get("MDM_WORKSPACE") or Path.cwd())).expanduser().absolute()
    wanted = Wanted(folder, _moment(at), issued_up_to, keep_workspace)
    chosen = choose(root, wanted)
    if not yes:
        typer.confirm(f"Put back {chosen.path}, of {chosen.moment:%Y-%m-%d %H:%M:%S %Z}?", abort=True, err=True)
    with shown_progress(silent=as_json) as progress:
        report = carry_out(root, chosen, wanted, progress)
    print_json(asdict(report)) if as_json else show_restored(asdict(report))


def _moment(text: str | None) -> dt.datetime | None:
    """A time as people type it; without a zone it is that of this machine. Raises UsageError."""
    from mdm.errors import UsageError

    if text is None:
        return None
    try:
        return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except ValueError:
        raise UsageError(
            f"--at {text}: no time", remedy="Write it like 2026-04-01T08:00 or 2026-04-01T08:00Z."
        ) from None


@told
def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; touch nothing.")] = False,
    workspace: Workspace = None,
    landing: Landing = None,
    as_json: AsJson = False,
) -> int:
    """Compress and remove what was kept as long as [retention] of mdm.toml says. What is needed stays, and is named.

    Leaves with 1 when something could not be removed.

    \b
    Example:
      mdm retention --dry-run -w data/samples
    """
    from pipelines.jobs.retention import keep
    from pipelines.show.keeping import show_retention

    settings = settings_of(workspace, landing)
    with open_store(settings) as database:
        report = keep(settings, database, dry_run=dry_run)
    found = {name: asdict(part) for name, part in report.items()}
    print_json(found) if as_json else show_retention(found, dry_run=dry_run)
    return 1 if any(part["failed"] for part in found.values()) else 0
