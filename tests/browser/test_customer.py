"""Search and the customer page: three scripts, as one types and without JavaScript; where values come from; undoing."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from tests.api.world import ERASED, MERGED, RETIRED
from tests.browser.chromium import faults_of
from tests.browser.desk import Desk, Signed, Window, token_of

CUSTOMER = re.compile(r'href="/console/customers/([0-9]{12})" data-row')
ATTACK = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


def _found(client: httpx.Client, text: str) -> list[str]:
    answer = client.get("/console/search", params={"q": text})
    assert answer.status_code in (200, 303)
    if answer.status_code == 303:
        return [answer.headers["location"].rpartition("/")[2]]
    return CUSTOMER.findall(answer.text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Wei Zhang", "billing:B8"), ("zhang wei", "billing:B8"), ("张伟", "billing:B8"),
        ("(217) 555-0111", "billing:B8"), ("张伟 217-555-0111", "billing:B8"), ("billing:B 9/x", "billing:B 9/x"),
        ("B8", "billing:B8"), ("A7", "billing:B7"),
        ("carol@mail.example", "shop:S3"), ("519-83-2206", "billing:B2"), ("31 Pine Road", "billing:B5"),
        ("5 Lake View, Chatham 62629", "billing:B7"), ("Oak Street Bakery", "firms:F1"),
    ],
)  # fmt: skip
def test_one_box_finds(desk: Desk, as_: Signed, text: str, key: str) -> None:
    assert desk.world.pin(key) in _found(as_("vera"), text)


@pytest.mark.parametrize("text", ["", " ", "W", "%", "_", "nobody at all", "\x00", "x" * 5000, ATTACK, "::", "H123"])
def test_what_finds_nobody_is_no_error(as_: Signed, text: str) -> None:
    client = as_("vera")
    assert _found(client, text) == []
    answer = client.get("/console/search/answers", params={"q": text})
    assert answer.status_code == 200
    assert "<img" not in answer.text


def test_it_answers_as_one_types(desk: Desk, window: Window) -> None:
    page = window.page("vera")
    page.keyboard.press("/")
    page.keyboard.type("张伟", delay=30)
    page.locator(".answers a").first.wait_for()
    assert faults_of(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/console/customers/{desk.world.pin('billing:B8')}")
    box = page.locator(".find input")
    box.fill("carol")
    box.press("Escape")
    assert page.locator(".answers").is_hidden()


def test_without_javascript_enter_answers(desk: Desk, window: Window) -> None:
    page = window.page("vera", script=False)
    page.fill(".find input", "Ann Lee")
    page.press(".find input", "Enter")
    page.wait_for_url("**/console/search?q=**")
    page.locator("[data-row]").first.click()
    page.wait_for_url(f"**/console/customers/{desk.world.pin('billing:B1')}")
    assert page.get_by_role("heading", name="Ann Lee").is_visible()


def test_a_value_tells_where_it_comes_from(desk: Desk, window: Window) -> None:
    page = window.page("vera")
    page.goto(f"/console/customers/{desk.world.pin('billing:B1')}")
    value = page.locator(".sourced").first
    tip = page.locator(f"#{value.get_attribute('aria-describedby')}")
    assert tip.is_hidden()
    value.focus()
    assert tip.is_visible()
    assert "billing:B1" in tip.inner_text() or "shop:S" in tip.inner_text()
    page.keyboard.press("Tab")
    assert tip.is_hidden()
    value.hover()
    assert tip.is_visible()
    assert page.get_by_role("link", name="Take out").count() == 0  # she only looks


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_nothing_serious_stands_in_anybodys_way(desk: Desk, window: Window, width: int, theme: str) -> None:
    page = window.page("li.na", width=width, theme=theme)
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    path = f"/console/customers/{desk.world.pin('billing:B2')}"
    ways = ["", "/why", "/unmerge?what=shop:S2", "/override", "/override?attribute=address", "?as_of=2020-01-01"]
    for address in [*(f"{path}{way}" for way in ways), "/console/search", "/console/search?q=Ann+Lee"]:
        page.goto(address)
        assert faults_of(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    assert told == []


def test_a_pin_that_is_no_more_says_so(desk: Desk, as_: Signed) -> None:
    client = as_("vera")
    merged = client.get(f"/console/customers/{MERGED}").text
    assert f"PIN {MERGED} was merged into this customer" in merged
    assert "is retired" in client.get(f"/console/customers/{RETIRED}").text
    erased = client.get(f"/console/customers/{ERASED}")
    assert (erased.status_code, "was erased on request" in erased.text) == (200, True)
    assert client.get("/console/customers/401787509131").status_code == 404
    assert client.get(f"/console/customers/{MERGED}?as_of=never").status_code == 422


def test_why_in_and_why_out(desk: Desk, as_: Signed) -> None:
    client = as_("vera")
    path = f"/console/customers/{desk.world.pin('billing:B1')}/why"
    assert "What holds it together" in client.get(path).text
    assert "Two customers" in client.get(f"{path}?other=billing:B5").text
    assert "Two records" in client.get(f"{path}?record=billing:B1&other=shop:S1").text
    assert "There is no such record" in client.get(path, params={"other": ATTACK}).text


def test_unmerge_with_a_preview_and_undone(desk: Desk, as_: Signed) -> None:
    client, pin = as_("li.na"), desk.world.pin("shop:S2")
    path = f"/console/customers/{pin}"
    preview = client.get(f"{path}/unmerge?what=shop:S2").text
    assert "new PIN" in preview
    assert desk.world.pin("shop:S2") == pin  # it was only tried
    form = {"form_token": token_of(client), "what": "shop:S2", "reason": ATTACK}
    assert client.post(f"{path}/unmerge", data=form).status_code == 303
    assert desk.world.pin("shop:S2") != pin
    page = client.get(path).text
    undo = html.unescape(page.split("/undo?", 1)[1].split('"', 1)[0])
    assert ATTACK not in page
    assert client.post(f"{path}/undo?{undo}", data={"form_token": token_of(client)}).status_code == 303
    assert desk.world.pin("shop:S2") == pin
    assert as_("vera").get(f"{path}/unmerge?what=shop:S2").status_code == 403


def test_override_with_reason_and_expiry_shown_as_text_and_lifted(desk: Desk, window: Window) -> None:
    page = window.page("li.na")
    path = f"/console/customers/{desk.world.pin('billing:B7')}"
    page.goto(f"{path}/override?attribute=name")
    page.fill("[name='value.given']", ATTACK)
    page.get_by_role("button", name="See what it would do").click()
    assert page.locator("ins", has_text="onerror").is_visible()
    page.fill("[name=reason]", "Called the customer")
    page.fill("[name=expires]", "2027-01-01")
    page.get_by_role("button", name="Override", exact=True).click()
    page.wait_for_url(f"**{path}")
    assert ATTACK in page.get_by_role("heading", level=1).inner_text()
    assert page.locator("main img").count() == 0
    assert "until 2027-01-01" in page.locator("main").inner_text()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="Carol Diaz").wait_for()
