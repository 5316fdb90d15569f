"""What every request body must be, before anything reads it: not too large, and JSON that PostgreSQL can keep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson
from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import answer

MOST_BYTES = 1_000_000
DEEPEST = 40  # objects and lists within each other; ours are four


class TooLarge(Exception):
    """More bytes came than a body may have."""


class Bodies:
    """ASGI middleware: 413 for a body that is too large, 422 for one that is no JSON, too deep, or holds a NUL.

    Half a surrogate pair is no character and so no JSON (RFC 8259, 8.2); NUL is one that no database column takes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            body = await _read(Headers(scope=scope), receive)
        except TooLarge:
            detail = f"The body has more than {MOST_BYTES:,} bytes."
            await answer(request, "too-large", detail, remedy="Send less at once.")(scope, receive, send)
            return
        fault = _fault(body)
        if fault is not None:
            await answer(request, "invalid-request", f"body: {fault}", field="body")(scope, receive, send)
            return
        await self.app(scope, _again(body, receive), send)


async def _read(headers: Headers, receive: Receive) -> bytes:
    """The whole body. Raises TooLarge as soon as that is known."""
    said = headers.get("content-length", "")
    if said.isascii() and said.isdigit() and (len(said) > 12 or int(said) > MOST_BYTES):
        raise TooLarge
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BYTES:
            raise TooLarge
        more = message.get("more_body", False)
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read, and then what comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _fault(body: bytes) -> str | None:
    """What is wrong with a body as JSON text; None: nothing, or there is none."""
    if not body.strip():
        return None
    if body.count(b"[") + body.count(b"{") > DEEPEST and _depth(body) > DEEPEST:
        return f"more than {DEEPEST} objects and lists within each other"
    try:
        found = orjson.loads(body)
    except json.JSONDecodeError as error:
        return f"not JSON, at character {error.pos}: {error.msg}"
    if b"\\u0000" in body and any("\x00" in text for text in _texts(found)):
        return "a text holds the character U+0000, which cannot be kept"
    return None


def _depth(body: bytes) -> int:
    """How deep the brackets outside of texts go."""
    depth = deepest = 0
    in_text = escaped = False
    for byte in body:
        if in_text:
            in_text, escaped = byte != 0x22 or escaped, byte == 0x5C and not escaped
        elif byte == 0x22:
            in_text = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _texts(value: Any) -> Iterator[str]:
    """All texts of a document, names too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
