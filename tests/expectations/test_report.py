"""Stored results as a trend, and as the history that the next gate is held against."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from expectations.gate import ExpectationResult, check_cleansed, check_source
from expectations.report import Cell, quality_trend, trend_of
from mdm.contracts import SourceContract
from mdm.party import QUARANTINE
from mdm.settings import GateSettings
from tests.expectations.rows import cleansed, mapped


def stored(run: int, *results: ExpectationResult) -> list[dict[str, Any]]:
    """As the store keeps them: through JSON."""
    return [{"run_id": run, **json.loads(json.dumps(asdict(result)))} for result in results]


def result(name: str, value: float, *, success: bool = True, severity: str = "trend", column: str = "") -> Any:
    return ExpectationResult(
        "cleansed", "tv", name, column or name, success, {"value": value}, 0, 0.0, severity, "" if success else "broken"  # type: ignore[arg-type]
    )  # fmt: skip


def test_each_expectation_is_a_row_and_each_run_a_column() -> None:
    rows = [
        *stored(1, result("rejected_share", 0.01)),
        *stored(2, result("rejected_share", 0.7, success=False, severity="batch"), result("churn", 0.02)),
        *stored(3, result("rejected_share", 0.02)),
    ]
    trend = quality_trend(rows, last=2)
    assert trend.runs == ("2", "3")
    churn, rejected = trend.rows
    assert churn.cells == (Cell("ok", "2.0%"), Cell("absent"))
    assert rejected.cells == (Cell("stopped", "70.0%"), Cell("ok", "2.0%"))
    assert (rejected.system, rejected.suite, rejected.message) == ("tv", "cleansed", "broken")


def test_only_what_failed_on_request() -> None:
    rows = stored(1, result("churn", 0.1), result("null_share", 0.5, success=False, column="phones"))
    (row,) = quality_trend(rows, failed_only=True).rows
    assert (row.expectation, row.column_name, row.cells) == ("null_share", "phones", (Cell("warned", "50.0%"),))


def test_no_runs_no_rows() -> None:
    trend = quality_trend([])
    assert (trend.runs, trend.rows) == ((), ())


def test_the_history_leaves_out_what_stopped_a_source_and_other_sources() -> None:
    rows = [
        *stored(2, result("null_share", 0.2, column="phones")),
        *stored(1, result("null_share", 0.1, column="phones")),
        *stored(3, result("null_share", 0.9, column="phones", success=False, severity="batch")),
        *stored(4, result("null_share", 0.4, column="phones", success=False)),
    ]
    other = [row | {"system": "mobile"} for row in rows]
    assert trend_of(rows + other, system="tv", last=2) == {"null_share.phones": [0.2, 0.4]}


def test_real_results_survive_the_store_and_feed_the_next_night(full: SourceContract, policy: GateSettings) -> None:
    gate = check_source(
        mapped({}, {"party": None}), full, unreadable=QUARANTINE.empty_table(), rows_read=2, policy=policy
    )
    after = check_cleansed(cleansed(*[{}] * 200), full, policy=policy)
    rows = stored(1, *gate.results, *after.results)
    trend = trend_of(rows, system="mobile", last=5)
    assert trend["organisation_share"] == [0.0]
    assert trend["null_share.phones"] == [1.0]
    assert trend["constant.name"] == [0.0]
    cells = {row.expectation: row.cells[0] for row in quality_trend(rows).rows}
    assert cells["party_unknown"] == Cell("rejected", "1")
    assert cells["rows_read"] == Cell("ok", "2")
