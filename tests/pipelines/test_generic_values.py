"""A phone that many people hold becomes no evidence, and evidence again when they have gone; both ways are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mdm.registry.pair import explain_records
from mdm.store import generic, pairs
from mdm.store.database import Database
from tests.pipelines.tiny import TinyWorkspace, people, person, text

SHOP = "+1 416 555 0101"
SETTINGS = """
[matching]
generic_people = 6
review_weight = -20.0
[gates]
max_deleted_share = 1.0
max_row_count_change = 9.0
max_churn = 1.0
"""


def _phone_evidence(workspace: TinyWorkspace, database: Database) -> tuple[float, str | None, float | None]:
    """Of the two records of person 1: bits and words for the phone, and the weight that the store keeps."""
    with database.begin() as connection:
        found = explain_records(connection, "crm:K001", "crm:K901", settings=workspace.settings)
        phone = next(compared for compared in found.comparisons if compared.attribute == "phone")
        assert found.stored_weight == found.weight
        return phone.bits, phone.said, found.stored_weight


def _flips(report: dict[str, Any]) -> list[tuple[str, bool, int]]:
    return [(flip["value"], flip["generic"], flip["people"]) for flip in report["generic"]]


def test_a_shop_gives_its_own_number_for_its_customers(tmp_path: Path, fresh_database: Database) -> None:
    workspace = TinyWorkspace(tmp_path, SETTINGS)
    one = [*people(0, 4, PHONE=SHOP), person(1, ID="K901", PHONE=SHOP)]
    workspace.add("crm", text(one))
    assert _flips(workspace.night(fresh_database)) == []
    bits, words, before = _phone_evidence(workspace, fresh_database)
    assert bits > 0
    assert words == "the same, in periods that fit"

    workspace.deliver("crm", text([*one, *people(10, 3, PHONE=SHOP)]), day="20260401")
    assert _flips(workspace.night(fresh_database)) == [("+14165550101", True, 7)]
    assert _phone_evidence(workspace, fresh_database)[:2] == (0.0, "held by so many that it says nothing")
    with fresh_database.begin() as connection:
        assert generic.generic_by_kind(connection, "person") == {"phone": {"+14165550101"}}

    workspace.deliver("crm", text([*one, *people(10, 1, PHONE=SHOP)]), day="20260402")
    assert _flips(workspace.night(fresh_database)) == [("+14165550101", False, 5)]
    assert _phone_evidence(workspace, fresh_database) == (bits, words, before)
    with fresh_database.begin() as connection:
        assert pairs.all_pairs(connection).num_rows >= 1
