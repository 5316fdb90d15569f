"""`mdm serve` and `mdm stop`: the API, and the embedded database server."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.commands.failing import told
from pipelines.commands.options import AsJson, Workspace, print_json, settings_of


@told
def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option("--workers", min=1, metavar="N", help="How many processes.")] = 1,
    workspace: Workspace = None,
) -> None:
    """Serve the API: customers, cross-references, households; its description is at /docs.

    \b
    Example:
      mdm serve -w data/samples --port 8000
    """
    from api import server

    server.serve(settings_of(workspace), host, port, workers)


@told
def stop(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Stop the embedded database server of the workspace, whoever uses it. The next command starts it again.

    \b
    Example:
      mdm stop -w data/samples
    """
    from mdm.errors import UsageError
    from mdm.store import embedded

    settings = settings_of(workspace)
    if settings.database_url is not None:
        raise UsageError("the database is not ours to stop", where="MDM_DATABASE_URL", remedy="Stop it where it runs.")
    stopped = embedded.stop(settings.var)
    if as_json:
        print_json({"stopped": stopped})
    else:
        typer.echo("stopped" if stopped else "no server was running")
