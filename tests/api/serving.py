"""The real server in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from mdm.settings import Settings
from tests.api.keys import EVERYTHING, add_key, bearing
from tests.api.world import World

ROOT = Path(__file__).parents[2]
SERVE = (
    "import sys; from pathlib import Path; from mdm.settings import Settings; from api.server import serve; "
    "serve(Settings.load(Path(sys.argv[1])), port=int(sys.argv[2]), workers=int(sys.argv[3]))"
)


@contextmanager
def serving(
    settings: Settings, *, key: str | None = None, workers: int = 1, code: int = 0
) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes]]]:
    """A client, with a key, of a server that is ready; the server is ended, and must end with `code`, at the end."""
    port = free_port()
    with tempfile.TemporaryFile() as log:  # not a pipe: nobody reads it meanwhile, and a full one stops the server
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(settings.workspace), str(port), str(workers)], cwd=ROOT, stderr=log
        )
        try:
            with _client(f"http://127.0.0.1:{port}", key) as client:
                _wait(client, lambda: process.poll() is None)
                yield client, process
        finally:
            process.terminate()
            process.wait(60)
        log.seek(0)
        assert process.returncode == code, log.read().decode()


@contextmanager
def in_thread(app: FastAPI, *, key: str | None = None) -> Iterator[httpx.Client]:
    """A client, with a key, of an application that is served by a thread of this process."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        with _client(f"http://127.0.0.1:{port}", key) as client:
            _wait(client, thread.is_alive)
            yield client
    finally:
        server.should_exit = True
        thread.join(60)


def _client(url: str, key: str | None) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=60, headers={} if key is None else bearing(key))


def _wait(client: httpx.Client, lives: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert lives()
        try:
            client.get("/healthz")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def nobody(world: World) -> Iterator[httpx.Client]:
    """A client without a key, of the one server for all tests that only ask."""
    with serving(world.settings) as (found, _):
        yield found


@pytest.fixture(scope="session")
def client_with(nobody: httpx.Client, world: World) -> Iterator[Callable[..., httpx.Client]]:
    """`client_with("lookup", "pii")`: a client of that server whose key has just these scopes."""
    opened: dict[tuple[str, ...], httpx.Client] = {}

    def made(*scopes: str) -> httpx.Client:
        if scopes not in opened:
            opened[scopes] = _client(str(nobody.base_url), add_key(world.database, *scopes))
        return opened[scopes]

    yield made
    for each in opened.values():
        each.close()


@pytest.fixture(scope="session")
def client(client_with: Callable[..., httpx.Client]) -> httpx.Client:
    """A client of that server whose key opens everything."""
    return client_with(*EVERYTHING)
