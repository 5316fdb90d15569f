"""One task: the evidence, the preview, answers by keyboard, undo, two stewards at one task, a session that ends."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from mdm.registry import look_up
from mdm.stewardship import tasks
from mdm.store import audit
from tests.browser.chromium import faults_of
from tests.browser.desk import Desk, Signed, Window, new_tasks, sign_in, token_of


def _state(desk: Desk, number: int) -> tuple[str, str | None, str | None]:
    with desk.database.read() as connection:
        task = tasks.find(connection, number)
    return task["status"], task["verdict"], task["closed_by"]


def _pins(desk: Desk, number: int) -> set[str]:
    with desk.database.read() as connection:
        task = tasks.find(connection, number)
        return {look_up(connection, task[f"{side}_key"]).pin for side in ("left", "right")}


def _at(page: Page, number: int) -> None:
    expect(page).to_have_title(f"Task {number} · Customer master file")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_stands_in_anybodys_way(desk: Desk, window: Window, width: int, theme: str) -> None:
    (number,) = new_tasks(desk, 1)
    page = window.page("li.na", width=width, theme=theme)
    page.goto(f"/console/tasks/{number}")
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_values_are_masked_until_they_are_asked_for(desk: Desk, window: Window) -> None:
    (number,) = new_tasks(desk, 1)
    page = window.page("li.na")
    page.goto(f"/console/tasks/{number}")
    assert "***" in page.locator(".waterfall").inner_text()
    assert "+1217555" not in page.content()
    page.keyboard.press("p")
    expect(page.locator(".waterfall")).to_contain_text("+1217555")
    page.goto(f"/console/tasks/{number}")
    with desk.database.read() as connection:
        entry = audit.find_entries(connection, actor="li.na", count=1)[0]
    assert (entry["action"], entry["masked"], len(entry["pins"])) == ("GET /console/tasks/{task}", False, 2)


def test_ten_tasks_by_keyboard_alone_and_undo(desk: Desk, window: Window) -> None:
    numbers = new_tasks(desk, 10)
    page = window.page("mei")  # nobody else works under her name: her day is these ten
    for other in numbers:  # the list of her own: those ten
        page.request.post(
            f"/console/tasks/{other}:claim", form={"form_token": page.locator("[name=form_token]").first.input_value()},
            headers={"Origin": desk.url},
        )  # fmt: skip
    page.goto("/console/tasks?assignee=me&sort=age")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    answers = {"s": "same", "d": "different", "u": "unsure"}
    done: list[tuple[int, str]] = []
    for turn in range(10):
        number = numbers[turn]
        _at(page, number)
        key = "sdu"[turn % 3]
        page.keyboard.press("r")
        page.keyboard.type(f"reason {turn}")
        page.keyboard.press("Escape")
        page.keyboard.press(key)
        done.append((number, answers[key]))
        expect(page.locator(".said")).to_contain_text(f"Task {number}:")
    assert [_state(desk, number) for number, _ in done] == [("closed", verdict, "mei") for _, verdict in done]
    assert len(_pins(desk, numbers[0])) == 1
    assert len(_pins(desk, numbers[1])) == 2
    page.keyboard.press("z")  # the last one was "same"
    expect(page.locator(".said")).to_contain_text("Taken back. The question is open again.")
    assert len(_pins(desk, numbers[9])) == 2
    page.goto("/console/tasks")
    day = page.get_by_role("region", name="My day").inner_text()
    assert "10\nanswered today" in day
    assert "1\ntaken back" in day


def test_the_second_of_two_stewards_is_told_and_loses_nothing(desk: Desk, window: Window) -> None:
    (number,) = new_tasks(desk, 1)
    first, second = window.page("li.na"), window.page("bo", script=False)
    for page in (first, second):
        page.goto(f"/console/tasks/{number}")
    second.fill("[name=reason]", "brothers, I asked")
    first.click("[value=same]")
    expect(first.locator(".said")).to_contain_text(f"Task {number}: the same.")
    second.click("[value=different]")
    told = second.get_by_role("alert").inner_text()
    assert "li.na was first" in told
    assert "Your answer: Different. Reason: brothers, I asked" in told
    assert _state(desk, number) == ("closed", "same", "li.na")
    assert "Closed by li.na: Same." in second.locator("main").inner_text()


def test_one_who_works_on_it_is_not_passed_over(desk: Desk, as_: Signed) -> None:
    (number,) = new_tasks(desk, 1)
    ann, bob = as_("li.na"), as_("bo")
    ann.post(f"/console/tasks/{number}:claim", data={"form_token": token_of(ann)})
    form = {"form_token": token_of(bob), "verdict": "same", "reason": "sure", "then": "/console/tasks"}
    refused = bob.post(f"/console/tasks/{number}:answer", data=form)
    assert refused.status_code == 409
    assert 'value="sure"' in refused.text
    assert bob.post(f"/console/tasks/{number}:answer", data={**form, "over": "1"}).status_code == 303
    assert _state(desk, number) == ("closed", "same", "bo")


def test_evidence_that_changed_meanwhile_is_shown_first(desk: Desk, as_: Signed) -> None:
    (number,) = new_tasks(desk, 1)
    client = as_("li.na")
    form = {"form_token": token_of(client), "verdict": "same", "reason": "x", "seen": "-99.5"}
    answer = client.post(f"/console/tasks/{number}:answer", data=form)
    assert answer.status_code == 409
    assert "The evidence has changed" in answer.text
    assert _state(desk, number)[0] == "open"


def test_a_session_that_ends_in_the_middle_of_a_decision_loses_nothing(desk: Desk, window: Window) -> None:
    (number,) = new_tasks(desk, 1)
    page = window.page("ada")
    page.goto(f"/console/tasks/{number}", wait_until="networkidle")  # the next task is fetched, too: that is use
    page.fill("[name=reason]", "saw both passports")
    with desk.database.begin() as connection:
        connection.exec_driver_sql(
            "update console_session set seen_at = now() - interval '2 hours' where account = 'ada'"
        )
    page.click("[value=different]")
    page.wait_for_url("**/console/sign-in**")
    assert _state(desk, number)[0] == "open"
    sign_in(page, "ada")
    page.wait_for_url("**/console/kept")
    assert "saw both passports" in page.locator("main").inner_text()
    page.get_by_role("button", name="Send now").click()
    expect(page.locator(".said")).to_contain_text(f"Task {number}: different.")
    assert _state(desk, number) == ("closed", "different", "ada")


def test_a_viewer_sees_and_decides_nothing(desk: Desk, as_: Signed) -> None:
    (number,) = new_tasks(desk, 1)
    client = as_("vera")
    page = client.get(f"/console/tasks/{number}").text
    assert 'name="verdict"' not in page
    form = {"form_token": token_of(client), "verdict": "same", "reason": "x"}
    assert client.post(f"/console/tasks/{number}:answer", data=form).status_code == 403


def test_a_task_that_there_is_not(as_: Signed) -> None:
    client = as_("li.na")
    assert client.get("/console/tasks/999999999").status_code == 404
    assert client.get("/console/tasks/none").status_code == 422
    form = {"form_token": token_of(client), "verdict": "same", "reason": "x"}
    assert client.post("/console/tasks/999999999:answer", data=form).status_code == 404


def test_the_next_task_is_there_already(desk: Desk, window: Window) -> None:
    first, second, third = new_tasks(desk, 3)
    page = window.page("ada")
    for number in (first, second, third):
        form = {"form_token": page.locator("[name=form_token]").first.input_value()}
        page.request.post(f"/console/tasks/{number}:claim", form=form, headers={"Origin": desk.url})
    with page.expect_response(f"**/console/tasks/{second}?**"):
        page.goto(f"/console/tasks/{first}?assignee=me&sort=age")
    page.wait_for_timeout(300)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url.split('/')[-1].split('?')[0]}"))
    page.keyboard.press("d")
    _at(page, second)
    expect(page.locator(".said")).to_contain_text(f"Task {first}: different.")
    assert asked[0] == f"POST {first}:answer"
    assert f"GET {second}" not in asked  # it was there
    page.keyboard.press("z")
    expect(page.locator(".said")).to_contain_text("Taken back.")


def test_whatever_was_answered_is_taken_back_later(desk: Desk, window: Window) -> None:
    dismissed, judged = new_tasks(desk, 2)
    page = window.page("lee")
    for number, key in ((dismissed, "x"), (judged, "u")):
        page.goto(f"/console/tasks/{number}")
        page.keyboard.press(key)
        expect(page.locator(".said")).to_contain_text(f"Task {number}:")
    page.goto(f"/console/tasks/{dismissed}")
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(".said")).to_contain_text("The question is open again.")
    assert _state(desk, dismissed) == ("open", None, None)
    page.goto("/console/decisions")
    assert faults_of(page) == []
    page.get_by_role("button", name="Take it back").first.click()
    expect(page.locator(".said")).to_contain_text("Taken back.")
    page.goto("/console/decisions")
    assert page.locator("tbody tr").first.inner_text().startswith("Taken back")
