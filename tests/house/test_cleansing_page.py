"""docs/cleansing.md and cleansing-chinese.md: every row of its tables is what `mdm check` shows of that value."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mdm.cleanse.own_placeholders import read_own_placeholders
from mdm.cleanse.values import CleanseContext
from mdm.party import MAPPED
from pipelines.cleansed_rows import cleansed_values

DOCS = Path(__file__).parents[2] / "docs"
PAGE = "\n".join((DOCS / name).read_text(encoding="utf-8") for name in ("cleansing.md", "cleansing-chinese.md"))
ROWS = re.findall(r"^\| `([^`]+)` \| ([A-Z]{2}) (\w+) \| (?:`([^`]+)` )?\| (\w+) \| ?(.*?) ?\|$", PAGE, re.MULTILINE)


def mapped(kind: str, text: str) -> dict[str, Any]:
    """A MAPPED row that has one value."""
    columns: dict[str, dict[str, Any]] = {
        "name": {"name_full": text},
        "organisation": {"party": "organisation", "organisation_name": text},
        "address": {"address": {"text": text}},
        "street": {"address": {"street": text}},
        "phone": {"phones": [{"value": text}]},
        "email": {"emails": [{"value": text}]},
        "birth_date": {"birth_date": text},
        "lunar_birth_date": {"birth_date": text, "birth_calendar": "lunar"},
    }
    row: dict[str, Any] = {"system": "s", "local_id": "1", "party": "person", "line": 1, "row_hash": 0}
    return row | columns.get(kind, {"identifiers": [{"type": kind, "value": text}]})


@pytest.mark.parametrize(("given", "region", "kind", "cleansed", "mark", "why"), ROWS)
def test_an_example_is_what_is_done(given: str, region: str, kind: str, cleansed: str, mark: str, why: str) -> None:
    table = pa.Table.from_pylist([mapped(kind, given)], schema=MAPPED)
    found = cleansed_values(table, CleanseContext(region=region))
    assert [(value.cleansed, value.mark, value.reason) for value in found] == [(cleansed, mark, why)]


def test_there_are_examples_of_every_mark_and_of_own_placeholders(tmp_path: Path) -> None:
    assert len(ROWS) >= 50
    assert {mark for *_, mark, _ in ROWS} == {"valid", "repaired", "suspicious", "unreadable"}
    example = re.search(r"```\n(# kind.*?)```", PAGE, re.DOTALL)
    assert example is not None
    (tmp_path / "placeholders.txt").write_text(example[1], encoding="utf-8")
    own = read_own_placeholders(tmp_path / "placeholders.txt")
    assert own is not None
    assert own.is_number("(403) 555-0100")
