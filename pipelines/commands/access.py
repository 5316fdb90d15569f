"""`mdm key create`, `list` and `revoke`: who may use the API, and for what; `mdm audit`: who read and wrote what."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from pipelines.commands.failing import told
from pipelines.commands.options import AsJson, Workspace, open_store, print_json, settings_of

By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who does it [default: the login name].")]


def _rate(text: str) -> int:
    from mdm.access import read_rate

    try:
        return read_rate(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


@told
def create(
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Who uses the key: the web shop.")],
    scope: Annotated[
        list[str], typer.Option("--scope", metavar="SCOPE", help="lookup, identify, write, steward, pii, admin; again.")
    ],
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="DATE|DAYS", help="Its last day (UTC), or in how many days it ends."),
    ] = None,
    rate: Annotated[
        int | None,
        typer.Option("--rate", parser=_rate, metavar="N/minute", help="How often it may ask [default: mdm.toml]."),
    ] = None,
    by: By = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Make a key for the API, and print it: this once, for only a hash of it is kept.

    Scopes: lookup (read customers), identify (find them), write (records), steward (decide), pii (see identifiers,
    birth dates and contact values unmasked), admin (metrics and the like; none of the others).

    \b
    Example:
      mdm key create --name "web shop" --scope lookup --scope identify --expires 365 --rate 600/minute
    """
    from pipelines.access import create_key

    with open_store(settings_of(workspace)) as database:
        made = create_key(database, name, scope, expires=expires, rate=rate, actor=_actor(by))
    if as_json:
        print_json(made)
        return
    typer.echo(made["key"])
    until = f", until {made['expires_at']:%Y-%m-%d %H:%M} UTC" if made["expires_at"] else ""
    typer.echo(f"Key {made['key_id']} of {name}: {', '.join(made['scopes'])}{until}. It is not shown again.", err=True)


@told
def list_(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the keys of the API: scopes, when they end, when they were used last. Never the keys themselves.

    \b
    Example:
      mdm key list -w data/samples
    """
    from pipelines.access import list_keys

    with open_store(settings_of(workspace)) as database:
        found = list_keys(database)
    if as_json:
        print_json(found)
    else:
        from pipelines.show.access import show_keys

        show_keys(found)


@told
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The id of the key: what follows mdm_ in it.")],
    by: By = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a key for good: services that run refuse it within five seconds.

    \b
    Example:
      mdm key revoke 3f9a1c22b7
    """
    from pipelines.access import revoke_key

    with open_store(settings_of(workspace)) as database:
        found = revoke_key(database, key_id, actor=_actor(by))
    if as_json:
        print_json(found)
    else:
        since = f"{found['revoked_at']:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"Key {found['key_id']} of {found['name']} is revoked since {since}.")


@told
def audit(
    pin: Annotated[
        str | None, typer.Option("--pin", metavar="PIN", help="What was read or written of a customer.")
    ] = None,
    actor: Annotated[
        str | None, typer.Option("--actor", metavar="WHO", help="A key id, the name of a key, or a login name.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="From this moment on; UTC without a zone.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many at most, the newest.")] = 50,
    delete_before: Annotated[
        str | None,
        typer.Option("--delete-before", metavar="TIME", help="Delete what is older (retention); shows nothing."),
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show who read or wrote what of whom, when and what for; the newest first.

    \b
    Example:
      mdm audit --pin 401787509130
      mdm audit --actor "web shop" --since 2026-04-01
    """
    from pipelines.access import delete_audit, find_audit

    with open_store(settings_of(workspace)) as database:
        if delete_before is not None:
            deleted = delete_audit(database, _moment(delete_before), actor=_actor(None))
            if as_json:
                print_json({"deleted": deleted})
            else:
                typer.echo(f"deleted {deleted:,} entries")
            return
        since_then = None if since is None else _moment(since)
        found = find_audit(database, pin=pin, actor=actor, since=since_then, count=limit)
    if as_json:
        print_json(found)
    else:
        from pipelines.show.access import show_audit

        show_audit(found)


def _moment(text: str) -> dt.datetime:
    from mdm.registry.moments import read_moment

    try:
        return read_moment(text, zone=False)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _actor(by: str | None) -> str:
    from pipelines.commands.deciding import actor_of

    return actor_of(by)
