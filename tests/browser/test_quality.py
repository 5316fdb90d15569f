"""Runs, the model, households and data quality; a quarantined row is corrected, or stays and says why."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest

from expectations.suites import MAX_KEY_LENGTH, SOURCE_ROWS
from mdm.registry.precision import bands, interval
from mdm.stewardship import corrections
from mdm.store.quarantine import find_row
from mdm.store.runs import put_quarantine
from tests.browser.chromium import faults_of
from tests.browser.desk import Desk, Signed, Window, token_of

PATHS = ("/console/quality", "/console/quality?system=shop", "/console/runs", "/console/model")


def _broken_row(desk: Desk, key: str) -> int:
    """A row that waits in quarantine; its number."""
    row = {"system": "shop", "local_id": key, "file": "shop.csv", "line": 7, "reason": "columns",
           "detail": "2 columns, expected 6", "content": f"{key},Nora"}  # fmt: skip
    with desk.database.begin() as connection:
        put_quarantine(connection, "a test", pa.Table.from_pylist([row]))
        return int(
            connection.exec_driver_sql(
                "select max(quarantine_id) from quarantine where local_id = %s", (key,)
            ).scalar_one()
        )


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_the_pages_stand_in_nobodys_way(window: Window, desk: Desk, width: int, theme: str) -> None:
    with desk.database.read() as connection:
        chi = connection.exec_driver_sql("select min(chi) from household").scalar_one()
        run = connection.exec_driver_sql("select min(run_id) from run").scalar_one()
    page = window.page("vera", width=width, theme=theme)
    for path in (*PATHS, f"/console/households/{chi}", f"/console/runs/{run}"):
        answer = page.goto(path)
        assert answer is not None, path
        assert answer.status == 200, path
        assert faults_of(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_a_corrected_row_is_written_and_audited_or_stays(desk: Desk, as_: Signed) -> None:
    number = _broken_row(desk, "Q-1")
    path, li, vera = f"/console/quality/rows/{number}", as_("li.na"), as_("vera")
    assert "Q-1,Nora" not in vera.get(path).text  # masked
    form = {"form_token": token_of(li), "local_id": "Q-1", "party": "person", "write": "1"}
    assert li.post(path, data=form).status_code == 403  # masked values would be written
    assert vera.post(path, data={**form, "form_token": token_of(vera)}).status_code == 403
    li.post("/console/reveal", data={"form_token": token_of(li)})
    refused = li.post(path, data=form)
    assert refused.status_code == 422
    assert "No content" in refused.text
    with desk.database.read() as connection:
        assert (find_row(connection, number) or {})["resolved_run"] is None
    form |= {"name_given": "Nora", "name_family": "Quist", "birth_date": "1991-04-05", "phones": "217-555-0177"}
    checked = li.post(path, data={**form, "write": "", "check": "1"})
    assert "+12175550177" in checked.text
    asked = {**form, "birth_date": "1990-01-01", "birth_calendar": "lunar", "check": "1", "write": ""}
    lunar = li.post(path, data=asked)
    assert "1990-01-27" in lunar.text
    assert '<option value="lunar" selected>' in lunar.text
    other = li.post(path, data={**form, "birth_calendar": "2", "check": "1", "write": ""})
    assert '<option value="2" selected>' in other.text, "as the source said it"
    assert li.post(path, data=form).status_code == 303
    assert re.search(r"Row \d+ is written as shop:Q-1, PIN \d{12}", li.get("/console/quality").text)
    with desk.database.read() as connection:
        assert (find_row(connection, number) or {})["resolved_run"] == "api:li.na"
        audited = connection.exec_driver_sql(
            "select fields from audit where actor = 'li.na' and 'shop:Q-1' = any(records) and status = 303"
        ).all()
    assert len(audited) == 1
    assert "quarantine" in audited[0][0]
    li.post("/console/reveal", data={"form_token": token_of(li), "hide": "1"})


def test_a_correction_is_held_against_what_the_gate_expects() -> None:
    assert corrections.LONGEST_KEY == MAX_KEY_LENGTH
    found = {*corrections.faults_of("", {}), *corrections.faults_of("a\x01" * 200, {"party": "x"})}
    assert found == {check.name for check in SOURCE_ROWS} - {"duplicate_key"}  # of one row there is no other
    assert corrections.faults_of("A1", {"party": "person", "accounts": ["4"]}) == []
    assert corrections.mapped_of('{"party": "person", "name_full": "A", "row_hash": 1}') == {
        "party": "person", "name_full": "A",
    }  # fmt: skip
    assert corrections.mapped_of("a|b") == {}


def test_the_precision_of_few_answers_is_wide() -> None:
    rows = [
        {"low": 0.0, "asked": True, "verdict": "same", "pairs": 3, "expected": 2.0},
        {"low": 0.0, "asked": True, "verdict": "different", "pairs": 1, "expected": 0.5},
        {"low": 4.0, "asked": False, "verdict": "different", "pairs": 9, "expected": 8.9},
    ]
    strong, weak = bands(rows)
    assert (strong.precision, strong.unasked_different) == (None, 9)
    assert (weak.precision, weak.expected) == (0.75, 0.625)
    assert interval(3, 4) == pytest.approx((0.3006, 0.9544), abs=1e-4)  # Wilson, as tables have it
    assert interval(10, 10)[1] == pytest.approx(1.0)
