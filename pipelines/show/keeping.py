"""Backups, restores and retention on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from pipelines.show.console import LEFT, RIGHT, console, counted, duration, table


def show_backup(report: Mapping[str, Any]) -> None:
    """Print what was backed up."""
    out = console()
    out.print(f"{report['backup']}: {_size(report['bytes'])}, {duration(report['seconds'])}")
    if report["removed"]:
        out.print(f"removed: {', '.join(report['removed'])}")


def show_backups(found: Sequence[Mapping[str, Any]]) -> None:
    """Print the backups that there are."""
    out = console()
    if not found:
        out.print("no backup yet: mdm backup")
        return
    rows = [[f"{b['moment']:%Y-%m-%d %H:%M:%S}Z", b["rows"].get("customer", 0), b["backup"]] for b in found]
    out.print(table({"moment": LEFT, "PINs": RIGHT, "backup": LEFT}, rows))


def show_restored(report: Mapping[str, Any]) -> None:
    """Print what was put back, and what is left to do."""
    out = console()
    out.print(f"restored: {report['backup']}, as of {report['moment']:%Y-%m-%d %H:%M:%S %Z}")
    out.print(f"the database as it was is kept as {report['kept_as']}; drop it when you need it no more")
    if report["files"]:
        out.print(f"files of the workspace put back: {', '.join(report['files'])}")
    out.print(f"retired, for they may have been issued since: {counted(report['retired'])}")
    out.print(f"announced, for others may know them otherwise: {report['announced']:,}")
    if report["unfinished"]:
        out.print(f"runs that do not go on: {report['unfinished']}")
    for name in ("targets", "erased"):
        if report[name]:
            out.print(f"{name}: {', '.join(report[name])}")
    for text in report["left"]:
        out.print(Text(text, style="yellow"))


def show_retention(found: Mapping[str, Mapping[str, Any]], *, dry_run: bool) -> None:
    """Print what went, and what is old and stays."""
    out = console()
    rows = [
        [name, "for ever" if part["days"] is None else f"{part['days']} days", part["compressed"], part["removed"],
         _size(part["freed"]) if part["freed"] else ""]
        for name, part in found.items()
    ]  # fmt: skip
    out.print(table({"": LEFT, "kept": LEFT, "compressed": RIGHT, "removed": RIGHT, "freed": RIGHT}, rows))
    for name, part in found.items():
        for what, why in part["kept"].items():
            out.print(f"{name}: {what} stays: {why}")
        for what, why in part["failed"].items():
            out.print(Text(f"{name}: {what} could not be removed: {why}", style="red"))
    if dry_run:
        out.print("nothing was touched: --dry-run")


def _size(count: int) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count = count / 1000  # type: ignore[assignment]
    return f"{count:.1f} GB"
