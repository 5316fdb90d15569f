"""Signing in to the console: who may, who guesses, forms that are forged, forms that come too late."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from api.console.app import POLICY, make_console
from api.console.visitors import May
from mdm import accounts
from mdm.store import accounts as kept
from mdm.store import audit
from tests.browser.desk import PASSWORD, Desk, Signed, sign_in, token_in, token_of

OPEN = {
    ("GET", "/console"),
    ("GET", "/console/static/{name}"),
    ("GET", "/console/sign-in"),
    ("POST", "/console/sign-in"),
    ("GET", "/console/sign-in/openid"),
    ("GET", "/console/sign-in/openid/callback"),
}


def _attempt(desk: Desk, name: str, password: str) -> httpx.Response:
    with httpx.Client(base_url=desk.url) as client:
        token = token_in(client.get("/console/sign-in").text)
        return client.post("/console/sign-in", data={"name": name, "password": password, "form_token": token})


def _forget(desk: Desk, *names: str) -> None:
    with desk.database.begin() as connection:
        for who in [accounts.failing_address("127.0.0.1"), *map(accounts.failing_account, names)]:
            kept.forget_failures(connection, who)


def test_every_page_but_the_first_asks_who_is_there(desk: Desk) -> None:
    routes: list[Any] = [each for each in iter_route_contexts(make_console(_api(desk)).routes)]
    checked = 0
    for route in routes:
        for method in getattr(route, "methods", None) or ():
            path = str(route.path_format)
            if (method, path) not in OPEN:
                assert any(isinstance(each.call, May) for each in route.dependant.dependencies), (method, path)
                checked += 1
    assert checked > 5


def _api(desk: Desk) -> Any:
    from api.app import make_app

    return make_app(desk.settings)


def test_nobody_is_led_to_the_form_and_back(desk: Desk) -> None:
    with httpx.Client(base_url=desk.url) as client:
        answer = client.get("/console/tasks?kind=possible_match")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console/sign-in?next=%2Fconsole%2Ftasks%3Fkind%3Dpossible_match"


def test_headers_of_a_page(as_: Signed) -> None:
    answer = as_("li.na").get("/console/tasks")
    assert answer.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "<script>" not in answer.text
    assert " style=" not in answer.text
    assert "http://" not in answer.text.replace("http://www.w3.org", "")


def test_a_cookie_that_no_script_reads_and_no_other_site_sends(desk: Desk) -> None:
    _forget(desk, "li.na")
    answer = _attempt(desk, "LI.NA ", PASSWORD)
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith("mdm_console=")]
    assert answer.status_code == 303
    assert {"HttpOnly", "SameSite=lax", "Path=/console"} <= {part.strip() for part in cookie.split(";")}


@pytest.mark.parametrize(
    "where", ["https://elsewhere.example/", "//elsewhere.example", "/console/\\e", "/v1/customers"]
)
def test_signing_in_leads_to_no_other_place(desk: Desk, where: str) -> None:
    with httpx.Client(base_url=desk.url) as client:
        token = token_in(client.get("/console/sign-in").text)
        form = {"name": "li.na", "password": PASSWORD, "form_token": token, "next": where}
        assert client.post("/console/sign-in", data=form).headers["location"] == "/console/tasks"


def test_one_answer_to_whatever_is_wrong_and_then_a_wait(desk: Desk) -> None:
    with desk.database.begin() as connection:
        kept.add_account(
            connection, "gone", role="viewer", pii=False, created_by="a test", digest=accounts.digest_password(PASSWORD)
        )
        kept.disable(connection, "gone", by="a test")
    answers = [_attempt(desk, *each) for each in (("vera", "wrong"), ("nobody", "wrong"), ("gone", PASSWORD))]
    shown = {
        answer.text.replace(f'value="{name}"', "")
        for answer, name in zip(answers, ("vera", "nobody", "gone"), strict=True)
    }
    assert [answer.status_code for answer in answers] == [401] * 3
    assert len({_without_token(text) for text in shown}) == 1
    for _ in range(accounts.FREE_FAILURES):
        assert _attempt(desk, "vera", "wrong").status_code == 401
    assert _attempt(desk, "vera", PASSWORD).status_code == 401  # the right one, but she has to wait
    _forget(desk, "vera")
    assert _attempt(desk, "vera", PASSWORD).status_code == 303
    with desk.database.read() as connection:
        found = [entry["action"] for entry in audit.find_entries(connection, actor="vera", count=20)]
    assert found[0] == "console sign-in"
    assert "console sign-in refused" in found


def _without_token(text: str) -> str:
    return text.replace(token_in(text), "")


def test_a_token_ends_when_its_browser_signs_in_again_or_out(desk: Desk, as_: Signed) -> None:
    client = as_("li.na")
    first = client.cookies["mdm_console"]
    page = client.get("/console/sign-in")
    form = {"name": "li.na", "password": PASSWORD, "form_token": token_in(page.text)}
    assert client.post("/console/sign-in", data=form).status_code == 303
    second = client.cookies["mdm_console"]
    assert first != second
    assert _with(desk, first) == 303
    assert _with(desk, second) == 200
    client.post("/console/sign-out", data={"form_token": token_of(client)})
    assert _with(desk, second) == 303


def _with(desk: Desk, token: str) -> int:
    return httpx.get(f"{desk.url}/console/tasks", cookies={"mdm_console": token}).status_code


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("0" * 64, {}),
        ("good", {"Origin": "https://elsewhere.example"}),
        ("good", {"Sec-Fetch-Site": "cross-site"}),
        ("good", {"Content-Type": "text/plain"}),
    ],
    ids=["no token", "another token", "from elsewhere", "cross-site", "no form"],
)
def test_a_forged_form_does_nothing(desk: Desk, as_: Signed, token: str, headers: dict[str, str]) -> None:
    client = as_("li.na")
    form = {"theme": "dark", "form_token": token_of(client) if token == "good" else token}
    answer = client.post("/console/preferences", data=form, headers=headers)
    assert answer.status_code == 403
    with desk.database.read() as connection:
        found = kept.find_account(connection, "li.na")
    assert found is not None
    assert found.theme is None


def test_a_role_opens_no_more_than_it_should(as_: Signed) -> None:
    viewer, steward = as_("vera"), as_("bo")
    assert viewer.post("/console/tasks/1:claim", data={"form_token": token_of(viewer)}).status_code == 403
    assert steward.post("/console/tasks/1:assign", data={"form_token": token_of(steward)}).status_code == 403
    assert steward.post("/console/reveal", data={"form_token": token_of(steward)}).status_code == 403


def test_revealing_is_audited(desk: Desk, as_: Signed) -> None:
    client = as_("lee")
    client.post("/console/reveal", data={"form_token": token_of(client)})
    client.get("/console/tasks")
    with desk.database.read() as connection:
        read, revealed = audit.find_entries(connection, actor="lee", count=2)
    assert (revealed["action"], revealed["fields"]) == ("POST /console/reveal", ["reveal personal values"])
    assert (read["action"], read["masked"], read["purpose"]) == ("GET /console/tasks", False, "console")
    assert read["pins"]


def test_a_form_that_comes_too_late_is_offered_again(desk: Desk, as_: Signed) -> None:
    client = as_("ada")
    token = client.cookies["mdm_console"]
    with desk.database.begin() as connection:
        connection.exec_driver_sql(
            "update console_session set seen_at = now() - interval '2 hours' where account = 'ada'"
        )
    form = {"theme": "dark", "note": "他说是 <b>", "form_token": accounts.form_token(token)}
    answer = client.post("/console/preferences", data=form)
    assert answer.headers["location"] == "/console/sign-in?next=%2Fconsole%2Fkept&late=1"
    other = as_("bo").get("/console/kept")
    assert "他说是" not in other.text
    again = desk.signed_in("ada")
    page = again.get("/console/kept").text
    assert "他说是 &lt;b&gt;" in page
    assert 'name="theme" value="dark"' in page
    number = page.split('name="kept_id" value="', 1)[1].split('"', 1)[0]
    sent = {"theme": "dark", "kept_id": number, "form_token": token_of(again)}
    assert again.post("/console/preferences", data=sent).status_code == 303
    assert "他说是" not in again.get("/console/kept").text
    again.close()


def test_a_person_signs_in_and_out_in_two_languages(window: Any) -> None:
    page = window.page(None)
    page.goto("/console/sign-in?lang=zh")
    assert page.get_by_role("heading").inner_text() == "登录"
    sign_in(page, "bo")
    page.wait_for_url("**/console/tasks")
    page.click("details.menu summary")
    page.get_by_role("button", name="简体中文").click()
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.click("details.menu summary")
    page.get_by_role("button", name="深色").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.click("details.menu summary")
    page.get_by_role("button", name="English").click()
    page.click("details.menu summary")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/console/sign-in")
