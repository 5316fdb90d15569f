"""`mdm warehouse`: the whole picture as Parquet, for the data warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.failing import told
from pipelines.commands.options import AsJson, Workspace, open_store, print_json, settings_of


@told
def warehouse(
    full: Annotated[bool, typer.Option("--full", help="Everything; in place of what was exported before.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where to [default: outbound/warehouse of the workspace]."),
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Export customers, households, products and their history as Parquet: what has changed since the last export.

    The first export, and every one with --full, holds everything. Killed at any moment it leaves the folder as it was.
    The same tables are views in the schema mart of the database. See docs/warehouse.md.

    \b
    Example:
      mdm warehouse -w data/samples
      mdm warehouse --full --out /data/warehouse
    """
    from dataclasses import asdict

    from pipelines.show.progress import shown_progress
    from pipelines.warehouse.export import export
    from pipelines.warehouse.folder import FOLDER

    settings = settings_of(workspace)
    place = settings.outbound / FOLDER if out is None else out.expanduser().absolute()
    with open_store(settings) as database, shown_progress(silent=as_json) as progress:
        done = export(database, place, full=full, progress=progress)
    if as_json:
        print_json(asdict(done))
        return
    if done.run is None:
        typer.echo(f"Nothing has changed since the last export into {done.folder}.")
        return
    why = f" ({done.why_full})" if done.why_full else ""
    typer.echo(f"Export {done.run} into {done.folder}: {done.kind}{why}, {done.seconds:.1f} s")
    for name, rows in done.rows.items():
        typer.echo(f"  {name:18}{rows:>14,}")
