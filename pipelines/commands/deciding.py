"""`mdm judge`, `mdm unmerge` and `mdm override`: what a steward decides, until the console stands."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from pipelines.commands.failing import told
from pipelines.commands.options import AsJson, Workspace, open_store, print_json, settings_of

By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides [default: the login name].")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the decision.")]


@told
def judge(
    a: Annotated[str, typer.Argument(metavar="A", help="A record: system:local_id.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another record.")],
    verdict: Annotated[str, typer.Argument(metavar="VERDICT", help="same, different or unsure.")],
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; kept with it.")] = None,
    by: By = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Say that two records are the same party, are different ones, or that nobody can tell; it binds every later night.

    A verdict that contradicts a chain of others is refused, and the chain is named. "unsure" takes an earlier one back.

    \b
    Example:
      mdm judge mobile_billing:M9000001 call_centre:C90000006 different --reason "called both" -w data/samples
    """
    from pipelines.stewardship import judge as decide

    settings = settings_of(workspace)
    with open_store(settings) as database:
        found = decide(settings, database, a, b, verdict, actor=actor_of(by), reason=reason)
    _show(found, as_json)


@told
def unmerge(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="A record (system:local_id), or a PIN that redirects.")],
    reason: Reason,
    by: By = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Take a record, or a whole former customer, out of the customer that it became part of.

    A former customer gets its old PIN back. What was taken out is judged different from what stays, for every night.

    \b
    Example:
      mdm unmerge 101000000014 --reason "father and son" -w data/samples
    """
    from pipelines.stewardship import unmerge as decide

    settings = settings_of(workspace)
    with open_store(settings) as database:
        found = decide(settings, database, what, actor=actor_of(by), reason=reason)
    _show(found, as_json)


@told
def override(
    pin: Annotated[str, typer.Argument(metavar="PIN")],
    attribute: Annotated[str, typer.Argument(metavar="ATTRIBUTE", help="birth_date, consents.marketing.sms, ...")],
    value: Annotated[
        str | None, typer.Argument(metavar="[VALUE]", help="A text or JSON; without it there is no such value.")
    ] = None,
    reason: Reason = "",
    until: Annotated[
        dt.datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d"], metavar="DATE", help="Last day on which it holds."),
    ] = None,
    lift: Annotated[bool, typer.Option("--lift", help="End the override in force.")] = False,
    by: By = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Pin a value of a golden record, whatever the records say, until a day or until it is lifted.

    \b
    Example:
      mdm override 101000000014 birth_date 1980-03-02 --reason "saw the passport" --until 2026-12-31
      mdm override 101000000014 birth_date --lift
    """
    from mdm.errors import UsageError
    from pipelines.stewardship import override as decide

    if not lift and not reason:
        raise UsageError("an override needs a reason", remedy='Add --reason "...".')
    settings = settings_of(workspace)
    with open_store(settings) as database:
        found = decide(
            settings,
            database,
            pin,
            attribute,
            _value(value),
            actor=actor_of(by),
            reason=reason,
            expires=until.date() if until else None,
            lift=lift,
        )
    _show(found, as_json)


def actor_of(by: str | None) -> str:
    """Who decides: as told, else the login name."""
    if by:
        return by
    import getpass

    return getpass.getuser()


def _value(text: str | None) -> Any:
    """What was typed, as JSON where it is an object, a list or a quoted text."""
    if text is None or not text.startswith(("{", "[", '"')):
        return text
    import orjson

    from mdm.errors import UsageError

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"not JSON: {error}", where=text, remedy="Quote the whole value for the shell.") from error


def _show(found: Any, as_json: bool) -> None:
    if as_json:
        from dataclasses import asdict

        print_json(asdict(found))
        return
    from pipelines.show.decision import show_decision

    show_decision(found)
