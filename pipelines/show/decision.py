"""What came of a steward's decision, for people."""

from __future__ import annotations

import typer

from pipelines.stewardship import Decided


def show_decision(found: Decided) -> None:
    """Which records have another PIN now, or what the decision waits for."""
    if found.judgements:
        noun = "judgement" if len(found.judgements) == 1 else "judgements"
        typer.echo(f"{len(found.judgements)} {noun} kept")
    if found.waits_for is not None:
        typer.echo(found.waits_for)
        return
    moved = {key: (found.before[key], pin) for key, pin in found.after.items() if found.before[key] != pin}
    for key, (old, new) in moved.items():
        typer.echo(f"{key}: PIN {old} -> {new}")
    if not moved and found.before:
        typer.echo("no PIN changed")
    if found.report is not None:
        typer.echo(f"carried out by run {found.report['run_id']}")
