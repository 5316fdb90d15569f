"""The server as a process, and what happens when the database goes away under it."""

from __future__ import annotations

import logging
import pickle
import socket
import time
from asyncio import base_events
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import httpx
import pytest
import uvicorn

from api.app import make_app
from api.server import Door
from mdm.registry import look_up
from mdm.settings import Settings
from mdm.store import embedded
from tests.api.keys import add_key
from tests.api.serving import in_thread, serving
from tests.api.world import World


def ask_until(client: httpx.Client, path: str, status: int) -> httpx.Response:
    """Ask until the answer has this status, for a minute at most."""
    until = time.monotonic() + 60
    while (answer := client.get(path)).status_code != status and time.monotonic() < until:
        time.sleep(0.1)
    assert answer.status_code == status
    return answer


@pytest.mark.slow
def test_several_workers_answer_at_once_and_leave_in_good_order(world: World) -> None:
    pin = world.pin("billing:B1")
    with serving(world.settings, key=add_key(world.database), workers=2) as (client, _), ThreadPoolExecutor(8) as pool:
        ask_until(client, "/readyz", 200)
        answers = list(pool.map(lambda _: client.get(f"/v1/customers/{pin}"), range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["pin"] for answer in answers} == {pin}
    with world.database.read() as connection:  # the database server outlives the API: we use it, too
        assert look_up(connection, pin).pin == pin


def test_the_embedded_server_is_started_again_when_it_has_gone(world: World) -> None:
    pin = world.pin("billing:B1")
    with serving(world.settings, key=add_key(world.database)) as (client, _):
        ask_until(client, "/readyz", 200)
        assert embedded.stop(world.settings.var)
        gone = client.get(f"/v1/customers/{pin}")
        assert gone.status_code == 503
        assert int(gone.headers["retry-after"]) > 0
        assert gone.json()["type"].endswith(":store-unavailable")
        assert client.get("/healthz").status_code == 200
        assert ask_until(client, f"/v1/customers/{pin}", 200).json()["pin"] == pin


@pytest.fixture
def elsewhere(world: World) -> Iterator[Settings]:
    """The same store as a server that is not ours to start."""
    yield world.settings.model_copy(update={"database_url": world.database.url})
    embedded.join(world.settings.var).leave()


def test_a_database_elsewhere_that_comes_back_is_used_again(world: World, elsewhere: Settings) -> None:
    pin = world.pin("billing:B1")
    with in_thread(make_app(elsewhere), key=add_key(world.database)) as client:
        assert client.get("/readyz").status_code == 200
        assert embedded.stop(world.settings.var)
        for path in ("/readyz", f"/v1/customers/{pin}"):
            assert client.get(path).status_code == 503
        again = embedded.join(world.settings.var)
        try:
            assert client.get(f"/v1/customers/{pin}").json()["pin"] == pin
        finally:
            again.leave()


def test_it_starts_without_its_database(world: World, elsewhere: Settings) -> None:
    assert embedded.stop(world.settings.var)
    with in_thread(make_app(elsewhere)) as client:
        assert client.get("/healthz").status_code == 200
        gone = client.get("/readyz")
        assert (gone.status_code, gone.headers["content-type"]) == (503, "application/problem+json")
        again = embedded.join(world.settings.var)
        try:
            ask_until(client, "/readyz", 200)
        finally:
            again.leave()


def test_an_unexpected_error_gives_a_reference_and_no_stack_trace(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(world.settings)

    @app.get("/broken")
    def broken() -> None:
        try:
            raise ValueError("born 1980, " + "Ann" + " Lee")
        except ValueError as cause:
            raise RuntimeError("secret " + "of Ann" + " Lee") from cause

    with caplog.at_level(logging.ERROR), in_thread(app, key=add_key(world.database)) as client:
        answer = client.get("/broken", headers={"X-Request-Id": "call-500"})
    assert (answer.status_code, answer.json()["trace_id"]) == (500, "call-500")
    assert answer.headers["x-request-id"] == "call-500"
    assert "secret" not in answer.text
    assert "call-500: unexpected builtins.RuntimeError" in caplog.text
    assert "in broken" in caplog.text
    assert "Ann Lee" not in caplog.text


def _config(port: int = 0) -> uvicorn.Config:
    return uvicorn.Config("api.app:create_app", port=port, workers=2)


def test_several_processes_share_their_connections() -> None:
    with Door.of(_config()) as door, ExitStack() as stack:
        address = door.getsockname()
        sockets = [stack.enter_context(pickle.loads(pickle.dumps(door))) for _ in range(2)]
        for one in sockets:
            one.listen()
            one.setblocking(False)
        for _ in range(64):
            stack.enter_context(socket.create_connection(address))
        accepted = [list(_accepted(one, stack)) for one in sockets]
        assert sum(map(len, accepted)) == 64
        assert min(map(len, accepted)) > 0  # of two by chance: all with one in 1 of 2**63 runs
        assert all(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in accepted[0])


def _accepted(listening: socket.socket, stack: ExitStack) -> Iterator[socket.socket]:
    """All that wait at a socket, as asyncio takes them."""
    with suppress(BlockingIOError):
        while True:
            found = stack.enter_context(listening.accept()[0])
            base_events._set_nodelay(found)  # type: ignore[attr-defined]
            yield found


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # uvicorn leaves without closing it
def test_nobody_else_shares_the_port() -> None:
    with Door.of(_config()) as door:
        door.listen()
        with pytest.raises(SystemExit):
            Door.of(_config(door.getsockname()[1]))
