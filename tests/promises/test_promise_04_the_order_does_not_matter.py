"""Promise 4: the order of arrival does not matter.

Which records form a customer, and which customers a household, is a function of the latest version of the records, one
model version, the configuration and the judgements; never of the order of arrival. Loading in one night, over thirty
nights, or one by one through the API gives the same customers.

Hypothesis draws towns (see towns.py). Compared are customers, households, pairs and generic values, and where the
sources say when a row changed, golden records; not the dates of a delivery: a row that a system sent on the first day
was seen at its address since then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.thirty_nights.view import content_of
from mdm.store import generic, pairs, records
from mdm.store.database import Database
from tests.promises.towns import NIGHTS, Places, World, decide, deliver, start, worlds
from tests.store.fixtures import new_database


def _said(database: Database, *, values: bool = True) -> dict[str, Any]:
    """What two stores have in common if they say the same. values: of golden records, too."""
    with database.begin() as connection:
        content = content_of(connection)
        names = {row["record_id"]: row["local_id"] for row in records.current_hashes(connection).to_pylist()}
        found = pairs.all_pairs(connection).to_pylist()
        return {
            "customers": {group: _plain(document) if values else None for group, document in content.customers.items()},
            "households": {frozenset((group, role) for group, role, *_ in members) for members in content.households},
            "pairs": {
                frozenset((names[row["left_id"]], names[row["right_id"]])): (row["weight"], tuple(row["levels"]))
                for row in found
            },
            "generic": generic.generic_by_kind(connection, "person"),
        }


def _plain(document: Any) -> Any:
    """A golden document without the times of the deliveries, which differ."""
    if isinstance(document, dict):
        return {key: _plain(value) for key, value in document.items() if key not in ("extracted_at", "date", "since")}
    return [_plain(value) for value in document] if isinstance(document, list) else document


def _same_in_any_order(world: World, server_url: str, path: Path) -> None:
    with new_database(server_url) as database:
        workspace = start(path / "once", database, dated=world.dated)
        deliver(workspace, world.nights[-1], NIGHTS)
        workspace.night(database)
        decide(database, world.decided)
        workspace.night(database, feeds=False)
        expected = _said(database, values=world.dated)
    with new_database(server_url) as database:
        workspace = start(path / "nights", database, dated=world.dated)
        for number, night in enumerate(world.nights):
            deliver(workspace, night, number + 1)
            workspace.night(database)
            decide(database, [decision for decision in world.decided if decision[0] == number])
        workspace.night(database, feeds=False)
        assert _said(database, values=world.dated) == expected


@settings(max_examples=2, suppress_health_check=list(HealthCheck), derandomize=True)
@given(world=worlds())
def test_several_nights_end_as_one_load(world: World, server_url: str, tmp_path_factory: Places) -> None:
    _same_in_any_order(world, server_url, tmp_path_factory.mktemp("order"))


@pytest.mark.slow
@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(world=worlds())
def test_many_towns(world: World, server_url: str, tmp_path_factory: Places) -> None:
    _same_in_any_order(world, server_url, tmp_path_factory.mktemp("order"))
