"""The verbs: help with an example each, exit codes, errors in one place, JSON for machines, quick to start."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mdm.store.database import Database
from pipelines.cli import app
from tests.pipelines.tiny import TinyWorkspace, family_of_sources, of_source

VERBS = [
    "init", "check", "run", "status", "sync", "lookup", "why", "evaluate", "judge", "unmerge", "override", "train",
    "erase", "warehouse", "serve", "worker", "backup", "restore", "retention", "settle", "stop", "audit", "model",
    "key", "user", "webhook",
]  # fmt: skip
GROUPS = {
    "model": ("list", "compare", "promote"), "key": ("create", "list", "revoke"),
    "user": ("add", "list", "disable", "password", "link"),
    "webhook": ("add", "list", "pause", "resume", "rotate", "replay", "dead-letters", "remove", "send"),
}  # fmt: skip
SAY_DONE = ("webhook pause", "webhook resume", "webhook replay", "webhook remove")  # their exit code says it all
ALONE = [
    *(verb for verb in VERBS if verb not in GROUPS),
    *(f"{name} {verb}" for name in GROUPS for verb in GROUPS[name]),
]


def mdm(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_verbs_are_those_of_the_design() -> None:
    shown = re.findall(r"(?m)^  (\w+) {2,}\S", mdm("--help").stdout)
    assert shown == VERBS


@pytest.mark.parametrize("verb", ALONE)
def test_every_verb_has_help_with_an_example(verb: str) -> None:
    result = mdm(*verb.split(), "--help")
    assert result.exit_code == 0
    assert re.search(rf"Example:\n +mdm {verb} ", result.stdout)
    if verb not in ("serve", "init", "worker"):
        assert "--workspace" in result.stdout
        assert "--json" in result.stdout or verb in SAY_DONE


def test_nothing_heavy_is_imported_before_a_verb_needs_it() -> None:
    heavy = ("pandas", "alembic", "splink", "great_expectations", "uvicorn", "fastapi")
    code = f"import sys, pipelines.cli; first = [m for m in {heavy} + ('sqlalchemy', 'duckdb') if m in sys.modules]\n"
    code += "import mdm.settings, mdm.store.database, mdm.registry.lookup, pipelines.show.customer\n"
    code += f"print(first + [m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["runn"], 2, "No such command"),
        (["run", "--date", "soon"], 2, "--date"),
        (["run", "-w", "nowhere"], 2, "no mdm.toml here"),
        (["status", "-w", "nowhere"], 2, "mdm init"),
        (["evaluate", "--truth", "nothing.csv"], 2, "no such file"),
    ],
)
def test_wrong_use_leaves_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = mdm(*arguments)
    assert result.exit_code == code
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_wrong_contract_leaves_with_2_and_names_file_line_and_key(tmp_path: Path) -> None:
    workspace = TinyWorkspace(tmp_path)
    workspace.source("crm", more="colour: red\n")
    result = mdm("check", "-w", tmp_path, "--json")
    assert result.exit_code == 2
    found = json.loads(result.stderr)
    assert found["exit_code"] == 2
    assert re.search(r"sources/crm\.yaml:\d+", found["where"])
    assert "colour" in found["message"]


def test_an_unknown_step_leaves_with_2(
    tmp_path: Path, fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(fresh_database, monkeypatch)
    family_of_sources(tmp_path)
    result = mdm("run", "-w", tmp_path, "--only", "guess")
    assert result.exit_code == 2
    assert "receive, cleanse, match, resolve, households, golden, judge, apply" in result.stderr


def test_init_then_check(tmp_path: Path) -> None:
    assert mdm("init", tmp_path / "new").exit_code == 0
    assert mdm("init", tmp_path / "new").exit_code == 2
    assert "no source contracts yet" in mdm("check", "-w", tmp_path / "new").stdout


def test_check_leaves_with_3_when_a_source_would_be_stopped(tmp_path: Path) -> None:
    workspace = family_of_sources(tmp_path)
    assert mdm("check", "-w", tmp_path).exit_code == 0
    workspace.deliver("crm", b"ID,NAME\n", day="20260401")
    result = mdm("check", "-w", tmp_path)
    assert result.exit_code == 3
    assert "missing columns" in result.stdout
    assert "would be stopped or missing: crm" in result.stdout


def test_an_error_of_ours_gives_a_reference_and_no_stack_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family_of_sources(tmp_path)
    monkeypatch.setattr("pipelines.check.check_workspace", lambda settings: 1 / 0)
    result = mdm("check", "-w", tmp_path)
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    (log,) = (tmp_path / "var" / "log").iterdir()
    assert str(log) in result.stderr
    assert f"reference {log.stem}" in result.stderr
    assert "ZeroDivisionError" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def test_a_night_from_the_command_line(
    tmp_path: Path, fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dry run, step by step, applied, nothing changed; then status, lookup, why, evaluate on what it made."""
    _use(fresh_database, monkeypatch)
    workspace = family_of_sources(tmp_path)
    dry = mdm("run", "-w", tmp_path, "--dry-run", "--json")
    assert (dry.exit_code, json.loads(dry.stdout)["status"]) == (0, "dry_run")
    assert json.loads(mdm("status", "-w", tmp_path, "--json").stdout)["runs"] == []
    part = mdm("run", "-w", tmp_path, "--only", "cleanse")
    assert part.exit_code == 0
    assert "not finished, as asked for" in part.stdout
    assert "unfinished" in mdm("status", "-w", tmp_path).stdout
    run = mdm("run", "-w", tmp_path)
    assert run.exit_code == 0, run.stderr
    assert "Run 20260401-01 of 2026-04-01: applied" in run.stdout
    assert "crm_20260331.csv:42" in run.stdout  # the row without a key, where it is
    assert "nothing changed" in mdm("run", "-w", tmp_path).stdout
    _status(tmp_path)
    _customer(tmp_path)
    _evaluate(workspace)


def _status(path: Path) -> None:
    found = json.loads(mdm("status", "-w", path, "--json").stdout)
    assert [run["status"] for run in found["runs"]] == ["unchanged", "applied"]
    assert {row["system"]: row["records"] for row in found["sources"]} == {"billing": 21, "calls": 15, "crm": 46}
    assert found["quarantine"][0]["system"] == "crm"
    assert found["running"] is None
    shown = mdm("status", "-w", path).stdout
    assert "crm_20260331.csv" in shown
    quality = mdm("status", "-w", path, "--quality")
    assert quality.exit_code == 0
    assert re.search(r"crm +source +rows read +47", quality.stdout)


def _customer(path: Path) -> None:
    found = json.loads(mdm("lookup", "crm:K015", "-w", path, "--json").stdout)
    assert {record["system"] for record in found["records"]} >= {"crm", "billing"}
    shown = mdm("lookup", found["pin"], "-w", path)
    assert shown.exit_code == 0
    assert "Golden record" in shown.stdout
    assert "billing: B015" in shown.stdout
    missing = mdm("lookup", "crm:K999", "-w", path, "--json")
    assert missing.exit_code == 1
    assert json.loads(missing.stderr)["error"] == "NotFound"
    why = mdm("why", "crm:K015", "billing:B015", "-w", path)
    assert why.exit_code == 0, why.stderr
    assert "bits" in why.stdout
    assert json.loads(mdm("why", "crm:K015", "crm:K016", "-w", path, "--json").stdout)["sentences"]


def _evaluate(workspace: TinyWorkspace) -> None:
    truth = workspace.path / "truth.csv"
    truth.write_text("source,local_id,person\ncrm,K015,15\nbilling,B015,15\ncrm,K016,16\nbilling,B016,16\n")
    found = mdm("evaluate", "-w", workspace.path, "--truth", truth, "--json")
    assert json.loads(found.stdout)["pairwise"]["precision"] == 1.0
    assert "pairs of records" in mdm("evaluate", "-w", workspace.path, "--truth", truth).stdout


def test_a_stopped_source_leaves_with_3(
    tmp_path: Path, fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(fresh_database, monkeypatch)
    workspace = TinyWorkspace(tmp_path)
    workspace.add("crm", b"ID,NAME\n1,Ann\n")
    result = mdm("run", "-w", tmp_path, "--json")
    assert result.exit_code == 3
    assert of_source(json.loads(result.stdout), "crm")["status"] == "failed"


def _use(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("MDM_DATABASE_URL", url)
