"""A desk to work at: the small town of tests/api, accounts, the real server, and pages that have signed in.

`desk` is one for the whole session, and is written to: a test makes the tasks that it decides (`new_tasks`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from api.app import make_app
from mdm import accounts
from mdm.settings import Settings
from mdm.store import accounts as kept
from mdm.store.database import Database
from tests.api.keys import add_key, bearing
from tests.api.serving import in_thread
from tests.api.world import World, new_world
from tests.browser.chromium import launched

_numbers = itertools.count(1)
PASSWORD = "a quiet horse eats"
PEOPLE = {  # name -> role, pii
    "li.na": ("steward", True), "bo": ("steward", False), "lee": ("lead", True), "vera": ("viewer", False),
    "ada": ("admin", True), "mei": ("steward", True), "hua": ("steward", True),
}  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """A console with tasks. url: without a path."""

    world: World
    url: str

    @property
    def database(self) -> Database:
        """Of the town."""
        return self.world.database

    @property
    def settings(self) -> Settings:
        """Of the town."""
        return self.world.settings

    def signed_in(self, name: str) -> httpx.Client:
        """A client without browser, signed in; the token of its forms is `token_of(client)`."""
        client = httpx.Client(base_url=self.url, headers={"Origin": self.url}, timeout=60)
        page = client.get("/console/sign-in").text
        form = {"name": name, "password": PASSWORD, "form_token": token_in(page), "next": "/console/tasks"}
        assert client.post("/console/sign-in", data=form).status_code == 303
        return client


def new_tasks(desk: Desk, count: int) -> list[int]:
    """As many possible matches of people whom nobody else has anything to do with, written as a channel writes them."""
    found: list[int] = []
    with httpx.Client(base_url=desk.url, headers=bearing(add_key(desk.database)), timeout=60) as channel:
        for _ in range(count):
            number = next(_numbers)
            name = {"given": _word(number), "family": _word(number * 7 + 3)}
            for side in ("a", "b"):
                phone, mail = (
                    f"217-555-{1000 + 2 * number + (side == 'b')}",
                    f"{_word(number * 31 + ord(side))}@{side}.example",
                )
                born = {"a": "1980-02-03", "b": "1991-11-25"}[side]
                body = {"name": name, "birth_date": born, "phones": [{"value": phone}], "emails": [mail]}
                answer = channel.put(f"/v1/records/shop/T{number}{side}", json=body)
                assert answer.status_code == 200 or answer.status_code == 201, answer.text
            assert answer.json()["outcome"] == "possible_match", answer.text
            found += answer.json()["tasks"]
    return found


def _word(number: int) -> str:
    """A name that no other number gives."""
    syllables = ("ba", "do", "ki", "lu", "me", "na", "pe", "ri", "so", "tu")
    return "".join(syllables[int(digit)] for digit in f"{number * 7919 + 100003}").capitalize()


def token_in(page: str) -> str:
    """The token that the forms of a page carry."""
    return page.split('name="form_token" value="', 1)[1].split('"', 1)[0]


def token_of(client: httpx.Client) -> str:
    """The token of the session of a client."""
    return accounts.form_token(client.cookies["mdm_console"])


@dataclass
class Window:
    """The browser, and pages of it by who is signed in."""

    browser: Browser
    url: str
    opened: list[BrowserContext] = field(default_factory=list)

    def page(self, name: str | None = "li.na", *, width: int = 1280, theme: str = "light", script: bool = True) -> Page:
        """A page of somebody of `PEOPLE`; None: nobody is signed in."""
        context = self.browser.new_context(
            base_url=self.url, viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=script, locale="en-US",
        )  # fmt: skip
        context.set_default_timeout(15_000)
        self.opened.append(context)
        page = context.new_page()
        if name is not None:
            page.goto("/console/sign-in")
            sign_in(page, name)
        return page

    def close(self) -> None:
        """Close what was opened."""
        while self.opened:
            self.opened.pop().close()


def sign_in(page: Page, name: str) -> None:
    """Fill in the form for signing in, send it, and wait for where it leads."""
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url(lambda url: "/console/sign-in" not in url)


@pytest.fixture(scope="session")
def desk() -> Iterator[Desk]:
    """The desk of the session."""
    with new_world() as world:
        digest = accounts.digest_password(PASSWORD)
        with world.database.begin() as connection:
            for name, (role, pii) in PEOPLE.items():
                kept.add_account(connection, name, role=role, pii=pii, created_by="a test", digest=digest)
        with in_thread(make_app(world.settings)) as client:
            yield Desk(world, str(client.base_url))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the session."""
    with launched() as found:
        yield found


@pytest.fixture
def window(desk: Desk, browser: Browser) -> Iterator[Window]:
    """Pages for one test: ``window.page("li.na")``."""
    found = Window(browser, desk.url)
    yield found
    found.close()


Signed = Callable[[str], httpx.Client]


@pytest.fixture
def as_(desk: Desk) -> Iterator[Signed]:
    """``as_("li.na")``: a client without browser, signed in."""
    opened: list[httpx.Client] = []

    def made(name: str) -> httpx.Client:
        opened.append(desk.signed_in(name))
        return opened[-1]

    yield made
    for each in opened:
        each.close()
