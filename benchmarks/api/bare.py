"""The baseline of look-ups: the same server and pool, one document by primary key, and nothing else.

    python -m benchmarks.api.bare WORKSPACE PORT

No authentication, audit, metrics, cleansing or model. `/constant` does not even ask the database.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response

from mdm.settings import Settings
from mdm.store.database import open_database

DOCUMENT = "select doc from golden where pin = %s and recorded_to = 'infinity'"


def make_app(settings: Settings) -> FastAPI:
    """Two endpoints: `/constant`, and `/document/{pin}`."""
    database = open_database(settings.database_url, settings.var, pool_size=settings.api.pool_size)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        database.close()

    app = FastAPI(lifespan=lifespan)

    @app.get("/constant")
    async def constant() -> Response:
        return Response(b'{"status":"ok"}', media_type="application/json")

    @app.get("/document/{pin}")
    async def document(pin: str) -> Response:
        found = await database.asking.one(DOCUMENT, (pin,))
        assert found is not None
        return Response(found[0].encode(), media_type="application/json")

    return app


if __name__ == "__main__":
    uvicorn.run(
        make_app(Settings.load(Path(sys.argv[1]))), port=int(sys.argv[2]), access_log=False, log_level="warning"
    )
