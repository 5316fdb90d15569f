"""Promise 8: no row is lost.

Rows read = accepted + unchanged + duplicate + deletion + quarantined + suppressed, in every report; records per row
are counted apart.
"""

from __future__ import annotations

import sqlalchemy as sa

from tests.promises.life import Life

RECORDS = {"couples": 2}  # per row, where it is not one
SUMMANDS = ("accepted", "unchanged", "duplicate", "deletion", "quarantined", "suppressed")


def test_the_equation_holds_in_every_report(life: Life) -> None:
    """Also of a dry run, and of sources that were stopped or sent what was there before."""
    seen: dict[str, set[str]] = {}
    for report in life.reports:
        for row in report["sources"]:
            assert row["rows_read"] == sum(row[name] for name in SUMMANDS), row
            seen.setdefault(row["status"], set()).update(name for name in SUMMANDS if row[name])
    assert seen.keys() == {"applied", "repeated", "older", "stopped"}
    assert seen["applied"] == set(SUMMANDS), "each of them occurs"
    assert "suppressed" in seen["stopped"]
    assert {report["status"] for report in life.reports} >= {"applied", "dry_run"}


def test_rows_read_are_the_rows_of_the_file(life: Life) -> None:
    for report in life.reports:
        for row in report["sources"]:
            expected = 0 if row["status"] == "older" else life.files[row["file"]]  # which is not opened again
            assert row["rows_read"] == expected, row


def test_records_are_counted_apart(life: Life) -> None:
    rows = [row for report in life.reports for row in report["sources"] if row["status"] == "applied"]
    assert {row["system"] for row in rows} == {"crm", "billing", "calls", "scores", "couples"}
    for row in rows:
        assert row["records"] == RECORDS.get(row["system"], 1) * (row["accepted"] + row["unchanged"]), row


def test_what_was_counted_is_in_the_store(life: Life) -> None:
    """Every row that was accepted is a version of a record, every deletion one too, every bad row is in quarantine."""
    checked = 0
    with life.database.read() as connection:
        kept = {
            (run, system, status): number
            for run, system, status, number in connection.execute(
                sa.text("select run_id, system, status, count(*) from record group by 1, 2, 3")
            )
        }
        bad = {
            (system, file): number
            for system, file, number in connection.execute(
                sa.text("select system, file, count(*) from quarantine group by 1, 2")
            )
        }
    erased = {(system, life.reports[0]["run_id"]): 1 for system, _ in life.erased}  # versions of the first night
    for report in life.reports:
        if report["status"] != "applied":
            continue
        for system in {row["system"] for row in report["sources"] if row["status"] == "applied"}:
            rows = [row for row in report["sources"] if row["system"] == system]
            run = report["run_id"]
            accepted = RECORDS.get(system, 1) * sum(row["accepted"] for row in rows)
            assert kept.get((run, system, "accepted"), 0) == accepted - erased.get((system, run), 0)
            gone = sum(row["deletion"] + row["missing"] for row in rows)
            assert kept.get((run, system, "deleted"), 0) == gone
            checked += accepted + gone
            for row in rows:
                assert bad.get((system, row["file"]), 0) == row["quarantined"]
    assert checked > 100
