"""What the service tells of itself, and of writes that it refused."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from mdm.store import audit
from tests.api.keys import add_key, bearing, id_of
from tests.api.serving import serving
from tests.api.world import World


def _numbers(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_status(client_with: Callable[..., httpx.Client], world: World) -> None:
    asking, watching = client_with("lookup"), client_with("admin")
    route = frozenset({("method", "GET"), ("route", "/v1/customers/{pin}")})
    labels = [route | {("status", status)} for status in ("200", "404")]
    before = _numbers(watching.get("/metrics").text)
    for pin in (world.pin("billing:B1"), world.pin("billing:B2"), "401787509130"):
        asking.get(f"/v1/customers/{pin}")
    answer = watching.get("/metrics")
    found = _numbers(answer.text)
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert [found["mdm_http_requests_total", one] - before.get(("mdm_http_requests_total", one), 0) for one in labels] \
        == [2, 1]  # fmt: skip
    assert (
        found["mdm_http_request_seconds_count", route] - before.get(("mdm_http_request_seconds_count", route), 0) == 3
    )
    assert found["mdm_store_up", frozenset()] == 1
    assert (
        found["mdm_last_run_seconds", frozenset({("status", "applied")})] >= found["mdm_data_age_seconds", frozenset()]
    )
    assert ("mdm_pool_connections", frozenset({("state", "free")})) in found
    assert "B1" not in answer.text
    assert asking.get("/metrics").status_code == 403


@pytest.mark.slow
def test_workers_count_together(world: World) -> None:
    with serving(world.settings, key=add_key(world.database), workers=2) as (client, _):
        for _ in range(30):  # over connections of their own, so that both workers have some
            httpx.get(f"{client.base_url}/v1/customers/{world.pin('billing:B1')}", headers=dict(client.headers))
        found = _numbers(client.get("/metrics").text)
    labels = frozenset({("method", "GET"), ("route", "/v1/customers/{pin}"), ("status", "200")})
    assert found["mdm_http_requests_total", labels] == 30


def test_a_write_that_was_refused_is_in_the_audit_log(nobody: httpx.Client, world: World) -> None:
    path, good, stale = "/v1/records/billing/B1", {"name": "Ann Lee", "phones": ["217-555-0142"]}, {"If-Match": '"x"'}
    for scope, method, more, status in (
        ("lookup", "PUT", {"json": good}, 403),
        ("write", "PUT", {"json": {"nonsense": 1}}, 422),
        ("write", "PUT", {"json": good, "headers": stale}, 412),
        ("write", "DELETE", {"headers": stale}, 412),
    ):
        key = add_key(world.database, scope, name="the web shop")
        headers = bearing(key) | more.pop("headers", {})
        assert nobody.request(method, path, headers=headers, **more).status_code == status
        with world.database.read() as connection:
            (entry,) = audit.find_entries(connection, actor=id_of(key))
        assert (entry["status"], entry["pins"], entry["records"]) == (status, [], ["billing:B1"])
        assert (entry["action"], entry["actor_name"]) == (
            f"{method} /v1/records/{{system}}/{{local_id:path}}",
            "the web shop",
        )
