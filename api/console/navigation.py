"""What the bar at the top leads to. A page that is to be found there is added here; its name is `navigation.<key>`."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """key: of its text. path: it is the current one below this. scope: what a role must open to see it."""

    key: str
    path: str
    scope: str


ENTRIES = (
    Entry("tasks", "/console/tasks", "lookup"), Entry("quality", "/console/quality", "lookup"),
    Entry("runs", "/console/runs", "lookup"),
    Entry("model", "/console/model", "lookup"),
)  # fmt: skip
SEARCH = "/console/search"  # the page that the search box asks; what it answers as one types is below it
