"""GET /console/static/{name}: stylesheet, script, icon; browsers keep them, since an address names a version."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

router = APIRouter()

KINDS = {"console.css": "text/css", "console.js": "text/javascript", "icon.svg": "image/svg+xml"}


@router.get("/console/static/{name}")
async def static(name: str) -> Response:
    """A file of `KINDS`; there are no others."""
    if name not in KINDS:
        raise HTTPException(404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_content(name), media_type=f"{KINDS[name]}; charset=utf-8", headers=headers)


@cache
def _content(name: str) -> bytes:
    return files("api.console").joinpath("static", name).read_bytes()
