"""The options that many verbs share, and the settings that they lead to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from mdm.settings import Settings
    from mdm.store.database import Database

Workspace = Annotated[
    Path | None,
    typer.Option(
        "--workspace", "-w", metavar="DIR", help="The workspace [default: MDM_WORKSPACE, else the current directory]."
    ),
]
Landing = Annotated[
    Path | None,
    typer.Option(
        "--landing", metavar="DIR", help="Where the feeds are [default: MDM_LANDING, else landing/ of the workspace]."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]


def settings_of(workspace: Path | None, landing: Path | None = None) -> Settings:
    """The settings of the workspace that was named. Raises ConfigError."""
    from mdm.settings import Settings

    return Settings.load(workspace, landing=landing)


def open_store(settings: Settings) -> Database:
    """The database of a workspace; the caller closes it. Raises StoreError."""
    from mdm.store.database import open_database

    return open_database(settings.database_url, settings.var)


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    import orjson

    option = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    typer.echo(orjson.dumps(document, option=option, default=str).decode())
