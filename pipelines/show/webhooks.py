"""Subscribers and what became of their changes, as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer

Rows = Sequence[Mapping[str, Any]]


def show_subscribers(found: Rows) -> None:
    """One line each, and a second one for who is not well."""
    if not found:
        typer.echo("Nobody is subscribed: mdm webhook add")
    for each in found:
        what = ", ".join(each["types"]) if each["types"] else "all changes"
        values = "" if not each["with_values"] else ", with values" if each["pii"] else ", with masked values"
        typer.echo(f"{each['name']}: {each['url']} ({what}{values})")
        held = f", {each['held']} held back" if each["held"] else ""
        dead = f", {each['dead_letters']} dead letters" if each["dead_letters"] else ""
        typer.echo(f"  told up to position {each['position']}, {each['behind']} behind{held}{dead}{_state(each)}")


def _state(each: Mapping[str, Any]) -> str:
    if each["paused_at"] is not None:
        return f"; paused since {each['paused_at']:%Y-%m-%d %H:%M} by {each['paused_by']}"
    if each["failures"]:
        return f"; fails since {each['failing_since']:%Y-%m-%d %H:%M}: {each['error']}"
    return ""


def show_dead_letters(found: Rows, again: bool) -> None:
    """One line each."""
    for each in found:
        typer.echo(f"{each['position']}  {each['type']} {each['key']}: {each['error']}, tried {each['attempts']} times")
    typer.echo(f"{len(found)} dead letters{', which are tried again' if again and found else ''}.")


def show_sent(sent: Rows) -> None:
    """One line for each subscriber that there was something for."""
    for each in sent:
        error = f": {each['error']}" if each["error"] else ""
        typer.echo(f"{each['name']}: {each['told']} told, {each['refused']} refused{error}")
    if not sent:
        typer.echo("Nobody to send to, or others send already.")
