"""`mdm train` and `mdm model ...`: a candidate model, what it would change, and putting it into use."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.commands.failing import told
from pipelines.commands.options import AsJson, Workspace, open_store, print_json, settings_of

Models = Annotated[
    list[str] | None, typer.Argument(metavar="[MODEL]...", help="As mdm model list names it [default: the candidates].")
]


@told
def train(
    levels: Annotated[bool, typer.Option("--levels", help="Show also the answers that say the same as today.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Learn new matching models from the current records and keep them as candidates; matching does not change yet.

    What was learned is printed, in bits: how much an answer speaks for one party, or against it.

    \b
    Example:
      mdm train -w data/samples
    """
    from dataclasses import asdict

    from pipelines.models import train_candidates
    from pipelines.show.progress import shown_progress

    settings = settings_of(workspace)
    with shown_progress(silent=as_json) as progress, open_store(settings) as database:
        found = train_candidates(settings, database, progress)
    if as_json:
        print_json([asdict(model) for model in found])
    else:
        from pipelines.show.models import show_trained

        show_trained(found, everything=levels)


@told
def list_(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the models, newest first: the one in use of each party type, the candidates, and those of the past.

    \b
    Example:
      mdm model list -w data/samples
    """
    from pipelines.models import list_models

    with open_store(settings_of(workspace)) as database:
        found = list_models(database)
    if as_json:
        print_json(found)
    else:
        from pipelines.show.models import show_models

        show_models(found)


@told
def compare(
    models: Models = None,
    examples: Annotated[int, typer.Option("--examples", min=0, metavar="N", help="How many of each kind.")] = 5,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Match and resolve every record again under the candidates, and say what would change. Writes nothing.

    Which customers would merge, split or stay, how many PINs would redirect or be issued, which households and tasks
    would change, with examples and their evidence in words.

    \b
    Example:
      mdm model compare -w data/samples --examples 10
    """
    from pipelines.models import compare_models
    from pipelines.show.progress import shown_progress

    settings = settings_of(workspace)
    with shown_progress(silent=as_json) as progress, open_store(settings) as database:
        report = compare_models(settings, database, models or (), examples=examples, progress=progress)
    if as_json:
        print_json(report)
    else:
        from pipelines.show.models import show_comparison

        show_comparison(report)


@told
def promote(
    models: Models = None,
    accept_churn: Annotated[
        bool, typer.Option("--accept-churn", help="Also when more PINs merge or split than gates.max_churn allows.")
    ] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> int:
    """Put the candidates into use: match and resolve every record again, and apply it all in one transaction.

    A run of its own, with the golden gate of every night. Judgements, lineage and PINs hold. Killed, it goes on when
    it is called again. Leaves with 3 when the gate stops it. The model of before can be promoted back by its name.

    \b
    Example:
      mdm model promote -w data/samples
      mdm model promote person-3820925882ab --accept-churn
    """
    from pipelines.models import promote_models
    from pipelines.night import leave_code
    from pipelines.show.progress import shown_progress

    settings = settings_of(workspace)
    with shown_progress(silent=as_json) as progress, open_store(settings) as database:
        report = promote_models(settings, database, models or (), accept_churn=accept_churn, progress=progress)
    if as_json:
        print_json(report)
    else:
        from pipelines.show.models import show_promoted

        show_promoted(report)
    return leave_code(report)
