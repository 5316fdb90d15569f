"""Who asks, and what they may: nothing is answered without a key, but for the few paths in `OPEN`.

`Gate` stands before all routes: it reads the key, refuses (401) or slows down (429), and leaves a `Caller` with the
request. A route says what it takes: ``caller: Annotated[Caller, needs("lookup")]`` refuses (403) a key without it.
"""

from __future__ import annotations

import ipaddress
import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.audit import LONGEST_PURPOSE, Trail
from api.callers import Buckets, Keys
from api.problems import Refused, answer_refused, answer_store_error
from mdm.access import SCOPES, read_key
from mdm.errors import StoreError
from mdm.settings import Settings

log = logging.getLogger("mdm.api")

OPEN = frozenset({"/healthz", "/readyz", "/docs", "/openapi.json"})
KEY_HEADER, PURPOSE_HEADER = "X-API-Key", "X-Purpose"
CREATE = "mdm key create --name NAME --scope lookup"
CHALLENGE = 'Bearer realm="customer master file"'
_FROM_ELSEWHERE = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via", "origin")
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key a request carries, and what it opens."""

    key_id: str
    name: str
    scopes: frozenset[str]
    trail: Trail = field(default_factory=Trail, compare=False)

    @property
    def masked(self) -> bool:
        """Whether personal values are to be masked in the answers (see mdm.registry.masking)."""
        return "pii" not in self.scopes

    def saw(
        self, *pins: str | None, fields: Iterable[str], records: Iterable[str] = (), status: int | None = None
    ) -> None:
        """Note for the audit log what the answer discloses, or the request writes: of whom, and which attributes.

        records: source keys (system:local_id). status: of the answer, when it is not 200 and no error.
        """
        self.trail.add(pins, records, fields)
        if status is not None:
            self.trail.status = status


LOCAL = Caller("local", "this machine, without a key ([api] open)", frozenset(SCOPES))


@dataclass(frozen=True, slots=True)
class Needs:
    """Dependency: the caller, whose key has `scope`; raises Refused (403)."""

    scope: str

    async def __call__(self, request: Request) -> Caller:
        caller: Caller = request.state.caller
        if self.scope not in caller.scopes:
            has = ", ".join(scope for scope in SCOPES if scope in caller.scopes)
            raise Refused(
                "scope-missing",
                f"This takes a key with the scope {self.scope}; key {caller.key_id} has: {has}.",
                f"Ask whoever runs the service for one with it: {CREATE.replace('lookup', self.scope)}",
                {"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope", scope="{self.scope}"'},
            )
        return caller


@cache
def needs(scope: str) -> Any:
    """What a route declares: ``caller: Annotated[Caller, needs("lookup")]``."""
    assert scope in SCOPES, scope
    return Depends(Needs(scope))


@dataclass(slots=True)
class Gate:
    """ASGI middleware: no request goes further without a good key that has not asked too often."""

    app: ASGIApp
    settings: Settings
    keys: Keys
    buckets: Buckets = field(default_factory=Buckets)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self.app(scope, receive, send)
            return
        refused: Response
        try:
            scope.setdefault("state", {})["caller"] = await self._caller(scope)
        except Refused as error:
            refused = answer_refused(Request(scope), error)
        except StoreError as error:
            refused = answer_store_error(Request(scope), error)
        else:
            await self.app(scope, receive, send)
            return
        await refused(scope, receive, send)

    async def _caller(self, scope: Scope) -> Caller:
        headers = Headers(scope=scope)
        key = sent_key(headers)
        if key is None:
            if self.settings.api.open and from_this_machine(scope, headers):
                return replace(LOCAL, trail=Trail(_purpose(headers)))
            raise _unauthenticated("missing", "The request carries no key.")
        found = read_key(key)
        state, reason = (None, "unknown") if found is None else await self.keys.find(*found)
        if state is None:
            raise _unauthenticated("unknown", "The key of the request is not known.")
        scope.setdefault("state", {})["caller"] = caller = Caller(
            state.key_id, state.name, state.scopes, Trail(_purpose(headers))
        )
        if reason:
            since = state.revoked_at if reason == "revoked" else state.expires_at
            raise _unauthenticated(reason, f"Key {state.key_id} is {reason} since {since:%Y-%m-%d %H:%M} UTC.")
        rate = state.rate if state.rate is not None else self.settings.api.requests_per_minute
        wait = self.buckets.take(state.key_id, rate)
        if wait > 0:
            raise _too_many(state.key_id, rate, math.ceil(wait))
        return caller


def sent_key(headers: Headers) -> str | None:
    """The key of `Authorization: Bearer` or `X-API-Key`; None when there is neither."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get(KEY_HEADER)


def _purpose(headers: Headers) -> str | None:
    """What the caller says it is for. Raises Refused (422) when that is a novel."""
    said = headers.get(PURPOSE_HEADER, "").encode("latin-1").decode("utf-8", "replace").strip()
    if len(said) > LONGEST_PURPOSE:
        what = f"{PURPOSE_HEADER}: longer than {LONGEST_PURPOSE} characters"
        raise Refused("invalid-request", what, "Say in a word or two what it is for; name no person.", {})
    return said or None


def from_this_machine(scope: Scope, headers: Headers) -> bool:
    """Whether a request was made on this machine for itself: no proxy passed it on, no page of elsewhere made it."""
    client: Sequence[Any] | None = scope.get("client")
    try:
        local = client is not None and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False
    host = headers.get("host", "").rsplit(":", 1)[0] if not headers.get("host", "").endswith("]") else headers["host"]
    return local and host.strip("[]") in _THIS_MACHINE and not any(name in headers for name in _FROM_ELSEWHERE)


def _unauthenticated(reason: str, detail: str) -> Refused:
    error = "" if reason == "missing" else ', error="invalid_token"'
    remedy = f"Send Authorization: Bearer KEY (or {KEY_HEADER}: KEY). Whoever runs the service makes one: {CREATE}"
    return Refused(f"key-{reason}", detail, remedy, {"WWW-Authenticate": f"{CHALLENGE}{error}"})


def _too_many(key_id: str, rate: int, wait: int) -> Refused:
    return Refused(
        "too-many-requests",
        f"Key {key_id} may ask {rate} times a minute, and has.",
        f"Try again in {wait} s; mdm key create --rate makes a key that may ask more often.",
        {
            "Retry-After": str(wait),
            "RateLimit-Policy": f'"key";q={rate};w=60',
            "RateLimit": f'"key";r=0;t={wait}',
        },
    )
