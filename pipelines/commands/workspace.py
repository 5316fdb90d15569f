"""`mdm init` and `mdm check`: a workspace, and what the next run would make of its contracts and feeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.failing import told
from pipelines.commands.options import AsJson, Landing, Workspace, print_json, settings_of


@told
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where the workspace shall be.")],
    as_json: AsJson = False,
) -> None:
    """Make a workspace: settings, folders, and a contract with every feature explained.

    Nothing that is there already is overwritten.

    \b
    Example:
      mdm init operator
    """
    from pipelines.workspace import init_workspace

    written = init_workspace(directory)
    if as_json:
        print_json({"workspace": str(directory), "written": [str(path) for path in written]})
        return
    for path in written:
        typer.echo(f"wrote {path}")
    typer.echo(
        f"Next: make {directory / 'sources'}/<system>.yaml after the example there, put the feed into "
        f"{directory / 'landing'}, then mdm check -w {directory}"
    )


@told
def check(workspace: Workspace = None, landing: Landing = None, as_json: AsJson = False) -> int:
    """Read the contracts and the first rows of every feed; say what would be read, mapped, rejected. Writes nothing.

    Leaves with 3 when a feed is missing or a source would be stopped, with 2 when a contract is wrong.

    \b
    Example:
      mdm check -w data/samples
    """
    from dataclasses import asdict

    from mdm.errors import GateStopped
    from pipelines.check import check_workspace

    settings = settings_of(workspace, landing)
    reports = check_workspace(settings)
    if as_json:
        print_json([{**asdict(report), "problems": report.problems} for report in reports])
    else:
        from pipelines.show.check import show_check

        show_check(reports, settings.console.openid)
    return GateStopped.exit_code if any(report.problems for report in reports) else 0
