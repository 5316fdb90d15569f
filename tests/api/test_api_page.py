"""The requests of docs/api.md are answered, in a town of their own: some of them write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.keys import add_key
from tests.api.serving import serving
from tests.api.world import World, new_world

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture(scope="module")
def own() -> Iterator[tuple[World, httpx.Client]]:
    """A town, and a client of its server whose key opens everything."""
    with new_world() as world, serving(world.settings, key=add_key(world.database)) as (client, _):
        yield world, client


def requests() -> Iterator[tuple[str, str, str | None]]:
    """(method, path, body) of every ```http block; a body ends its block."""
    for block in re.findall(r"```http\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        head, _, body = block.partition("\n\n")
        lines = [line.split(" ", 1) for line in head.strip().splitlines()]
        for number, (method, path) in enumerate(lines, 1):
            yield method, path, body.strip() or None if number == len(lines) else None


@pytest.mark.parametrize(("method", "path", "body"), list(requests()))
def test_a_request_of_the_page_is_answered(
    own: tuple[World, httpx.Client], method: str, path: str, body: str | None
) -> None:
    world, client = own
    path = path.replace("{pin}", world.pin("billing:B1")).replace("{chi}", world.chi("billing:B1"))
    answer = client.request(method, path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    if path.startswith("/v1/customers?"):
        assert found["customers"]
    if path.endswith(":identify"):
        assert found["candidates"]


def test_the_page_has_them() -> None:
    assert len(list(requests())) >= 12
