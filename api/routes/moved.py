"""What was merged into something else answers 308 with the survivor's address, the query kept."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse

from api.problems import Problem

_PROBLEM = {"model": Problem}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: _PROBLEM, 422: _PROBLEM, 503: _PROBLEM}
ANSWERS: dict[int | str, dict[str, Any]] = {
    308: {"description": "merged: the survivor is at Location"},
    410: {"description": "retired or erased", **_PROBLEM},
    **NOT_FOUND,
}


def moved_to(request: Request, survivor: str) -> RedirectResponse:
    """A permanent redirect to the same path with `survivor` as its last part."""
    path = request.url.path.rpartition("/")[0]
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{path}/{survivor}{query}", status_code=308)
