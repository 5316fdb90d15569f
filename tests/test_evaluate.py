"""The measures against counting by hand, and truth files that cannot be read."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm import evaluate
from mdm.errors import UsageError
from mdm.evaluate import exact, pairwise

LABELS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from("abcde")), max_size=14)
MANY = settings(max_examples=150, deadline=None)


def expected(both: int, found: int, true: int) -> dict[str, float]:
    """Precision, recall and their harmonic mean, by their definitions."""
    precision = both / found if found else 1.0
    recall = both / true if true else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


@MANY
@given(LABELS)
def test_pairwise_is_counting_pairs(rows: list[tuple[int, str]]) -> None:
    pairs = list(combinations(rows, 2))
    found = sum(a[0] == b[0] for a, b in pairs)
    true = sum(a[1] == b[1] for a, b in pairs)
    both = sum(a == b for a, b in pairs)
    score = pairwise([row[0] for row in rows], [row[1] for row in rows])
    assert score == pytest.approx(expected(both, found, true))


@MANY
@given(LABELS)
def test_exact_is_comparing_sets(rows: list[tuple[int, str]]) -> None:
    def sets(side: int) -> set[frozenset[int]]:
        labels = {row[side] for row in rows}
        return {frozenset(i for i, row in enumerate(rows) if row[side] == label) for label in labels}

    found, true = sets(0), sets(1)
    score = exact([row[0] for row in rows], [row[1] for row in rows])
    assert score == pytest.approx(expected(len(found & true), len(found), len(true)))


@MANY
@given(LABELS)
def test_the_measures_do_not_read_the_labels_and_swap_with_the_sides(rows: list[tuple[int, str]]) -> None:
    found, truth = [row[0] for row in rows], [row[1] for row in rows]
    for measure in (pairwise, exact):
        score, mirrored = measure(found, truth), measure(truth, found)
        assert score == measure([f"p{label}" for label in found], truth)
        assert (score["precision"], score["recall"]) == (mirrored["recall"], mirrored["precision"])
        perfect = {"precision": 1.0, "recall": 1.0, "f1": 1.0}
        assert measure(truth, truth) == perfect


@pytest.mark.parametrize(
    ("found", "truth", "precision", "recall"),
    [
        ([1, 1, 2], ["a", "a", "b"], 1.0, 1.0),
        ([1, 1, 1], ["a", "a", "b"], 1 / 3, 1.0),
        ([1, 2, 3], ["a", "a", "b"], 1.0, 0.0),
        ([1, 1, 2], ["a", "b", "a"], 0.0, 0.0),
        ([], [], 1.0, 1.0),
    ],
)
def test_pairwise_by_example(found: list[int], truth: list[str], precision: float, recall: float) -> None:
    score = pairwise(found, truth)
    assert (score["precision"], score["recall"]) == pytest.approx((precision, recall))


# -- a store in three tables -------------------------------------------------------------------------------------------

DAY = pa.date32()


@pytest.fixture
def scratch() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("header", "missing"),
    [("source,local_id,household", "person"), ("a,b,c", "source, local_id, person"), ("source,person", "local_id")],
)
def test_a_truth_file_without_a_column_is_refused(
    scratch: duckdb.DuckDBPyConnection, tmp_path: Path, header: str, missing: str
) -> None:
    path = write(tmp_path / "it's truth.csv", header + "\n" + re.sub("[a-z_]+", "x", header) + "\n")
    with pytest.raises(UsageError, match=f"no column {missing}") as error:
        evaluate._read_truth(scratch, path)
    assert str(path) in str(error.value)
    assert "source,local_id,person" in str(error.value)
    assert error.value.exit_code == 2


def test_keys_are_read_as_text(scratch: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = write(tmp_path / "it's truth.csv", "source,local_id,person\ntv,007,1e3\n")
    assert evaluate._read_truth(scratch, path) == {"source", "local_id", "person"}
    assert scratch.execute("SELECT local_id, person, household FROM truth").fetchall() == [("007", "1e3", None)]


def households(scratch: duckdb.DuckDBPyConnection, rows: str, *members: tuple[str, str, str | None, str | None]):  # type: ignore[no-untyped-def]
    scratch.execute(f"CREATE TABLE row AS SELECT * FROM (VALUES {rows}) t(number, pin, household, as_of)")
    table = pa.table(
        {
            "pin": pa.array([m[0] for m in members], pa.string()),
            "chi": pa.array([m[1] for m in members], pa.string()),
            "valid_from": pa.array([m[2] for m in members], pa.string()).cast(DAY),
            "valid_to": pa.array([m[3] for m in members], pa.string()).cast(DAY),
        }
    )
    return evaluate._household(scratch, table)


def test_the_household_is_the_one_of_the_day(scratch: duckdb.DuckDBPyConnection) -> None:
    """A moved from H1 to B's household H2 on 1 May: on 30 April they are two, on 1 May one."""
    score = households(
        scratch,
        "(1, 'A', 'old', DATE '2020-04-30'), (2, 'B', 'new', DATE '2020-04-30'), "
        "(3, 'A', 'new', DATE '2020-05-01'), (4, 'B', 'new', DATE '2020-05-01')",
        ("A", "H1", None, "2020-05-01"),
        ("A", "H2", "2020-05-01", None),
        ("B", "H2", "2019-01-01", None),
    )
    assert score == {"precision": 1.0, "recall": 1.0, "f1": 1.0}


def test_who_has_no_household_is_alone_and_legal_entities_do_not_count(scratch: duckdb.DuckDBPyConnection) -> None:
    score = households(
        scratch,
        "(1, 'A', 'x', NULL), (2, 'B', 'x', NULL), (3, 'C', '', NULL), (4, 'D', NULL, NULL)",
        ("A", "L9", None, None),
        ("B", "L9", None, None),
    )
    assert (score["precision"], score["recall"]) == (1.0, 0.0)


def test_without_a_date_only_current_memberships_count(scratch: duckdb.DuckDBPyConnection) -> None:
    score = households(
        scratch,
        "(1, 'A', 'x', NULL::DATE), (2, 'B', 'y', NULL)",
        ("A", "H1", "2019-01-01", "2020-01-01"),
        ("B", "H1", None, None),
    )
    assert score == {"precision": 1.0, "recall": 1.0, "f1": 1.0}


def test_tasks_are_judged_by_the_truth(scratch: duckdb.DuckDBPyConnection) -> None:
    scratch.execute("CREATE TABLE row AS SELECT * FROM (VALUES (1, 'p'), (2, 'p'), (3, 'q')) t(record_id, person)")
    found = evaluate._tasks(scratch, pa.table({"left_id": [1, 1, 7], "right_id": [2, 3, 8]}), 30)
    assert found == {"open": 3, "share_of_rows": 0.1, "judged": 2, "true_share": 0.5}


def test_on_the_day_that_somebody_leaves_they_are_gone(scratch: duckdb.DuckDBPyConnection) -> None:
    score = households(
        scratch,
        "(1, 'A', 'own', DATE '2020-05-01'), (2, 'B', 'stays', DATE '2020-05-01')",
        ("A", "H1", None, "2020-05-01"),
        ("B", "H1", "2020-05-01", None),
    )
    assert score["precision"] == 1.0
