"""The client of the benchmarks comes again when it is told to, and says what it waited in all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from benchmarks.api.load import put_load

BUSY = b"HTTP/1.1 503 Busy\r\nretry-after: 0.2\r\ncontent-length: 0\r\n\r\n"
GOOD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


@pytest.fixture
def busy_once() -> Iterator[int]:
    """The port of a server that answers 503 and hangs up, and then 200 for as long as it is asked."""
    loop, asked = asyncio.new_event_loop(), 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        try:
            while (await reader.read(1000)) != b"":
                asked += 1
                writer.write(BUSY if asked == 1 else GOOD)
                if asked == 1:
                    break
        finally:
            writer.close()

    async def end() -> None:
        server.close()
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for task in waiting:  # for clients that have gone
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0)  # their connections close

    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.run_until_complete(end())
    loop.close()


def test_a_client_comes_again(busy_once: int) -> None:
    load = put_load(busy_once, [("GET", "/", None)] * 3, connections=1, come_again=True)
    assert (len(load.seconds), len(load.whole), load.retried, load.refused) == (4, 3, 1, 0)
    assert max(load.whole) >= 0.2 > load.seconds[-1]
    many = put_load(busy_once, [("GET", "/", None)] * 1000, connections=2, until=lambda: True)
    assert len(many.seconds) == 2
