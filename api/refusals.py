"""Writes that were refused are in the audit log, too: who tried what, and was told no.

What was carried out, or read, is noted in its own transaction (api.audit). What a caller with a known key asked to be
written and was refused (a scope that is missing, a version that has changed, a record that is not valid) has none that
was kept; the entry is added by itself, before the answer goes out.
"""

from __future__ import annotations

import logging

import anyio.to_thread
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import Caller
from api.audit import entry_of
from api.store import Store
from api.trace import trace_of
from mdm.errors import StoreError
from mdm.store.audit import put_entry

log = logging.getLogger("mdm.api")

_READING = ("GET", "HEAD", "OPTIONS")
_LONGEST = 2000  # characters of a source key, as the routes have it


class Refusals:
    """ASGI middleware behind the gate: see the module."""

    def __init__(self, app: ASGIApp, store: Store) -> None:
        self.app, self.store = app, store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller: Caller | None = scope.get("state", {}).get("caller") if scope["type"] == "http" else None
        if caller is None or scope["method"] in _READING:
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            refused = message["type"] == "http.response.start" and 400 <= message["status"] < 500
            if refused and not caller.trail.noted:
                await anyio.to_thread.run_sync(self._note, Request(scope), caller, message["status"])
            await send(message)

        await self.app(scope, receive, answer)

    def _note(self, request: Request, caller: Caller, status: int) -> None:
        caller.saw(records=_meant(request.path_params), fields=[])
        try:
            with self.store.begin() as connection:
                put_entry(connection, entry_of(request, status))
        except StoreError as error:
            log.error("%s: a refusal is not in the audit log: %s", trace_of(request.scope), error)


def _meant(path: dict[str, str]) -> list[str]:
    """The source key that a path names, if it is one."""
    if not {"system", "local_id"} <= path.keys():
        return []
    key = f"{path['system']}:{path['local_id']}"
    return [key] if len(key) <= _LONGEST and "\x00" not in key else []
