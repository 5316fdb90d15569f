"""The short way of the two most frequent look-ups answers and notes what the long one does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api.quick import plain_key
from mdm.registry import SourceKey
from mdm.store import audit
from tests.api.keys import add_key, bearing, id_of
from tests.api.world import ERASED, MERGED, RETIRED, World

Client = Callable[..., httpx.Client]


@pytest.mark.parametrize("scopes", [("lookup",), ("lookup", "pii")], ids=["masked", "open"])
@pytest.mark.parametrize("record", ["billing:B1", "billing:B 9/x", "firms:F1", "shop:S4"])
def test_both_ways_answer_and_note_the_same(
    nobody: httpx.Client, world: World, record: str, scopes: tuple[str, ...]
) -> None:
    pin, key = world.pin(record), add_key(world.database, *scopes)
    for short, long in (
        (f"/v1/customers/{pin}", f"/v1/customers/{pin}?include="),
        (str(httpx.URL("/v1/customers", params={"key": record})), f"/v1/customers?limit=20&key={record}"),
    ):
        headers = bearing(key) | {"X-Purpose": "a bill"}
        one, other = nobody.get(short, headers=headers), nobody.get(long, headers=headers)
        assert (one.status_code, one.content) == (other.status_code, other.content)
        named = ("content-type", "etag", "cache-control", "vary", "content-length")
        assert [one.headers[name] for name in named] == [other.headers[name] for name in named]
        again = nobody.get(short, headers=headers | {"If-None-Match": one.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    with world.database.read() as connection:
        entries = [_without_time(entry) for entry in audit.find_entries(connection, actor=id_of(key))]
    assert len(entries) == 6
    assert all(entry == entries[0] for entry in entries[:3])
    assert all(entry == entries[3] for entry in entries[3:])


def _without_time(entry: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in entry.items() if name not in ("audit_id", "at", "trace_id")}
    return kept | {"fields": sorted(kept["fields"])}


@pytest.mark.parametrize(("pin", "status"), [(MERGED, 308), (RETIRED, 410), (ERASED, 410), ("401787509130", 404)])
def test_what_is_not_simple_goes_the_long_way(client_with: Client, pin: str, status: int) -> None:
    assert client_with("lookup").get(f"/v1/customers/{pin}").status_code == status
    assert client_with("write").get(f"/v1/customers/{pin}").status_code == 403


def test_which_requests_are_simple() -> None:
    def key_of(path: str, query: bytes = b"") -> object:
        return plain_key({"path": path, "query_string": query})

    assert key_of("/v1/customers/401787509130") == "401787509130"
    assert key_of("/v1/customers", b"key=crm%3AA+1%2Fx:2") == SourceKey("crm", "A 1/x:2")
    for path in ("/v1/customers/40178750913", "/v1/customers/40178750913x", "/v1/households/401787509130"):
        assert key_of(path) is None
    for query in (b"key=crm", b"key=crm:1&key=crm:2", b"key=crm:1&limit=1", b"key=crm:%00", b"phone=1", b"key="):
        assert key_of("/v1/customers", query) is None
