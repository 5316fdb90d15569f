"""Branches, head offices and doubles of one legal entity."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pyarrow as pa
import pytest

from mdm.cleanse.organisations import cleanse_organisation
from mdm.resolve.legal_entities import ORGANISATIONS, build_legal_entities, read_branch
from mdm.resolve.memberships import MEMBERSHIPS


def organisation(customer: str, name: str, *numbers: str, day: int = 1) -> dict[str, Any]:
    cleansed = cleanse_organisation(name, region="CN")
    return {
        "system": "s", "local_id": customer, "customer": customer, "name": name, "organisation_key": cleansed.key,
        "organisation_form": cleansed.form, "registrations": [f"organisation_id:CN:{n}" for n in numbers],
        "effective": dt.date(2020, 1, day),
    }  # fmt: skip


def entities(*rows: dict[str, Any]) -> dict[str, int]:
    found = build_legal_entities(pa.Table.from_pylist(list(rows), schema=ORGANISATIONS))
    assert found.schema.equals(MEMBERSHIPS)
    return {row["customer"]: row["household"] for row in found.to_pylist()}


HEAD, BRANCH = organisation("h", "甘肃黄河有限公司", "1"), organisation("b", "甘肃黄河有限公司兰州分公司", "2", day=2)
ONE = {
    "one registration number": (organisation("a", "Acme Ltd", "7"), organisation("b", "Acme Holdings", "7")),
    "one name": (organisation("a", "Acme Trading Ltd"), organisation("b", "ACME Trading Limited")),
    "a branch with a number of its own": (HEAD, BRANCH),
    "an English branch": (
        organisation("a", "Acme Trading Ltd", "7"),
        organisation("b", "Acme Trading Ltd Lanzhou Branch"),
    ),
    "a branch office in brackets": (
        organisation("a", "Acme Trading Ltd"),
        organisation("b", "Acme Trading Ltd. (Calgary Branch Office)"),
    ),
    "a branch whose name leaves out the form": (organisation("a", "中国移动"), organisation("b", "中国移动甘肃分公司")),
    "branches of a head office that is no customer": (BRANCH, organisation("c", "甘肃黄河有限公司天水分公司")),
    "a bank's branch": (organisation("a", "兰州银行股份有限公司"), organisation("b", "兰州银行城关支行")),
}
TWO = {
    "one name, two numbers": (organisation("a", "Acme Trading Ltd", "7"), organisation("b", "Acme Trading Ltd", "8")),
    "one name, two forms": (organisation("a", "Acme Trading Ltd"), organisation("b", "Acme Trading Inc")),
    "a short name": (organisation("a", "ABC Ltd"), organisation("b", "ABC Ltd")),
    "a branch of somebody else": (HEAD, organisation("b", "陕西黄河有限公司兰州分公司")),
}


@pytest.mark.parametrize("case", ONE)
def test_one_legal_entity(case: str) -> None:
    assert len(set(entities(*ONE[case]).values())) == 1


@pytest.mark.parametrize("case", TWO)
def test_two_legal_entities(case: str) -> None:
    assert len(set(entities(*TWO[case]).values())) == 2


def test_a_branch_of_two_possible_head_offices_joins_neither() -> None:
    rows = organisation("a", "Acme Trading Ltd", "7"), organisation("b", "Acme Trading Ltd", "8")
    found = entities(*rows, organisation("c", "Acme Trading Ltd Calgary Branch"))
    assert len(set(found.values())) == 3


def test_roles_and_evidence() -> None:
    table = build_legal_entities(pa.Table.from_pylist([BRANCH, HEAD], schema=ORGANISATIONS))
    rows = {row["customer"]: row for row in table.to_pylist()}
    assert (rows["h"]["role"], rows["b"]["role"]) == ("head_office", "branch")
    assert rows["b"]["valid_from"] == dt.date(2020, 1, 2)
    assert [(e["local_id"], e["matched"], e["by"]) for e in rows["b"]["evidence"]] == [("b", "branch", "甘肃黄河")]


def test_names_that_are_no_branch() -> None:
    assert read_branch("Acme Ltd") is None
    assert read_branch("甘肃黄河有限公司") is None
    assert read_branch("Head Office Supplies Ltd") is None


def test_the_order_of_arrival_plays_no_part() -> None:
    rows = [
        row | {"customer": f"{n}{row['customer']}"}
        for n, case in enumerate((*ONE.values(), *TWO.values()))
        for row in case
    ]
    expected = entities(*rows)
    for seed in range(5):
        assert entities(*random.Random(seed).sample(rows, len(rows))) == expected


def test_no_organisations() -> None:
    assert build_legal_entities(ORGANISATIONS.empty_table()).equals(MEMBERSHIPS.empty_table())
