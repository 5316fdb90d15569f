"""The application: `make_app(settings)`, and `create_app()` for worker processes that know only their environment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import anyio.to_thread
from fastapi import FastAPI

from api import problems
from api.access import Gate
from api.bodies import Bodies
from api.callers import Keys
from api.console.app import Door, make_console
from api.described import described
from api.etags import ETags
from api.metrics import Meters
from api.quick import Quick
from api.refusals import Refusals
from api.routes import (
    changes,
    customers,
    explain,
    households,
    identify,
    judgements,
    living,
    operations,
    records,
    reshaping,
    search,
    tasks,
    together,
    xref,
)  # fmt: skip
from api.store import Store
from api.trace import Trace
from mdm.settings import Settings

DESCRIPTION = (
    "Who is this customer: the golden record behind a PIN, the PIN behind a source key, the household behind both. "
    "Errors are application/problem+json. X-Request-Id is taken and returned. Times without a zone are UTC."
)


def make_app(settings: Settings) -> FastAPI:
    """The API of one workspace. It starts without the store, too, and answers 503 until that can be reached."""
    app = FastAPI(
        title="Customer master file",
        version=version("customer-master"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.settings, app.state.store, app.state.meters = settings, Store(settings), Meters()
    stewards = (tasks, together, judgements, reshaping, living, explain)
    for module in (search, customers, xref, households, identify, records, changes, *stewards, operations):
        app.include_router(module.router)
    problems.install(app)
    app.add_middleware(ETags)
    app.add_middleware(Bodies)
    app.add_middleware(Refusals, store=app.state.store)
    app.add_middleware(Quick, store=app.state.store)
    app.add_middleware(Gate, settings=settings, keys=Keys(app.state.store))
    app.add_middleware(Door, console=make_console(app))
    app.add_middleware(problems.Unexpected)
    app.add_middleware(Trace, meters=app.state.meters)
    app.openapi = lambda: described(app)  # type: ignore[method-assign]
    return app


def create_app() -> FastAPI:
    """`make_app` of the workspace that MDM_WORKSPACE names, for `uvicorn --factory api.app:create_app`."""
    return make_app(Settings.load())


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the store at start, and leave it at the end; as many requests at once as there are connections."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = app.state.settings.api.pool_size
    await anyio.to_thread.run_sync(app.state.store.open)
    yield
    await anyio.to_thread.run_sync(app.state.store.close)
