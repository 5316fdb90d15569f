"""`mdm erase`: a customer who must be forgotten."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.deciding import By, actor_of
from pipelines.commands.failing import told
from pipelines.commands.options import AsJson, Workspace, open_store, print_json, settings_of

if TYPE_CHECKING:
    from pipelines.erasure import Holding


@told
def erase(
    pin: Annotated[str, typer.Argument(metavar="PIN")],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; kept for ever, so without personal data.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed when nobody sits at a terminal.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is held and would go; erase nothing.")] = False,
    by: By = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Erase a customer with all records, for good: no byte stays in database, WAL, var/ and outbound/.

    Kept are the PIN, when, who and why, and keyed hashes by which rows that are delivered again are held back. The
    reason must not name the person: a case number does. Killed half way, the same command finishes it. Landing files
    and backups are the operator's: the command says which rows to delete there. See docs/erasure.md.

    \b
    Example:
      mdm erase 101000000014 --reason "request 2026/114, article 17" -w data/samples
      mdm erase 101000000014 --reason "request 2026/114, article 17" --dry-run
    """
    from dataclasses import asdict

    from pipelines.erasure import erase as carry_out
    from pipelines.erasure import look_at
    from pipelines.show.erasure import show_erased, show_holding
    from pipelines.show.progress import shown_progress

    settings = settings_of(workspace)
    with open_store(settings) as database:
        held = look_at(settings, database, pin)
        if dry_run:
            print_json(held and asdict(held)) if as_json else show_holding(pin, held)
            return
        if held is not None and not yes:
            _ask(held, as_json)
        with shown_progress(silent=as_json) as progress:
            done = carry_out(settings, database, pin, actor=actor_of(by), reason=reason, progress=progress)
    print_json(asdict(done)) if as_json else show_erased(done)


def _ask(held: Holding, as_json: bool) -> None:
    """Show what will go and ask; leave when the answer is no. Raises UsageError where nobody can answer."""
    from mdm.errors import UsageError
    from pipelines.show.erasure import show_holding

    if as_json or not sys.stdin.isatty():
        raise UsageError(
            "erasing cannot be undone, and nobody is there to be asked",
            remedy="See what would go with --dry-run, then add --yes.",
        )
    show_holding(held.pin, held)
    typer.confirm("Erase this customer for good?", abort=True)
