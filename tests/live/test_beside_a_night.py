"""Channels write while a night works: nothing is lost, nothing is done twice, and it ends as if one had come first."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from mdm.store.database import Database
from tests.live.writing import delete, put, writer_of
from tests.pipelines.evenings import After
from tests.pipelines.tiny import TinyWorkspace, text
from tests.promises.test_promise_04_the_order_does_not_matter import _said
from tests.promises.towns import COLUMNS, NIGHTS, deliver, start, town

Rows = dict[tuple[str, str], dict[str, str]]


def nights_and_writes(seed: int) -> tuple[Any, Rows, list[tuple[str, str]]]:
    """Two nights of a town, and what channels write to a third source, and to the two, while the second works."""
    dice = random.Random(seed)
    nights = town(dice)
    written: Rows = {}
    for number in range(4):
        rows = dice.choice([rows for rows in nights[-1].values() if rows])
        row = rows[dice.choice(sorted(rows))]
        key = f"X{number}"
        written["shop", key] = {**row, "ID": key, "PHONE": dice.choice((row["PHONE"], "+1 416 555 0109"))}
    gone = [("shop", dice.choice(["S0", "S1"]))]
    return nights, written, gone


@pytest.mark.parametrize(("seed", "until"), [(1, "match"), (16, "receive"), (19, "judge")])
def test_writes_beside_a_night(seed: int, until: str, after: After, tmp_path: Path) -> None:
    _same_beside(seed, until, after, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 24))
def test_writes_beside_many_nights(seed: int, after: After, tmp_path: Path) -> None:
    _same_beside(seed, ("receive", "match", "resolve", "judge")[seed % 4], after, tmp_path)


def _same_beside(seed: int, until: str, after: After, tmp_path: Path) -> None:
    nights, written, gone = nights_and_writes(seed)
    first = {("shop", f"S{n}"): {**row, "ID": f"S{n}"} for n, row in enumerate(list(nights[0]["crm"].values())[:2])}

    def begin(path: Path, database: Database) -> None:
        workspace = start(path, database)
        workspace.source("shop")
        workspace.deliver("shop", text([*first.values()], COLUMNS), day="20260401")
        deliver(workspace, nights[0], 1)
        workspace.night(database)
        deliver(workspace, nights[-1], NIGHTS)

    def write(workspace: TinyWorkspace, database: Database) -> None:
        writer = writer_of(workspace, database)
        for (source, _), row in written.items():
            put(writer, source, row)
        for source, key in gone:
            delete(writer, source, key)

    before = after(begin)
    with before.copied(tmp_path / "after") as (workspace, database):  # the night first, then the channels
        workspace.night(database)
        write(workspace, database)
        workspace.night(database, feeds=False)
        expected = _said(database)
    with before.copied(tmp_path / "beside") as (workspace, database):
        workspace.night(database, only=until)
        write(workspace, database)
        workspace.night(database)
        workspace.night(database, feeds=False)
        assert _said(database) == expected
        assert workspace.night(database, feeds=False)["status"] == "unchanged"
