"""`mdm lookup`, `mdm why` and `mdm evaluate`: what the store says, why, and how right it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.failing import told
from pipelines.commands.options import AsJson, Workspace, open_store, print_json, settings_of

if TYPE_CHECKING:
    import sqlalchemy as sa
    from pydantic import BaseModel


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


def _day(text: str) -> dt.date:
    from mdm.registry.moments import read_day

    try:
        return read_day(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _moment(text: str) -> dt.datetime:
    from mdm.registry.moments import read_moment

    try:
        return read_moment(text, zone=False)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


@told
def lookup(
    key: Annotated[str, typer.Argument(metavar="KEY", help="A PIN, or system:local_id; or a household id.")],
    as_of: Annotated[
        dt.date | None,
        typer.Option("--as-of", parser=_day, metavar="DATE", help="What was true on that day (effective time)."),
    ] = None,
    known_at: Annotated[
        dt.datetime | None,
        typer.Option(
            "--known-at", parser=_moment, metavar="TIME", help="What we knew then (recorded time); UTC without a zone."
        ),
    ] = None,
    versions: Annotated[
        bool,
        typer.Option("--versions", help="Its golden records, newest first: what changed, and what or who caused it."),
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many versions at most.")] = 20,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show the golden record of a customer, with where every value comes from.

    Times: 2026-04-01, 2026-04-01T08:00:00+08:00, 2026-04-01T00:00:00Z. --json is what the API answers.

    \b
    Example:
      mdm lookup mobile_billing:M9000002 -w data/samples
      mdm lookup 101000000014 --known-at 2026-04-01T08:00:00+08:00 --as-of 2008-06-30
      mdm lookup 101000000014 --versions
    """
    if versions and (as_of or known_at):
        from mdm.errors import UsageError

        raise UsageError("--versions shows all that was ever known", remedy="Leave --as-of and --known-at out.")
    from pipelines.access import Typed

    typed = Typed("mdm lookup")
    with open_store(settings_of(workspace)) as database, database.read(typed.entry) as connection:
        found, show, model = _answer(connection, key, as_of, known_at, limit if versions else None)
        typed.saw(found)
    if as_json:
        from mdm.registry.concealing import concealed

        print_json(concealed(model.model_validate(found).model_dump(mode="json", exclude_none=True)))
    else:
        show(found)


def _answer(
    connection: sa.Connection, key: str, as_of: dt.date | None, known_at: dt.datetime | None, versions: int | None
) -> tuple[Any, Callable[[Any], None], type[BaseModel]]:
    """What `key` names, how it is shown, and what the API makes of it."""
    if versions is not None:
        from api.history import Versions
        from mdm.registry import versions_of
        from pipelines.show.versions import show_versions

        return versions_of(connection, key, count=versions), show_versions, Versions
    from api.models import Customer, Household
    from mdm.registry import look_up, look_up_household
    from mdm.registry.keys import names_a_household
    from pipelines.show.customer import show_customer, show_household

    if names_a_household(key):
        return look_up_household(connection, key, as_of=as_of, known_at=known_at), show_household, Household
    return look_up(connection, key, as_of=as_of, known_at=known_at), show_customer, Customer


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
    from pipelines.access import Typed

    settings = settings_of(workspace)
    typed = Typed("mdm why")
    with open_store(settings) as database, database.read(typed.entry) as connection:
        found = explain(connection, a, b or a, settings=settings)
        typed.pins += [pin for pin in dict.fromkeys((found.left_pin, found.right_pin)) if pin is not None]
        typed.fields.append("evidence")
    if as_json:
        print_json(asdict(found))
    else:
        from pipelines.show.why import show_why

        show_why(found)
