"""Sync-back when things go wrong beside it: clocks, answers that cannot be, a kill, channels that repeat us."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from api.app import make_app
from mdm.registry.lookup import look_up
from mdm.store.database import Database
from pipelines.cli import app
from pipelines.stewardship import judge, unmerge
from pipelines.sync.every import sync
from pipelines.sync.replay import replay
from pipelines.webhooks import desk
from pipelines.webhooks.sender import send
from tests.api.keys import add_key
from tests.api.serving import in_thread
from tests.pipelines.evenings import fixtures_after
from tests.pipelines.processes import PATIENCE, context
from tests.pipelines.receiver import receiving
from tests.pipelines.test_sync import BILLING, WHO, answer, crm, forty_people, person, phones, rows, target, told
from tests.pipelines.tiny import TinyWorkspace

evening, workspace, store = fixtures_after(forty_people)


@pytest.fixture
def here(workspace: TinyWorkspace, store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands find the workspace and its store."""
    monkeypatch.setenv("MDM_DATABASE_URL", store.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("MDM_WORKSPACE", str(workspace.path))


def mdm(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_clock_that_was_set_back(workspace: TinyWorkspace, store: Database) -> None:
    """What was told yesterday bears tomorrow's date, also in its name: numbers go on, and nothing is written over."""
    target(workspace, "billing", BILLING.replace("b_{number:03}.csv", "b_{date:%Y%m%d}_{number:03}.csv"))
    first = told(workspace, store)
    keys, content = rows(first), Path(first.deliveries[0].file).read_bytes()
    with store.begin() as connection:
        connection.exec_driver_sql(
            "update sync_delivery set created_at = created_at + interval '1 day', "
            "written_at = written_at + interval '1 day'"
        )
    toml = workspace.path / "mdm.toml"
    toml.write_text(toml.read_text().replace("business_date = 2026-04-01", "business_date = 2026-03-31"))
    crm(workspace, store, "20260402", person(3, GIVEN="Dmitrij"))
    second = told(workspace, store)
    assert [(sent.number, Path(sent.file).name) for sent in second.deliveries] == [(2, "b_20260331_002.csv")]
    assert rows(second).keys() == {"B003"}
    assert Path(first.deliveries[0].file).read_bytes() == content
    assert len(list((workspace.path / "outbound" / "billing").iterdir())) == 4  # with their control files
    answer(workspace, 1, dict.fromkeys(keys, "ok"))
    answer(workspace, 2, {"B003": "ok"})
    assert [reply.status for reply in told(workspace, store).replies] == ["applied", "applied"]
    assert told(workspace, store).deliveries == []
    assert replay(workspace.settings, store, "billing", 1).same


@pytest.mark.usefixtures("here")
def test_an_answer_that_cannot_be_read_and_a_kill_while_the_next_one_is(
    workspace: TinyWorkspace, store: Database
) -> None:
    """As somebody on call meets it: the command says what is wrong and where; what was killed has kept nothing."""
    keys = rows(told(workspace, store))
    answer(workspace, 1, {"B001": "perhaps"})
    said = mdm("sync")
    assert said.exit_code == 3
    for words in ("b_001.ack", "unknown answers in R: 'perhaps'", "Say what they mean in"):
        assert words in " ".join(said.stdout.split())
    assert mdm("sync", "--answers").exit_code == 3, "it is said again as long as the file lies there"

    answer(workspace, 1, {key: "no" if key == "B004" else "ok" for key in keys})
    process = context().Process(target=_killed_before, args=("insert into sync_answer", workspace.path, store.url))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode == -signal.SIGKILL
    with store.begin() as connection:
        assert connection.exec_driver_sql("select count(*) from sync_answer").scalar_one() == 0
        assert connection.exec_driver_sql("select count(*) from sync_ack where status = 'applied'").scalar_one() == 0

    done = mdm("sync", "--json")
    assert done.exit_code == 0
    (report,) = orjson.loads(done.stdout)
    assert [(reply["status"], reply["accepted"], reply["rejected"]) for reply in report["replies"]] == [
        ("applied", 11, 1)
    ]
    assert [(sent["number"], sent["rows"], sent["repeats"]) for sent in report["deliveries"]] == [(2, 1, 1)]


def _killed_before(statement: str, path: Path, url: str) -> None:
    """A sync that dies when it comes to a statement."""

    def look(connection: Any, cursor: Any, text: str, *_: Any) -> None:
        if statement in text:
            os.kill(os.getpid(), signal.SIGKILL)

    with Database(url) as database:
        sa.event.listen(database.engine, "before_cursor_execute", look)
        sync(TinyWorkspace(path, keep=True).settings, database)


@pytest.mark.usefixtures("here")
def test_what_a_channel_writes_back_is_not_the_sources_word(workspace: TinyWorkspace, store: Database) -> None:
    """crm learns a phone, billing is told and writes it back; then crm learns better, and is believed."""
    contract = workspace.path / "sources" / "billing.yaml"
    contract.write_text(contract.read_text() + "trust: {default: 90}\n")
    told(workspace, store)
    with in_thread(make_app(workspace.settings), key=add_key(store)) as client:
        put(client, "crm", "K003", "+1 212 555 0143")
        sent = rows(told(workspace, store))["B003"]["PHONE"]
        assert sent == "+12125550143"
        put(client, "billing", "B003", sent)
        assert issues(store) == ["phones: +12125550143"]
        assert phones(store, "B003") == [("+12125550143", ["crm", "K003"], 1)]
        put(client, "crm", "K003", "+1 212 555 0144")
        assert phones(store, "B003")[0] == ("+12125550144", ["crm", "K003"], 1)
        put(client, "billing", "B003", "+1 212 555 0145")
        assert issues(store) == []
        assert phones(store, "B003")[0] == ("+12125550145", ["billing", "B003"], 1), "its own word is believed most"


def put(client: httpx.Client, system: str, key: str, phone: str) -> None:
    """Person 3 with another phone, as a channel writes it."""
    known = person(3)
    body = {
        "name": {"given": known["GIVEN"], "family": known["FAMILY"]}, "birth_date": known["BORN"], "phones": [phone],
        "address": {"street": known["STREET"], "locality": known["CITY"], "postcode": known["ZIP"]},
        "identifiers": [{"type": "tax_number", "value": known["TAX"], "country": "US"}],
    }  # fmt: skip
    written = client.put(f"/v1/records/{system}/{key}", json=body)
    assert written.status_code == 200, written.text


def issues(store: Database) -> list[str]:
    """What is marked as an echo in the record of billing."""
    with store.begin() as connection:
        (found,) = connection.exec_driver_sql(
            "select cleansed::jsonb -> 'issues' from record where system = 'billing' and local_id = 'B003' "
            "and recorded_to = 'infinity'"
        ).scalars()
    return [f"{issue['attribute']}: {issue['reason']}" for issue in found or () if issue["mark"] == "echo"]


@pytest.mark.usefixtures("here")
def test_subscribers_who_were_told_wrongly_are_listed_until_they_took_the_correction(
    workspace: TinyWorkspace, store: Database
) -> None:
    """Two subscribers: one takes everything, one refuses what it does not like to hear."""
    with (workspace.path / "mdm.toml").open("a") as file:
        file.write("[webhooks]\nallow_http = true\nallow_private = true\nlongest_wait_seconds = 1.0\n")
    settings = workspace.settings
    with store.begin() as connection:
        pins = {key: look_up(connection, f"billing:{key}").pin for key in ("B050", "B051")}
    with receiving() as one, receiving(answer=lambda events: 500) as other:
        for name, receiver in (("shop", one), ("tv", other)):
            receiver.verify(desk.add(settings, store, name, receiver.url, actor="test")["secret"])
        judge(settings, store, "billing:B050", "billing:B051", "same", **WHO)
        unmerge(settings, store, pins["B051"], **WHO)
        wrong, right = pins["B050"], pins["B051"]
        assert corrections(wrong, right) == {("shop", "waiting"), ("tv", "waiting")}
        send(settings, store)
        assert corrections(wrong, right) == {("shop", "acknowledged"), ("tv", "waiting")}
        assert {"merged", "split"} <= {event["data"]["type"] for event in one.events}
    told_one = mdm("sync", "--corrections", "--target", "shop").stdout
    assert "shop" in told_one
    assert "tv" not in told_one


def corrections(wrong: str, right: str) -> set[tuple[str, str]]:
    """Subscriber and state, as `mdm sync --corrections` lists them: of a change about each of the two customers."""
    found = orjson.loads(mdm("sync", "--corrections", "--json").stdout)
    assert {(each["to"], each["because"], each["wrong"], each["right"]) for each in found} == {
        ("subscriber", "revived", wrong, right)
    }
    assert {each["key"] for each in found} == {wrong, right}
    return {(each["name"], each["state"]) for each in found}
