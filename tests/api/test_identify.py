"""POST /v1/customers:identify over HTTP, and what every body must be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from api.attributes import IdentifierName
from api.bodies import DEEPEST, MOST_BYTES
from api.identifying import IdentifyRequest
from mdm.party import IDENTIFIER_TYPES
from tests.api.test_paths import problem
from tests.api.world import World

PATH = "/v1/customers:identify"
CAROL = {"name": "Carol Diaz", "birth_date": "12 Dec 1990", "phones": ["(217) 555-0101"], "region": "US"}


def test_who_it_is_and_why(client: httpx.Client, world: World) -> None:
    body = client.post(PATH, json=CAROL).json()
    best = body["candidates"][0]
    assert (body["outcome"], best["grade"], best["pin"]) == ("certain", "certain", world.pin("billing:B7"))
    assert (best["name"], best["record"], body["remarks"], body["too_many"]) == ("Carol Diaz", "billing:B7", [], [])
    evidence = {one["attribute"]: one for one in best["evidence"]}
    assert evidence["birth_date"] == {
        "attribute": "birth_date", "said": "the same", "given": "1990-12-12", "found": "1990-12-12",
        "bits": evidence["birth_date"]["bits"],
    }  # fmt: skip
    assert "against" not in best


def test_names_and_addresses_whole_or_in_parts_say_the_same(client: httpx.Client) -> None:
    whole = CAROL | {"address": "5 Lake View, Chatham IL 62629"}
    parts = whole | {
        "name": {"given": "carol", "family": "DIAZ"},
        "address": {"number": "5", "street": "Lake View", "locality": "Chatham", "region": "IL", "postcode": "62629"},
    }
    found = [client.post(PATH, json=asked).json()["candidates"][0] for asked in (whole, parts)]
    assert found[0]["weight"] == found[1]["weight"]
    assert {one["attribute"] for one in found[0]["evidence"]} >= {"address", "phones"}


def test_without_pii_personal_values_of_records_are_left_out(client_with: Callable[..., httpx.Client]) -> None:
    asked = CAROL | {"phones": ["217-555-0102"]}
    open_ = client_with("identify", "pii").post(PATH, json=asked).json()["candidates"][0]
    masked = client_with("identify").post(PATH, json=asked).json()["candidates"][0]
    assert "+12175550101" in json.dumps(open_)
    assert "+12175550101" not in json.dumps(masked)
    assert "1990-12-12" in json.dumps(masked)  # the caller's own
    assert {name: value for name, value in masked.items() if name != "evidence"} == {
        name: value for name, value in open_.items() if name != "evidence"
    }


def test_organisations_only_certain_and_limit(client: httpx.Client, world: World) -> None:
    firm = client.post(PATH, json={"organisation": "Oak Street Bakery"}).json()
    assert (firm["party"], firm["candidates"][0]["pin"]) == ("organisation", world.pin("firms:F1"))
    shared: dict[str, Any] = {"phones": ["217-555-0133"], "region": "US"}
    assert client.post(PATH, json=shared | {"onlyCertain": True}).json()["candidates"] == []
    limited = client.post(PATH, json=shared | {"limit": 1}).json()
    assert (len(limited["candidates"]), limited["more"]) == (1, 1)


BAD: dict[str, tuple[Any, str]] = {
    "unknown": ({"nmae": "Ann Lee"}, "nmae"),
    "unknown in a part": ({"name": {"first": "Ann"}}, "name"),
    "unknown type": ({"identifiers": [{"type": "ssn", "value": "1"}]}, "identifiers.0.type"),
    "number": ({"phones": [2175550101]}, "phones.0"),
    "limit": (CAROL | {"limit": 0}, "limit"),
    "empty": ({"name": ""}, "name"),
    "long": ({"name": "a" * 900_000}, "name"),
    "many": ({"phones": ["217-555-0101"] * 21}, "phones"),
    "region": (CAROL | {"region": "Texas"}, "region"),
    "list": ([CAROL], "body"),
    "null": (None, "body"),
}


@pytest.mark.parametrize(("body", "field"), BAD.values(), ids=BAD)
def test_a_body_that_is_not_valid_names_the_field(client: httpx.Client, body: Any, field: str) -> None:
    found = problem(client.post(PATH, content=json.dumps(body), headers=JSON), "invalid-request")
    assert str(found["field"]).startswith(field)


JSON = {"Content-Type": "application/json"}
BROKEN = {
    "not json": b'{"name": "Ann',
    "deep": b'{"name": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a little too deep": b'{"name": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}",
    "half a pair": b'{"name": "\\ud800"}',
    "not utf-8": b'{"name": "\xff"}',
    "nul": b'{"name": "a\\u0000b"}',
    "nul in a name": b'{"na\\u0000me": "a"}',
    "nan": b'{"limit": NaN}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("path", [PATH, "/v1/xref:batch"])
def test_a_body_that_is_no_good_json_is_refused_before_anything_reads_it(
    client: httpx.Client, path: str, body: bytes
) -> None:
    assert problem(client.post(path, content=body, headers=JSON), "invalid-request")["field"] == "body"


def test_brackets_in_texts_are_not_depth(client: httpx.Client) -> None:
    asked = CAROL | {"name": "Carol " + '[{"\\' * 60 + " Diaz"}
    assert client.post(PATH, json=asked).status_code == 200


def test_a_large_body_is_refused_whether_or_not_it_says_its_size(client: httpx.Client) -> None:
    large = json.dumps({"name": "a" * 10_000_000}).encode()

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(large), 65_536):
            yield large[start : start + 65_536]

    for content in (large, pieces()):
        try:
            answer = client.post(PATH, content=content, headers=JSON)
        except httpx.WriteError:  # the server need not wait for the rest
            continue
        assert f"{MOST_BYTES:,}" in str(problem(answer, "too-large")["detail"])


def test_nothing_to_look_for_says_what_would_do(client: httpx.Client) -> None:
    for body in ({}, {"sex": "female"}, {"phones": ["110"]}, {"name": "?"}):
        assert "identifier" in str(problem(client.post(PATH, json=body), "invalid-request")["remedy"])


NASTY = ["'; drop table record; --", "<script>alert(1)</script>", "%00", "\u202e", "😀" * 100, "a" * 1000, "(" * 1000,
         "1" * 1000, "张" * 1000, "0931-" * 200, "é\u0301" * 300, " ", "\t\n", "null", "ا" * 999, "𠮷野家"]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_any_text_in_any_field_gets_an_answer(client: httpx.Client, text: str) -> None:
    parts = ("text", "number", "street", "unit", "locality", "postcode", "country")
    bodies: list[dict[str, Any]] = [
        {"name": text}, {"name": {"given": text, "family": text, "former": text}}, {"organisation": text},
        {"birth_date": text}, {"sex": text}, {"phones": [text]}, {"emails": [text]}, {"address": text},
        {"address": dict.fromkeys(parts, text)}, {"identifiers": [{"type": "other", "value": text, "country": text}]},
    ]  # fmt: skip
    for body in bodies:
        for region in ("US", "CN"):
            assert client.post(PATH, json=body | {"region": region}).status_code in (200, 422)


def test_the_types_of_identifiers_are_those_of_the_party() -> None:
    assert set(IdentifierName.__args__) == set(IDENTIFIER_TYPES)
    example = IdentifyRequest.model_config["json_schema_extra"]
    assert isinstance(example, dict)
    assert IdentifyRequest.model_validate(example["example"]).to_mapped()["name_full"] == "Carol Diaz"
