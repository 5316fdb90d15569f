"""The console that everything is drawn on, and the few shapes that all documents share."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

LOG_WIDTH = 160  # columns where there is no terminal to ask
Side = Literal["left", "right"]
RIGHT: Side = "right"
LEFT: Side = "left"


def console() -> Console:
    """Standard output; texts of feeds are shown as they are, never read as markup."""
    width = None if sys.stdout.isatty() else LOG_WIDTH
    return Console(markup=False, highlight=False, emoji=False, width=width)


def heading(out: Console, text: str) -> None:
    """A line above a part."""
    out.print()
    out.print(Text(text, style="bold"))


def table(columns: Mapping[str, Side], rows: Iterable[Sequence[object]], *, footer: Sequence[object] = ()) -> Table:
    """A table; `columns`: title -> left | right. Numbers get thousands separators."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_footer=bool(footer))
    for number, (title, side) in enumerate(columns.items()):
        foot = shown(footer[number]) if footer else ""
        made.add_column(title, justify=side, footer=foot, overflow="fold", no_wrap=side == RIGHT)
    for row in rows:
        made.add_row(*(value if isinstance(value, Text) else Text(shown(value)) for value in row))
    return made


def shown(value: object) -> str:
    """A value as people read it: nothing for None, 1,234 for a number."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


_PLURALS = {
    "household": "households", "legal_entity": "legal entities", "person": "of persons",
    "organisation": "of organisations", "possible_match": "possible matches", "refused_union": "refused unions",
}  # fmt: skip


def counted(counts: Mapping[str, Any], *, nothing: str = "none") -> str:
    """`{"person": 3, "organisation": 0}` as "3 of persons"; what is 0 is left out."""
    parts = [f"{number:,} {_PLURALS.get(name, name).replace('_', ' ')}" for name, number in counts.items() if number]
    return ", ".join(parts) or nothing


def duration(seconds: float | None) -> str:
    """Seconds as people read them: 0.4 s, 12 s, 2 min 5 s, 1 h 3 min."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} days"
