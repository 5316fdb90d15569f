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
    key = {"keys": [{"system": "billing", "local_id": "B1"}]}
    too_early = [
        client.get(f"/v1/customers/{pin}?known_at=2020-01-01"),
        client.get("/v1/xref/billing/B1?known_at=2020-01-01T00:00:00Z"),
        client.get(f"/v1/households/{world.chi('billing:B1')}?known_at=0001-01-01"),
        client.post("/v1/xref:batch?known_at=2020-01-01", json=key),
        client.post("/v1/xref:batch", json=key | {"known_at": "2020-01-01T08:00:00+08:00"}),
    ]
    for answer in too_early:
        body = problem(answer, "not-found")
        assert "the store knows customers since" in str(body["detail"])
        assert known.rstrip("Z") in str(body["remedy"])


def test_in_the_future_it_is_as_now(client: httpx.Client, world: World) -> None:
    pin, chi = world.pin("billing:B1"), world.chi("billing:B1")
    for path in (f"/v1/customers/{pin}", f"/v1/households/{chi}", "/v1/xref/billing/B1"):
        now, later = client.get(path).json(), client.get(f"{path}?known_at=2999-01-01").json()
        assert later.pop("known_at") == "2999-01-01T00:00:00Z"
        assert later == now
    keys = [{"system": "billing", "local_id": "B1"}, {"system": "shop", "local_id": "none"}]
    batch = client.post("/v1/xref:batch", json={"keys": keys, "known_at": "2999-01-01"}).json()
    assert [xref["pin"] for xref in batch["xrefs"]] == [pin, None]
    body = problem(client.post("/v1/xref:batch?known_at=2998-01-01", json={"keys": keys, "known_at": "2999-01-01"}),
                   "invalid-request")  # fmt: skip
    assert body["field"] == "known_at"


def test_a_merged_pin_redirects_and_keeps_the_query(client: httpx.Client, world: World) -> None:
    answer = client.get(f"/v1/customers/{MERGED}?include=records&as_of=2026-01-01")
    pin = world.pin("billing:B1")
    assert answer.status_code == 308
    assert answer.headers["location"] == f"/v1/customers/{pin}?include=records&as_of=2026-01-01"
    assert answer.headers["cache-control"] == "no-store"  # a merge can be undone
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
    ("query", "words"),
    [
        ("as_of=yesterday", "such as 2026-03-31"),
        ("as_of=", "such as 2026-03-31"),
        ("as_of=20190430", "such as 2026-03-31"),
        ("as_of=2019-02-30", "no such day"),
        ("as_of=0000-01-01", "there is no year 0"),
        ("as_of=2019-04-30T00:00:00Z", "such as 2026-03-31"),
        ("known_at=1700000000", "such as 2026-03-31T22:30:00Z"),
        ("known_at=noon", "such as 2026-03-31T22:30:00Z"),
        ("known_at=2026-04-01T08:00", "2026-04-01T08:00Z is UTC"),
        ("known_at=2026-04-01T25:00Z", "no clock"),
        ("known_at=0000-04-01", "there is no year 0"),
        ("known_at=0001-01-01T00:00%2B14:00", "too far away"),
        ("include=records,everything", "nothing is called 'everything'"),
    ],
)
def test_a_wrong_parameter_is_named_with_an_example(client: httpx.Client, world: World, query: str, words: str) -> None:
    body = problem(client.get(f"/v1/customers/{world.pin('shop:S1')}?{query}"), "invalid-request")
    assert body["field"] == query.partition("=")[0]
    assert words in str(body["detail"])


def test_every_path_reads_the_times_alike(client: httpx.Client, world: World) -> None:
    batch = {"keys": [{"system": "shop", "local_id": "S1"}]}
    chi, local = world.chi("billing:B1"), "2026-04-01T08:00:00"
    answers = [client.get(f"{path}?known_at={local}") for path in (f"/v1/households/{chi}", "/v1/xref/shop/S1")]
    answers.append(client.get(f"/v1/households/{chi}?as_of=0000-00-00"))
    answers.append(client.post(f"/v1/xref:batch?known_at={local}", json=batch))
    answers.append(client.post("/v1/xref:batch", json=batch | {"known_at": local}))
    answers.append(client.post("/v1/xref:batch", json=batch | {"known_at": 1700000000}))
    assert [problem(answer, "invalid-request")["field"] for answer in answers] == [
        "known_at", "known_at", "as_of", "known_at", "known_at", "known_at",
    ]  # fmt: skip


def test_versions(client: httpx.Client, world: World) -> None:
    body = client.get(f"/v1/customers/{world.pin('billing:B1')}/versions").json()
    (version,) = body["versions"]
    assert (body["status"], version["number"], version["name"]) == ("active", 1, "Ann Lee")
    assert "next" not in body
    born = next(change for change in version["changes"] if change["attribute"] == "birth_date")
    assert (born["after"], "before" in born) == ("1980-02-03", False)
    assert version["cause"]["business_date"] == "2026-04-01"
    assert {record["local_id"]: record["what"] for record in version["cause"]["records"]} == dict.fromkeys(
        ("B1", "S1", "S5"), "new"
    )
    assert [event["kind"] for event in version["cause"]["events"]] == ["minted"]
    assert client.get(f"/v1/customers/{MERGED}/versions").json()["redirect_to"] == world.pin("billing:B1")
    problem(client.get(f"/v1/customers/{ERASED}/versions"), "erased")
    problem(client.get("/v1/customers/401787509130/versions"), "not-found")
    for query in ("cursor=x", "cursor=0", "limit=0", "limit=1000"):
        found = problem(client.get(f"/v1/customers/{MERGED}/versions?{query}"), "invalid-request")
        assert found["field"] == query.partition("=")[0]


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
