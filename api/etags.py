"""ETag and If-None-Match: what was answered before and is the same still is not sent again (304)."""

from __future__ import annotations

from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class ETags:
    """ASGI middleware: the tag of an answer (200 to a GET below /v1) is a digest of its bytes.

    So it changes exactly when the answer would, whatever the reason: another record, a merge, a household, a mask.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        start: Message = {}
        parts: list[bytes] = []

        async def hold(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and message["status"] == 200:
                start = message
            elif not start:
                await send(message)
            else:
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    await _finish(start, b"".join(parts), Headers(scope=scope), send)

        await self.app(scope, receive, hold)


async def send_tagged(body: bytes, asked: Headers, send: Send) -> None:
    """Answer 200 with a JSON text as this middleware would: with its tag, or 304 if the caller has it."""
    headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
    await _finish({"type": "http.response.start", "status": 200, "headers": headers}, body, asked, send)


async def _finish(start: Message, body: bytes, asked: Headers, send: Send) -> None:
    """Send the answer with its tag, or 304 if the caller has it."""
    headers = MutableHeaders(scope=start)
    if "etag" not in headers:
        headers["etag"] = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers["cache-control"] = "private, no-cache"  # keep it, and ask each time whether it is still so
    headers.add_vary_header("Authorization")
    if not _matches(asked.get("if-none-match", ""), headers["etag"]):
        await send(start)
        await send({"type": "http.response.body", "body": body})
        return
    for name in ("content-length", "content-type"):
        if name in headers:
            del headers[name]
    await send({**start, "status": 304})
    await send({"type": "http.response.body", "body": b""})


def _matches(if_none_match: str, tag: str) -> bool:
    """Whether one of the caller's tags is `tag`, by the weak comparison of RFC 9110, 8.8.3.2."""
    tags = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return "*" in tags or tag.removeprefix("W/") in tags
