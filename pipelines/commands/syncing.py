"""`mdm sync`: what changed goes back to the systems that asked for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.failing import told
from pipelines.commands.options import AsJson, Landing, Workspace, open_store, print_json, settings_of


@told
def sync(
    target: Annotated[
        str | None, typer.Option("--target", metavar="NAME", help="Only this target [default: all of targets/].")
    ] = None,
    replay: Annotated[
        int | None,
        typer.Option("--replay", min=1, metavar="N", help="Make delivery N of the target again, byte for byte."),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="DIR", help="Where a replay is put [default: outbound/<target>/replayed]."),
    ] = None,
    answers: Annotated[bool, typer.Option("--answers", help="Only read what targets answered; send nothing.")] = False,
    corrections: Annotated[
        bool, typer.Option("--corrections", help="List who was told a PIN that proved wrong, and who has corrected it.")
    ] = False,
    workspace: Workspace = None,
    landing: Landing = None,
    as_json: AsJson = False,
) -> int:
    """Send each target what changed since it was told last, and read what targets answered.

    Files go to outbound/ as targets/*.yaml say, numbered, whole or not at all; what was refused or never acknowledged
    is sent again, marked, and then becomes a task. A sync that was killed is gone on with by the next one. Leaves with
    1 when a target could not be told (the others were), with 3 when an acknowledgement file was refused.

    \b
    Example:
      mdm sync -w data/samples
      mdm sync --target mobile_billing --json
      mdm sync --target mobile_billing --replay 3
      mdm sync --answers
      mdm sync --corrections
    """
    from mdm.errors import UsageError
    from pipelines.show.progress import shown_progress
    from pipelines.show.sync import show_corrections, show_replayed, show_told
    from pipelines.sync.corrections import corrections_of
    from pipelines.sync.every import sync as tell
    from pipelines.sync.replay import replay as make_again
    from pipelines.sync.reports import leave_code

    if replay is not None and target is None:
        raise UsageError("whose delivery?", remedy="Add --target NAME.", field="target")
    settings = settings_of(workspace, landing)
    with open_store(settings) as database:
        if corrections:
            found = corrections_of(settings, database, target)
            print_json([each.facts for each in found]) if as_json else show_corrections(found)
            return 0
        if replay is not None and target is not None:
            made = make_again(settings, database, target, replay, into)
            print_json(made) if as_json else show_replayed(made)
            return 0 if made.same or made.withheld else 1
        with shown_progress(silent=as_json) as progress:
            reports = tell(settings, database, target, progress, answers=answers)
    print_json(reports) if as_json else show_told(reports)
    return leave_code(reports)
