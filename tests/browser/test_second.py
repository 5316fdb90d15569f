"""A second steward looks unseen, without a sign that somebody did before; where they differ, a lead sees both."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import make_app
from mdm.settings import StewardshipSettings
from mdm.stewardship import tasks
from tests.api.serving import in_thread
from tests.browser.chromium import faults_of
from tests.browser.desk import Desk, Window, new_tasks


@pytest.fixture(scope="module")
def strict(desk: Desk) -> Iterator[Desk]:
    """The same desk, where every answer is looked at twice."""
    every = desk.settings.model_copy(update={"stewardship": StewardshipSettings(second_share=1.0)})
    with in_thread(make_app(every)) as client:
        yield Desk(desk.world, str(client.base_url))


@pytest.fixture
def people(strict: Desk, browser: Browser) -> Iterator[Window]:
    found = Window(browser, strict.url)
    yield found
    found.close()


def _text(page: Page, number: int) -> str:
    """What the page of a task says, whatever its number."""
    page.goto(f"/console/tasks/{number}")
    return page.locator("main").inner_text()


def _answer(page: Page, number: int, verdict: str, reason: str) -> None:
    page.goto(f"/console/tasks/{number}")
    page.fill("[name=reason]", reason)
    page.click(f"form.decide [value={verdict}]")
    assert f"Task {number}:" in page.locator(".said").inner_text()


def _review(desk: Desk, number: int, kind: str) -> int:
    with desk.database.read() as connection:
        found: int = connection.exec_driver_sql(
            "select task_id from task where checks = %(id)s and kind = %(kind)s", {"id": number, "kind": kind}
        ).scalar_one()
    return found


def test_unseen_then_to_the_lead(strict: Desk, people: Window) -> None:
    (number,) = new_tasks(strict, 1)
    first, second, lead = (people.page(name, script=name == "lee") for name in ("li.na", "bo", "lee"))
    asked = _text(second, number)
    row = second.request.get("/console/tasks").text().split(f"/console/tasks/{number}")[1].split("</tr>")[0]
    _answer(first, number, "same", "called her")
    again = _review(strict, number, "possible_match")
    assert _text(second, again) == asked  # not a word more or less
    later = second.request.get("/console/tasks").text().split(f"/console/tasks/{again}")[1].split("</tr>")[0]
    assert _bare(later, again) == _bare(row, number)
    assert first.goto(f"/console/tasks/{again}").status == 404  # type: ignore[union-attr]
    assert f"/console/tasks/{again}" not in first.request.get("/console/tasks").text()
    _answer(second, again, "different", "two birthdays")
    settling = _review(strict, number, "disagreement")
    assert second.goto(f"/console/tasks/{settling}").status == 404  # type: ignore[union-attr]
    lead.goto("/console/tasks?kind=disagreement")
    lead.locator(f"a[href^='/console/tasks/{settling}']").click()
    both = lead.get_by_role("region", name="Two stewards see it differently").inner_text()
    assert re.search(r"Same.*li\.na.*called her.*Different.*bo.*two birthdays", both, re.DOTALL)
    assert faults_of(lead) == []
    lead.keyboard.press("d")
    expect(lead.locator(".said")).to_contain_text(f"Task {settling}: different.")
    with strict.database.read() as connection:
        row_now = tasks.find(connection, number)
    assert row_now["left_now"] != row_now["right_now"]
    lead.goto(f"/console/tasks/{settling}")
    lead.goto("/console/model")
    assert faults_of(lead) == []
    shown = lead.get_by_role("region", name="Agreement").inner_text()
    assert "li.na" in shown
    assert "few" in shown
    first.goto("/console/model")
    mine = first.get_by_role("region", name="Agreement").inner_text()
    assert "li.na" in mine
    assert "bo" not in mine.split()
    first.goto("/console/tasks")
    assert "0%\nagreement" in first.get_by_role("region", name="My day").inner_text()


def test_an_answer_to_a_second_look_is_taken_back_as_any_other(strict: Desk, people: Window) -> None:
    (number,) = new_tasks(strict, 1)
    first, second = people.page("li.na", script=False), people.page("bo")
    _answer(first, number, "same", "called her")
    again = _review(strict, number, "possible_match")
    second.goto(f"/console/tasks/{again}")
    second.keyboard.press("d")
    expect(second.locator(".said")).to_contain_text(f"Task {again}: different.")
    second.keyboard.press("z")
    expect(second.locator(".said")).to_contain_text("The question is open again.")
    with strict.database.read() as connection:
        assert tasks.find(connection, again)["status"] == "open"
        left = connection.exec_driver_sql(
            "select count(*) from task where checks = %(id)s and kind = 'disagreement'", {"id": number}
        ).scalar_one()
    assert left == 0


def _bare(row: str, number: int) -> str:
    return re.sub(r'value="[0-9a-f]{64}"', "", re.sub(rf"(?<![\d.]){number}(?![\d.])", "", row))
