"""Many tasks at once: chosen and decided by keyboard or without JavaScript, seen first, taken back in one."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import expect

from mdm.stewardship import tasks
from tests.browser.chromium import faults_of
from tests.browser.desk import Desk, Signed, Window, new_tasks, token_of

MINE = "/console/tasks?assignee=me&sort=age&kind=possible_match"


def _verdicts(desk: Desk, numbers: list[int]) -> list[str | None]:
    with desk.database.read() as connection:
        return [tasks.find(connection, number)["verdict"] for number in numbers]


def _given(client: httpx.Client, numbers: list[int], who: str) -> None:
    for number in numbers:
        form = {"form_token": token_of(client), "assignee": who}
        assert client.post(f"/console/tasks/{number}:assign", data=form).status_code == 303


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_chosen_by_keyboard_seen_done_and_undone(
    desk: Desk, window: Window, as_: Signed, width: int, theme: str
) -> None:
    numbers = new_tasks(desk, 3)
    _given(as_("lee"), numbers[:2], "lee")
    page = window.page("lee", width=width, theme=theme)
    page.goto(MINE)
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.locator("#together .count")).to_be_visible()
    assert faults_of(page) == []
    page.keyboard.press("r")
    page.keyboard.type("one file twice")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", level=1)).to_have_text("2 tasks: Same")
    assert "4 customers become 2." in page.locator("main").inner_text()
    assert _verdicts(desk, numbers) == [None, None, None]
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("y")
    expect(page.locator(".said")).to_contain_text("Decided together, the same: 2.")
    assert _verdicts(desk, numbers) == ["same", "same", None]
    page.keyboard.press("z")
    expect(page.locator(".said")).to_contain_text("Taken back: 2.")
    with desk.database.read() as connection:
        opened = connection.exec_driver_sql(
            "select count(*) from task o join task c using (left_id, right_id) where o.status = 'open' "
            "and c.task_id = any(%(ids)s)",
            {"ids": numbers[:2]},
        ).scalar_one()
    assert opened == 2


def test_without_javascript_and_one_is_taken_meanwhile(desk: Desk, window: Window, as_: Signed) -> None:
    numbers = new_tasks(desk, 3)
    _given(as_("ada"), numbers, "lee")
    page = window.page("lee", script=False)
    page.goto(MINE)
    page.get_by_role("link", name="All of this page").click()
    assert page.locator(".choose input:checked").count() >= 3
    for box in page.locator(".choose input").all():
        box.set_checked(int(box.get_attribute("value") or 0) in numbers)
    page.fill("[name=reason]", "cannot be told")
    page.locator("#together [value=unsure]").click()
    _given(as_("ada"), numbers[:1], "bo")
    page.get_by_role("button", name="Decide 3 together").click()
    main = page.locator("main").inner_text()
    assert "Decided together, unsure: 2." in main
    assert f"Task {numbers[0]}" in main.split("Not decided: 1")[1]
    assert "bo works on it." in main
    assert _verdicts(desk, numbers) == [None, "unsure", "unsure"]
    page.goto("/console/decisions")
    page.get_by_role("button", name="Take all of it back").first.click()
    assert "Taken back: 2." in page.locator(".said").inner_text()
    _given(as_("ada"), numbers[:1], "")


def test_a_form_that_is_sent_twice_does_nothing_twice(desk: Desk, as_: Signed) -> None:
    lead, numbers = as_("lee"), new_tasks(desk, 2)
    form = {"form_token": token_of(lead), "task": numbers, "verdict": "dismiss", "reason": "of a test"}
    seen = lead.post("/console/tasks:preview", data=form).text
    found = re.search(r'name="key" value="([0-9a-f]{12})"', seen)
    assert found is not None
    undo = []
    for _ in range(2):
        assert lead.post("/console/tasks:decide", data={**form, "key": found[1]}).status_code == 303
        said = lead.get("/console/tasks").text
        assert "Dismissed together: 2." in said
        undo += re.findall(r"/console/together/[0-9a-f]{12}:undo", said)
    assert len(undo) == 2
    assert len(set(undo)) == 1
    assert lead.post(undo[0], data={"form_token": token_of(lead)}).status_code == 303
    assert lead.post(undo[0], data={"form_token": token_of(lead)}).status_code == 404
    assert _verdicts(desk, numbers) == [None, None]


def test_a_lead_decides_in_bulk_and_nobody_else(desk: Desk, as_: Signed) -> None:
    (number,) = new_tasks(desk, 1)
    steward, lead = as_("li.na"), as_("lee")
    assert 'form="together"' not in steward.get("/console/tasks?kind=possible_match").text
    form = {"task": number, "verdict": "same", "reason": "x", "key": "0123456789ab"}
    for path in ("/console/tasks:preview", "/console/tasks:decide", "/console/together/0123456789ab:undo"):
        assert steward.post(path, data={**form, "form_token": token_of(steward)}).status_code == 403
    assert lead.get("/console/together/0123456789ab").status_code == 404
    nothing = {"form_token": token_of(lead), "verdict": "same", "reason": "x"}
    assert lead.post("/console/tasks:preview", data=nothing).status_code == 303
    assert "No task is chosen." in lead.get("/console/tasks").text
