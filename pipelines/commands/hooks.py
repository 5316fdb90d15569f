"""`mdm webhook`: who is sent changes, and how that goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.deciding import By, actor_of
from pipelines.commands.failing import FAILED, told
from pipelines.commands.options import AsJson, Workspace, open_store, print_json, settings_of

if TYPE_CHECKING:
    from threading import Event

Name = Annotated[str, typer.Argument(metavar="NAME", help="The subscriber.")]


@told
def add(
    name: Name,
    url: Annotated[str, typer.Option("--url", metavar="URL", help="Where changes are posted to: https://...")],
    types: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Only changes of this type; again for more.")
    ] = None,
    values: Annotated[bool, typer.Option("--values", help="With what was known before and after, masked.")] = False,
    pii: Annotated[bool, typer.Option("--pii", help="And not masked.")] = False,
    batch: Annotated[int, typer.Option("--batch", metavar="N", help="Up to so many changes in one request.")] = 1,
    after: Annotated[
        str, typer.Option("--after", metavar="POSITION", help="From where on: now, start, or a position.")
    ] = "now",
    by: By = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Subscribe somebody to changes, and print the secret that requests are signed with.

    Types: created, merged, split, changed, redirected, retired, erased, household_changed. See docs/changes.md.

    \b
    Example:
      mdm webhook add crm --url https://crm.operator.example/mdm --type created --type merged
      mdm webhook add campaign --url https://campaign.example/hook --values --batch 100 --after start
    """
    from pipelines.webhooks import desk

    settings = settings_of(workspace)
    with open_store(settings) as database:
        made = desk.add(
            settings, database, name, url, actor=actor_of(by), types=types or (), values=values, pii=pii, batch=batch,
            since=after,
        )  # fmt: skip
    if as_json:
        print_json(made)
        return
    typer.echo(made["secret"])
    typer.echo(f"{name} is told of all that comes after position {made['position']}.", err=True)


@told
def list_(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the subscribers: how far each was told, what it refused, whether it is paused or fails.

    \b
    Example:
      mdm webhook list -w data/samples
    """
    from pipelines.show.webhooks import show_subscribers
    from pipelines.webhooks import desk

    with open_store(settings_of(workspace)) as database:
        found = desk.listed(database)
    print_json(found) if as_json else show_subscribers(found)


@told
def pause(name: Name, by: By = None, workspace: Workspace = None) -> None:
    """Send a subscriber nothing more; what happens meanwhile is sent when it is resumed.

    \b
    Example:
      mdm webhook pause crm
    """
    from pipelines.webhooks import desk

    with open_store(settings_of(workspace)) as database:
        desk.pause(database, name, actor=actor_of(by))
    typer.echo(f"{name} is paused.")


@told
def resume(name: Name, by: By = None, workspace: Workspace = None) -> None:
    """Send to a subscriber again that was paused, or that waits because it failed.

    \b
    Example:
      mdm webhook resume crm
    """
    from pipelines.webhooks import desk

    with open_store(settings_of(workspace)) as database:
        desk.resume(database, name, actor=actor_of(by))
    typer.echo(f"{name} is sent changes.")


@told
def rotate(name: Name, by: By = None, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Give a subscriber another secret, and print it; requests are signed with both for a day.

    \b
    Example:
      mdm webhook rotate crm
    """
    from pipelines.webhooks import desk

    settings = settings_of(workspace)
    with open_store(settings) as database:
        made = desk.rotate(settings, database, name, actor=actor_of(by))
    if as_json:
        print_json(made)
        return
    typer.echo(made["secret"])
    typer.echo(f"The secret before is signed with as well until {made['former_until']:%Y-%m-%d %H:%M} UTC.", err=True)


@told
def replay(
    name: Name,
    after: Annotated[str, typer.Option("--after", metavar="POSITION", help="start, now, or a position.")],
    by: By = None,
    workspace: Workspace = None,
) -> None:
    """Tell a subscriber again all that came after a position; what it was told before is marked as repeated.

    \b
    Example:
      mdm webhook replay crm --after 12000
    """
    from pipelines.webhooks import desk

    with open_store(settings_of(workspace)) as database:
        position = desk.replay(database, name, after, actor=actor_of(by))
    typer.echo(f"{name} is told again all that came after position {position}.")


@told
def dead_letters(
    name: Name,
    again: Annotated[bool, typer.Option("--again", help="Try them again.")] = False,
    by: By = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List the changes that a subscriber refused until they were given up.

    \b
    Example:
      mdm webhook dead-letters crm
      mdm webhook dead-letters crm --again
    """
    from pipelines.show.webhooks import show_dead_letters
    from pipelines.webhooks import desk

    with open_store(settings_of(workspace)) as database:
        found = desk.dead_letters(database, name)
        if again:
            desk.revive(database, name, actor=actor_of(by))
    print_json(found) if as_json else show_dead_letters(found, again)


@told
def remove(name: Name, by: By = None, workspace: Workspace = None) -> None:
    """Remove a subscriber, and what is known of how far it was told.

    \b
    Example:
      mdm webhook remove crm
    """
    from pipelines.webhooks import desk

    with open_store(settings_of(workspace)) as database:
        desk.remove(database, name, actor=actor_of(by))
    typer.echo(f"{name} is removed.")


@told
def send(
    follow: Annotated[bool, typer.Option("--follow", help="Go on until it is stopped (Ctrl-C, SIGTERM).")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> int:
    """Send changes to all subscribers until nothing is due. Any number of processes may: each subscriber has one.

    Leaves with 1 when a subscriber took nothing; what it was not told is sent the next time.

    \b
    Example:
      mdm webhook send -w data/samples
      mdm webhook send --follow
    """
    from pipelines.show.webhooks import show_sent
    from pipelines.webhooks.sender import send as carry_out

    settings = settings_of(workspace)
    with open_store(settings) as database, _until_stopped(follow) as stop:
        sent = carry_out(settings, database, stop=stop)
    print_json(sent) if as_json else show_sent(sent)
    return FAILED if any((each["refused"] and not each["told"]) or each["error"] for each in sent) else 0


@contextmanager
def _until_stopped(follow: bool) -> Iterator[Event | None]:
    """An event that a signal to stop sets; None without `follow`."""
    import signal
    import threading

    if not follow:
        yield None
        return
    stop = threading.Event()
    before = {each: signal.signal(each, lambda *_: stop.set()) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
