"""`mdm erase` on a terminal: what is held of a customer, what became of it, what is left to the operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.erasure import Erased, Holding
from pipelines.show.console import console, counted, heading


def show_holding(pin: str, held: Holding | None) -> None:
    """What would go."""
    out = console()
    if held is None:
        out.print(f"PIN {pin} was erased before; nothing is held of it")
        return
    others = [other for other in held.pins if other != held.pin]
    lead = f", and {len(others)} that lead to it: {', '.join(others)}" if others else ""
    out.print(f"PIN {held.pin} ({held.party}, {held.status}){lead}")
    heading(out, f"Records ({sum(map(len, held.records.values()))})")
    _keys(held.records)
    heading(out, "Rows of the store")
    out.print(f"  {counted(held.rows)}", soft_wrap=True)


def show_erased(done: Erased) -> None:
    """What went, what was kept, what is left to do."""
    out = console()
    when = f"{done.erased_at:%Y-%m-%d %H:%M:%S %Z}"
    out.print(f"PIN {done.pin} erased {when} by {done.actor}: {done.reason}", soft_wrap=True)
    if done.held is not None:
        out.print(f"  gone: {counted(done.held.rows)}", soft_wrap=True)
        if done.rewritten:
            out.print(f"  values taken out of documents about others: {counted(done.rewritten)}", soft_wrap=True)
        if done.cleaned:
            out.print(f"  files of the workspace cleaned or removed: {len(done.cleaned)}")
        out.print(f"  kept: the PIN, this line, {done.hashes} keyed hashes")
    else:
        out.print("  the content went before; nothing more was left to be done than what follows")
    if done.run_id is not None:
        out.print(f"  others resolved again by run {done.run_id}")
    if done.waits_for is not None:
        out.print(f"  {done.waits_for}", soft_wrap=True)
    _left(done)


def _left(done: Erased) -> None:
    """What mdm does not touch."""
    out = console()
    heading(out, "Left to you")
    if done.held is not None and done.held.records:
        out.print("  Delivered files still hold the rows of these keys; they belong to the source systems.")
        out.print("  Delete them there and here; until then every night holds them back and counts them as suppressed.")
        _keys(done.held.records, done.held.files)
    for text in (*done.left, "Backups and copies of the database, of var/ and of what was exported."):
        out.print(f"  {text}", soft_wrap=True)


def _keys(records: Mapping[str, Sequence[str]], files: Mapping[str, Sequence[str]] | None = None) -> None:
    out = console()
    for system, keys in records.items():
        found = ", ".join((files or {}).get(system, ()))
        out.print(f"  {system}{f' ({found})' if found else ''}: {', '.join(keys)}", soft_wrap=True)
