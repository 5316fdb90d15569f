"""Stewards over HTTP: the queue, judgements, merging and taking apart, overrides, why and how."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from api.app import make_app
from mdm.settings import StewardshipSettings
from mdm.store import audit
from mdm.store.database import Database, open_database
from tests.api.keys import add_key, bearing
from tests.api.serving import in_thread, serving
from tests.pipelines.tiny import TinyWorkspace, people, person, text
from tests.stewardship.conftest import SETTINGS, put_models
from tests.store.fixtures import workspace_directory

REASON = {"reason": "a test"}
PERHAPS = (7, 8, 9, 10, 11, 12)  # people of whom billing has somebody who may be they

AT_HOME = [*(person(n, STREET="12 River Road", ZIP="10999") for n in (36, 37)), *people(38, 2)]  # a couple, and others


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[TinyWorkspace, Database]]:
    """crm has 40 people; billing has K005 too, and some who may be others."""
    with workspace_directory() as directory:
        workspace = TinyWorkspace(directory / "ws", SETTINGS)
        (directory / "ws").chmod(0o755)
        workspace.add("crm", text([*people(0, 36), *AT_HOME]))
        nowhere = {"PHONE": "", "STREET": "", "ZIP": "", "CITY": ""}
        billed = [person(n, ID=f"B{n:03}", **nowhere) for n in PERHAPS]
        billed += [person(n, ID=f"B{n:03}", BORN="", FAMILY="Other") for n in (13, 14)]
        workspace.add("billing", text([person(5, ID="B005"), *billed]))
        with open_database(None, workspace.settings.var) as database:
            put_models(database)
            workspace.night(database)
            yield workspace, database


@pytest.fixture(scope="module")
def jane(place: tuple[TinyWorkspace, Database]) -> Iterator[httpx.Client]:
    workspace, database = place
    with serving(workspace.settings, key=add_key(database, name="jane")) as (client, _):
        yield client


def as_other(jane: httpx.Client, place: tuple[TinyWorkspace, Database], name: str, *scopes: str) -> httpx.Client:
    return httpx.Client(base_url=jane.base_url, headers=bearing(add_key(place[1], *scopes, name=name)), timeout=60)


def pin(client: httpx.Client, key: str) -> str:
    found: str = client.get(f"/v1/xref/{key.replace(':', '/')}").json()["pin"]
    return found


def household(client: httpx.Client, key: str) -> str:
    """The household of a record's customer."""
    document = client.get(f"/v1/customers/{pin(client, key)}", params={"include": "household"}).json()
    found: str = document["household"]["chi"]
    return found


def source_key(key: str) -> dict[str, str]:
    system, local_id = key.split(":")
    return {"system": system, "local_id": local_id}


def post(client: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = client.post(path, json=REASON | body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def judge(client: httpx.Client, one: str, other: str, verdict: str) -> dict[str, Any]:
    return post(client, "/v1/judgements", left=source_key(one), right=[source_key(other)], verdict=verdict)


def queue(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/tasks", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["tasks"]
    return found


def test_the_queue_is_sorted_filtered_and_paged(jane: httpx.Client) -> None:
    every = queue(jane)
    assert len(every) >= 4
    assert [task["value"] for task in every] == sorted((task["value"] for task in every), reverse=True)
    weights = [task["weight"] for task in queue(jane, sort="weight")]
    assert weights == sorted(weights, reverse=True)
    for sort in ("value", "age", "weight"):
        pages, cursor = [], None
        while cursor is not None or not pages:
            found = jane.get(
                "/v1/tasks", params={"limit": 2, "sort": sort} | ({"cursor": cursor} if cursor else {})
            ).json()
            pages.append([task["task"] for task in found["tasks"]])
            cursor = found.get("next")
        assert [number for page in pages for number in page] == [task["task"] for task in queue(jane, sort=sort)]
    one = every[0]
    assert one["task"] in {task["task"] for task in queue(jane, pin=one["left_pin"])}
    assert queue(jane, kind=one["kind"], system="billing", party="person")
    assert queue(jane, system="nowhere") == []
    assert queue(jane, status="closed") == []
    wrong = jane.get("/v1/tasks", params={"cursor": "age:0.0:1", "sort": "value"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "cursor")


def test_two_stewards_on_one_task(jane: httpx.Client, place: tuple[TinyWorkspace, Database]) -> None:
    task = queue(jane, sort="age")[0]["task"]
    with as_other(jane, place, "bob", "steward", "lookup") as bob:
        assert jane.post(f"/v1/tasks/{task}:claim").json()["assignee"] == "jane"
        for path, body in ((":claim", None), (":release", None), (":close", {"verdict": "same", **REASON})):
            second = bob.post(f"/v1/tasks/{task}{path}", json=body)
            assert (second.status_code, second.json()["holder"]) == (409, "jane")
            assert second.json()["type"].endswith(":taken")
        assert task in {each["task"] for each in queue(bob, assignee="jane")}
        assert task not in {each["task"] for each in queue(bob, unassigned=True)}
        assert bob.post(f"/v1/tasks/{task}:assign", json={"assignee": "bob"}).status_code == 409
        given = bob.post(f"/v1/tasks/{task}:assign", json={"assignee": "bob", "takeOver": True})
        assert given.json()["assignee"] == "bob"
        assert "assignee" not in bob.post(f"/v1/tasks/{task}:release").json()
        done = bob.post(f"/v1/tasks/{task}:close", json={"verdict": "dismiss", **REASON}).json()
        assert (done["task"]["closed_by"], done["task"]["verdict"]) == ("bob", "dismissed")
        assert done["effect"]["judgements"] == []
    late = jane.post(f"/v1/tasks/{task}:close", json={"verdict": "same", **REASON})
    assert (late.status_code, late.json()["holder"]) == (409, "bob")


def test_many_at_once(jane: httpx.Client) -> None:
    """One of eight answers a task; merges in both directions neither hang nor fail."""
    task = queue(jane, sort="weight")[0]["task"]
    ring = [f"crm:K{n:03}" for n in range(25, 29)]
    pins = [pin(jane, key) for key in ring]

    def answer(number: int) -> int:
        body = {"verdict": ("same", "different")[number % 2], **REASON}
        return jane.post(f"/v1/tasks/{task}:close", json=body).status_code

    def join(number: int) -> int:
        one, other = pins[number % 4], pins[(number + (1 if number % 2 else 3)) % 4]
        return jane.post(f"/v1/customers/{one}:merge", json={"with": [other], **REASON}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(answer, range(8))) == [200, *[409] * 7]
        found = set(pool.map(join, range(8)))
    assert found <= {200, 404}  # a PIN that redirects by then is told
    assert len({pin(jane, key) for key in ring}) < 4


def test_a_task_in_full_says_what_same_would_do_and_does_it(
    jane: httpx.Client, place: tuple[TinyWorkspace, Database]
) -> None:
    task = queue(jane)[0]
    found = jane.get(f"/v1/tasks/{task['task']}").json()
    assert [side["record"] for side in found["records"]] == [task["left"], task["right"]]
    assert found["records"][0]["cleansed"]["name_family"]
    assert found["records"][0]["original"]
    assert found["records"][0]["customer"]["pin"] == task["left_pin"]
    assert {"attribute", "bits"} <= found["pair"]["comparisons"][0].keys()
    assert found["pair"]["sentences"]
    foreseen = found["same"]["effect"]
    done = post(jane, f"/v1/tasks/{task['task']}:close", verdict="same")
    assert done["task"]["verdict"] == "same"
    assert (foreseen["moved"], foreseen["customers"]) == (done["effect"]["moved"], done["effect"]["customers"])
    assert pin(jane, task["left"]) == pin(jane, task["right"])
    workspace, database = place
    workspace.night(database, feeds=False)
    assert pin(jane, task["left"]) == pin(jane, task["right"])
    (number,) = done["effect"]["judgements"]
    post(jane, f"/v1/judgements/{number}:withdraw")
    assert [pin(jane, task["left"]), pin(jane, task["right"])] == [task["left_pin"], task["right_pin"]]
    assert {each["left"] for each in queue(jane)} >= {task["left"]}  # it is asked again


def test_many_tasks_are_closed_and_opened_again_together(jane: httpx.Client) -> None:
    two = queue(jane, kind="possible_match")[:2]
    numbers, keys = [task["task"] for task in two], {task["left"] for task in two}
    tried = post(jane, "/v1/tasks:close", tasks=numbers, verdict="same", dryRun=True)
    assert [(line["task"], len(set(line["after"]))) for line in tried["done"]] == [(number, 1) for number in numbers]
    assert tried["customers_before"] - tried["customers_after"] == tried["redirected"] == 2
    assert {task["task"] for task in queue(jane)} >= set(numbers)
    done = post(jane, "/v1/tasks:close", tasks=[*numbers, 999_999], verdict="unsure")
    assert [line["task"] for line in done["done"]] == numbers
    assert done["refused"] == [{"task": 999_999, "records": [], "before": [], "after": [], "refused": "gone"}]
    again = post(jane, "/v1/tasks:close", tasks=numbers, verdict="unsure")
    assert [(line["refused"], line["who"], line["said"]) for line in again["refused"]] == [
        ("closed", "jane", "unsure")
    ] * 2
    assert post(jane, "/v1/tasks:reopen", batch=done["batch"])["tasks"] == 2
    assert {task["left"] for task in queue(jane)} >= keys  # they are asked again
    late = jane.post("/v1/tasks:reopen", json={"batch": done["batch"], **REASON})
    assert (late.status_code, late.json()["type"].rpartition(":")[2]) == (409, "taken")


def test_a_second_look_and_a_disagreement(jane: httpx.Client, place: tuple[TinyWorkspace, Database]) -> None:
    workspace, database = place
    every = workspace.settings.model_copy(update={"stewardship": StewardshipSettings(second_share=1.0)})
    task = queue(jane, kind="possible_match", system="billing")[-1]
    shown = jane.get(f"/v1/tasks/{task['task']}").json()
    with as_other(jane, place, "dora", "steward", "pii") as dora, in_thread(make_app(every)) as client:
        client.headers.update(bearing(add_key(database, name="jane")))
        before = {each["task"] for each in queue(dora)}
        post(client, f"/v1/tasks/{task['task']}:close", verdict="same")
        assert pin(jane, task["left"]) == pin(jane, task["right"])
        ((again),) = [each for each in queue(dora) if each["task"] not in before]
        same = {"task", "opened_at", "value"}
        assert {k: v for k, v in again.items() if k not in same} == {k: v for k, v in task.items() if k not in same}
        unseen = dora.get(f"/v1/tasks/{again['task']}").json()
        assert (unseen["pair"], unseen["same"]["effect"]["moved"]) == (shown["pair"], shown["same"]["effect"]["moved"])
        assert [each["customer"]["pin"] for each in unseen["records"]] == [task["left_pin"], task["right_pin"]]
        assert jane.get(f"/v1/tasks/{again['task']}").status_code == 404
        assert again["task"] not in {each["task"] for each in queue(jane)}
        done = post(dora, f"/v1/tasks/{again['task']}:close", verdict="different")
        assert (done["effect"]["judgements"], done["task"]["verdict"]) == ([], "different")
        assert queue(dora, kind="disagreement") == []
    with as_other(jane, place, "root", "steward", "admin") as root:
        (settling,) = queue(root, kind="disagreement")
        answers = root.get(f"/v1/tasks/{settling['task']}").json()["answers"]
        assert [(each["actor"], each["verdict"]) for each in answers] == [("jane", "same"), ("dora", "different")]
        post(root, f"/v1/tasks/{settling['task']}:close", verdict="different")
    assert [pin(jane, task["left"]), pin(jane, task["right"])] == [task["left_pin"], task["right_pin"]]


@pytest.mark.parametrize("verdict", ["unsure", "dismiss"])
def test_what_was_answered_is_not_asked_again(
    jane: httpx.Client, place: tuple[TinyWorkspace, Database], verdict: str
) -> None:
    task = queue(jane, sort="weight")[-1]
    done = post(jane, f"/v1/tasks/{task['task']}:close", verdict=verdict)
    assert (done["effect"]["moved"], done["effect"]["tasks_opened"]) == ([], [])
    workspace, database = place
    moved = people(0, 36, STREET=f"2 {verdict} Street")
    workspace.deliver("crm", text([*moved, *AT_HOME]), day=f"202604{len(verdict):02}")
    workspace.night(database)
    assert task["left"] not in {each["left"] for each in queue(jane)}


def test_judgements_are_told_withdrawn_and_refused_with_their_chain(jane: httpx.Client) -> None:
    judge(jane, "crm:K020", "crm:K021", "same")
    made = judge(jane, "crm:K021", "crm:K022", "same")
    refused = jane.post(
        "/v1/judgements",
        json={"left": source_key("crm:K020"), "right": source_key("crm:K022"), "verdict": "different", **REASON},
    )
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:customer-master:problem:contradiction")
    assert refused.json()["chain"] == ["crm:K020", "crm:K021", "crm:K022"]
    assert refused.headers["content-type"] == "application/problem+json"
    post(jane, f"/v1/judgements/{made['judgements'][0]}:withdraw")
    again = jane.post(f"/v1/judgements/{made['judgements'][0]}:withdraw", json=REASON)
    assert (again.status_code, again.json()["holder"]) == (409, "jane")
    found = jane.get("/v1/judgements", params={"record": "crm:K021", "limit": 2}).json()
    assert [(one["verdict"], one["in_force"], one["actor"]) for one in found["judgements"]] == [
        ("withdrawn", False, "jane"), ("same", False, "jane"),
    ]  # fmt: skip
    rest = jane.get("/v1/judgements", params={"record": "crm:K021", "cursor": found["next"]}).json()["judgements"]
    assert [(one["left"], one["right"], one["in_force"]) for one in rest] == [("crm:K020", "crm:K021", True)]
    assert jane.get("/v1/judgements", params={"pin": pin(jane, "crm:K020")}).json()["judgements"]


def test_merge_and_unmerge_first_tried_then_done(jane: httpx.Client) -> None:
    first, second = pin(jane, "crm:K001"), pin(jane, "crm:K002")
    tried = post(jane, f"/v1/customers/{first}:merge", **{"with": [second]}, dryRun=True)
    assert (pin(jane, "crm:K001"), pin(jane, "crm:K002")) == (first, second)
    done = post(jane, f"/v1/customers/{first}:merge", **{"with": [second]})
    assert (tried["dry_run"], done["dry_run"]) == (True, False)
    assert (tried["moved"], tried["customers"]) == (done["moved"], done["customers"])
    whole = pin(jane, "crm:K001")
    assert whole == pin(jane, "crm:K002")
    gone = second if whole == first else first
    (after,) = [change["after"] for change in done["customers"] if change["pin"] == whole]
    assert sorted(after["records"]) == ["crm:K001", "crm:K002"]
    assert len(after["households"]) <= 2
    assert after["golden"]["name"]
    how = jane.get(f"/v1/customers/{gone}/how").json()
    assert how["pin"] == whole
    assert any(step.get("by", {}).get("actor") == "jane" for step in how["steps"])
    assert any(step["kind"] == "event" and step["event"]["kind"] == "merged" for step in how["steps"])
    former = next(event for step in how["steps"] if (event := step.get("event")) and event["kind"] == "merged")
    assert former["actor"] == "jane"
    why = jane.get("/v1/why", params={"a": "crm:K001", "b": "crm:K002"}).json()
    assert why["pairs"][0]["judgement"]["actor"] == "jane"
    post(jane, f"/v1/customers/{whole}:unmerge", former_pin=gone)
    assert (pin(jane, "crm:K001"), pin(jane, "crm:K002")) == (first, second)
    apart = jane.post(f"/v1/customers/{first}:merge", json={"with": [second], **REASON})
    assert (apart.status_code, apart.json()["chain"]) == (409, ["crm:K001", "crm:K002"])


def test_split_and_unmerge_of_a_record(jane: httpx.Client) -> None:
    whole = pin(jane, "crm:K005")
    tried = post(jane, f"/v1/customers/{whole}:split", records=[source_key("billing:B005")], dryRun=True)
    assert pin(jane, "billing:B005") == pin(jane, "crm:K005")
    done = post(jane, f"/v1/customers/{whole}:unmerge", record=source_key("billing:B005"))
    assert tried["moved"] == done["moved"]
    assert len({pin(jane, "billing:B005"), pin(jane, "crm:K005")}) == 2
    versions = jane.get(f"/v1/customers/{pin(jane, 'crm:K005')}/versions").json()["versions"]
    assert any(d["actor"] == "jane" for v in versions for c in (v["cause"], *v["later"]) for d in c["decisions"])


def test_an_override_holds_at_once_and_expires(jane: httpx.Client, place: tuple[TinyWorkspace, Database]) -> None:
    workspace, database = place
    number = pin(jane, "crm:K030")
    path = f"/v1/customers/{number}/overrides/birth_date"

    def born() -> str:
        found: str = jane.get(f"/v1/customers/{number}").json()["golden"]["birth_date"]["value"]
        return found

    before = born()
    value = {"value": "1980-03-02", "expires": "2026-04-02", **REASON}
    assert jane.put(path, json=value | {"dryRun": True}).json()["customers"][0]["after"]["golden"]
    assert born() == before
    assert jane.put(path, json=value).status_code == 200
    assert born() == "1980-03-02"
    (pinned,) = jane.get(f"/v1/customers/{number}/overrides").json()["overrides"]
    assert (pinned["actor"], pinned["expires"], pinned["value"]) == ("jane", "2026-04-02", "1980-03-02")
    with as_other(jane, place, "eve", "steward") as eve:
        (masked,) = eve.get(f"/v1/customers/{number}/overrides").json()["overrides"]
        assert masked["value"] == "1980-**-**"
    workspace.night(database, business_date=dt.date(2026, 4, 3))
    assert born() == before
    assert jane.put(path, json={"value": "1981-01-01", **REASON}).status_code == 200
    assert jane.delete(path, params=REASON).status_code == 200
    assert born() == before
    assert jane.delete(path).status_code == 404


BAD: list[tuple[str, str, dict[str, Any] | None, int, str]] = [
    ("POST", "/v1/judgements", {"left": source_key("crm:K1"), "verdict": "same", **REASON}, 422, "right"),
    ("POST", "/v1/judgements", {"left": [], "right": [], "verdict": "same", **REASON}, 422, "left"),
    (
        "POST", "/v1/judgements",
        {"left": source_key("crm:K001"), "right": source_key("crm:K002"), "verdict": "maybe", **REASON}, 422, "verdict",
    ),
    (
        "POST", "/v1/judgements",
        {"left": source_key("crm:K001"), "right": source_key("crm:K001"), "verdict": "same", **REASON},
        422, "one record",
    ),
    (
        "POST", "/v1/judgements",
        {"left": source_key("crm:K001"), "right": source_key("crm:K002"), "verdict": "same", "reason": " "},
        422, "reason",
    ),
    (
        "POST", "/v1/judgements",
        {"left": source_key("crm:K001"), "right": source_key("crm:K999"), "verdict": "same", **REASON}, 404, "K999",
    ),
    ("POST", "/v1/judgements/999999:withdraw", REASON, 404, "no judgement"),
    ("POST", "/v1/judgements/0:withdraw", REASON, 422, "judgement"),
    ("GET", "/v1/judgements", None, 422, "record"),
    ("GET", "/v1/judgements?record=crm:K999", None, 404, "no record"),
    ("GET", "/v1/tasks/999999", None, 404, "no task"),
    ("POST", "/v1/tasks/999999:claim", None, 404, "no task"),
    ("GET", "/v1/tasks?sort=size", None, 422, "sort"),
    ("POST", "/v1/tasks:close", {"tasks": [], "verdict": "same", **REASON}, 422, "tasks"),
    ("POST", "/v1/tasks:close", {"tasks": [1], "verdict": "maybe", **REASON}, 422, "verdict"),
    ("POST", "/v1/tasks:reopen", {"batch": "none", **REASON}, 422, "batch"),
    ("POST", "/v1/tasks:reopen", {"batch": "0123456789ab", **REASON}, 404, "0123456789ab"),
    ("GET", "/v1/tasks?cursor=value:1e99999:1", None, 422, "cursor"),
    ("GET", "/v1/tasks?pin=123", None, 404, "PIN"),
    ("POST", "/v1/customers/123:merge", {"with": ["123"], **REASON}, 404, "PIN"),
    ("POST", "/v1/customers/{pin}:merge", {"with": [], **REASON}, 422, "with"),
    ("POST", "/v1/customers/{pin}:merge", {"with": ["{pin}"], **REASON}, 422, "named twice"),
    ("POST", "/v1/customers/{pin}:unmerge", REASON, 422, "just one"),
    ("POST", "/v1/customers/{pin}:unmerge", {"record": source_key("crm:K039"), **REASON}, 422, "crm:K039"),
    ("POST", "/v1/customers/{pin}:unmerge", {"former_pin": "{pin}", **REASON}, 422, "nothing to take out"),
    ("POST", "/v1/customers/{pin}:split", {"records": [source_key("crm:K039")], **REASON}, 422, "not a record of"),
    ("POST", "/v1/customers/{pin}:split", {"records": [source_key("crm:K031")], **REASON}, 422, "nothing behind"),
    ("PUT", "/v1/customers/{pin}/overrides/shoe_size", {"value": "43", **REASON}, 422, "no such attribute"),
    ("PUT", "/v1/customers/{pin}/overrides/sex", {"value": "x", **REASON}, 422, "no such sex"),
    ("PUT", "/v1/customers/{pin}/overrides/sex", {"value": "male"}, 422, "reason"),
    (
        "PUT", "/v1/customers/{pin}/overrides/sex", {"value": "male", "expires": "2020-01-01", **REASON},
        422, "is over",
    ),
    ("DELETE", "/v1/customers/{pin}/overrides/sex", None, 404, "nothing is pinned"),
    ("POST", "/v1/households/H1:split", {"members": ["{pin}"], **REASON}, 404, "household"),
    ("POST", "/v1/households/{chi}:split", {"members": ["{alone}"], **REASON}, 422, "nobody would stay"),
    ("POST", "/v1/households/{chi}:split", {"members": ["{chi}"], **REASON}, 404, "PIN"),
    ("POST", "/v1/households/{chi}:merge", {"with": ["{chi}"], **REASON}, 422, "one household"),
    ("POST", "/v1/households/{chi}:move", {"members": ["{alone}"], "to": "{chi}", **REASON}, 422, "where they are"),
    ("POST", "/v1/household-decisions/999:withdraw", REASON, 404, "no decision 999"),
    ("GET", "/v1/why?a=crm:K001&b=nobody", None, 404, "PIN"),
    ("GET", "/v1/why?a=crm:K001", None, 422, "b"),
    ("GET", "/v1/customers/123/how", None, 404, "PIN"),
]  # fmt: skip


def test_a_household_is_split_with_a_preview_in_the_audit_log_and_put_together_again(
    jane: httpx.Client, place: tuple[TinyWorkspace, Database]
) -> None:
    home, key = household(jane, "crm:K036"), max("crm:K036", "crm:K037", key=lambda key: pin(jane, key))
    lodger = pin(jane, key)  # the household stays with the smaller PIN of two
    tried = post(jane, f"/v1/households/{home}:split", members=[lodger], dryRun=True)
    assert household(jane, key) == home
    done = post(jane, f"/v1/households/{home}:split", members=[lodger])
    assert done["at_once"]
    assert tried["households"] == done["households"]
    new = household(jane, key)
    assert [(change["chi"], "before" in change) for change in done["households"]] == [(home, True), (new, False)]
    assert [member["pin"] for member in done["households"][1]["after"]["members"]] == [lodger]
    (listed,) = jane.get(f"/v1/households/{new}/decisions").json()["decisions"]
    assert (listed["verb"], listed["moved"], listed["actor"], listed["in_force"]) == ("split", [lodger], "jane", True)
    with place[1].begin() as connection:
        (entry,) = [e for e in audit.find_entries(connection, actor="jane", count=9) if e["action"].endswith(":split")][
            :1
        ]
    assert lodger in entry["pins"]
    assert "household decision" in entry["fields"]
    post(jane, f"/v1/household-decisions/{done['decision']}:withdraw")
    assert household(jane, key) == home
    again = jane.post(f"/v1/household-decisions/{done['decision']}:withdraw", json=REASON)
    assert (again.status_code, again.json()["holder"]) == (409, "jane")


@pytest.mark.parametrize(("method", "path", "body", "status", "says"), BAD)
def test_bad_requests_are_told(
    jane: httpx.Client, method: str, path: str, body: dict[str, Any] | None, status: int, says: str
) -> None:
    names = {"{pin}": pin(jane, "crm:K031")}
    if "household" in path:
        names |= {"{chi}": household(jane, "crm:K038"), "{alone}": pin(jane, "crm:K038")}

    def named(value: Any) -> Any:
        if isinstance(value, str):
            for name, said in names.items():
                value = value.replace(name, said)
            return value
        return [named(each) for each in value] if isinstance(value, list) else value

    content = None if body is None else {name: named(value) for name, value in body.items()}
    answer = jane.request(method, named(path), json=content)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.text


def test_only_stewards_and_everything_in_the_audit_log(
    jane: httpx.Client, place: tuple[TinyWorkspace, Database]
) -> None:
    body = {"left": source_key("crm:K001"), "right": source_key("crm:K002"), "verdict": "same", **REASON}
    with as_other(jane, place, "channel", "lookup", "write") as channel:
        for method, path in (("GET", "/v1/tasks"), ("POST", "/v1/judgements"), ("GET", "/v1/why?a=1&b=2")):
            refused = channel.request(method, path, json=body if method == "POST" else None)
            assert refused.status_code == 403
            assert "scope steward" in refused.json()["detail"]
    judge(jane, "crm:K034", "crm:K035", "different")
    with place[1].begin() as connection:
        entry = audit.find_entries(connection, actor="jane", count=1)[0]
    assert entry["action"] == "POST /v1/judgements"
    assert entry["records"] == ["crm:K034", "crm:K035"]
    assert set(entry["pins"]) == {pin(jane, "crm:K034"), pin(jane, "crm:K035")}
