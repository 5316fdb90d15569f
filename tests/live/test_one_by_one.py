"""Records written one by one end as the customers, golden records and pairs that nights give."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.live.writing import AT, delete, put, writer_of
from tests.promises.test_promise_04_the_order_does_not_matter import _said
from tests.promises.towns import NIGHTS, Places, World, busy_town, deliver, start, worlds
from tests.store.fixtures import new_database


def test_written_one_by_one(server_url: str, tmp_path: Path) -> None:
    """Records that come, change and go through the API; a run without feeds settles what they left for others."""
    _same_one_by_one(busy_town(), 7, server_url, tmp_path)


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(world=worlds(), seed=st.integers(0, 1000))
def test_many_towns_written_one_by_one(world: World, seed: int, server_url: str, tmp_path_factory: Places) -> None:
    _same_one_by_one(world, seed, server_url, tmp_path_factory.mktemp("written"))


def _same_one_by_one(world: World, seed: int, server_url: str, path: Path) -> None:
    with new_database(server_url) as database:
        workspace = start(path / "once", database)
        deliver(workspace, world.nights[-1], NIGHTS)
        workspace.night(database)
        expected = _said(database)
    with new_database(server_url) as database:
        workspace = start(path / "written", database)
        writer = writer_of(workspace, database)
        dice = random.Random(seed)
        there: set[tuple[str, str]] = set()
        for night in world.nights:
            rows = [(source, key) for source, held in night.items() for key in held]
            gone = sorted(there - set(rows))
            dice.shuffle(rows)
            for source, key in rows:
                put(writer, source, night[source][key], at=AT)
            for source, key in gone:
                delete(writer, source, key)
            there = set(rows)
        workspace.night(database, feeds=False)
        assert _said(database) == expected
