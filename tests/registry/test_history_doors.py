"""History through both doors: what `mdm lookup` prints, and that its JSON is what the API answers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from typer.testing import CliRunner, Result

from api.app import make_app
from mdm.registry import look_up
from mdm.registry.moments import exactly
from pipelines.cli import app
from tests.api.keys import add_key
from tests.api.serving import in_thread
from tests.registry.nights import Town

EVERYTHING = {"include": "records,household,accounts,lineage"}


@pytest.fixture(scope="session")
def served(lived: Town) -> Iterator[httpx.Client]:
    """The API on the town after all its nights."""
    settings = lived.on("2026-04-04").model_copy(update={"database_url": lived.database.url})
    with in_thread(make_app(settings), key=add_key(lived.database)) as client:
        yield client


@pytest.fixture
def command(lived: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """The town, with commands that find its database."""
    monkeypatch.setenv("MDM_DATABASE_URL", lived.database.engine.url.render_as_string(hide_password=False))
    return lived


def mdm(town: Town, *arguments: str) -> Result:
    """`mdm lookup`, in the town."""
    return CliRunner().invoke(app, ["lookup", *arguments, "-w", str(town.path)])


def test_the_json_of_the_command_is_what_the_api_answers(command: Town, served: httpx.Client) -> None:
    moment = exactly(command.moments["pinned"])
    asked: list[dict[str, str]] = [
        {}, {"as_of": "2020-06-01"}, {"known_at": moment}, {"as_of": "2026-04-01", "known_at": moment},
    ]  # fmt: skip
    for key in ("crm:K3", "crm:K4"):
        pin = command.pin(key)
        with command.database.read() as connection:
            home = look_up(connection, pin, known_at=command.moments["pinned"]).household
        for times in asked:
            options = [part for name, text in times.items() for part in (f"--{name.replace('_', '-')}", text)]
            printed = json.loads(mdm(command, pin, "--json", *options).stdout)
            assert printed == served.get(f"/v1/customers/{pin}", params=EVERYTHING | times).json()
            assert {name: printed[name] for name in times} == times
            if home is not None:
                shown = json.loads(mdm(command, home.chi, "--json", *options).stdout)
                assert shown == served.get(f"/v1/households/{home.chi}", params=times).json()
        versions = json.loads(mdm(command, pin, "--versions", "--json").stdout)
        assert versions == served.get(f"/v1/customers/{pin}/versions").json()


def test_a_pin_answers_over_http_for_the_time_asked(lived: Town, served: httpx.Client) -> None:
    kept, given_up = lived.pin("crm:K5", "first"), lived.pin("billing:B5", "first")
    path, when = f"/v1/customers/{given_up}", {name: exactly(at) for name, at in lived.moments.items()}
    assert [served.get(path, params={"known_at": when[name]}).status_code for name in when] == [
        200, 308, 308, 200, 200, 200,
    ]  # fmt: skip
    merged = served.get(path, params={"known_at": when["merged"]}, follow_redirects=True).json()
    assert merged["pin"] == kept
    key = {"system": "billing", "local_id": "B5"}
    for name, pin in (("first", given_up), ("merged", kept), ("unmerged", given_up)):
        batch = served.post("/v1/xref:batch", json={"keys": [key], "known_at": when[name]}).json()
        alone = served.get("/v1/xref/billing/B5", params={"known_at": when[name]}).json()
        assert (batch["xrefs"][0]["pin"], alone["pin"]) == (pin, pin)
        assert alone == batch["xrefs"][0]
    gone = f"/v1/customers/{lived.pin('crm:K6', 'first')}"
    assert served.get(gone).status_code == 410
    assert served.get(gone, params={"known_at": when["first"]}).json()["name"] == "Hugo Sand"
    assert served.get(f"{gone}/versions").json()["status"] == "retired"


def test_versions_over_http_come_in_pages(lived: Town, served: httpx.Client) -> None:
    path, numbers, cursor = f"/v1/customers/{lived.pin('crm:K5')}/versions", [], {}
    while True:
        page = served.get(path, params={"limit": 2, **cursor}).json()
        numbers.append([version["number"] for version in page["versions"]])
        if "next" not in page:
            break
        cursor = {"cursor": page["next"]}
    assert numbers == [[3, 2], [1]]


def test_what_the_terminal_shows(command: Town) -> None:
    pin, moment = command.pin("crm:K3"), exactly(command.moments["unmerged"])
    shown = mdm(command, pin, "--as-of", "2020-06-01", "--known-at", moment)
    assert shown.exit_code == 0, shown.stderr
    assert "what was true on 2020-06-01" in shown.stdout
    assert f"what was known at {moment}" in shown.stdout
    assert "this golden record is known since 2" in shown.stdout
    then = mdm(command, pin, "--as-of", "2020-06-01").stdout
    assert "12 Oak Street" in then.replace("\n", " ")
    assert "it was in effect on the day asked for" in " ".join(then.split())
    versions = mdm(command, command.pin("crm:K5"), "--versions").stdout
    assert 'steward@example decided: billing:B5 is different from crm:K5 ("her mother")' in versions
    assert "by run 20260402-01 of 2026-04-02" in versions
    assert "records: billing:B5 changed" in versions
    assert "and 2 older" in mdm(command, command.pin("crm:K5"), "--versions", "--limit", "1").stdout
    expired = mdm(command, "crm:K4", "--versions").stdout
    assert "the override of birth_date by steward@example expired: 2026-04-03 was its last day" in expired
    with command.database.read() as connection:
        home = look_up(connection, "crm:K1").household
    assert home is not None
    household = mdm(command, home.chi, "--as-of", "2026-03-31").stdout
    assert "Cara Lee" in household
    assert "until 2026-04-01" in household


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--as-of", "0000-01-01"], "no year 0"),
        (["--as-of", "20200601"], "such as 2026-03-31"),
        (["--known-at", "noon"], "such as 2026-03-31T22:30:00Z"),
        (["--versions", "--as-of", "2020-06-01"], "Leave --as-of and --known-at out"),
    ],
)
def test_wrong_use_leaves_with_2(command: Town, arguments: list[str], words: str) -> None:
    found = mdm(command, "crm:K1", *arguments)
    assert found.exit_code == 2
    assert words in " ".join(found.stderr.replace("│", " ").split())


def test_a_time_before_the_first_night_says_since_when_anything_is_known(command: Town) -> None:
    found = mdm(command, "crm:K1", "--known-at", "2020-01-01")
    assert found.exit_code == 1
    assert "the store knows customers since" in found.stderr
