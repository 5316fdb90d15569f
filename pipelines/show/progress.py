"""How far a run is, on a terminal: the step, what it does, the time so far. Nothing at all in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# The first word of what a step tells -> how many of the eight steps are behind it.
BEHIND = {
    "receive": 0, "cleanse": 1, "match": 2, "train": 2, "gather": 3, "resolve": 3, "give": 3, "households": 4,
    "golden": 5, "apply": 7,
}  # fmt: skip
STEPS = 8


@contextmanager
def shown_progress(*, silent: bool = False) -> Iterator[Callable[[str], None]]:
    """A function to be told in a few words what is being done."""
    if silent or not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=24))
    bar = Progress(
        *columns,
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True, markup=False),
        transient=True,
        refresh_per_second=4,
    )
    with bar:
        task = bar.add_task("open the database", total=STEPS)

        def told(text: str) -> None:
            behind = 6 if text == "golden gate" else BEHIND.get(text.split(" ")[0])
            bar.update(task, description=text, completed=behind)

        yield told
