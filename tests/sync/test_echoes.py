"""Values that come back: which are ours, which the source says of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from mdm.contracts.target_model import TargetColumn, TargetContract, TargetFormat
from mdm.golden.survivorship import golden_record
from mdm.sync.characters import UNIT
from mdm.sync.echoes import SENT, mark_echoes
from tests.golden.factory import BUSINESS_DATE, cleansed, phone, record

COLUMNS = (
    TargetColumn(name="ID", value="key"),
    TargetColumn(name="NAME", value="name.full"),
    TargetColumn(name="TEL", value="phones", matching=r"\+861.*", without="+86"),
    TargetColumn(name="SEG", value="attributes.segment"),
)
LAYOUT = TargetContract(target="t", system="old", format=TargetFormat(), file="{number}", folder="t", columns=COLUMNS)
NAME = {"attribute": "name", "mark": "echo", "reason": ""}
TEL = {"attribute": "phones", "mark": "echo", "reason": "+8613800000001"}
SEGMENT = {"attribute": "attributes", "mark": "echo", "reason": "segment: gold"}


def row(name: str | None = "Ann", tel: str | None = "+8613800000001", **more: Any) -> dict[str, Any]:
    original = json.dumps({"name_full": name})
    return record("old", "K1", original=original, name_given=name, phones=tel and [phone(tel)], **more)


def document(of: dict[str, Any]) -> dict[str, Any]:
    return {
        "name_given": of["name_given"], "phones": of["phones"], "attributes": of["attributes"],
        "issues": of["issues"] or [],
    }  # fmt: skip


def marks(now: dict[str, Any], before: dict[str, Any] | None, *sent: tuple[str, str, str]) -> list[dict[str, str]]:
    known = None
    if before is not None:
        versions = [
            {
                "system": "old",
                "local_id": "K1",
                "cleansed": json.dumps(document(before)),
                "original": before["original"],
            }
        ]
        known = pa.Table.from_pylist(versions)
    told = [{"system": "old", "local_id": "K1", "layout": 0, "content": UNIT.join(values)} for values in sent]
    with duckdb.connect() as scratch:
        found = mark_echoes(cleansed([now]), known, pa.Table.from_pylist(told, schema=SENT), [LAYOUT], scratch)
    return found["issues"].to_pylist()[0] or []


OURS = ("Ann", "13800000001", "gold")
GOLD = {"attributes": [{"name": "segment", "value": "gold"}]}
CASES = {
    "nothing was sent": (row(), None, (), []),
    "all of it is ours": (row(**GOLD), row("An", None), (OURS,), [SEGMENT, NAME, TEL]),
    "its own word before": (row(), row(), (OURS,), []),
    "an echo stays one": (row(), row(issues=[NAME]), (OURS,), [NAME]),
    "an older delivery": (row(), row("An"), (OURS, ("Anne", "", "")), [NAME]),
    "it said otherwise": (row("Anna", "+8613900000009"), row("An"), (OURS,), []),
    "nobody asked": (row(None, None), row("An"), (("", "", ""),), []),
}


@pytest.mark.parametrize(("now", "before", "sent", "found"), CASES.values(), ids=CASES)
def test_what_comes_back(now: dict[str, Any], before: Any, sent: Any, found: list[dict[str, str]]) -> None:
    assert marks(now, before, *sent) == found


def test_other_issues_stay() -> None:
    issue = {"attribute": "phones", "mark": "repaired", "reason": "extension left out"}
    assert marks(row(issues=[issue]), row("An"), OURS) == [issue, NAME]


def when(day: int) -> dict[str, datetime]:
    return {"changed_at": datetime(2026, 1, day, tzinfo=UTC)}


def test_an_echo_wins_nothing() -> None:
    """The old system is believed most, and repeats what the shop said; the shop says better, and is heard."""
    trust = {"old": {"default": 90}, "shop": {"default": 40}}
    echo = row("Ann", issues=[NAME], **when(20))
    later = record("shop", "S1", name_given="Anna", **when(10))
    for records in ([echo, later], [later, echo]):
        found = golden_record(records, trust=trust, business_date=BUSINESS_DATE)
        assert found["name"]["value"] == {"given": "Anna"}
    own = row("Ann", **when(20))
    assert golden_record([own, later], trust=trust, business_date=BUSINESS_DATE)["name"]["value"] == {"given": "Ann"}


def test_an_echo_supports_nothing() -> None:
    said, echo = record("shop", "S1", name_given="Ann"), row("Ann", issues=[NAME])
    found = golden_record([said, echo], business_date=BUSINESS_DATE)["name"]
    assert (found["support"], found["record"]) == (1, ["shop", "S1"])


def test_what_only_an_echo_says_is_kept() -> None:
    """Nobody else says it any more: better than nothing."""
    assert golden_record([row(issues=[NAME])], business_date=BUSINESS_DATE)["name"]["value"] == {"given": "Ann"}
