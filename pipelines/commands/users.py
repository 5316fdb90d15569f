"""`mdm user add`, `list`, `disable`, `password`, `link`: who may sign in to the console, and what they may do there."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pipelines.commands.deciding import actor_of
from pipelines.commands.failing import told
from pipelines.commands.options import AsJson, Workspace, open_store, print_json, settings_of

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the account: how the audit log calls them.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who does it [default: the login name].")]


@told
def add(
    name: Name,
    role: Annotated[
        str,
        typer.Option(
            "--role", metavar="ROLE", help="viewer, steward, lead or admin; each may what those before it may."
        ),
    ] = "steward",
    pii: Annotated[bool, typer.Option("--pii", help="May see personal values unmasked.")] = False,
    full_name: Annotated[str | None, typer.Option("--full-name", metavar="NAME", help="As colleagues see it.")] = None,
    by: By = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Let somebody sign in to the console. The password is asked for, or read from standard input.

    \b
    Example:
      mdm user add li.na --role steward --pii --full-name "Li Na"
    """
    from pipelines.users import add_user

    settings = settings_of(workspace)
    password = _password()
    with open_store(settings) as database:
        made = add_user(database, name, password, role=role, pii=pii, full_name=full_name, actor=actor_of(by))
    if as_json:
        print_json(made)
        return
    sees = " and sees personal values" if made["pii"] else ""
    typer.echo(f"{made['name']} may sign in at /console as {made['role']}{sees}.")


@told
def list_(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List who may sign in to the console: roles, and when they did last.

    \b
    Example:
      mdm user list -w data/samples
    """
    from pipelines.users import list_users

    with open_store(settings_of(workspace)) as database:
        found = list_users(database)
    if as_json:
        print_json(found)
    else:
        from pipelines.show.access import show_users

        show_users(found)


@told
def disable(name: Name, by: By = None, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Let somebody sign in no more, and sign them out everywhere. What they decided stays.

    \b
    Example:
      mdm user disable li.na
    """
    from pipelines.users import disable_user

    with open_store(settings_of(workspace)) as database:
        found = disable_user(database, name, actor=actor_of(by))
    _tell(f"{found} is disabled.", {"name": found, "disabled": True}, as_json=as_json)


@told
def password(name: Name, by: By = None, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Give somebody another password: asked for, or read from standard input. They are signed out everywhere.

    \b
    Example:
      mdm user password li.na
    """
    from pipelines.users import set_password

    settings = settings_of(workspace)
    typed = _password()
    with open_store(settings) as database:
        found = set_password(database, name, typed, actor=actor_of(by))
    _tell(f"{found} has another password.", {"name": found}, as_json=as_json)


@told
def link(
    name: Name,
    subject: Annotated[
        str, typer.Option("--subject", metavar="ID", help="Of the person there; the page that refused them says it.")
    ],
    by: By = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Let an account sign in at the provider of [console.openid], and by password no more. It keeps what it has done.

    \b
    Example:
      mdm user link li.na --subject 7d1c3e5a-0b52-4c67-9a54-1f1f0f7f2c11
    """
    from pipelines.users import link_user

    settings = settings_of(workspace)
    with open_store(settings) as database:
        found = link_user(database, name, settings.console.openid, subject, actor=actor_of(by))
    _tell(f"{found} signs in at the provider from now on.", {"name": found, "subject": subject}, as_json=as_json)


def _password() -> str:
    """What is typed at the prompt, twice; the first line of standard input where there is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    found: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return found


def _tell(words: str, document: object, *, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        typer.echo(words)
