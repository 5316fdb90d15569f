"""A key without the scope pii sees no identifier, birth date or contact value at any path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx

from mdm.store import golden
from tests.api.world import BILLING_ROWS, SHOP_ROWS, World

COLUMNS = ("BORN", "SSN", "PHONE", "STREET", "ZIP", "EMAIL")


def personal() -> set[str]:
    """What the feeds of the town say that is to be masked; numbers as delivered and as cleansed."""
    found = set()
    for text in (BILLING_ROWS, SHOP_ROWS):
        head, *rows = (line.split(",") for line in text.splitlines())
        for row in rows:
            found |= {value for name, value in zip(head, row, strict=True) if name in COLUMNS and value}
    return found | {"+1" + value.replace("-", "") for value in found} | {value.replace("-", "") for value in found}


def paths(world: World) -> Iterator[str]:
    """Everything that shows a person, for everybody in the town."""
    for key in ("billing:B1", "billing:B2", "billing:B3", "billing:B5", "billing:B7", "shop:S1", "shop:S3", "shop:S4"):
        pin = world.pin(key)
        yield f"/v1/customers/{pin}"
        yield f"/v1/customers/{pin}?include=records,household,accounts,lineage"
        yield f"/v1/customers/{pin}?as_of=2020-01-01&include=accounts"
        yield f"/v1/customers/{pin}/versions"
        yield f"/v1/xref/{key.replace(':', '/')}"
    yield f"/v1/households/{world.chi('billing:B1')}"


def test_nothing_personal_without_pii(world: World, client_with: Callable[..., httpx.Client]) -> None:
    masked, clear = client_with("lookup"), client_with("lookup", "pii")
    values, seen = personal(), set()
    for path in paths(world):
        answer = masked.get(path)
        assert answer.status_code == 200
        assert [value for value in values if value in answer.text] == [], path
        shown = clear.get(path)
        seen |= {value for value in values if value in shown.text}
        assert "masked" not in shown.json()
        assert answer.json().get("masked") is (None if "/xref/" in path else True)
        assert shape(answer.json()) == shape(shown.json())
    assert {"1980-02-03", "536228741", "+12175550142", "Oak Street", "ann.lee@mail.example"} <= seen


def shape(document: Any) -> Any:
    """Members and lengths, without `masked` and without what texts say."""
    if isinstance(document, dict):
        return {name: shape(value) for name, value in document.items() if name != "masked"}
    if isinstance(document, list):
        return [shape(each) for each in document]
    return type(document)


def test_enough_is_left_to_recognise(world: World, client_with: Callable[..., httpx.Client]) -> None:
    found = client_with("lookup").get(f"/v1/customers/{world.pin('billing:B1')}").json()
    assert next(iter(found)) == "masked"
    kept = found["golden"]
    assert (found["name"], kept["birth_date"]["value"]) == ("Ann Lee", "1980-**-**")
    assert kept["emails"][0]["value"] == "a***@mail.example"
    assert {phone["value"] for phone in kept["phones"]} == {"***0142", "***0199"}
    assert kept["address"]["value"]["locality"] == "Springfield"
    assert kept["identifiers"][0]["value"] == "***8741"


def test_runner_ups_too(world: World, client_with: Callable[..., httpx.Client]) -> None:
    """The store holds runner-ups that differ; the town's golden records are looked through for one."""
    with world.database.read() as connection:
        documents = [golden.find_golden(connection, world.pin(key)) for key in ("billing:B2", "billing:B1")]
    assert any("runner_up" in entry for found in documents if found for entry in entries(found["doc"]))
    for key in ("billing:B2", "billing:B1"):
        golden_now = client_with("lookup").get(f"/v1/customers/{world.pin(key)}").json()["golden"]
        for name, entry in golden_now.items():
            if name in ("birth_date", "phones", "identifiers") and isinstance(entry, dict) and "runner_up" in entry:
                assert "*" in entry["runner_up"]["value"]


def entries(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The entries of a golden document."""
    for value in document.values():
        yield from value if isinstance(value, list) else [value] if isinstance(value, dict) else []
