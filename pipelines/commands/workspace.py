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

    Of the first rows every value is shown as delivered and as cleansed, with its mark and the reason, side by side; a
    Canadian social insurance number is hidden.
    Target contracts too: what each would be told. Leaves with 3 when a feed or the folder of a target is missing or a
    source would be stopped, with 2 when a contract is wrong.

    \b
    Example:
      mdm check -w data/samples
    """
    from dataclasses import asdict

    from mdm.errors import GateStopped
    from pipelines.check import check_workspace
    from pipelines.sync.checking import check_targets

    settings = settings_of(workspace, landing)
    reports, targets = check_workspace(settings), check_targets(settings)
    if as_json:
        found = [{**asdict(report), "problems": report.problems} for report in reports]
        print_json([*found, *({**asdict(target)} for target in targets)])
    else:
        from pipelines.show.check import show_check

        show_check(reports, targets, settings.console.openid)
    bad = any(report.problems for report in reports) or any(target.problem for target in targets)
    return GateStopped.exit_code if bad else 0
