"""/healthz: the process lives. /readyz: it can answer, the store is there. /docs: what it answers."""

from __future__ import annotations

from functools import lru_cache

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from api.docs import page
from api.models import Health
from api.problems import Problem
from api.store import Connection
from mdm.store import runs

router = APIRouter(tags=["operations"])


@router.get("/healthz")
async def healthz() -> Health:
    """The process lives; says nothing of the store."""
    return Health(status="ok")


@router.get("/readyz", responses={503: {"model": Problem}})
def readyz(connection: Connection) -> Health:
    """The store can be read."""
    runs.last_runs(connection, 1)
    return Health(status="ok")


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """This API, described on one page that loads nothing."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    return HTMLResponse(_page(request.app), headers={"Content-Security-Policy": policy})


@lru_cache(maxsize=4)
def _page(app: FastAPI) -> str:
    return page(app.openapi())
