"""What the API answers, asked over HTTP of the real server."""

from __future__ import annotations

import httpx
import pytest

from api.problems import KINDS, TYPE
from tests.api.world import ERASED, MERGED, MERGED_HOUSEHOLD, RETIRED, RETIRED_HOUSEHOLD, World


def problem(answer: httpx.Response, kind: str) -> dict[str, object]:
    """The problem that an answer must be."""
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    status, title = KINDS[kind]
    assert (answer.status_code, body["status"], body["type"], body["title"]) == (status, status, TYPE + kind, title)
    assert body["trace_id"] == answer.headers["x-request-id"]
    assert body["instance"] == answer.request.url.path
    return body


def test_a_customer(client: httpx.Client, world: World) -> None:
    pin = world.pin("billing:B1")
    body = client.get(f"/v1/customers/{pin}").json()
    assert (body["pin"], body["name"], body["status"]) == (pin, "Ann Lee", "active")
    assert body["golden"]["birth_date"]["value"] == "1980-02-03"
    assert not {"records", "household", "accounts", "subscriptions", "lineage"} & set(body)


def test_a_customer_with_everything(client: httpx.Client, world: World) -> None:
    answer = client.get(f"/v1/customers/{world.pin('shop:S1')}?include=records,household,accounts,lineage")
    body = answer.json()
    assert [record["local_id"] for record in body["records"]] == ["B1", "S1", "S5"]
    assert body["household"]["chi"] == world.chi("billing:B1")
    assert [account["value"] for account in body["accounts"]] == ["A1"]
    assert body["subscriptions"][0]["product"] == "Fibre 100"
    assert body["lineage"][0]["kind"] == "minted"


def test_the_two_times(client: httpx.Client, world: World) -> None:
    pin = world.pin("billing:B1")
    before = client.get(f"/v1/customers/{pin}?as_of=2019-04-30&include=accounts").json()
    assert before["as_of"] == "2019-04-30"
    assert before["subscriptions"] == []
    known = client.get(f"/v1/customers/{pin}").json()["golden_since"]
    at_that_time = client.get(f"/v1/customers/{pin}", params={"known_at": known})
    assert at_that_time.json()["golden"] == client.get(f"/v1/customers/{pin}").json()["golden"]
    assert client.get(f"/v1/customers/{pin}?known_at={known.replace('Z', '+00:00')}").status_code == 200
    problem(client.get(f"/v1/customers/{pin}?known_at=2020-01-01"), "not-found")


def test_a_merged_pin_redirects_and_keeps_the_query(client: httpx.Client, world: World) -> None:
    answer = client.get(f"/v1/customers/{MERGED}?include=records&as_of=2026-01-01")
    pin = world.pin("billing:B1")
    assert answer.status_code == 308
    assert answer.headers["location"] == f"/v1/customers/{pin}?include=records&as_of=2026-01-01"
    assert client.get(f"/v1/customers/{MERGED}", follow_redirects=True).json()["pin"] == pin


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (f"/v1/customers/{RETIRED}", "retired"),
        (f"/v1/customers/{ERASED}", "erased"),
        (f"/v1/households/{RETIRED_HOUSEHOLD}", "retired"),
        ("/v1/customers/401787509130", "not-found"),
        ("/v1/customers/401787509131", "not-found"),
        ("/v1/customers/billing:B1", "not-found"),
        ("/v1/households/H301002324709", "not-found"),
        ("/v1/xref/billing/none", "not-found"),
        ("/v1/xref/none/B1", "not-found"),
        ("/v1/xref/billing/B%001", "invalid-request"),
        ("/v1/nothing", "no-such-path"),
    ],
)
def test_what_is_not_there(client: httpx.Client, path: str, kind: str) -> None:
    problem(client.get(path), kind)


def test_a_cross_reference(client: httpx.Client, world: World) -> None:
    body = client.get("/v1/xref/shop/S5").json()
    assert (body["system"], body["local_id"], body["pin"]) == ("shop", "S5", world.pin("billing:B1"))
    strange = client.get("/v1/xref/billing/B%209/x").json()
    assert (strange["local_id"], strange["pin"]) == ("B 9/x", world.pin("billing:B 9/x"))


def test_a_batch_of_cross_references(client: httpx.Client, world: World) -> None:
    known, unknown = {"system": "shop", "local_id": "S1"}, {"system": "shop", "local_id": "none"}
    body = client.post("/v1/xref:batch", json={"keys": [unknown, known] * 500}).json()
    assert [xref["pin"] for xref in body["xrefs"]] == [None, world.pin("shop:S1")] * 500
    assert body["unknown"] == 500


def test_a_batch_that_is_too_long_or_wrong_says_where(client: httpx.Client) -> None:
    key = {"system": "shop", "local_id": "S1"}
    assert problem(client.post("/v1/xref:batch", json={"keys": [key] * 1001}), "invalid-request")["field"] == "keys"
    wrong = problem(client.post("/v1/xref:batch", json={"keys": [key, {"system": "shop"}]}), "invalid-request")
    assert wrong["field"] == "keys.1.local_id"
    two = problem(client.post("/v1/xref:batch", json={"keys": [{}]}), "invalid-request")
    assert two["errors"] == [
        {"field": "keys.0.system", "message": "Field required"},
        {"field": "keys.0.local_id", "message": "Field required"},
    ]
    for content in (b"{", b'"\xff"', b""):
        assert problem(client.post("/v1/xref:batch", content=content), "invalid-request")["field"] == "body"


def test_a_household(client: httpx.Client, world: World) -> None:
    chi = world.chi("billing:B3")
    body = client.get(f"/v1/households/{chi}").json()
    assert {member["name"] for member in body["members"]} == {"Mia Hunt", "Zoe Hunt"}
    assert client.get(f"/v1/households/{chi}?as_of=2020-01-01").json()["members"] == []
    moved = client.get(f"/v1/households/{MERGED_HOUSEHOLD}?as_of=2024-01-01")
    assert moved.status_code == 308
    assert moved.headers["location"] == f"/v1/households/{world.chi('billing:B1')}?as_of=2024-01-01"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("as_of=yesterday", "as_of"),
        ("as_of=20190430", "as_of"),
        ("as_of=2019-02-30", "as_of"),
        ("known_at=1700000000", "known_at"),
        ("known_at=noon", "known_at"),
        ("include=records,everything", "include"),
    ],
)
def test_a_wrong_parameter_is_named(client: httpx.Client, world: World, query: str, field: str) -> None:
    body = problem(client.get(f"/v1/customers/{world.pin('shop:S1')}?{query}"), "invalid-request")
    assert body["field"] == field


def test_other_methods_are_refused(client: httpx.Client) -> None:
    answer = client.delete("/v1/customers/401787509130")
    problem(answer, "method-not-allowed")
    assert answer.headers["allow"] == "GET"


def test_the_trace_id_is_the_callers_if_it_is_one(client: httpx.Client) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": "call-17"}).headers["x-request-id"] == "call-17"
    for strange in ("a b", "x" * 200, '"'):
        made = client.get("/healthz", headers={"X-Request-Id": strange}).headers["x-request-id"]
        assert len(made) == 32
    assert client.get("/healthz").headers["x-request-id"] != client.get("/healthz").headers["x-request-id"]


def test_health(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == client.get("/readyz").json() == {"status": "ok"}
