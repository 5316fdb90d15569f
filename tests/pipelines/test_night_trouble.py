"""A full disk, a database that goes away, two runs at once: a message that says what to do, and a run that goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mdm.errors import StoreError
from mdm.store import runs
from mdm.store.database import Database
from mdm.store.fingerprint import store_fingerprint
from mdm.store.locks import run_lock
from pipelines.night import Asked, run_night
from tests.pipelines.processes import run_mdm
from tests.pipelines.tiny import TinyWorkspace, family_of_sources

OTHERS = (
    "select pg_terminate_backend(pid) from pg_stat_activity "
    "where datname = current_database() and pid <> pg_backend_pid()"
)


WAITING = "select count(*) from pg_locks where relation = 'delivery'::regclass and not granted"


@pytest.fixture
def workspace(tmp_path: Path) -> TinyWorkspace:
    return family_of_sources(tmp_path / "operator")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, module_database: Database) -> dict[str, str]:
    assert family_of_sources(tmp_path_factory.mktemp("undisturbed")).night(module_database)["status"] == "applied"
    with module_database.begin() as connection:
        return store_fingerprint(connection)


def test_a_full_disk(
    workspace: TinyWorkspace, fresh_database: Database, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    said = tmp_path / "said.txt"
    command = ["run", "--workspace", str(workspace.path)]
    assert run_mdm(command, fresh_database, said, file_size=6_000) == 1
    assert said.read_text().startswith("mdm: the disk is full: ")
    assert "Make room and run the command again" in said.read_text()
    assert run_mdm([*command, "--json"], fresh_database, said) == 0
    report = json.loads(said.read_text())
    assert report["status"] == "applied"
    assert _fingerprint(fresh_database) == undisturbed


@pytest.mark.parametrize("when", ["match persons", "apply"])
def test_a_database_that_goes_away(
    workspace: TinyWorkspace, fresh_database: Database, undisturbed: dict[str, str], when: str
) -> None:
    def pull_the_plug(text: str) -> None:
        if text == when:
            engine = sa.create_engine(fresh_database.engine.url, poolclass=sa.NullPool)
            with engine.connect() as connection:
                connection.execute(sa.text(OTHERS))

    with pytest.raises(StoreError) as caught:
        run_night(workspace.settings, fresh_database, Asked(), pull_the_plug)
    assert "lost" in caught.value.message or "gone" in caught.value.message
    assert caught.value.remedy is not None
    assert "again" in caught.value.remedy
    with fresh_database.begin() as connection:
        assert runs.last_runs(connection, 1)[0]["status"] == "running"  # to go on with
    assert workspace.night(fresh_database)["status"] == "applied"
    assert _fingerprint(fresh_database) == undisturbed


def test_the_second_of_two_runs_says_who_runs_and_leaves_with_1(
    workspace: TinyWorkspace, fresh_database: Database, tmp_path: Path
) -> None:
    said = tmp_path / "said.txt"
    with run_lock(fresh_database, {"run_id": "20260401-01", "command": "mdm run"}):
        assert run_mdm(["run", "-w", str(workspace.path), "--json"], fresh_database, said) == 1
        found: dict[str, Any] = json.loads(said.read_text())
        assert run_mdm(["status", "-w", str(workspace.path), "--json"], fresh_database, said) == 0
        running = json.loads(said.read_text())["running"]
    assert found["error"] == "RunInProgress"
    assert f"run 20260401-01 is in progress: process {os.getpid()} on " in found["message"]
    assert running["pid"] == os.getpid()
    assert not (workspace.path / "var" / "runs").exists()


def test_an_interrupted_night_says_how_to_go_on_and_does(
    workspace: TinyWorkspace, fresh_database: Database, undisturbed: dict[str, str]
) -> None:
    """Ctrl-C while the night waits for a table that somebody else holds."""
    url = fresh_database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "pipelines.cli", "run", "-w", str(workspace.path)]
    with fresh_database.begin() as connection:
        connection.exec_driver_sql("lock table delivery in access exclusive mode")
        night = subprocess.Popen(
            command, env={**os.environ, "MDM_DATABASE_URL": url}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, preexec_fn=_hear_interrupts,
        )  # fmt: skip
        while connection.exec_driver_sql(WAITING).scalar_one() == 0:
            assert night.poll() is None
            time.sleep(0.05)
        night.send_signal(signal.SIGINT)
        _, said = night.communicate(timeout=60)
    assert night.returncode == 130
    assert said.strip().endswith("Interrupted. Run the command again: it goes on from there.")
    assert workspace.night(fresh_database)["status"] == "applied"
    assert _fingerprint(fresh_database) == undisturbed


def _hear_interrupts() -> None:
    """What a shell starts in the background ignores them, and so would everything started by it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _fingerprint(database: Database) -> dict[str, str]:
    with database.begin() as connection:
        return store_fingerprint(connection)
