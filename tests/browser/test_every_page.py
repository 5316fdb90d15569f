"""Every page of the console, found by following its links: what feeds say stays text, Chinese pages are Chinese."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
import pytest
from fastapi.routing import APIRoute

from api.app import make_app
from api.console.routes import ROUTERS
from mdm import accounts
from mdm.store import accounts as kept
from mdm.store.database import open_database
from tests.api.serving import in_thread
from tests.api.world import World
from tests.browser.desk import PASSWORD, Desk, Window, token_of
from tests.pipelines.tiny import TinyWorkspace, text
from tests.stewardship.conftest import SETTINGS, put_models
from tests.store.fixtures import workspace_directory

ATTACK = '"><img src=x onerror=alert(1)>'
NAMED = '"><script>alert(2)</script>'  # of who is signed in: it is on every page
COLUMNS = ("ID", "GIVEN", "FAMILY", "BORN", "PHONE", "MAIL", "STREET", "CITY", "ZIP", "TAX", "ACCT", "PLAN", "NOTE")
CONTRACT = """
source: {source}
party: person
files: {source}*.csv
format: {{type: delimited, delimiter: ",", encoding: utf-8, header: true}}
delivery: full
extracted_at: {{const: 2026-03-31}}
key: ID
region: US
map:
  name.given: GIVEN
  name.family: FAMILY
  birth_date: BORN
  phones: PHONE
  emails: MAIL
  address.street: STREET
  address.locality: CITY
  address.postcode: ZIP
  identifiers.tax_number: {{column: TAX, country: US}}
  accounts: ACCT
  subscriptions: {{product: PLAN, number: PHONE}}
  attributes.note: NOTE
"""
FIRMS = """
source: firms
party: organisation
files: firms.csv
format: {type: delimited, delimiter: ",", encoding: utf-8, header: true}
delivery: full
extracted_at: {const: 2026-03-31}
key: ID
map: {organisation.name: NAME, phones: PHONE}
"""
# what can be asked for with GET
ROUTES = {
    route.path_format: route.path_regex
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and "GET" in route.methods
}
SIGN_IN = {"/console/sign-in", "/console/sign-in/openid", "/console/sign-in/openid/callback"}
OPEN = {"/console", "/console/static/{name}", *SIGN_IN}
TOGETHER = "abcdefabcdef"
PHONE = "217-555-0142"
SEARCHES = [f"/console/search?q={PHONE}", f"/console/search/answers?q={PHONE}"]
ASKS = "[matching]\nmatch_weight = 4.0\nreview_weight = -3.0\n"  # so that there are tasks
PER_ROUTE = 6  # pages that are looked at
ENGLISH = re.compile(r"\b(?:the|is|are|they|which|belongs?|differ|was|were|same)\b")


def _row(key: str, **values: str) -> dict[str, str]:
    """A row of which every field that is given attacks, and the others are empty."""
    return {name: values[name] + ATTACK if name in values else "" for name in COLUMNS} | {"ID": key}


def _person(key: str, given: str, phone: str = "", **more: str) -> dict[str, str]:
    """Somebody whose texts attack, and whose other values can be read."""
    found = _row(
        key + ATTACK, GIVEN=given, FAMILY="Lee", STREET="12 Oak Street", CITY="Springfield", PLAN="Fibre", **more
    )
    return found | {"BORN": "1980-02-03", "PHONE": phone, "MAIL": f"{key.lower()}@mail.example", "ZIP": "62701"}


@pytest.fixture(scope="module")
def attacked() -> Iterator[Desk]:
    """A workspace whose feeds attack in every field, in keys and in the name of a file; decided upon, served."""
    with workspace_directory() as directory:
        workspace = TinyWorkspace(directory / "ws", f"{SETTINGS}{ASKS}")
        (directory / "ws").chmod(0o755)
        for name in ("crm", "shop"):
            (workspace.path / "sources" / f"{name}.yaml").write_text(CONTRACT.format(source=name).lstrip())
        (workspace.path / "sources" / "firms.yaml").write_text(FIRMS.lstrip())
        unread = dict.fromkeys(COLUMNS[1:], "x")
        crm = [_person("K1", "Ann", "217-555-0142", ACCT="A1", NOTE="n", TAX="t"), _person("K2", "Bo", "217-555-0143"),
               _row("K3" + ATTACK, **unread), _row("", GIVEN="Nobody"), _row("K4" + ATTACK)]  # fmt: skip
        shop = [
            _person("S1", "Ann", "217-555-0142"),
            _row("S2" + ATTACK, GIVEN="Bo", FAMILY="Lee") | {"BORN": "1980-02-03"},
        ]
        firms = [{"ID": f"F{n}{ATTACK}", "NAME": f"Oak Bakery{ATTACK}", "PHONE": f"217-555-017{n}"} for n in (1, 2)]
        (workspace.path / "landing" / f"crm{ATTACK}.csv").write_bytes(text(crm, COLUMNS) + b"short,row\n")
        (workspace.path / "landing" / "shop.csv").write_bytes(text(shop, COLUMNS))
        (workspace.path / "landing" / "firms.csv").write_bytes(text(firms, ("ID", "NAME", "PHONE")))
        with open_database(None, workspace.settings.var) as database:
            put_models(database)
            assert workspace.night(database)["status"] in ("applied", "stopped")
            with database.begin() as connection:
                digest = accounts.digest_password(PASSWORD)
                kept.add_account(
                    connection, "li.na", role="admin", pii=True, created_by="a test", digest=digest, full_name=NAMED
                )
            with in_thread(make_app(workspace.settings)) as client:
                yield Desk(World(workspace.settings, database), str(client.base_url))


def test_nothing_of_a_feed_is_more_than_text(attacked: Desk) -> None:
    with closing(attacked.signed_in("li.na")) as client:
        _decide(client)
        pages = _crawl(client, [*SEARCHES, f"/console/together/{TOGETHER}"])
    assert set(pages) == ROUTES.keys() - OPEN  # every page was found
    for route, found in pages.items():
        for address, page in found.items():
            assert _Tags.of(page).wrong == [], (route, address)
    reached = {route for route, found in pages.items() if any("onerror=alert(1)" in page for page in found.values())}
    assert ROUTES.keys() - OPEN - reached <= {
        "/console/model",
        "/console/design",
        "/console/runs",
        "/console/kept",
    }  # what has nothing of a feed


def test_no_browser_runs_it(attacked: Desk, window: Window) -> None:
    with closing(attacked.signed_in("li.na")) as client:
        pages = _crawl(client, SEARCHES)
    page = Window(window.browser, attacked.url, window.opened).page("li.na")
    told: list[str] = []
    page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))  # type: ignore[func-returns-value]
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    for address in sorted(address for found in pages.values() for address in list(found)[:2]):
        if "/answers" not in address:
            page.goto(address)
            assert page.locator("img[src=x], [onerror], script:not([src])").count() == 0, address
    page.fill(".find input", PHONE)
    page.locator(".answers a").first.wait_for()
    assert page.locator("img[src=x], [onerror], script:not([src])").count() == 0
    assert told == []


def test_in_chinese_every_page_is(desk: Desk, window: Window) -> None:
    """But for names, keys, and what people wrote."""
    with closing(desk.signed_in("hua")) as client:
        client.post("/console/preferences", data={"form_token": token_of(client), "language": "zh"})
        whys = [
            f"/console/customers/{desk.world.pin('billing:B1')}/why?other={key}" for key in ("billing:B5", "shop:S1")
        ]
        pages = _crawl(client, ["/console/search?q=Ann+Lee", "/console/search/answers?q=Ann+Lee", *whys])
    for found in pages.values():
        for address, page in found.items():
            assert [each for each in _Tags.of(page).texts if ENGLISH.search(each)] == [], address


# -- the parts ---------------------------------------------------------------------------------------------------------


def _decide(client: httpx.Client) -> None:
    """An answer to a task, one to several, and an override, each with an attack in it."""
    token = {"form_token": token_of(client)}
    client.post("/console/reveal", data=token)
    queue = client.get("/console/tasks").text
    tasks = re.findall(r'href="/console/tasks/([0-9]+)', queue)
    answer = {**token, "verdict": "different", "reason": ATTACK}
    assert client.post(f"/console/tasks/{tasks[0]}:answer", data=answer).status_code == 303
    together = {**answer, "task": tasks[:2], "key": TOGETHER}
    assert client.post("/console/tasks:decide", data=together).headers["location"] == f"/console/together/{TOGETHER}"
    found = re.search(r"/console/customers/[0-9]{12}", client.get(SEARCHES[0]).text)
    assert found is not None
    value = {"attribute": "name", "value.given": ATTACK, "value.family": ATTACK, "reason": ATTACK, "do": "go"}
    assert client.post(f"{found[0]}/override", data={**token, **value}).status_code == 303


def _crawl(client: httpx.Client, more: list[str]) -> dict[str, dict[str, str]]:
    """Route -> address -> page, for a few pages of every route that links lead to."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    waiting, seen = ["/console/tasks", "/console/kept", *more], set[str]()
    while waiting:
        address = waiting.pop(0)
        path = urlsplit(address).path
        route = next((name for name, pattern in ROUTES.items() if pattern.match(path)), None)
        if address in seen or route is None or route in OPEN or len(found[route]) >= PER_ROUTE:
            continue
        seen.add(address)
        answer = client.get(address, follow_redirects=True)
        assert answer.status_code == 200, (address, answer.status_code)
        found[route][address] = answer.text
        waiting += [urljoin(address, link) for link in _Tags.of(answer.text).links]
    return dict(found)


class _Tags(HTMLParser):
    """Where a page leads to (by links, and forms that only ask), its texts, and tags that no template of ours makes."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.texts: list[str] = []
        self.wrong: list[str] = []
        self.form: str | None = None
        self.asking: dict[str, str] = {}  # id of a form, or its action -> its action
        self.fields: dict[str, list[tuple[str, str]]] = defaultdict(list)

    @classmethod
    def of(cls, page: str) -> _Tags:
        found = cls()
        found.feed(page)
        for form, action in found.asking.items():
            found.links.append(f"{action}?{urlencode(found.fields[form])}")
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        source = values.get("src", "")
        foreign = tag in ("img", "script", "iframe", "object", "embed") and not source.startswith("/console/static/")
        if foreign or any(name.startswith("on") or name == "style" for name in values):
            self.wrong.append(self.get_starttag_text() or tag)
        if tag == "a" and values.get("href", "").startswith(("/console", "?")):
            self.links.append(values["href"])
        if tag == "form":
            self.form = values.get("id") or values.get("action")
            if values.get("method") != "post" and self.form is not None:
                self.asking[self.form] = values["action"]
        form = values.get("form") or self.form
        if form is not None and tag in ("input", "button") and values.get("name", "") not in dict(self.fields[form]):
            self.fields[form].append((values.get("name", ""), values.get("value", "")))  # of several the first

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())
