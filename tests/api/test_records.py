"""Channels write records: the master file knows at once, and what comes twice is done once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import orjson
import pytest

from mdm.match.model import untrained
from mdm.store import models
from mdm.store.database import Database, open_database
from tests.api.keys import add_key
from tests.api.serving import serving
from tests.pipelines.tiny import TinyWorkspace, people, text
from tests.store.fixtures import workspace_directory

CAROL: dict[str, Any] = {
    "name": {"given": "Carol", "family": "Diaz"},
    "birth_date": "1990-12-12",
    "phones": ["(217) 555-0101"],
    "address": {"street": "12 Elm Street", "locality": "Springfield", "postcode": "62701"},
    "identifiers": [{"type": "tax_number", "value": "912-70-1234", "country": "US"}],
}


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[TinyWorkspace, Database]]:
    """A workspace with a night's customers."""
    with workspace_directory() as directory:
        workspace = TinyWorkspace(directory / "ws", "[run]\nbusiness_date = 2026-04-30\n")
        (directory / "ws").chmod(0o755)
        workspace.add("crm", text(people(0, 40)))
        workspace.source("web")
        with open_database(None, workspace.settings.var) as database:
            with database.begin() as connection:  # forty people teach a model nothing
                for party in ("person", "organisation"):
                    model = untrained(party, records=50)
                    models.save_model(connection, model.model_id, party, orjson.loads(model.to_json()))
                    models.make_current(connection, model.model_id)
            workspace.night(database)
            yield workspace, database


@pytest.fixture(scope="module")
def writing(place: tuple[TinyWorkspace, Database]) -> Iterator[httpx.Client]:
    workspace, database = place
    with serving(workspace.settings, key=add_key(database)) as (client, _):
        yield client


def put(client: httpx.Client, key: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = client.put(f"/v1/records/web/{key}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return {**answer.json(), "etag": answer.headers["ETag"]}


def test_a_new_person_is_a_new_customer_and_is_found_at_once(writing: httpx.Client) -> None:
    written = put(writing, "new-1", CAROL)
    assert written["outcome"] == "created"
    assert written["record"]["phones"] == [{"number": "+12175550101"}]
    assert writing.get("/v1/xref/web/new-1").json()["pin"] == written["pin"]
    golden = writing.get(f"/v1/customers/{written['pin']}").json()
    assert golden["name"] == "Carol Diaz"
    found = writing.post("/v1/customers:identify", json={"name": "Carol Diaz", "birth_date": "1990-12-12"}).json()
    assert found["candidates"][0]["pin"] == written["pin"]


def test_the_same_person_in_another_system_is_linked(writing: httpx.Client) -> None:
    crm = writing.get("/v1/xref/crm/K003").json()["pin"]
    shown = writing.get("/v1/records/crm/K003").json()["record"]
    body = {
        "name": {"given": shown["name_given"], "family": shown["name_family"]},
        "birth_date": shown["birth_date"],
        "phones": [shown["phones"][0]["number"]],
    }
    written = put(writing, "link-1", body)
    assert (written["outcome"], written["pin"]) == ("linked", crm)
    keys = writing.get(f"/v1/customers/{crm}?include=records").json()["records"]
    assert {(one["system"], one["local_id"]) for one in keys} == {("crm", "K003"), ("web", "link-1")}


def test_sent_again_it_is_unchanged_and_changed_it_is_another_version(writing: httpx.Client) -> None:
    body = {**CAROL, "name": {"given": "Ignace", "family": "Tremblay"}, "identifiers": []}
    first = put(writing, "again", body)
    assert put(writing, "again", body)["outcome"] == "unchanged"
    answer = writing.patch(
        "/v1/records/web/again", json={"phones": ["(217) 555-0177"]}, headers={"If-Match": first["etag"]}
    )
    assert answer.json()["record"]["phones"] == [{"number": "+12175550177"}]
    assert answer.json()["record"]["name_given"] == "Ignace"
    stale = writing.patch(
        "/v1/records/web/again", json={"phones": ["(217) 555-0178"]}, headers={"If-Match": first["etag"]}
    )
    assert (stale.status_code, stale.json()["field"]) == (412, "If-Match")
    assert writing.put("/v1/records/web/again", json=body, headers={"If-None-Match": "*"}).status_code == 412


def test_the_same_order_is_carried_out_once(writing: httpx.Client) -> None:
    body = {**CAROL, "name": {"given": "Mina", "family": "Kowalski"}, "identifiers": [], "phones": ["(217) 555-0123"]}
    first = put(writing, "once", body, **{"Idempotency-Key": "order-1"})
    writing.delete("/v1/records/web/once")
    again = writing.put("/v1/records/web/once", json=body, headers={"Idempotency-Key": "order-1"})
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["pin"] == first["pin"]
    assert writing.get("/v1/records/web/once").status_code == 404
    other = writing.put("/v1/records/web/once", json=CAROL, headers={"Idempotency-Key": "order-1"})
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")


def test_a_deleted_record_leaves_its_customer(writing: httpx.Client) -> None:
    body = {**CAROL, "name": {"given": "Odile", "family": "Brandt"}, "identifiers": [], "phones": ["(217) 555-0124"]}
    pin = put(writing, "gone", body)["pin"]
    assert writing.delete("/v1/records/web/gone").json()["outcome"] == "deleted"
    assert writing.get(f"/v1/customers/{pin}").status_code == 410
    assert writing.delete("/v1/records/web/gone").status_code == 404
    assert put(writing, "gone", body)["pin"] == pin  # it is there again, and so is the customer


def test_32_clients_that_create_one_person_in_variants_end_with_one_customer(writing: httpx.Client) -> None:
    def variant(number: int) -> dict[str, Any]:
        given = ("Theodora", "THEODORA", " theodora ")[number % 3]
        family = ("Vasquez", "Vásquez", "VASQUEZ")[number % 4 % 3]
        phones = [("(217) 555-0140", "217-555-0140", "+1 217 555 0140")[number % 5 % 3]]
        born, address = "1984-07-09", {"street": "77 Pine Road", "postcode": "62703"}
        return {"name": {"given": given, "family": family}, "birth_date": born, "phones": phones, "address": address}

    with ThreadPoolExecutor(32) as pool:
        written = list(pool.map(lambda n: put(writing, f"race-{n}", variant(n)), range(32)))
    assert len({writing.get(f"/v1/xref/web/race-{n}").json()["pin"] for n in range(32)}) == 1
    assert sum(one["outcome"] == "created" for one in written) >= 1


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/v1/records/wub/1", CAROL, 404, "Did you mean 'web'"),
        ("/v1/records/web/1", {"sex": "f"}, 422, "nothing that can be used"),
        ("/v1/records/web/1", {"nmae": "Carol"}, 422, "nmae"),
        ("/v1/records/web/1", {**CAROL, "region": "CA"}, 422, "region"),
        ("/v1/records/web/1", {**CAROL, "phones": [{"value": "1", "valid_from": "2026-31-01"}]}, 422, "valid_from"),
    ],
)
def test_bad_records_are_told(writing: httpx.Client, path: str, body: dict[str, Any], status: int, says: str) -> None:
    answer = writing.put(path, json=body)
    assert answer.status_code == status
    assert says in answer.text


def test_validating_writes_nothing(writing: httpx.Client) -> None:
    body = {"name": "Carol Diaz", "phones": ["217 555 01"], "birth_date": "1890-13-45"}
    answer = writing.post("/v1/records:validate?system=web", json=body).json()
    assert answer["usable"]
    assert {remark["attribute"] for remark in answer["remarks"]} >= {"birth_date"}
    marks = {found["attribute"]: found["mark"] for found in answer["marks"]}
    assert marks == {"name": "valid", "phones": "unreadable", "birth_date": "unreadable"}


def test_validating_converts_a_lunar_birthday(writing: httpx.Client) -> None:
    body = {"name": "张伟", "birth_date": "2020年闰四月初一", "birth_calendar": "lunar", "phones": ["217 555 0101"]}
    answer = writing.post("/v1/records:validate", json=body).json()
    assert answer["record"]["birth_date"] == "2020-05-23"
    assert {"attribute": "birth_date", "mark": "repaired"} in answer["marks"]


def test_32_clients_that_bridge_three_customers_in_opposite_orders_end_as_the_night_would(
    writing: httpx.Client, place: tuple[TinyWorkspace, Database]
) -> None:
    """Three records that share nothing but with a fourth kind: who brings them together comes from both ends."""
    ends: list[dict[str, Any]] = [
        {"name": "Yolanda Pruitt", "birth_date": "1971-01-09", "phones": ["(217) 555-0150"]},
        {"name": "Yolanda Pruitt", "birth_date": "1971-01-09", "emails": ["yolanda@pruitt.example"]},
        {"name": "Yolanda Pruitt", "birth_date": "1971-01-09", "accounts": ["YP-1"], "phones": ["(217) 555-0151"]},
    ]
    for number, body in enumerate(ends):
        put(writing, f"end-{number}", body)
    whole = {**ends[0], "emails": ["yolanda@pruitt.example"], "phones": ["(217) 555-0150", "(217) 555-0151"]}

    def bridge(number: int) -> dict[str, Any]:
        one, other = ends[number % 3], ends[(number + (1 if number % 2 else 2)) % 3]
        body = {**one, **{name: [*one.get(name, ()), *other.get(name, ())] for name in ("phones", "emails")}}
        return put(writing, f"bridge-{number}", body if number % 4 else whole)

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(bridge, range(32)))
    keys = [*(f"end-{n}" for n in range(3)), *(f"bridge-{n}" for n in range(32))]
    customers = {key: writing.get(f"/v1/xref/web/{key}").json()["pin"] for key in keys}
    assert len(set(customers.values())) == 1
    place[0].night(place[1], feeds=False)
    assert {key: writing.get(f"/v1/xref/web/{key}").json()["pin"] for key in keys} == customers


def test_a_night_settles_and_changes_nothing_else(writing: httpx.Client, place: tuple[TinyWorkspace, Database]) -> None:
    workspace, database = place
    pins = {key: writing.get(f"/v1/xref/web/{key}").json()["pin"] for key in ("new-1", "link-1", "again", "race-0")}
    put(writing, "late", {**CAROL, "name": "Late Comer", "identifiers": [], "phones": ["(217) 555-0160"]})
    assert workspace.night(database, feeds=False)["status"] == "applied"
    assert {key: writing.get(f"/v1/xref/web/{key}").json()["pin"] for key in pins} == pins
    household = writing.get(f"/v1/customers/{pins['race-0']}?include=household").json()
    assert household["household"]["members"][0]["pin"] == pins["race-0"]
    assert workspace.night(database, feeds=False)["status"] == "unchanged"
