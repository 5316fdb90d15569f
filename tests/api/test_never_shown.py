"""A social insurance number is shown to nobody: by no answer of the API, no page of the console and no command.

A town of Canada with its firms, one row that cannot be read, one without a key, and stewards who decided about them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from typer.testing import CliRunner

from api.app import make_app
from mdm import accounts
from mdm.store import accounts as kept
from mdm.store.database import Database, open_database
from pipelines.cli import app
from tests.api.keys import EVERYTHING, add_key, bearing
from tests.api.serving import in_thread
from tests.pipelines.tiny import TinyWorkspace, text
from tests.stewardship.conftest import SETTINGS, put_models
from tests.store.fixtures import workspace_directory

COLUMNS = ("ID", "GIVEN", "FAMILY", "BORN", "PHONE", "SIN")
CONTRACT = """
source: {source}
party: person
region: CA
files: {source}.csv
format: {{type: delimited, delimiter: ",", encoding: utf-8, header: true}}
delivery: full
extracted_at: {{const: 2026-03-31}}
key: ID
map:
  name.given: GIVEN
  name.family: FAMILY
  birth_date: BORN
  phones: PHONE
  identifiers.{kind}: SIN
"""
FIRMS = """
source: firms
party: organisation
region: CA
files: firms.csv
format: {type: delimited, delimiter: ",", encoding: utf-8, header: true}
delivery: full
extracted_at: {const: 2026-03-31}
key: ID
map: {organisation.name: NAME, phones: PHONE, identifiers.tax_number: BN}
"""
ANN, BO, EVE, OTHER, TYPO, NO_KEY, SHORT, PINNED = (
    "130692544", "193456787", "245315262", "356742189", "467125234", "529982241", "467125233", "900000001",
)  # fmt: skip
BN = "123456782"
ASKS = "[matching]\nmatch_weight = 4.0\nreview_weight = -3.0\n"  # so that there are tasks
PASSWORD = "a quiet horse eats"


def _row(*values: str) -> dict[str, str]:
    return dict(zip(COLUMNS, values, strict=True))


CRM = [
    _row("K1", "Ann", "Lee", "1980-02-03", "416-555-0142", f"{ANN[:3]} {ANN[3:6]} {ANN[6:]}"),
    _row("K2", "Bo", "Roy", "1975-07-21", "416-555-0177", BO),
    _row("K3", "Eve", "Cole", "1990-12-12", "416-555-0188", EVE),
    _row("K4", "Max", "Hill", "1991-01-12", "416-555-0111", TYPO),
    _row("", "Nobody", "Noone", "1966-03-04", "416-555-0199", NO_KEY),
]
SHOP = [
    _row("S1", "Ann", "Lee", "1980-02-03", "416-555-0142", f"{ANN[:3]}-{ANN[3:6]}-{ANN[6:]}"),
    _row("S2", "Bo", "Roy", "1975-07-21", "416-555-0177", OTHER),
    _row("S3", "Eva", "Cole", "", "416-555-0188", ""),
]


def spellings() -> list[str]:
    """Every way in which a page could say one of the numbers; of each its end, as masked values are shown."""
    numbers = (ANN, BO, EVE, OTHER, TYPO, NO_KEY, SHORT, PINNED)
    parts = [(number[:3], number[3:6], number[6:]) for number in numbers]
    return [*numbers, *(mark.join(part) for part in parts for mark in " -"), *(f"***{n[-4:]}" for n in numbers)]


@dataclass(frozen=True)
class Town:
    """Where it is, and whom to ask."""

    workspace: TinyWorkspace
    database: Database
    url: str
    clear: httpx.Client
    masked: httpx.Client

    def pin(self, key: str) -> str:
        """The PIN of a source key."""
        found: str = self.clear.get(f"/v1/xref/{key.replace(':', '/')}").json()["pin"]
        return found


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """After a night, a write of a channel and an override of a steward."""
    with workspace_directory() as directory:
        workspace = TinyWorkspace(directory / "ws", f"{SETTINGS}{ASKS}")
        (directory / "ws").chmod(0o755)
        for source, kind in (("crm", "national_id"), ("shop", "tax_number")):
            contract = CONTRACT.format(source=source, kind=kind)
            (workspace.path / "sources" / f"{source}.yaml").write_text(contract.lstrip())
        (workspace.path / "sources" / "firms.yaml").write_text(FIRMS.lstrip())
        (workspace.path / "landing" / "crm.csv").write_bytes(text(CRM, COLUMNS) + f"K9,short,{SHORT}\n".encode())
        (workspace.path / "landing" / "shop.csv").write_bytes(text(SHOP, COLUMNS))
        (workspace.path / "landing" / "firms.csv").write_text(
            f"ID,NAME,PHONE,BN\nF1,Oak Bakery Inc,416-555-0170,{BN}\n"
        )
        with open_database(None, workspace.settings.var) as database:
            put_models(database)
            assert workspace.night(database)["status"] == "applied"
            with database.begin() as connection:
                digest = accounts.digest_password(PASSWORD)
                kept.add_account(connection, "li.na", role="admin", pii=True, created_by="a test", digest=digest)
            clear, masked = add_key(database), add_key(database, *(each for each in EVERYTHING if each != "pii"))
            with in_thread(make_app(workspace.settings), key=clear) as client:
                url = str(client.base_url)
                with httpx.Client(base_url=url, timeout=60, headers=bearing(masked)) as other:
                    found = Town(workspace, database, url, client, other)
                    _decided(found)
                    yield found


def _decided(town: Town) -> None:
    body = {"name": {"given": "Zoe", "family": "Hunt"}, "phones": [{"value": "416-555-0133"}]}
    number = {"type": "national_id", "country": "CA", "value": PINNED}
    written = town.clear.put("/v1/records/shop/S9", json={**body, "identifiers": [number]})
    assert written.status_code in (200, 201), written.text
    value = {"issuer": "CA", "value": PINNED}
    pinned = town.clear.put(
        f"/v1/customers/{town.pin('crm:K3')}/overrides/identifiers.national_id",
        json={"value": value, "reason": "saw the card"},
    )
    assert pinned.status_code == 200, pinned.text
    assert said(pinned.text) == []


def said(answer: str) -> list[str]:
    """The numbers that an answer says in some way."""
    return [each for each in spellings() if each in answer]


def test_no_answer_of_the_api_says_one(town: Town) -> None:
    pins = {key: town.pin(key) for key in ("crm:K1", "crm:K2", "crm:K3", "crm:K4", "shop:S1", "shop:S2", "shop:S9")}
    tasks = [task["task"] for task in town.clear.get("/v1/tasks").json()["tasks"]]
    assert tasks
    paths = ["/v1/changes?include=values", "/v1/tasks", *(f"/v1/tasks/{number}" for number in tasks)]
    paths += [f"/v1/records/{key.replace(':', '/')}" for key in pins]
    paths += [f"/v1/why?a={a}&b={b}" for a, b in (("crm:K1", "shop:S1"), ("crm:K2", "shop:S2"), ("crm:K3", "shop:S3"))]
    paths += [f"/v1/customers?identifier=national_id:CA:{ANN}", f"/v1/customers?identifier=national_id:CA:{TYPO}"]
    for pin in pins.values():
        parts = (
            "",
            "?include=records,household,accounts,lineage",
            "?as_of=2026-03-01",
            "/versions",
            "/how",
            "/overrides",
        )
        paths += [f"/v1/customers/{pin}{part}" for part in parts]
    seen = ""
    for path in paths:
        for client in (town.clear, town.masked):
            answer = client.get(path)
            assert answer.status_code in (200, 422), (path, answer.text)
            assert said(answer.text) == [] or path.endswith(TYPO), (path, answer.text)
            seen += answer.text
    assert seen.count('"***"') > 20
    held = town.clear.get(f"/v1/customers/{pins['crm:K1']}").json()["golden"]["identifiers"]
    assert {(each["type"], each["issuer"], each["value"]) for each in held} == {
        ("national_id", "CA", "***"), ("tax_number", "CA", "***"),
    }  # fmt: skip


def test_what_is_asked_with_one_is_answered_without(town: Town) -> None:
    """Looking for it works as for any number, and nothing says it back."""
    number = {"type": "national_id", "country": "CA", "value": ANN}
    person = {"name": {"given": "Ann", "family": "Lee"}, "birth_date": "1980-02-03", "identifiers": [number]}
    for client in (town.clear, town.masked):
        found = client.get(f"/v1/customers?identifier=national_id:CA:{ANN}")
        assert [each["pin"] for each in found.json()["customers"]] == [town.pin("crm:K1")]
        identified = client.post("/v1/customers:identify", json=person)
        assert identified.json()["candidates"][0]["pin"] == town.pin("crm:K1")
        assert any(each["attribute"] == "identifiers" for each in identified.json()["candidates"][0]["evidence"])
        valid = client.post("/v1/records:validate", json=person)
        assert valid.json()["record"]["identifiers"] == [{"type": "national_id", "issuer": "CA", "value": "***"}]
        wrong = client.post("/v1/records:validate", json={**person, "identifiers": [{**number, "value": TYPO}]})
        zoe = {"name": {"given": "Zoe", "family": "Hunt"}, "identifiers": [{**number, "value": PINNED}]}
        again = client.put("/v1/records/shop/S9", json=zoe)
        for answer in (found, identified, valid, wrong, again):
            assert answer.status_code in (200, 201), answer.text
            assert said(answer.text) == []


def test_what_is_stored_and_what_is_no_secret_stays(town: Town) -> None:
    with town.database.read() as connection:
        stored = connection.exec_driver_sql("select string_agg(cleansed::text, ' ') from record").scalar_one()
    assert all(number in stored for number in (ANN, BO, EVE, OTHER))
    assert BN in town.clear.get(f"/v1/customers/{town.pin('firms:F1')}").text
    assert f"***{BN[-4:]}" in town.masked.get(f"/v1/customers/{town.pin('firms:F1')}").text


def test_no_page_of_the_console_says_one(town: Town) -> None:
    with httpx.Client(base_url=town.url, headers={"Origin": town.url}, timeout=60) as client:
        token = re.search(r'name="form_token" value="([^"]+)', client.get("/console/sign-in").text)
        assert token is not None
        form = {"name": "li.na", "password": PASSWORD, "form_token": token[1], "next": "/console/tasks"}
        assert client.post("/console/sign-in", data=form).status_code == 303
        mine = {"form_token": accounts.form_token(client.cookies["mdm_console"])}
        for reveal in (False, True):
            if reveal:
                assert client.post("/console/reveal", data=mine).status_code == 303
            pages = _pages(client, [f"/console/customers/{town.pin(key)}" for key in ("crm:K1", "crm:K2", "crm:K3")])
            kinds = {re.sub(r"[0-9]{2,}|[0-9]+$", "N", address.partition("?")[0]) for address in pages}
            assert {"/console/tasks/N", "/console/customers/N", "/console/quality/rows/N"} <= kinds
            for address, page in pages.items():
                assert said(page) == [], address
        assert any("1980-02-03" in page for page in pages.values()), "other values are revealed"
        assert any("***" in page for page in pages.values())
        _corrected(town, client, mine)


def _pages(client: httpx.Client, waiting: list[str]) -> dict[str, str]:
    """What links lead to from the first pages."""
    found: dict[str, str] = {}
    waiting += ["/console/tasks", "/console/quality", "/console/runs", "/console/quality?system=crm"]
    while waiting and len(found) < 80:
        address = waiting.pop(0)
        if address in found:
            continue
        answer = client.get(address, follow_redirects=True)
        assert answer.status_code == 200, address
        found[address] = answer.text
        links = re.findall(r'href="(/console/[^"#]+)"', answer.text)
        waiting += [each.replace("&amp;", "&") for each in links if "static" not in each and "sign" not in each]
    return found


def _corrected(town: Town, client: httpx.Client, mine: dict[str, str]) -> None:
    """A row without a key is written with its number, which the form did not show, and another one beside it."""
    with town.database.read() as connection:
        query = "select quarantine_id from quarantine where reason = 'missing_key' and system = 'crm'"
        row = connection.exec_driver_sql(query).scalar_one()
    path = f"/console/quality/rows/{row}"
    shown = client.get(path).text
    assert 'value="***1"' in shown
    form = {
        **mine, "local_id": "K7", "party": "person", "name_given": "Nobody", "name_family": "Noone",
        "identifier.type": ["passport", "national_id"], "identifier.country": ["CA", ""],
        "identifier.value": ["AB123456", "***1"],
    }  # fmt: skip
    checked = client.post(path, data={**form, "check": "1"})
    assert checked.status_code == 200
    assert said(checked.text) == []
    assert 'value="***1"' in checked.text
    assert client.post(path, data={**form, "write": "1"}).status_code == 303
    found = town.clear.get(f"/v1/customers?identifier=national_id:CA:{NO_KEY}").json()["customers"]
    assert [each["pin"] for each in found] == [town.pin("crm:K7")]


@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=["for people", "for machines"])
def test_no_command_says_one(town: Town, as_json: tuple[str, ...]) -> None:
    where = ("-w", str(town.workspace.path), *as_json)
    asked = [("lookup", key) for key in ("crm:K1", "crm:K2", "crm:K3", "shop:S9")]
    asked += [("lookup", "crm:K3", "--versions"), ("why", "crm:K2", "shop:S2"), ("why", "crm:K1")]
    asked += [("check",), ("status",)]
    shown = ""
    for command in asked:
        result = CliRunner().invoke(app, [*command, *where])
        assert result.exit_code == 0, (command, result.output)
        assert said(result.output) == [], command
        shown += result.output
    assert shown.count("***") > 8
    assert not as_json or "***" in json.dumps(shown)
