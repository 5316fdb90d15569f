"""Keys and scopes, over HTTP: nothing is answered without a key that opens it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx

from mdm.access import SCOPES
from mdm.store.api_keys import revoke_key
from tests.api.keys import add_key, bearing, id_of
from tests.api.test_paths import problem
from tests.api.world import World

GIVEN = {"{pin}": "401787509130", "{system}": "billing", "{local_id}": "B1", "{chi}": "H301002324709"}
OPEN = {"/healthz", "/readyz"}


def filled(path: str) -> str:
    """A path with something in every place; a place that this module does not know is called x."""
    for place, value in GIVEN.items():
        path = path.replace(place, value)
    return re.sub(r"\{\w+\}", "x", path)


def operations(client: httpx.Client) -> list[tuple[str, str, str | None]]:
    """(method, path, scope) of everything that the API documents."""
    document = client.get("/openapi.json").json()
    return [
        (method.upper(), path, next((names[0] for each in operation["security"] for names in each.values()), None))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_everything_but_health_and_documents_needs_a_key_with_a_scope(nobody: httpx.Client) -> None:
    found = operations(nobody)
    assert {path for _, path, scope in found if scope is None} == OPEN
    for method, path, scope in found:
        answer = nobody.request(method, filled(path))
        if scope is not None:
            body = problem(answer, "key-missing")
            assert answer.headers["www-authenticate"].startswith("Bearer ")
            assert "mdm key create" in str(body["remedy"])
    for path in ("/", "/v1", "/metrics", "/docs/", "/healthz/x", "/v2/customers/1", "//healthz"):
        assert nobody.get(path).status_code == 401
    for path in ("/docs", "/openapi.json", "/healthz", "/readyz"):
        assert nobody.get(path).status_code == 200


def test_a_key_without_the_scope_is_told_which_is_missing_and_which_it_has(
    nobody: httpx.Client, client_with: Callable[..., httpx.Client]
) -> None:
    for method, path, scope in operations(nobody):
        if scope is None:
            continue
        others = [name for name in SCOPES if name != scope]
        answer = client_with(*others).request(method, filled(path), json={})
        if answer.status_code == 422:  # a body that is not valid comes first
            continue
        body = problem(answer, "scope-missing")
        assert f"scope {scope};" in str(body["detail"])
        assert ", ".join(others) in str(body["detail"])
        assert f'scope="{scope}"' in answer.headers["www-authenticate"]


def test_admin_opens_none_of_the_others(client_with: Callable[..., httpx.Client]) -> None:
    problem(client_with("admin").get("/v1/customers/401787509130"), "scope-missing")


def test_a_key_is_sent_in_either_header(nobody: httpx.Client, world: World) -> None:
    path, key = f"/v1/customers/{world.pin('billing:B1')}", add_key(world.database, "lookup")
    for headers in (bearing(key), {"Authorization": f"bearer  {key}"}, {"X-API-Key": key}):
        assert nobody.get(path, headers=headers).status_code == 200


def test_expired_revoked_and_unknown_keys_say_so(nobody: httpx.Client, world: World) -> None:
    now = datetime.now(UTC)
    key = add_key(world.database, "lookup", expires_at=now - timedelta(minutes=1))
    body = problem(nobody.get("/v1/xref/shop/S1", headers=bearing(key)), "key-expired")
    assert id_of(key) in str(body["detail"])
    good, revoked = (add_key(world.database, "lookup") for _ in range(2))
    with world.database.begin() as connection:
        assert revoke_key(connection, id_of(revoked), revoked_by="a test") is not None
    problem(nobody.get("/v1/xref/shop/S1", headers=bearing(revoked)), "key-revoked")
    wrong = f"mdm_{id_of(revoked)}_{'0' * 64}"  # whoever lacks the secret learns nothing of the key
    for unknown in (wrong, good[:-1], good + "0", "x", "mdm__", f"mdm_{'0' * 10}_{'0' * 64}", "ключ".encode()):
        sent = {"X-API-Key": unknown}
        answer = nobody.get("/v1/xref/shop/S1", headers=sent)  # type: ignore[arg-type]
        problem(answer, "key-unknown")
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    for headers in ({"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}):
        problem(nobody.get("/v1/xref/shop/S1", headers=headers), "key-missing")
    assert nobody.get("/v1/xref/shop/S1", headers=bearing(good)).status_code == 200


def test_a_key_that_asks_too_often_is_slowed_down(nobody: httpx.Client, world: World) -> None:
    key, other = (add_key(world.database, "lookup", rate=3) for _ in range(2))
    answers = [nobody.get("/v1/xref/shop/S1", headers=bearing(key)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    problem(answers[3], "too-many-requests")
    headers = answers[3].headers
    assert 1 <= int(headers["retry-after"]) <= 20
    assert headers["ratelimit-policy"] == '"key";q=3;w=60'
    assert headers["ratelimit"] == f'"key";r=0;t={headers["retry-after"]}'
    assert nobody.get("/v1/xref/shop/S1", headers=bearing(other)).status_code == 200
