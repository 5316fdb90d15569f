"""Signing in at a provider: a real one over HTTP (tests/browser/provider.py), and everything that it may do wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser

from api.app import make_app
from api.console.openid import asking
from api.console.openid.provider import Provider
from mdm.openid import OpenIdSettings
from mdm.store import accounts as kept
from mdm.store import audit
from pipelines.users import link_user, set_password
from tests.api.serving import in_thread
from tests.browser.chromium import faults_of
from tests.browser.desk import PASSWORD, Desk, token_in, token_of
from tests.browser.provider import CLIENT, SECRET, TestProvider, Wrong, providing

ROLES = {"mdm-stewards": "steward", "mdm-leads": "lead"}
START = "/console/sign-in/openid?next=/console/tasks%3Fkind%3Dpossible_match"


@dataclass
class Staff:
    """A console that people sign in to at `provider`."""

    desk: Desk
    provider: TestProvider
    url: str
    app: FastAPI
    opened: list[httpx.Client] = field(default_factory=list)

    def browser(self) -> httpx.Client:
        """A browser of somebody."""
        self.opened.append(httpx.Client(base_url=self.url, headers={"Origin": self.url}, timeout=60))
        return self.opened[-1]

    def signs_in(self, login: str, client: httpx.Client | None = None, *, allow: str = "yes") -> httpx.Response:
        """What the console answers when they are back from the provider."""
        client = client or self.browser()
        left = client.get(START)
        if left.status_code != 303:
            return left
        answer = client.get(self.provider.sign_in(left.headers["location"], login, allow=allow))
        assert "{" not in answer.text
        return answer

    def account(self, name: str) -> kept.AccountState | None:
        """An account of the console."""
        with self.desk.database.read() as connection:
            return kept.find_account(connection, name)

    def audited(self, actor: str) -> list[str]:
        """What the audit log says that somebody did, the newest first."""
        with self.desk.database.read() as connection:
            return [entry["action"] for entry in audit.find_entries(connection, actor=actor, count=20)]

    def count(self, table: str) -> int:
        """Rows of a table."""
        with self.desk.database.read() as connection:
            return int(connection.exec_driver_sql(f"select count(*) from {table}").scalar_one())


@pytest.fixture(scope="module")
def running(desk: Desk) -> Iterator[Staff]:
    """A provider, and a console beside the one of `desk` that knows it."""
    with providing() as provider:
        openid = OpenIdSettings(
            issuer=provider.url, client_id=CLIENT, roles=ROLES, pii=("mdm-pii",), label="Staff login", contact="Li Na",
            secret_variable="A_TEST_SECRET",
        )  # fmt: skip
        console = desk.settings.console.model_copy(update={"openid": openid})
        app = make_app(desk.settings.model_copy(update={"console": console}))
        with in_thread(app) as client:
            url = str(client.base_url)
            provider.back |= {f"{url}/console/sign-in/openid/callback"}
            yield Staff(desk, provider, url, app)


@pytest.fixture
def staff(running: Staff, monkeypatch: pytest.MonkeyPatch) -> Iterator[Staff]:
    """That console, which has asked the provider nothing yet; and a provider that does everything right."""
    monkeypatch.setenv("A_TEST_SECRET", SECRET)
    running.app.state.openid = Provider(running.app.state.settings.console.openid)
    yield running
    running.provider.wrong = Wrong()
    while running.opened:
        running.opened.pop().close()


def test_somebody_signs_in_and_out_in_a_browser(staff: Staff, browser: Browser) -> None:
    context = browser.new_context(base_url=staff.url, locale="en-US")
    context.set_default_timeout(15_000)
    page = context.new_page()
    broken: list[str] = []
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    page.goto("/console/tasks?kind=possible_match")
    assert faults_of(page) == []
    page.get_by_role("link", name="Sign in with Staff login").click()
    page.get_by_label("Login").fill("wang.fang")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/tasks?kind=possible_match")
    page.click("details.menu summary")
    assert page.locator("details.menu p b").inner_text() == "王芳"
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/console/sign-in")
    assert staff.provider.left == ["u-1"]
    page.get_by_role("link", name="Sign in with Staff login").click()
    page.get_by_label("Login").fill("eve")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/callback?**")
    assert page.get_by_role("heading").inner_text() == "You have no role here"
    assert faults_of(page) == []
    assert [text for text in broken if "Content Security Policy" in text] == []
    context.close()


def test_who_is_let_in_and_as_what_is_said_by_the_provider_each_time(staff: Staff) -> None:
    client = staff.browser()
    assert staff.signs_in("tom", client).headers["location"] == "/console/tasks?kind=possible_match"
    assert client.get("/console/tasks").status_code == 200
    tom = staff.account("tom")
    assert tom is not None
    assert (tom.full_name, tom.role, tom.pii, tom.digest) == ("Tom Reed", "lead", False, None)
    assert staff.audited("tom")[-2:] == ["console sign-in", "console account added by sign-in"]

    staff.provider.people["thomas"] = {"sub": "u-2", "groups": ["mdm-stewards", "mdm-pii"]}  # they call him otherwise
    staff.signs_in("thomas")
    tom = staff.account("tom")
    assert tom is not None
    assert (tom.full_name, tom.role, tom.pii) == ("Tom Reed", "steward", True)
    assert staff.account("thomas") is None
    assert staff.audited("tom")[1] == "console account changed by sign-in"

    staff.provider.people["thomas"] = {"sub": "u-2", "groups": ["staff"]}
    answer = staff.signs_in("thomas")
    assert answer.status_code == 403
    assert "mdm_console" not in answer.cookies
    assert "Whom to ask: Li Na" in answer.text
    assert client.get("/console/tasks").status_code == 303  # and out of where he was


def test_a_name_does_not_open_the_account_of_somebody_else(staff: Staff) -> None:
    client = staff.browser()
    answer = staff.signs_in("lee", client)
    assert (answer.status_code, "mdm_console" in client.cookies) == (409, False)
    assert "mdm user link lee --subject u-4" in answer.text
    assert staff.audited("openid:u-4") == ["console sign-in refused"]
    staff.provider.people["tom2"] = {"sub": "u-9", "preferred_username": "tom", "groups": ["mdm-leads"]}
    staff.signs_in("tom")
    assert staff.signs_in("tom2").status_code == 409
    assert staff.signs_in("two words").status_code == 403
    with staff.desk.database.begin() as connection:
        kept.add_account(connection, "old", role="admin", pii=True, created_by="a test", digest="x")
    staff.provider.people["old"] = {"sub": "u-6", "groups": ["mdm-stewards"]}
    link_user(staff.desk.database, "old", staff.app.state.settings.console.openid, "u-6", actor="a test")
    assert staff.signs_in("old").status_code == 303
    old = staff.account("old")
    assert old is not None
    assert (old.role, old.pii, old.digest) == ("steward", False, None)
    with pytest.raises(Exception, match="old signs in at a provider"):
        set_password(staff.desk.database, "old", PASSWORD, actor="a test")
    with staff.desk.database.begin() as connection:
        kept.disable(connection, "old", by="a test")
    assert staff.signs_in("old").status_code == 403


def test_an_answer_is_good_once_in_one_browser_and_not_for_long(staff: Staff) -> None:
    client, other = staff.browser(), staff.browser()
    back = staff.provider.sign_in(client.get(START).headers["location"], "tom")
    other.get("/console/sign-in")
    assert other.get(back).status_code == 400  # somebody else is made to use it
    assert client.get(back).status_code == 400  # and it is used up
    back = staff.provider.sign_in(client.get(START).headers["location"], "tom")
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 400
    back = staff.provider.sign_in(client.get(START).headers["location"], "tom")
    with staff.desk.database.begin() as connection:
        connection.exec_driver_sql("update openid_attempt set created_at = created_at - interval '16 minutes'")
    assert client.get(back).status_code == 400
    assert client.get("/console/sign-in/openid/callback").status_code == 400
    codes = client.get(START).headers["location"], staff.browser().get(START).headers["location"]
    mine, theirs = (staff.provider.sign_in(each, "tom") for each in codes)
    swapped = httpx.URL(mine).copy_set_param("code", httpx.URL(theirs).params["code"])
    assert client.get(str(swapped)).status_code == 400  # PKCE
    away = client.get("/console/sign-in/openid?next=https://elsewhere.example").headers["location"]
    assert client.get(staff.provider.sign_in(away, "tom")).headers["location"] == "/console/tasks"


def test_somebody_says_no(staff: Staff) -> None:
    answer = staff.signs_in("tom", allow="no")
    assert answer.status_code == 403
    assert "<b>" not in answer.text
    assert 'href="/console/sign-in?next=%2Fconsole%2Ftasks%3Fkind%3Dpossible_match"' in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        Wrong(claims={"iss": "https://elsewhere.example"}),
        Wrong(claims={"aud": "another client"}),
        Wrong(claims={"aud": [CLIENT, "another client"]}),
        Wrong(claims={"azp": "another client"}),
        Wrong(claims={"exp": 1_700_000_000}),
        Wrong(claims={"exp": None}),
        Wrong(claims={"iat": 4_000_000_000}),
        Wrong(claims={"nonce": None}),
        Wrong(claims={"nonce": "another"}),
        Wrong(claims={"nonce": "ñ"}),
        Wrong(claims={"sub": ""}),
        Wrong(claims={"sub": 7}),
        Wrong(signed="none"),
        Wrong(signed="HS256"),
        Wrong(stranger=True),
    ],
    ids=lambda wrong: f"{wrong.claims or wrong.signed}{' stranger' * wrong.stranger}",
)
def test_an_id_token_that_is_not_right_signs_nobody_in(
    staff: Staff, wrong: Wrong, caplog: pytest.LogCaptureFixture
) -> None:
    staff.provider.wrong = wrong
    client = staff.browser()
    answer = staff.signs_in("tom", client)
    assert (answer.status_code, "mdm_console" in client.cookies) == (502, False)
    assert "sign-in by OpenID Connect, token: id token: " in caplog.text


def test_keys_are_changed_and_an_old_one_is_of_no_use(staff: Staff) -> None:
    assert staff.signs_in("tom").status_code == 303
    asked = staff.provider.asked.count("/jwks")
    assert staff.signs_in("tom").status_code == 303
    assert staff.provider.asked.count("/jwks") == asked
    old = staff.provider.keys[0]
    staff.provider.rotate()
    assert staff.signs_in("tom").status_code == 303
    assert staff.provider.asked.count("/jwks") == asked + 1
    staff.provider.wrong = Wrong(key=old)
    assert staff.signs_in("tom").status_code == 502


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        (Wrong(status=503), 503),
        (Wrong(status=404), 502),
        (Wrong(seconds=1.0), 504),
        (Wrong(document={"issuer": "https://elsewhere.example"}), 502),
        (Wrong(document={"token_endpoint": "http://elsewhere.example/token"}), 502),
        (Wrong(document={"jwks_uri": None}), 502),
    ],
    ids=["down", "no document", "slow", "another issuer", "not https", "no keys"],
)
def test_a_provider_in_trouble_is_told_calmly(
    staff: Staff, wrong: Wrong, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff.provider.wrong = wrong
    monkeypatch.setattr(asking, "SECONDS", 0.3)
    answer = staff.signs_in("tom")
    assert answer.status_code == status
    assert "Staff login" in answer.text
    assert ("retry-after" in answer.headers) == (status in (503, 504))


def test_a_wrong_secret_is_told_and_shown_nowhere(
    staff: Staff, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = {table: staff.count(table) for table in ("sign_in_failure", "console_session")}
    caplog.set_level("DEBUG")
    monkeypatch.setenv("A_TEST_SECRET", "not the s3cret")
    answers = [staff.signs_in("tom")]
    assert "token endpoint answered 401, invalid_client" in caplog.text
    monkeypatch.delenv("A_TEST_SECRET")
    answers.append(staff.signs_in("tom"))
    assert "the environment has no A_TEST_SECRET" in caplog.text
    assert [answer.status_code for answer in answers] == [500, 500]
    assert "s3cret" not in caplog.text + "".join(answer.text for answer in answers)
    assert {table: staff.count(table) for table in before} == before


def test_nobody_is_there(staff: Staff) -> None:
    settings: Any = staff.app.state.settings.console.openid
    staff.app.state.openid = Provider(settings.model_copy(update={"issuer": "http://127.0.0.1:9"}))
    assert staff.signs_in("tom").status_code == 503


def test_a_provider_that_is_gone_keeps_nobody_from_signing_out(staff: Staff) -> None:
    client = staff.browser()
    staff.signs_in("tom", client)
    staff.provider.wrong = Wrong(status=503)
    staff.app.state.openid = Provider(staff.app.state.settings.console.openid)
    answer = client.post("/console/sign-out", data={"form_token": token_of(client)})
    assert answer.headers["location"] == "/console/sign-in"
    assert client.get("/console/tasks").status_code == 303


def test_passwords_beside_it_and_instead(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    client = staff.browser()
    page = client.get("/console/sign-in").text
    form = {"name": "bo", "password": PASSWORD, "form_token": token_in(page)}
    assert client.post("/console/sign-in", data=form).status_code == 303
    settings: Any = staff.app.state.settings
    only = settings.console.openid.model_copy(update={"local": False})
    console = settings.console.model_copy(update={"openid": only})
    monkeypatch.setattr(staff.app.state, "settings", settings.model_copy(update={"console": console}))
    page = client.get("/console/sign-in").text
    assert "password" not in page
    assert "Staff login" in page
    assert client.post("/console/sign-in", data=form).status_code == 403
