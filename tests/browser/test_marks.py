"""Marks inside two values never say more than the evidence; the chart of a model draws only what training has seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.console.compared import evidence_rows
from api.console.routes.model import chart
from api.console.texts import texts_in
from mdm.match.model import FLOOR, untrained


def _compared(left: str, right: str, said: str | None) -> dict[str, Any]:
    comparison = {"attribute": "given name", "said": said, "left": left, "right": right, "bits": 5.0}
    (row,) = evidence_rows({"prior": -10.0, "match_weight": 2.0, "comparisons": [comparison]}, texts_in("en"))[0]
    return {"kind": row["kind"], "marks": [{mark for _, mark in pieces} for pieces in row["pieces"]]}


@pytest.mark.parametrize(
    ("left", "right", "said", "kind", "marks"),
    [
        ("俊维", "Junwei", "the same", "equal", [{"equal"}, {"equal"}]),
        ("12 Oak Street", "12 Oak St", "the same dwelling", "equal", [{"equal", "similar"}, {"equal"}]),
        ("俊维", "俊伟", "same sound, other characters", "similar", [{"equal", "different"}, {"equal", "different"}]),
        ("Bob", "Robert", "a short form of the other", "similar", [{"similar"}, {"similar"}]),
        ("Ann", "Zoe", "different", "different", [{"different"}, {"different"}]),
        ("1", "2", "held by so many that it says nothing", "silent", [{"equal"}, {"equal"}]),
    ],
)
def test_marks_agree_with_the_evidence(left: str, right: str, said: str, kind: str, marks: list[set[str]]) -> None:
    assert _compared(left, right, said) == {"kind": kind, "marks": marks}


def test_what_training_never_saw_has_no_bar() -> None:
    model = untrained("person", records=1000)
    seldom = (*model.levels["middle"][:-1], (FLOOR, 0.9))
    rows = chart(replace(model, levels={**model.levels, "middle": seldom}))
    (middle,) = (row for row in rows if row["words"] == "middle name")
    assert [level["seen"] for level in middle["levels"]] == [True, True, True, False]
    assert all(
        level["bar"].x + level["bar"].width <= 100.01 for row in rows[1:] for level in row["levels"] if level["seen"]
    )
    assert min(level["bits"] for row in rows[1:] for level in row["levels"] if level["seen"]) > -12
