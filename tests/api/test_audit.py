"""Every read of a person is in the audit log before the answer is: who, what for, of whom, which attributes."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest
import sqlalchemy as sa

from api.app import make_app
from mdm.store import audit
from tests.api.keys import add_key, id_of
from tests.api.serving import in_thread, serving
from tests.api.world import ERASED, MERGED, World

Asked = Callable[..., dict[str, Any]]


@pytest.fixture
def asked(nobody: httpx.Client, world: World) -> Asked:
    """`asked(path)`: the one entry that a request with a key of its own left, all that it says but when."""

    def ask(path: str, *, method: str = "GET", scope: str = "lookup", **more: Any) -> dict[str, Any]:
        key = add_key(world.database, scope, name="the web shop")
        headers = {"X-API-Key": key, "X-Request-Id": "call-17", **more.pop("headers", {})}
        nobody.request(method, path, headers=headers, **more)
        (entry,) = entries(world, id_of(key))
        assert (entry["actor"], entry["actor_name"], entry["trace_id"]) == (id_of(key), "the web shop", "call-17")
        return entry

    return ask


def entries(world: World, actor: str) -> list[dict[str, Any]]:
    """What an actor left, the newest first."""
    with world.database.read() as connection:
        return audit.find_entries(connection, actor=actor)


def test_a_customer(asked: Asked, world: World) -> None:
    pin = world.pin("billing:B1")
    entry = asked(f"/v1/customers/{pin}?include=accounts", headers={"X-Purpose": "Beschwerde, Gebühr".encode()})
    assert (entry["action"], entry["status"], entry["pins"]) == ("GET /v1/customers/{pin}", 200, [pin])
    assert {"name", "birth_date", "identifiers", "phones", "accounts"} <= set(entry["fields"])
    assert (entry["purpose"], entry["masked"], entry["records"]) == ("Beschwerde, Gebühr", True, [])
    assert asked(f"/v1/customers/{pin}/versions")["fields"] == ["versions"]


def test_others_that_an_answer_shows(asked: Asked, world: World) -> None:
    chi, pins = world.chi("billing:B3"), {world.pin("billing:B3"), world.pin("billing:B4")}
    assert set(asked(f"/v1/households/{chi}")["pins"]) == pins
    assert set(asked(f"/v1/customers/{world.pin('billing:B3')}?include=household")["pins"]) == pins
    keys = [{"system": "shop", "local_id": "none"}, {"system": "shop", "local_id": "S1"}]
    entry = asked("/v1/xref:batch", method="POST", json={"keys": keys * 2})
    assert (entry["pins"], entry["fields"]) == ([world.pin("shop:S1")], ["pin"])
    assert asked("/v1/xref/shop/S1")["pins"] == [world.pin("shop:S1")]


def test_what_is_not_there_is_noted_too(asked: Asked, world: World) -> None:
    moved = asked(f"/v1/customers/{MERGED}")
    assert (moved["status"], moved["pins"]) == (308, [MERGED, world.pin("billing:B1")])
    assert (asked(f"/v1/customers/{ERASED}")["status"], asked("/v1/customers/401787509130")["status"]) == (410, 404)


def test_who_was_refused_read_nothing(nobody: httpx.Client, world: World) -> None:
    key = add_key(world.database, "steward")
    path = f"/v1/customers/{world.pin('billing:B1')}"
    assert nobody.get(path, headers={"X-API-Key": key}).status_code == 403
    assert nobody.get(path, headers={"X-API-Key": key, "X-Purpose": "x" * 201}).status_code == 422
    assert [entry["pins"] for entry in entries(world, id_of(key))] in ([], [[]])


def test_a_service_that_is_killed_loses_nothing(world: World) -> None:
    key, pin = add_key(world.database, "lookup"), world.pin("billing:B1")
    with serving(world.settings, key=key, code=-signal.SIGKILL) as (client, process):
        for _ in range(20):
            assert client.get(f"/v1/customers/{pin}").status_code == 200
        process.kill()
        process.wait(60)
    assert len(entries(world, id_of(key))) == 20


@pytest.mark.parametrize("change", ["update audit set purpose = 'x'", "delete from audit", "truncate audit"])
def test_entries_are_only_added(world: World, change: str) -> None:
    with pytest.raises(sa.exc.ProgrammingError) as caught, world.database.begin() as connection:
        connection.exec_driver_sql(change)
    assert isinstance(caught.value.orig, psycopg.errors.InsufficientPrivilege)


def test_reading_stays_reading(world: World) -> None:
    entry = audit.Entry("x", "a test", 200, [], [], [], masked=False)
    with pytest.raises(sa.exc.InternalError, match="read-only"), world.database.read(lambda _: entry) as connection:
        connection.exec_driver_sql("insert into counter values ('x', 1)")
    assert entries(world, "x") == []
    with world.database.read(lambda _: entry) as connection:
        connection.exec_driver_sql("select 1")
    with pytest.raises(ValueError, match="its own"), world.database.read(lambda _: entry) as connection:
        raise ValueError("its own")
    assert len(entries(world, "x")) == 2
    with world.database.begin() as connection:
        assert connection.exec_driver_sql("show synchronous_commit").scalar() == "on"


def test_logs_name_the_key_and_nothing_personal(world: World, caplog: pytest.LogCaptureFixture) -> None:
    key, pin = add_key(world.database, "lookup"), world.pin("billing:B1")
    with caplog.at_level(logging.INFO, "mdm"), in_thread(make_app(world.settings), key=key) as client:
        client.get(f"/v1/customers/{pin}", headers={"X-Request-Id": "call-18", "X-Purpose": "for Ann Lee"})
        client.get("/v1/xref/billing/B1?known_at=2020-01-01")
        client.get("/v1/customers/401787509130")
        client.get("/v1/nothing/B1")
    lines = [line for line in caplog.text.splitlines() if f"key {id_of(key)}" in line]
    assert len(lines) == 4
    assert any("GET /v1/customers/{pin} 200" in line and "call-18" in line for line in lines)
    for secret in (key.split("_")[2], pin, "B1", "Ann", "401787509130"):
        assert secret not in caplog.text
