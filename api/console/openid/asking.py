"""Asking the provider over HTTP, in the event loop: never for long, never for much, following no redirect."""

from __future__ import annotations

import json
import ssl
from functools import cache
from typing import Any

import anyio
import httpx

from api.console.failed import Failed

SECONDS = 10.0  # for one question, whatever the provider does
MOST_BYTES = 1_000_000


async def ask(method: str, url: str, **sent: Any) -> tuple[int, dict[str, Any]]:
    """Status and JSON document of an answer, an empty one if it is none. Raises Failed: unreachable, slow, answer."""
    place = url.partition("?")[0]
    try:
        with anyio.fail_after(SECONDS):
            async with httpx.AsyncClient(verify=_trusted(), timeout=SECONDS) as client:
                status, body = await _read(client, method, url, sent)
    except (TimeoutError, httpx.TimeoutException):
        raise Failed("slow", f"{place} did not answer within {SECONDS:.0f} seconds") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Failed("unreachable", f"{place}: {type(error).__name__}: {str(error)[:200]}") from None
    if status >= 500:
        raise Failed("unreachable", f"{place} answered {status}")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    return status, document if isinstance(document, dict) else {}


async def _read(client: httpx.AsyncClient, method: str, url: str, sent: dict[str, Any]) -> tuple[int, bytes]:
    body = bytearray()
    async with client.stream(method, url, headers={"Accept": "application/json"}, **sent) as answer:
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > MOST_BYTES:
                raise Failed("answer", f"{url.partition('?')[0]} answered more than {MOST_BYTES:,} bytes")
        return answer.status_code, bytes(body)


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that are trusted: SSL_CERT_FILE or SSL_CERT_DIR, else those of certifi."""
    return httpx.create_ssl_context()
