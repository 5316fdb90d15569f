"""Keys that become too common, and are so no more: the candidate index says the same whichever way it came about."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdm.store import keys, records
from mdm.store.database import Database
from tests.pipelines.tiny import TinyWorkspace, people, text

SHARED = "+1 416 555 0101"
SETTINGS = """
[matching]
max_block = 4
max_weak_block = 4
[gates]
max_deleted_share = 1.0
max_row_count_change = 9.0
"""


def _index(database: Database) -> set[tuple[str, int]]:
    with database.begin() as connection:
        names = {row["record_id"]: row["local_id"] for row in records.current_hashes(connection).to_pylist()}
        return {(names[row["record_id"]], row["key"]) for row in keys.all_keys(connection).to_pylist()}


@pytest.fixture
def once(tmp_path: Path, fresh_database: Database) -> set[tuple[str, int]]:
    """The index after one night with seven people who share a phone."""
    workspace = TinyWorkspace(tmp_path / "once", SETTINGS)
    workspace.add("crm", text(people(0, 7, PHONE=SHARED)))
    assert [row["key"] for row in workspace.night(fresh_database)["too_common"]] == ["phone"]
    return _index(fresh_database)


def test_a_key_that_becomes_too_common_later(
    tmp_path: Path, once: set[tuple[str, int]], module_database: Database
) -> None:
    workspace = TinyWorkspace(tmp_path / "later", SETTINGS)
    workspace.add("crm", text(people(0, 4, PHONE=SHARED)))
    assert workspace.night(module_database)["too_common"] == []
    assert _index(module_database) < once
    workspace.deliver("crm", text(people(0, 7, PHONE=SHARED)), day="20260401")
    assert [row["value"] for row in workspace.night(module_database)["too_common"]] == ["phone|+14165550101"]
    assert _index(module_database) == once
    # three leave, and come back: the finer keys of those who stayed are still there
    workspace.deliver("crm", text(people(0, 3, PHONE=SHARED)), day="20260402")
    workspace.night(module_database)
    workspace.deliver("crm", text(people(0, 7, PHONE=SHARED)), day="20260403")
    workspace.night(module_database)
    assert _index(module_database) == once
