"""The two look-ups that are asked most, by PIN and by source key without anything besides, on the shortest way.

ASGI middleware behind the gate: one statement reads the golden record and notes who asked, on a connection of the event
loop; no thread, no ping, no dependencies. Whatever is not as simple, or goes wrong, goes the way of the routes, which
answer the same for the simple ones, and say for the others what is the matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access import Caller
from api.answers import customer_document, json_text
from api.etags import send_tagged
from api.store import Store
from api.trace import trace_of
from mdm.errors import StoreError
from mdm.registry import SourceKey
from mdm.registry.standing import find_standing
from mdm.store.audit import Entry

CUSTOMERS, OF_PIN = "/v1/customers", "/v1/customers/{pin}"
_BEFORE_PIN = f"{CUSTOMERS}/"
_LONGEST = 2000  # characters of a source key, as the route has it


@dataclass(frozen=True, slots=True)
class Route:
    """What a request was answered by, for the log and the measurements."""

    path: str


_ROUTES = {path: Route(path) for path in (CUSTOMERS, OF_PIN)}


class Quick:
    """See the module."""

    def __init__(self, app: ASGIApp, store: Store) -> None:
        self.app, self.store = app, store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = plain_key(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        document = None if key is None else await self._find(scope, key)
        if document is None:
            await self.app(scope, receive, send)
        else:
            await send_tagged(json_text(document), Headers(scope=scope), send)

    async def _find(self, scope: Scope, key: str | SourceKey) -> dict[str, Any] | None:
        """The answer; None: the routes are to answer."""
        caller: Caller | None = scope.get("state", {}).get("caller")
        asking = self.store.asking
        if caller is None or asking is None or "lookup" not in caller.scopes:
            return None
        path = OF_PIN if isinstance(key, str) else CUSTOMERS
        entry = Entry(
            caller.key_id, f"GET {path}", 200, [], [], [], caller.masked, caller.name, caller.trail.purpose,
            trace_of(scope),
        )  # fmt: skip
        try:
            found = await find_standing(asking, key, entry)
        except StoreError:
            return None
        if found is None:
            return None
        scope["route"] = _ROUTES[path]
        document = customer_document(found, caller, None)
        return document if path == OF_PIN else {"customers": [document]}


def plain_key(scope: Scope) -> str | SourceKey | None:
    """The PIN or source key of a request that asks for nothing besides; None: it is another request."""
    path: str = scope["path"]
    query: bytes = scope["query_string"]
    if not query:
        pin = path.removeprefix(_BEFORE_PIN)
        return pin if len(pin) == 12 and pin.isascii() and pin.isdigit() else None
    if path != CUSTOMERS or not query.startswith(b"key="):
        return None
    given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    text = given[0][1] if len(given) == 1 else ""
    system, separator, local_id = text.partition(":")
    return SourceKey(system, local_id) if separator and len(text) <= _LONGEST and "\x00" not in text else None
