"""A trace id for every request, and one line of log that holds no customer data."""

from __future__ import annotations

import logging
import re
import time
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Meters

log = logging.getLogger("mdm.api")

HEADER = "X-Request-Id"
_ACCEPTED = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class Trace:
    """ASGI middleware: takes the caller's X-Request-Id or makes one, returns it, and logs route, status, milliseconds,
    key id, trace id; the same is counted. Logs name the route, not the path: paths hold PINs and source keys.
    """

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self.app, self.meters = app, meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        trace_id = given if _ACCEPTED.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["trace_id"] = trace_id
        began, status = time.perf_counter(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = trace_id
            await send(message)

        try:
            await self.app(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", "(no route)")
            took = time.perf_counter() - began
            key_id = getattr(scope["state"].get("caller"), "key_id", "-")
            log.info("%s %s %d %.1f ms key %s %s", scope["method"], route, status, took * 1000, key_id, trace_id)
            self.meters.count(scope["method"], route, status, took)


def trace_of(scope: Scope) -> str:
    """The trace id of a request."""
    trace_id: str = scope.get("state", {}).get("trace_id", "")
    return trace_id
