"""`mdm key` and `mdm audit`, typed; what they answer is in the store, and the key itself nowhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from mdm import access
from mdm.errors import UsageError
from mdm.store import api_keys
from mdm.store.database import Database
from pipelines.cli import app
from tests.pipelines.tiny import TinyWorkspace, people, text


@pytest.fixture
def workspace(open_directory: Any, fresh_database: Database, monkeypatch: pytest.MonkeyPatch) -> TinyWorkspace:
    """A workspace whose store is the fresh database."""
    monkeypatch.setenv("MDM_DATABASE_URL", fresh_database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("MDM_WORKSPACE", str(open_directory))
    return TinyWorkspace(open_directory)


def mdm(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_a_key_is_made_listed_and_revoked(workspace: TinyWorkspace, fresh_database: Database) -> None:
    made = mdm(
        "key", "create", "--name", "web shop", "--scope", "pii", "--scope", "lookup", "--rate", "10/second",
        "--expires", "30",
    )  # fmt: skip
    assert made.exit_code == 0
    key = made.stdout.strip()
    key_id, digest = access.read_key(key) or ("", "")
    assert "not shown again" in made.stderr
    with fresh_database.begin() as connection:
        state = api_keys.find_key(connection, key_id)
        kept = connection.exec_driver_sql("select row(k.*)::text from api_key k").scalar_one()
    assert state is not None
    assert (state.digest, state.scopes, state.rate) == (digest, {"lookup", "pii"}, 600)
    assert key.rsplit("_", maxsplit=1)[1] not in kept
    listed = json.loads(mdm("key", "list", "--json").stdout)
    assert [(row["key_id"], row["status"], row["scopes"]) for row in listed] == [(key_id, "active", ["lookup", "pii"])]
    assert "web shop" in mdm("key", "list").stdout
    assert mdm("key", "revoke", key_id, "--by", "ann").exit_code == 0
    (revoked,) = json.loads(mdm("key", "list", "--json").stdout)
    assert (revoked["status"], revoked["revoked_by"]) == ("revoked", "ann")
    assert json.loads(mdm("key", "revoke", key_id, "--json").stdout)["revoked_by"] == "ann", "the first one counts"
    actions = [entry["action"] for entry in json.loads(mdm("audit", "--json").stdout)]
    assert actions[-1] == f"mdm key create {key_id}"
    assert actions[0] == f"mdm key revoke {key_id}"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["create", "--name", "x", "--scope", "everything"], 2, "no scope 'everything'"),
        (["create", "--name", " ", "--scope", "lookup"], 2, "needs a name"),
        (["create", "--scope", "lookup"], 2, "--name"),
        (["create", "--name", "x", "--scope", "lookup", "--expires", "soon"], 2, "neither a date nor a number"),
        (["create", "--name", "x", "--scope", "lookup", "--expires", "2020-01-01"], 2, "is past"),
        (["create", "--name", "x", "--scope", "lookup", "--expires", "2027-02-30"], 2, "neither a date"),
        (["create", "--name", "x", "--scope", "lookup", "--rate", "fast"], 2, "600/minute"),
        (["create", "--name", "x", "--scope", "lookup", "--rate", "0/minute"], 2, "600/minute"),
        (["revoke", "0123456789"], 1, "mdm key list"),
    ],
)
def test_what_is_wrong_is_said(workspace: TinyWorkspace, arguments: list[str], code: int, words: str) -> None:
    result = mdm("key", *arguments)
    assert result.exit_code == code
    assert words in result.stderr


def test_who_looked_at_whom_is_shown(workspace: TinyWorkspace, fresh_database: Database) -> None:
    workspace.add("crm", text(people(0, 20)))
    workspace.night(fresh_database)
    pin = json.loads(mdm("lookup", "crm:K003", "--json").stdout)["pin"]
    assert mdm("lookup", "crm:none").exit_code == 1
    assert mdm("why", "crm:K003", "crm:K004").exit_code == 0
    why, looked = json.loads(mdm("audit", "--pin", pin, "--json").stdout)
    assert (why["action"], looked["action"], looked["pins"]) == ("mdm why", "mdm lookup", [pin])
    assert "birth_date" in looked["fields"]
    failed = json.loads(mdm("audit", "--json", "--limit", "2").stdout)[1]
    assert (failed["action"], failed["status"], failed["pins"], failed["records"]) == ("mdm lookup", 404, [], [])
    shown = mdm("audit", "--actor", looked["actor"], "--since", "2020-01-01").stdout
    assert pin in shown
    assert "K003" not in shown
    assert mdm("audit", "--since", "2999-01-01").stdout == "nothing of that in the audit log\n"
    assert mdm("audit", "--pin", "crm:K003").exit_code == 1
    assert mdm("audit", "--delete-before", "2999-01-01").exit_code == 2
    now = (datetime.now(UTC) - timedelta(microseconds=1)).isoformat()
    assert json.loads(mdm("audit", "--delete-before", now, "--json").stdout) == {"deleted": 3}
    assert [entry["action"].split(" 2")[0] for entry in json.loads(mdm("audit", "--json").stdout)] == [
        "mdm audit --delete-before"
    ]


def test_a_key_reads_as_it_was_made() -> None:
    made = access.new_key()
    assert access.read_key(made.text) == (made.key_id, made.digest)
    assert access.read_key(made.text.upper()) is None
    assert made.digest not in made.text


@given(st.text(max_size=100))
def test_nothing_else_is_a_key_a_rate_or_an_end(words: str) -> None:
    assert access.read_key(words) is None
    with pytest.raises(ValueError, match="no rate"):
        access.read_rate(words + "!")
    with pytest.raises(UsageError):
        access.read_expiry(words + "!", datetime.now(UTC))


def test_a_key_ends_after_its_last_day() -> None:
    now = datetime(2026, 4, 1, 12, tzinfo=UTC)
    assert access.read_expiry("2026-04-01", now) == datetime(2026, 4, 2, tzinfo=UTC)
    assert access.read_expiry("90", now) == now + timedelta(days=90)
    for wrong in ("0", "36501", "2026-03-31", "9999-12-31", "1" * 100, "٣"):
        with pytest.raises(UsageError):
            access.read_expiry(wrong, now)
