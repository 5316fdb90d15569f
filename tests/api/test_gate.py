"""The gate in its parts: keys kept for a few seconds, buckets, and requests of this machine without a key."""

from __future__ import annotations

import anyio
import httpx
import pytest
from starlette.datastructures import Headers

from api.access import from_this_machine
from api.app import make_app
from api.callers import KEPT_SECONDS, Buckets, Keys
from api.store import Store
from mdm.access import read_key
from mdm.settings import Settings
from mdm.store.api_keys import list_keys, revoke_key
from tests.api.keys import add_key, bearing, id_of
from tests.api.serving import in_thread
from tests.api.world import World


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_revocation_takes_effect_within_seconds(world: World) -> None:
    clock, text = Clock(), add_key(world.database, "lookup")
    store = Store(world.settings)
    keys, sent = Keys(store, clock), read_key(text)
    assert sent is not None

    def refusal() -> str:
        return anyio.run(keys.find, *sent)[1]

    assert refusal() == ""
    with world.database.begin() as connection:
        revoke_key(connection, id_of(text), revoked_by="a test")
    assert refusal() == "", "it is kept for a moment"
    clock.now += KEPT_SECONDS + 0.1
    assert refusal() == "revoked"
    with world.database.begin() as connection:
        (used,) = (key for key in list_keys(connection) if key["key_id"] == id_of(text))
    assert used["last_used_at"] is not None
    store.close()


def test_a_key_that_was_never_used_is_said_to_be(world: World) -> None:
    text = add_key(world.database, "lookup")
    with world.database.begin() as connection:
        (found,) = (key for key in list_keys(connection) if key["key_id"] == id_of(text))
    assert found["last_used_at"] is None


def test_a_bucket_fills_evenly_and_never_over() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    assert [buckets.take("a", 60) for _ in range(60)] == [0.0] * 60
    assert buckets.take("a", 60) == pytest.approx(1.0)
    assert buckets.take("b", 60) == 0.0
    clock.now += 2.0
    assert [buckets.take("a", 60) for _ in range(2)] == [0.0, 0.0]
    assert buckets.take("a", 60) == pytest.approx(1.0)
    clock.now += 3600
    assert [buckets.take("a", 60) for _ in range(60)] == [0.0] * 60
    assert buckets.take("a", 60) > 0


def opened(settings: Settings, **api: object) -> Settings:
    return settings.model_copy(update={"api": settings.api.model_copy(update=api)})


def test_this_machine_needs_no_key_where_that_is_said(world: World) -> None:
    path = f"/v1/customers/{world.pin('billing:B1')}"
    with in_thread(make_app(opened(world.settings, open=True))) as client:
        answer = client.get(path)
        assert answer.status_code == 200
        assert "masked" not in answer.json()
        for name, value in {
            "X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1", "Origin": "https://page.example",
            "Via": "1.1 proxy", "Host": "page.example",
        }.items():  # fmt: skip
            assert client.get(path, headers={name: value}).status_code == 401, name
        assert client.get(path, headers=bearing("mdm_x")).status_code == 401, "a key that is sent counts"
        masked = client.get(path, headers=bearing(add_key(world.database, "lookup")))
        assert masked.json()["masked"] is True


@pytest.mark.parametrize(
    ("client", "host", "here"),
    [
        (("127.0.0.1", 1), "127.0.0.1:8000", True),
        (("127.0.0.1", 1), "localhost", True),
        (("::1", 1), "[::1]:8000", True),
        (("::1", 1), "[::1]", True),
        (("10.0.0.7", 1), "127.0.0.1:8000", False),
        (("127.0.0.1", 1), "master.example:8000", False),
        (("127.0.0.1", 1), "", False),
        (("testclient", 1), "localhost", False),
        (None, "localhost", False),
    ],
)
def test_what_this_machine_is(client: tuple[str, int] | None, host: str, here: bool) -> None:
    assert from_this_machine({"client": client}, Headers({"host": host})) is here


def test_without_the_setting_everybody_needs_a_key(world: World) -> None:
    assert world.settings.api.open is False
    with in_thread(make_app(world.settings)) as client:
        assert client.get("/v1/xref/shop/S1").status_code == 401


def test_the_rate_of_mdm_toml_is_that_of_a_key_without_one(world: World) -> None:
    key = add_key(world.database, "lookup", rate=None)
    with in_thread(make_app(opened(world.settings, rate="2/minute")), key=key) as client:
        found: list[httpx.Response] = [client.get("/v1/xref/shop/S1") for _ in range(3)]
    assert [answer.status_code for answer in found] == [200, 200, 429]
