"""What was merged into something else answers 308 with the survivor's address, the query kept."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse

from api.problems import Problem

_PROBLEM = {"model": Problem}
NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {
        "description": "there is none, or was none at known_at: detail and remedy say why and since when",
        **_PROBLEM,
    },
    422: {"description": "a parameter is no date, no time or a time without a zone: field names it", **_PROBLEM},
    503: {"description": "the database cannot be reached; try again", **_PROBLEM},
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    308: {"description": "merged: the survivor is at Location; with known_at, merged already then"},
    410: {"description": "retired or erased; with known_at, already then", **_PROBLEM},
    **NOT_FOUND,
}
OWN_ANSWERS: dict[int | str, dict[str, Any]] = {410: {"description": "erased", **_PROBLEM}, **NOT_FOUND}


def moved_to(request: Request, survivor: str) -> RedirectResponse:
    """A redirect to the same path with `survivor` as its last part; not to be kept, for a merge can be undone."""
    path = request.url.path.rpartition("/")[0]
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{path}/{survivor}{query}", 308, {"Cache-Control": "no-store"})
