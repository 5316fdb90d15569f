"""An erasure that was killed is finished by the same command; what the command refuses, and what it says."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from mdm.errors import RunInProgress, UsageError
from mdm.store import customers, suppression
from mdm.store.database import Database
from mdm.store.locks import run_lock
from pipelines.cli import app
from pipelines.erasure import Erased, erase
from pipelines.stewardship import judge
from tests.pipelines.erased_world import World, traces, xenia
from tests.pipelines.processes import context, wait_for
from tests.pipelines.tiny import TinyWorkspace, people, text
from tests.store.fixtures import workspace_directory

WHO = {"actor": "steward", "reason": "a test"}
WANTED = ("Quetzalcoatl", "912345678", "X-KEY-1")


def _erase(path: Path, pin: str) -> None:
    world = World(path)
    erase(world.settings, world.database, pin, actor="officer", reason="request 2026/114")


def _noted(database: Database, pin: str) -> bool:
    with database.begin() as connection:
        return suppression.find_erasure(connection, pin) is not None


def _finish(world: World, pin: str) -> Erased:
    """Erase on, as soon as the server has noticed that the one before is dead."""
    for _ in range(100):
        try:
            return erase(world.settings, world.database, pin, actor="somebody", reason="again")
        except RunInProgress:
            time.sleep(0.1)
    raise AssertionError("the lock of a dead process was not given back")


def test_killed_before_the_files_are_written_anew() -> None:
    with workspace_directory() as directory:
        world = World(directory)
        world.workspace.add("crm", text([*people(0, 20), xenia()]))
        world.night()
        pin = world.pin_of("crm", "X-KEY-1")
        assert pin is not None
        process = context().Process(target=_erase, args=(directory, pin))
        with world.database.engine.connect() as reader:  # its transaction sees the rows: the files must wait for it
            reader.exec_driver_sql("select now()")
            process.start()
            wait_for(lambda: _noted(world.database, pin), process)
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
        assert traces(world, *WANTED), "the bytes are there still"
        done = _finish(world, pin)
        assert (done.actor, done.reason, done.held) == ("officer", "request 2026/114", None)
        assert traces(world, *WANTED) == {}
        _command(world, directory)
        world.database.close()


def _command(world: World, directory: Path) -> None:
    """`mdm erase` on the people who are left."""
    first, second = (world.pin_of("crm", f"K00{n}") for n in (1, 2))
    assert first is not None
    assert second is not None
    call = ["erase", first, "--reason", "request 9", "-w", str(directory)]
    asked = CliRunner().invoke(app, call)
    assert asked.exit_code == 2
    assert "--yes" in asked.output
    shown = CliRunner().invoke(app, [*call, "--dry-run", "--json"])
    assert orjson.loads(shown.output)["records"] == {"crm": ["K001"]}
    judge(world.settings, world.database, "crm:K001", "crm:K002", "same", **WHO)
    merged = max(first, second, key=lambda pin: pin != world.pin_of("crm", "K001"))
    with pytest.raises(UsageError, match="erased as a whole"):
        erase(world.settings, world.database, merged, actor="officer", reason="request 9")
    whole = world.pin_of("crm", "K001")
    assert whole is not None
    with run_lock(world.database, {"command": "a test"}), pytest.raises(RunInProgress):
        erase(world.settings, world.database, whole, actor="officer", reason="request 9")
    done = CliRunner().invoke(app, ["erase", whole, "--reason", "request 9", "-w", str(directory), "--yes", "--json"])
    assert done.exit_code == 0, done.output
    assert orjson.loads(done.output)["held"]["pins"] == sorted({first, second})
    for pin in (first, second):
        found = CliRunner().invoke(app, ["lookup", pin, "-w", str(directory)])
        assert "This customer was erased" in found.output
        assert "request 9" in found.output


def test_the_server_of_somebody_else(fresh_database: Database, tmp_path: Path) -> None:
    """There mdm says what is out of its reach."""
    workspace = TinyWorkspace(tmp_path)
    workspace.add("crm", text([*people(0, 12), xenia()]))
    workspace.night(fresh_database)
    with fresh_database.begin() as connection:
        found = customers.find_xref(connection, "crm", "X-KEY-1")
    assert found is not None
    done = erase(workspace.settings, fresh_database, found["pin"], actor="officer", reason="request 1")
    assert any("standby servers and backups" in words for words in done.left)
