"""GET /v1/changes: every change in order, page by page, with what was known before and after."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.api.test_masking import personal
from tests.api.world import World

Clients = Callable[..., httpx.Client]


def pages(client: httpx.Client, limit: int, **asked: str) -> Iterator[list[dict[str, object]]]:
    """All changes, by `next` to the end."""
    after = 0
    while True:
        found = client.get("/v1/changes", params={"after": after, "limit": limit, **asked}).json()
        if not found["changes"]:
            return
        assert after < found["next"]
        after = found["next"]
        yield found["changes"]


def test_page_by_page_it_is_the_same(world: World, client_with: Clients) -> None:
    client = client_with("lookup")
    whole = [change for page in pages(client, 1000) for change in page]
    assert [change for page in pages(client, 7) for change in page] == whole
    positions = [change["position"] for change in whole]
    assert positions == sorted(set(positions))
    created = {change["pin"] for change in whole if change["type"] == "created"}
    assert {world.pin("billing:B1"), world.pin("firms:F1")} <= created
    assert world.chi("billing:B1") in {change.get("chi") for change in whole}
    only = [change for page in pages(client, 1000, types="created") for change in page]
    assert only == [change for change in whole if change["type"] == "created"]
    assert not any("before" in change or "after" in change for change in whole)


def test_values_as_the_key_may_see_them(world: World, client_with: Clients) -> None:
    masked, clear = client_with("lookup"), client_with("lookup", "pii")
    asked = {"include": "values", "limit": "1000"}
    hidden, told = (client.get("/v1/changes", params=asked) for client in (masked, clear))
    people = [change for change in hidden.json()["changes"] if "Oak Street Bakery" not in str(change)]
    assert not [value for value in personal() if value in str(people)]
    assert [value for value in personal() if value in told.text]
    pin = world.pin("billing:B1")
    assert hidden.json()["masked"] is True
    (change,) = (change for change in told.json()["changes"] if change.get("pin") == pin)
    assert "before" not in change
    golden = clear.get(f"/v1/customers/{pin}").json()["golden"]
    assert {name: change["after"][name] for name in golden} == golden
    (home,) = (change for change in told.json()["changes"] if change.get("chi") == world.chi("billing:B1"))
    assert pin in {member["pin"] for member in home["after"]}


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"after": "999999999"}, "after", "the last one given is"),
        ({"after": "-1"}, "after", "greater than or equal to 0"),
        ({"after": "x"}, "after", "integer"),
        ({"types": "created,merge"}, "types", "did you mean 'merged'"),
        ({"wait": "31"}, "wait", "30"),
        ({"include": "all"}, "include", "values"),
    ],
)
def test_what_cannot_be_asked(world: World, client_with: Clients, asked: dict[str, str], field: str, said: str) -> None:
    answer = client_with("lookup").get("/v1/changes", params=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert field in answer.json()["field"]
    assert said in answer.text
    assert client_with("identify").get("/v1/changes").status_code == 403


def test_who_waits_in_vain_goes_on_from_where_he_was(world: World, client_with: Clients) -> None:
    client = client_with("lookup")
    end = client.get("/v1/changes", params={"limit": 1000}).json()["next"]
    began = time.monotonic()
    assert client.get("/v1/changes", params={"after": end, "wait": 1}).json() == {"changes": [], "next": end}
    assert time.monotonic() - began >= 1
