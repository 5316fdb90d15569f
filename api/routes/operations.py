"""/healthz: the process lives. /readyz: the store is there. /metrics: how it does. /docs: what it answers."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from prometheus_client import CONTENT_TYPE_LATEST

from api.access import Caller, needs
from api.docs import page
from api.models import Health
from api.problems import Problem
from api.store import Connection
from mdm.errors import StoreError
from mdm.store import runs
from mdm.store.gauges import read_gauges

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


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "as Prometheus reads"},
        422: {"model": Problem, "description": "the purpose is too long"},
        503: {"model": Problem, "description": "the key cannot be looked up just now; try again"},
    },
)
def metrics(request: Request, caller: Annotated[Caller, needs("admin")]) -> Response:
    """Requests by route and status and how long they took, connections, what waits, when a run last did something.

    In the text format of Prometheus. It answers without the store, too: mdm_store_up is 0 then.
    """
    state = request.app.state
    try:
        with state.store.read() as connection:
            gauges = read_gauges(connection)
    except StoreError:
        gauges = None
    return Response(state.meters.text(state.store.connections, gauges), media_type=CONTENT_TYPE_LATEST)


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """This API, described on one page that loads nothing."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    return HTMLResponse(_page(request.app), headers={"Content-Security-Policy": policy})


@lru_cache(maxsize=4)
def _page(app: FastAPI) -> str:
    return page(app.openapi())
