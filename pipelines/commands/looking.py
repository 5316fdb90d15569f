"""`mdm lookup`, `mdm why` and `mdm evaluate`: what the store says, why, and how right it is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.failing import told
from pipelines.commands.options import AsJson, Workspace, open_store, print_json, settings_of


@told
def evaluate(
    truth: Annotated[
        Path, typer.Option("--truth", metavar="FILE", help="CSV: source,local_id,person[,household[,as_of]].")
    ],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Measure customers, households and tasks against a truth file: precision, recall, F1.

    \b
    Example:
      mdm evaluate -w data/samples --truth data/samples/truth.csv
    """
    from mdm.errors import UsageError
    from mdm.evaluate import evaluate_store

    if not truth.is_file():
        raise UsageError("no such file", where=str(truth), remedy="--truth names a CSV file.")
    with open_store(settings_of(workspace)) as database, database.begin() as connection:
        found = evaluate_store(connection, truth)
    if as_json:
        print_json(found)
    else:
        from pipelines.show.evaluation import show_evaluation

        show_evaluation(found)


@told
def lookup(
    key: Annotated[str, typer.Argument(metavar="KEY", help="A PIN, or system:local_id.")],
    as_of: Annotated[
        dt.datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATE", help="What was true then (effective time)."),
    ] = None,
    known_at: Annotated[
        dt.datetime | None,
        typer.Option(
            "--known-at",
            metavar="TIME",
            formats=[
                "%Y-%m-%d",
                "%Y-%m-%dT%H:%M",
                "%Y-%m-%dT%H:%M:%S",
                "%Y-%m-%dT%H:%M:%S.%f",
                "%Y-%m-%dT%H:%M%z",
                "%Y-%m-%dT%H:%M:%S%z",
                "%Y-%m-%dT%H:%M:%S.%f%z",
                "%Y-%m-%d %H:%M:%S",
            ],
            help="What we knew then (recorded time); UTC without an offset.",
        ),
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show the golden record of a customer, with where every value comes from.

    \b
    Example:
      mdm lookup mobile_billing:M9000002 -w data/samples
      mdm lookup 101000000014 --known-at 2026-04-01T08:00
    """
    from dataclasses import asdict

    from mdm.registry import look_up

    day = as_of.date() if as_of else None
    with open_store(settings_of(workspace)) as database, database.begin() as connection:
        found = look_up(connection, key, as_of=day, known_at=known_at)
    if as_json:
        print_json(asdict(found))
    else:
        from pipelines.show.customer import show_customer

        show_customer(found)


@told
def why(
    a: Annotated[str, typer.Argument(metavar="A", help="A PIN, or system:local_id.")],
    b: Annotated[str | None, typer.Argument(metavar="[B]", help="Another; without it, what holds A together.")] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Explain why two records are, may be, or are not the same customer.

    \b
    Example:
      mdm why mobile_billing:M9000001 call_centre:C90000006 -w data/samples
    """
    from dataclasses import asdict

    from mdm.registry.why import why as explain

    settings = settings_of(workspace)
    with open_store(settings) as database, database.begin() as connection:
        found = explain(connection, a, b or a, settings=settings)
    if as_json:
        print_json(asdict(found))
    else:
        from pipelines.show.why import show_why

        show_why(found)
