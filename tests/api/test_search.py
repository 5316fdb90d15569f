"""GET /v1/customers?..., ?fields=, ETag and If-None-Match, over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.api.test_paths import problem
from tests.api.world import World

PATH = "/v1/customers"


def test_a_shared_phone_gives_all_its_customers(client: httpx.Client, world: World) -> None:
    body = client.get(PATH, params={"phone": "+12175550133"}).json()
    assert {one["pin"] for one in body["customers"]} == {world.pin("billing:B3"), world.pin("billing:B4")}
    assert {one["name"] for one in body["customers"]} == {"Mia Hunt", "Zoe Hunt"}
    assert "next" not in body
    first = client.get(PATH, params={"phone": "217-555-0133", "region": "US", "limit": 1}).json()
    second = client.get(PATH, params={"phone": "217-555-0133", "limit": 1, "cursor": first["next"]}).json()
    assert [*first["customers"], *second["customers"]] == body["customers"]


def test_each_answer_is_that_of_the_customer_itself(client: httpx.Client, world: World) -> None:
    [found] = client.get(PATH, params={"account": "A7"}).json()["customers"]
    assert found == client.get(f"{PATH}/{world.pin('billing:B7')}").json()


def test_without_pii_found_customers_are_masked(client_with: Callable[..., httpx.Client]) -> None:
    answer = client_with("lookup").get(PATH, params={"account": "A7"})
    assert "1990-12-12" not in answer.text
    assert answer.json()["customers"][0]["masked"] is True


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, None),
        ({"phone": "110"}, "phone"),
        ({"email": "x"}, "email"),
        ({"identifier": "1"}, "identifier"),
        ({"account": "\x00"}, "account"),
        ({"phone": "1" * 3000}, "phone"),
        ({"phone": "217-555-0133", "limit": 0}, "limit"),
        ({"phone": "217-555-0133", "limit": -1}, "limit"),
        ({"phone": "217-555-0133", "cursor": "x"}, "cursor"),
        ({"phone": "217-555-0133", "region": "us"}, "region"),
        ({"phone": "217-555-0133", "fields": "nmae"}, "fields"),
    ],
)
def test_what_cannot_be_read_names_the_parameter(
    client: httpx.Client, query: dict[str, str | int], field: str | None
) -> None:
    body = problem(client.get(PATH, params=query), "invalid-request")
    assert body.get("field") == field


def test_fields_make_sparse_answers(client: httpx.Client, world: World) -> None:
    pin = world.pin("billing:B1")
    whole = client.get(f"{PATH}/{pin}", params={"include": "household"}).json()
    sparse = client.get(f"{PATH}/{pin}", params={"fields": "name, golden.phones,household"}).json()
    assert sparse == {
        "pin": pin, "name": whole["name"], "golden": {"phones": whole["golden"]["phones"]},
        "household": whole["household"],
    }  # fmt: skip
    assert client.get(f"{PATH}/{pin}", params={"fields": ""}).json() == {"pin": pin}
    [found] = client.get(PATH, params={"account": "A1", "fields": "golden.birth_date"}).json()["customers"]
    assert found == {"pin": pin, "golden": {"birth_date": whole["golden"]["birth_date"]}}


def test_an_unknown_field_names_the_nearest(client: httpx.Client, world: World) -> None:
    path = f"{PATH}/{world.pin('billing:B1')}"
    for asked, near in (("nmae", "name"), ("golden.phone", "golden.phones"), ("houshold", "household")):
        body = problem(client.get(path, params={"fields": asked}), "invalid-request")
        assert f"did you mean '{near}'?" in str(body["detail"])


def test_what_is_the_same_still_is_not_sent_again(client: httpx.Client, world: World) -> None:
    for path in (f"{PATH}/{world.pin('billing:B1')}", f"{PATH}?account=A1", "/v1/xref/billing/B1"):
        first = client.get(path)
        tag = first.headers["etag"]
        for sent in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            again = client.get(path, headers={"If-None-Match": sent})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        changed = client.get(path, headers={"If-None-Match": '"other"'})
        assert (changed.status_code, changed.content) == (200, first.content)


def test_another_answer_has_another_tag(
    client: httpx.Client, client_with: Callable[..., httpx.Client], world: World
) -> None:
    pin = world.pin("billing:B1")
    answers = [
        client.get(f"{PATH}/{pin}"),
        client.get(f"{PATH}/{pin}?include=household"),
        client.get(f"{PATH}/{pin}?as_of=2019-04-30"),
        client.get(f"{PATH}/{pin}?fields=name"),
        client_with("lookup").get(f"{PATH}/{pin}"),
    ]
    assert len({answer.headers["etag"] for answer in answers}) == len(answers)
    assert all("Authorization" in answer.headers["vary"] for answer in answers)


def test_errors_and_redirects_have_no_tag(client: httpx.Client) -> None:
    for path in (f"{PATH}/1", f"{PATH}?phone=110", "/v1/xref/billing/none"):
        assert "etag" not in client.get(path, headers={"If-None-Match": "*"}).headers
