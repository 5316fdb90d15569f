"""The benchmarks themselves, at the smallest size, so that they do not rot."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections import Counter
from pathlib import Path

import openpyxl
import orjson
import pyarrow.parquet as pq
import pytest

from benchmarks.accuracy import _sample, measure_case
from benchmarks.operator.workspace import SAMPLE
from benchmarks.process import run
from benchmarks.shuffle import shuffle_feeds
from benchmarks.table import Figure, show


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE / "landing", tmp_path / "landing"))


@pytest.fixture
def passable(tmp_path: Path) -> Path:
    """A directory that the user of the embedded PostgreSQL can pass through."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    return tmp_path


def _rows(path: Path) -> list[object]:
    if path.suffix == ".parquet":
        return [tuple(row.values()) for row in pq.read_table(path).to_pylist()]
    if path.suffix == ".xlsx":
        return list(openpyxl.load_workbook(path).worksheets[0].values)
    return list(path.read_bytes().split(b"\n"))


def test_shuffled_feeds_hold_the_same_rows_in_another_order(landing: Path) -> None:
    shuffle_feeds(landing)
    for path in landing.glob("[!.]*[!l]"):
        before, after = _rows(SAMPLE / "landing" / path.name), _rows(path)
        assert Counter(before) == Counter(after), path.name
        assert before != after, path.name


def test_a_control_file_stays_true(landing: Path) -> None:
    shuffle_feeds(landing)
    (feed,), (control,) = landing.glob("mobile_*.txt"), landing.glob("*.ctl")
    before = (SAMPLE / "landing" / feed.name).read_bytes().split(b"\n")
    assert feed.read_bytes().split(b"\n")[0] == before[0]  # the header stays first
    assert hashlib.md5(feed.read_bytes()).hexdigest() in control.read_text()
    assert control.read_text() != (SAMPLE / "landing" / control.name).read_text()


def test_a_process_is_measured() -> None:
    took = run([sys.executable, "-c", "x = bytearray(100_000_000); import time; time.sleep(1.2); print('{\"a\": 1}')"])
    assert took.said == {"a": 1}
    assert took.seconds >= 1.2
    assert 100 < took.peak_mb < 200


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(SystemExit, match="out of cheese"):
        run([sys.executable, "-c", "raise SystemExit('out of cheese')"])


def test_the_table_marks_what_was_missed() -> None:
    table = show(
        [
            Figure("f1", 0.97, "", at_least=0.98, baseline=0.9, baseline_is="bare Splink"),
            Figure("memory", 900, "MB", at_most=8192),
            Figure("rows", 1234, "rows"),
            Figure("small", 12, "x", at_most=10, only_at="1,000,000 rows"),
        ]
    )
    missed, kept, fact, small = table.splitlines()[2:]
    assert small.endswith("<= 10.00 x at 1,000,000 rows")
    assert "MISSED" in missed
    assert missed.endswith("0.9000 bare Splink")
    assert "MISSED" not in kept + fact
    assert "1,234 rows" in fact


@pytest.mark.slow
def test_time_is_measured_and_a_second_night_changes_nothing(passable: Path) -> None:
    out = passable / "figures.json"
    command = [sys.executable, "-m", "benchmarks", "--rows", "3000", "--only", "time"]
    run([*command, "--scratch", str(passable / "scratch"), "--json", str(out)], allow=(0, 1))
    found = orjson.loads(out.read_bytes())
    measured = {figure["what"]: figure["measured"] for figure in found["figures"]}
    assert measured["rows read"] > 2500
    assert measured["night again, records changed"] == 0
    assert measured["night shuffled, records changed"] == 0
    assert {"receive", "match", "apply"} <= found["steps"].keys()


@pytest.mark.slow
def test_accuracy_is_measured_beside_its_baselines(passable: Path) -> None:
    figures = {figure.what: figure for figure in measure_case(_sample(), passable / "sample")}
    persons = figures["sample operator: persons f1"]
    assert persons.baseline is not None
    assert 0.8 < persons.baseline < 1  # the baseline is not crippled
    assert figures["sample operator: households f1"].baseline is not None
