"""Channels write while a night applies: who has nothing to do with it does not wait, and whoever has is neither lost.

The night is stopped in the middle of applying by a lock on a row that it changes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mdm.errors import StoreError
from mdm.store.database import Database
from tests.live.writing import put, writer_of
from tests.pipelines.evenings import After
from tests.pipelines.tiny import COLUMNS, TinyWorkspace, people, person, text
from tests.promises.test_promise_04_the_order_does_not_matter import _said
from tests.store.fixtures import new_database

_WAITS = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"


def begin(path: Path, database: Database) -> TinyWorkspace:
    """Twenty people in two systems, and the delivery of the second night: one has moved, and one is new."""
    workspace = TinyWorkspace(path, '[run]\nbusiness_date = 2026-04-01\n[cleanse]\nregion = "US"\n')
    workspace.add("crm", text(people(0, 20), COLUMNS))
    workspace.source("shop")
    workspace.deliver("shop", text([person(5, ID="S005")], COLUMNS), day="20260331")
    workspace.night(database)
    workspace.deliver("crm", text([*people(0, 10), MOVED, *people(11, 9), NEW], COLUMNS), day="20260401")
    return workspace


MOVED = person(10, STREET="77 Oak Street", PHONE="+1 212 555 0177")
NEW = person(30)


@contextmanager
def applying(
    workspace: TinyWorkspace, database: Database
) -> Iterator[tuple[Future[dict[str, Any]], Callable[[], None]]]:
    """The second night, stopped while it applies; and what lets it go on."""
    with ThreadPoolExecutor(1) as pool, database.engine.connect() as holder:
        holder.exec_driver_sql(
            "select 1 from record where system = 'crm' and local_id = %s and recorded_to = 'infinity' for update",
            (MOVED["ID"],),
        )
        night = pool.submit(workspace.night, database)
        until = time.monotonic() + 120
        while not _anybody_waits(database):
            assert time.monotonic() < until
            assert not night.done(), night
            time.sleep(0.02)
        try:
            yield night, holder.rollback
        finally:
            holder.rollback()


def _anybody_waits(database: Database) -> bool:
    with database.read() as connection:
        return connection.exec_driver_sql(_WAITS).first() is not None


FREE = person(50, ID="S050")
HELD = [
    ("crm", {**MOVED, "PHONE": "+1 212 555 0178"}),  # whose version the night closes
    ("crm", {**NEW, "PHONE": "+1 212 555 0179"}),  # whom both bring
    ("shop", {**NEW, "ID": "S030"}),  # the same person, whom nobody can see yet
    ("shop", person(10, ID="S010", PHONE=MOVED["PHONE"])),  # of a customer who is changed
]


def test_who_has_nothing_to_do_with_it_does_not_wait(after: After, tmp_path: Path) -> None:
    """And whoever is told to come again a moment later finds it as if the night had been over before."""
    with after(begin).copied(tmp_path / "after") as (workspace, database):
        workspace.night(database)
        for source, row in [("shop", FREE), *HELD]:
            put(writer_of(workspace, database), source, row)
        workspace.night(database, feeds=False)
        expected = _said(database)
    with after(begin).copied(tmp_path / "beside") as (workspace, database):
        with applying(workspace, database) as (night, go_on):
            assert put(writer_of(workspace, database), "shop", FREE).outcome == "created"
            for source, row in HELD:
                with pytest.raises(StoreError, match="a night"):
                    put(writer_of(workspace, database), source, row)
            assert not night.done()
            go_on()
            assert night.result(120)["status"] == "applied"
        for source, row in HELD:
            put(writer_of(workspace, database), source, row)
        workspace.night(database, feeds=False)
        assert _said(database) == expected


@pytest.mark.slow
def test_what_was_written_before_needs_no_lock_of_the_server(server_url: str, tmp_path: Path) -> None:
    """More is carried out singly than the server has room for locks: hundreds of records, each with its keys."""
    with new_database(server_url) as database:
        workspace = begin(tmp_path, database)
        many = people(100, 400)
        workspace.add("till", text(many, COLUMNS))  # a new source: nobody knows how many rows it should have
        workspace.night(database, only="resolve")
        writer = writer_of(workspace, database)
        for row in many:
            put(writer, "shop", {**row, "ID": "S" + row["ID"]})
        report = workspace.night(database)
        assert report["applied"]["singly"] >= 400
