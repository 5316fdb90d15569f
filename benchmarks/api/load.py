"""A client that costs little: HTTP/1.1 over kept connections, as many at once as asked, and what each answer took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import orjson

Request = tuple[str, str, bytes | None]  # method, path, body (JSON)


@dataclass(frozen=True, slots=True)
class Load:
    """seconds: what each answer took, sorted; wall: how long all took; refused: answers that were not 200.

    Where clients come again when they are told to (503 with Retry-After): retried, how often that was, these are not
    refused; whole: what each request took until it was answered for good.
    """

    seconds: list[float]
    wall: float
    refused: int
    retried: int = 0
    whole: list[float] = field(default_factory=list)

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


def put_load(
    port: int,
    requests: Iterable[Request],
    *,
    connections: int,
    key: str | None = None,
    until: Callable[[], bool] = lambda: False,
    pause: float = 0.0,
    come_again: bool = False,
) -> Load:
    """Send the requests, each connection taking the next one when it is answered.

    until: no further request is sent when it says so. pause: seconds after each answer. come_again: as `Load` says.
    """
    return asyncio.run(_all(port, requests, connections, key, until, pause, come_again))


def ask(port: int, request: Request, key: str | None = None) -> object:
    """One request, its answer read."""
    return orjson.loads(asyncio.run(_one(port, request, key)))


async def _all(
    port: int,
    requests: Iterable[Request],
    connections: int,
    key: str | None,
    until: Callable[[], bool],
    pause: float,
    come_again: bool,
) -> Load:
    if isinstance(requests, Sequence):
        waiting = iter([_bytes(request, key) for request in requests])
    else:
        waiting = (_bytes(request, key) for request in requests)
    seconds: list[float] = []
    whole: list[float] = []
    refused = retried = 0

    async def work() -> None:
        nonlocal refused, retried
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for content in waiting:
            first = time.perf_counter()
            while True:
                began = time.perf_counter()
                writer.write(content)
                status, _, later = await _answer(reader)
                seconds.append(time.perf_counter() - began)
                if not (come_again and status == 503 and later is not None):
                    break
                retried += 1
                writer.close()  # it would be closed by the time we come again
                await asyncio.sleep(later)
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            refused += status != 200
            whole.append(time.perf_counter() - first)
            if until():
                break
            if pause:
                await asyncio.sleep(pause)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    return Load(sorted(seconds), time.perf_counter() - began, refused, retried, sorted(whole))


async def _one(port: int, request: Request, key: str | None) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_bytes(request, key))
    status, body, _ = await _answer(reader)
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


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes, float | None]:
    """Status, body, and after how many seconds to come again, if it says so."""
    head = await reader.readuntil(b"\r\n\r\n")
    named = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    later = named.get(b"retry-after")
    body = await reader.readexactly(int(named[b"content-length"]))
    return int(head[9:12]), body, None if later is None else float(later)
