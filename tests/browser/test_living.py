"""Households decided about in the console: chosen, looked at before and after, done, taken back; no script needed."""

from __future__ import annotations

import pytest

from tests.browser.chromium import faults_of
from tests.browser.desk import Desk, Signed, Window, token_of


def test_split_off_with_a_preview_and_taken_back(desk: Desk, as_: Signed) -> None:
    home, lodger = desk.world.chi("billing:B1"), desk.world.pin("billing:B2")
    li = as_("li.na")
    page = li.get(f"/console/households/{home}").text
    assert f'value="{lodger}" form="decide"' in page
    tried = li.get(f"/console/households/{home}/decide", params={"do": "split", "member": lodger}).text
    assert "a household of their own" in tried
    assert "<del>Bob Carter</del>" in tried
    assert "<ins>Bob Carter</ins>" in tried
    form = {"form_token": token_of(li), "do": "split", "member": lodger, "reason": "two flats", "go": "yes"}
    done = li.post(f"/console/households/{home}/decide", data=form)
    assert done.status_code == 303
    assert desk.world.chi("billing:B2") != home
    page = li.get(f"/console/households/{home}").text
    assert "Split off." in page
    assert "two flats" in page
    undo = page.split(f'action="/console/households/{home}/decisions/', 1)[1].split('"', 1)[0]
    back = li.post(f"/console/households/{home}/decisions/{undo}", data={"form_token": token_of(li)})
    assert back.status_code == 303
    assert desk.world.chi("billing:B2") == home
    assert "taken back by li.na" in li.get(f"/console/households/{home}").text


def test_moved_merged_refused_and_only_by_stewards(desk: Desk, as_: Signed) -> None:
    home, other = desk.world.chi("billing:B7"), desk.world.chi("billing:B5")
    li, there = as_("li.na"), f"/console/households/{home}"
    carol = desk.world.pin("billing:B7")
    tried = li.get(f"{there}/decide", params={"do": "move", "member": carol, "to": desk.world.pin("billing:B5")}).text
    assert "<ins>Carol Diaz</ins>" in tried
    assert "John Miller" in tried
    assert f"<code>{other}</code>" in li.get(f"{there}/decide", params={"do": "merge", "to": other}).text
    for asked, says in (
        ({"do": "merge"}, "which household is meant?"),
        ({"do": "split", "member": carol}, "nobody would"),
    ):
        assert says in li.get(f"{there}/decide", params=asked).text
    assert "Choose members" in li.get(f"{there}/decide").text
    vera = as_("vera")
    assert "Split off" not in vera.get(there).text
    assert vera.get(f"{there}/decide", params={"do": "split", "member": carol}).status_code == 403


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_nothing_serious_stands_in_anybodys_way(desk: Desk, window: Window, width: int, theme: str) -> None:
    home, lodger = desk.world.chi("billing:B3"), desk.world.pin("billing:B4")
    page = window.page("li.na", width=width, theme=theme)
    page.goto(f"/console/households/{home}")
    assert faults_of(page) == []
    page.check(f'input[value="{lodger}"]')
    page.get_by_role("button", name="Split off").first.click()
    page.wait_for_url("**/decide?**")
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
