"""One night in which every source is bad in its own way: a clear message, nothing lost, the rest goes on."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from mdm.store import customers, records, runs
from mdm.store.database import Database
from pipelines.accounts import COUNTED
from pipelines.night import leave_code
from tests.pipelines.tiny import COLUMNS, TinyWorkspace, of_source, people, person, text

EIGHT = 8
CONTROL = 'control: {file: "{stem}.ctl", rows: ROWS, checksum: MD5, algorithm: md5}\n'
ABSURD = ("0000-00-00", "31/02/1980", "2943-01-01", "1980-13-45", "yesterday")


def _bad_rows() -> bytes:
    """Good rows and one of each kind of bad ones; the line of each is that in BAD_ROWS."""
    good = people(20, EIGHT)
    lines = text(
        [
            *good,
            person(30, CITY="Zuerich"),
            person(31, CITY="Spring field"),
            person(32, CITY="x" * 10_000_000),
            good[3],
            {**good[4], "GIVEN": "Otherwise"},
            *(person(40 + n, BORN=born) for n, born in enumerate(ABSURD)),
            person(50, TAX="999-99-9999", PHONE="999999999"),
            person(51, GIVEN="TEST", FAMILY="TEST"),
            person(52, GIVEN="测试", FAMILY=""),
            person(53, GIVEN="TEST", FAMILY="TEST", **dict.fromkeys(("BORN", "PHONE", "STREET", "CITY", "ZIP"), "")),
        ]
    ).splitlines(keepends=True)
    lines[9] = lines[9].replace(b"Zuerich", b"Z\xfcrich")
    lines[10] = lines[10].replace(b"Spring field", b"Spring\0field")
    more = [text([person(60)]).splitlines()[1] + b",one more\n", b"K999,Too,Few\n", b"K061,Cut,Of"]
    return b"".join([*lines, *more])


# reason -> line in the file of the first such row, how many
BAD_ROWS = {
    "encoding": (10, 1), "nul": (11, 1), "field_too_long": (12, 1), "duplicate_key": (6, 1), "columns": (24, 2),
    "truncated": (26, 1), "nothing_usable": (23, 1),
}  # fmt: skip


def _feeds() -> dict[str, bytes]:
    """Source -> its file; every source has people of its own."""
    return {
        "good": text(people(0, EIGHT), COLUMNS[::-1]),
        "mixed": _bad_rows(),
        "empty": b"",
        "header_only": text([]),
        "utf16": text(people(70, EIGHT)).decode().encode("utf-16"),
        "renamed": text(people(80, EIGHT)).replace(b"FAMILY", b"SURNAME", 1),
        "rows_differ": text(people(90, EIGHT)),
        "sum_differs": text(people(100, EIGHT)),
    }


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> TinyWorkspace:
    workspace = TinyWorkspace(tmp_path_factory.mktemp("bad"), "[gates]\nmax_rejected_share = 0.5\n")
    workspace.source("missing")
    for name, content in _feeds().items():
        workspace.add(name, content, more=CONTROL if name.endswith(("differ", "differs")) else "")
    landing = workspace.path / "landing"
    (landing / "rows_differ_20260331.ctl").write_text("ROWS=9\nMD5=" + _md5(_feeds()["rows_differ"]))
    (landing / "sum_differs_20260331.ctl").write_text(f"ROWS={EIGHT}\nMD5=" + "0" * 32)
    return workspace


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture(scope="module")
def report(workspace: TinyWorkspace, module_database: Database) -> dict[str, Any]:
    return workspace.night(module_database)


def test_the_rest_goes_on_and_the_night_leaves_with_3(report: dict[str, Any], module_database: Database) -> None:
    assert report["status"] == "applied"
    assert leave_code(report) == 3
    assert of_source(report, "good")["accepted"] == EIGHT
    with module_database.begin() as connection:
        current = records.current_hashes(connection, "good")
        held = customers.all_xrefs(connection).num_rows
    assert current.num_rows == EIGHT
    assert held == sum(row["accepted"] for row in report["sources"])  # promise 1: each belongs to one customer


def test_no_row_is_lost(report: dict[str, Any]) -> None:
    """Promise 8, in every account, also of sources that were stopped."""
    for row in report["sources"]:
        assert row["rows_read"] == sum(row[name] for name in COUNTED), row
    for name in ("good", "mixed", "header_only", "rows_differ", "sum_differs"):
        assert of_source(report, name)["rows_read"] == len(_feeds()[name].split(b"\n")) - (name != "mixed") - 1, name


def test_a_missing_feed_is_named(report: dict[str, Any]) -> None:
    assert report["missing"] == ["missing"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("empty", "no rows"),
        ("header_only", "no rows"),
        ("utf16", "the header is not utf-8"),
        ("renamed", "missing columns: FAMILY; the file has ID, GIVEN, SURNAME"),
        ("rows_differ", "8 rows were read, the control file says 9"),
        ("sum_differs", "sum_differs_20260331.ctl says 00000000000000000000000000000000"),
    ],
)
def test_a_bad_file_stops_its_source_and_says_why(report: dict[str, Any], source: str, words: str) -> None:
    assert words in report["stopped"][source]
    account = of_source(report, source)
    assert account["status"] in ("stopped", "failed")
    assert account["accepted"] == account["unchanged"] == account["deletion"] == 0


def test_only_those_are_stopped(report: dict[str, Any]) -> None:
    assert set(report["stopped"]) == {"empty", "header_only", "utf16", "renamed", "rows_differ", "sum_differs"}


def test_a_bad_row_goes_to_quarantine_alone(report: dict[str, Any]) -> None:
    found = {row["reason"]: (int(row["where"].split(":")[1]), row["rows"]) for row in report["quarantined"]}
    assert found == BAD_ROWS
    account = of_source(report, "mixed")
    assert account["quarantined"] == sum(rows for _, rows in BAD_ROWS.values())
    assert account["duplicate"] == 1
    assert account["accepted"] == EIGHT + len(ABSURD) + 3


def test_what_is_in_quarantine_can_be_read_later_and_is_short(
    report: dict[str, Any], module_database: Database
) -> None:
    with module_database.begin() as connection:
        kept = runs.open_quarantine(connection).to_pylist()
    assert {row["run_id"] for row in kept} == {report["run_id"]}
    assert sum(row["rows"] for row in report["quarantined"]) == len(kept)
    assert max(len(row["content"]) for row in kept) <= 4000


@pytest.mark.parametrize(
    ("keys", "attribute"),
    [
        ([f"K0{40 + n}" for n in range(len(ABSURD))], "birth_date"),
        (["K050"], "identifiers"),
        (["K050"], "phones"),
        (["K051", "K052"], "family_key"),
    ],
)
def test_placeholders_mean_nothing_and_cost_nothing_else(
    report: dict[str, Any], module_database: Database, keys: list[str], attribute: str
) -> None:
    with module_database.begin() as connection:
        for key in keys:
            (version,) = records.versions(connection, "mixed", key)
            assert not version["cleansed"].get(attribute), key
            assert version["cleansed"]["address"]["locality"] == "Springfield"


def test_the_next_night_changes_nothing_and_still_says_what_is_wrong(
    report: dict[str, Any], workspace: TinyWorkspace, module_database: Database
) -> None:
    again = workspace.night(module_database)
    assert again["status"] == "unchanged"
    assert leave_code(again) == 3
    assert set(again["stopped"]) == set(report["stopped"])
    assert of_source(again, "good")["unchanged"] == EIGHT


def test_what_is_corrected_is_applied_and_leaves_quarantine(
    report: dict[str, Any], workspace: TinyWorkspace, module_database: Database
) -> None:
    corrected = _bad_rows().replace(b"Z\xfcrich", b"Zurich").replace(b"K061,Cut,Of", text([person(61)]).splitlines()[1])
    workspace.deliver("mixed", corrected, day="20260401")
    workspace.deliver("renamed", text(people(80, EIGHT)), day="20260401")
    after = workspace.night(module_database)
    assert after["records"]["new"] == 2 + EIGHT
    assert "renamed" not in after["stopped"]
    with module_database.begin() as connection:
        left = runs.open_quarantine(connection, "mixed")["reason"].to_pylist()
    assert sorted(left) == ["columns", "columns", "duplicate_key", "field_too_long", "nothing_usable", "nul"]
