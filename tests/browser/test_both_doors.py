"""A steward's decision of today holds in tonight's run, through whichever door it came: the console, the API.

The feeds of the night say otherwise, loudly. What is taken back is as the evidence says, in the night after.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import make_app
from mdm import accounts
from mdm.registry.pair import explain_records
from mdm.store import accounts as kept
from mdm.store.database import Database, open_database
from tests.api.keys import add_key, bearing
from tests.api.serving import in_thread
from tests.browser.desk import PASSWORD, Window, token_in
from tests.pipelines.tiny import TinyWorkspace, people, person, text
from tests.stewardship.conftest import SETTINGS, put_models
from tests.store.fixtures import workspace_directory

NOWHERE = {"PHONE": "", "STREET": "", "ZIP": "", "CITY": ""}
ELSEWHERE = {"GIVEN": "Zelda", "FAMILY": "Ottoway", "STREET": "900 Harbour Road", "CITY": "Portland", "ZIP": "97201"}
SAME, DIFFERENT = (7, 9), (8, 5)  # people of crm and billing, as they are judged


@dataclass
class Office:
    """A workspace that is served, and its nights."""

    workspace: TinyWorkspace
    database: Database
    url: str
    billed: dict[int, dict[str, str]] = field(default_factory=dict)

    def pins(self) -> dict[int, tuple[str, str]]:
        """The PINs of a person in crm and in billing."""
        with httpx.Client(base_url=self.url, headers=bearing(add_key(self.database, "lookup"))) as client:
            return {n: (_pin(client, f"crm/K{n:03}"), _pin(client, f"billing/B{n:03}")) for n in (*SAME, *DIFFERENT)}

    def night(self, day: str) -> None:
        """New deliveries: who was judged the same differs now, and who was judged different agrees in everything."""
        phone = f"+1 212 555 01{day[-2:]}"
        for number in SAME:
            self.billed[number] |= ELSEWHERE
        for number in DIFFERENT:
            self.billed[number] = person(number, ID=f"B{number:03}", PHONE=phone)
        self.workspace.deliver("crm", text(people(0, 40, PHONE=phone)), day=day)
        self.workspace.deliver("billing", text(self.billed.values()), day=day)
        assert self.workspace.night(self.database)["status"] == "applied"

    def evidence(self, number: int) -> bool:
        """Whether the machine would take a person in crm and in billing for one, judgements left out."""
        keys = f"crm:K{number:03}", f"billing:B{number:03}"
        with self.database.read() as connection:
            pair = explain_records(connection, *keys, settings=self.workspace.settings)
        return pair.band == "match" and not pair.speaks_against


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    """crm has 40 people; billing has K005 too, and three who may be K007, K008 and K009."""
    with workspace_directory() as directory:
        workspace = TinyWorkspace(directory / "ws", SETTINGS)
        (directory / "ws").chmod(0o755)
        billed = {n: person(n, ID=f"B{n:03}", **({} if n == 5 else NOWHERE)) for n in (5, 7, 8, 9)}
        workspace.add("crm", text(people(0, 40)))
        workspace.add("billing", text(billed.values()))
        with open_database(None, workspace.settings.var) as database:
            put_models(database)
            workspace.night(database)
            with database.begin() as connection:
                digest = accounts.digest_password(PASSWORD)
                kept.add_account(connection, "li.na", role="steward", pii=True, created_by="a test", digest=digest)
            with in_thread(make_app(workspace.settings)) as client:
                yield Office(workspace, database, str(client.base_url), billed)


def test_what_was_decided_holds_tonight_and_what_was_taken_back_does_not(office: Office, browser: Browser) -> None:
    window = Window(browser, office.url)
    with closing(_form(office.url)) as form, closing(_channel(office)) as api:
        _decide_and_take_back(office, window.page("li.na"), form, api)
    window.close()


def _decide_and_take_back(office: Office, page: Page, form: httpx.Client, api: httpx.Client) -> None:
    before = office.pins()
    assert {n: one == other for n, (one, other) in before.items()} == {7: False, 9: False, 8: False, 5: True}
    tasks = {each["left"]: each["task"] for each in api.get("/v1/tasks").json()["tasks"]}
    tasks |= {each["right"]: each["task"] for each in api.get("/v1/tasks").json()["tasks"]}

    page.goto(f"/console/tasks/{tasks['billing:B007']}")  # in Chromium
    page.keyboard.press("s")
    expect(page.locator(".said")).to_contain_text("the same")
    task = f"/console/tasks/{tasks['billing:B008']}"  # the form as a browser without JavaScript sends it
    token = token_in(form.get(task).text)
    answer = form.post(f"{task}:answer", data={"form_token": token, "verdict": "different", "then": "/console/tasks"})
    assert answer.status_code == 303
    closed = _post(api, f"/v1/tasks/{tasks['billing:B009']}:close", verdict="same")
    sides = {"left": {"system": "crm", "local_id": "K005"}, "right": {"system": "billing", "local_id": "B005"}}
    judged = _post(api, "/v1/judgements", **sides, verdict="different")

    decided = office.pins()
    assert {n: one == other for n, (one, other) in decided.items()} == {7: True, 9: True, 8: False, 5: False}
    office.night("20260401")
    assert {n: office.evidence(n) for n in decided} == {7: False, 9: False, 8: True, 5: True}  # all of it otherwise
    assert office.pins() == decided

    page.goto("/console/decisions")
    page.locator("tr", has_text="billing:B007").get_by_role("button", name="Take it back").click()
    expect(page.locator(".said")).to_contain_text("Taken back.")
    listed = form.get("/console/decisions").text
    undo = next(part for part in listed.split('action="')[1:] if part.startswith("/console/judgements/"))
    assert form.post(undo.split('"')[0], data={"form_token": token}).status_code == 303  # what is left: that of B008
    for effect in (closed["effect"], judged):
        _post(api, f"/v1/judgements/{effect['judgements'][0]}:withdraw")
    office.night("20260402")
    after = office.pins()
    assert {n: one == other for n, (one, other) in after.items()} == {n: office.evidence(n) for n in decided}
    assert {n: after[n] for n in (*SAME, 5)} == {n: before[n] for n in (*SAME, 5)}  # each has its own PIN again
    assert after[8][0] in before[8]


def _pin(client: httpx.Client, key: str) -> str:
    return str(client.get(f"/v1/xref/{key}").json()["pin"])


def _channel(office: Office) -> httpx.Client:
    return httpx.Client(base_url=office.url, headers=bearing(add_key(office.database)), timeout=60)


def _form(url: str) -> httpx.Client:
    """A browser without JavaScript, signed in."""
    client = httpx.Client(base_url=url, headers={"Origin": url}, timeout=60)
    token = token_in(client.get("/console/sign-in").text)
    assert client.post(
        "/console/sign-in", data={"name": "li.na", "password": PASSWORD, "form_token": token}
    ).is_redirect
    return client


def _post(client: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = client.post(path, json={"reason": "a test", **body})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
