"""A client that costs little: HTTP/1.1 over kept connections, as many at once as asked, and what each answer took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

Request = tuple[str, str, bytes | None]  # method, path, body (JSON)


@dataclass(frozen=True, slots=True)
class Load:
    """seconds: what each answer took, sorted; wall: how long all took; refused: answers that were not 200."""

    seconds: list[float]
    wall: float
    refused: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.wall

    def at(self, share: float) -> float:
        """The time within which this share of the answers came, in milliseconds."""
        return percentile(self.seconds, share) * 1000


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value at a share of an ordered list."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def put_load(port: int, requests: Sequence[Request], *, connections: int, key: str | None = None) -> Load:
    """Send the requests, each connection taking the next one when it is answered."""
    return asyncio.run(_all(port, requests, connections, key))


def ask(port: int, request: Request, key: str | None = None) -> object:
    """One request, its answer read."""
    return orjson.loads(asyncio.run(_one(port, request, key)))


async def _all(port: int, requests: Sequence[Request], connections: int, key: str | None) -> Load:
    waiting = iter([_bytes(request, key) for request in requests])
    seconds: list[float] = []
    refused = 0

    async def work() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for content in waiting:
            began = time.perf_counter()
            writer.write(content)
            status, _ = await _answer(reader)
            seconds.append(time.perf_counter() - began)
            refused += status != 200
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    return Load(sorted(seconds), time.perf_counter() - began, refused)


async def _one(port: int, request: Request, key: str | None) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_bytes(request, key))
    status, body = await _answer(reader)
    writer.close()
    if status != 200:
        raise SystemExit(f"{request[0]} {request[1]}: {status} {body.decode()}")
    return body


def _bytes(request: Request, key: str | None) -> bytes:
    method, path, body = request
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if key is not None:
        lines.append(f"Authorization: Bearer {key}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":", 1)[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    return int(head[9:12]), await reader.readexactly(length)
