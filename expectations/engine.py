"""The one file that knows Great Expectations: checks and a frame in, outcomes out.

Importing Great Expectations takes seconds, so it is imported when the first suite runs, never with this module.
Nothing is sent anywhere (analytics off), nothing is drawn (progress bars off), nothing is kept (ephemeral context).
"""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from expectations import beside
from expectations.later import loaded_when_used
from expectations.suites import Check, Limit
from expectations.verdict import ExpectationResult
from mdm.errors import MdmError

_one_at_a_time = threading.Lock()

Rows = npt.NDArray[np.int64]
NO_ROWS: Rows = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What Great Expectations found: `rows` are the positions of the failing rows of a row check."""

    success: bool
    observed: dict[str, object]
    count: int
    share: float
    rows: Rows


def validate(
    checks: Sequence[Check], frame: pd.DataFrame, limits: Mapping[str, float] | None = None
) -> dict[str, Outcome]:
    """Run `checks` on `frame` (default index 0..n-1); outcomes by `Check.key`.

    In the process beside this one (`expectations.beside`) if there is one.

    A check with a limit that `limits` lacks, or a figure that `frame` lacks, is left out. BASIC results decide; only a
    row check that failed is run again for its rows, by position: with `unexpected_index_column_names` Great
    Expectations builds one dict per failing row (300,000 of them took 18 s, against 0.2 s for positions).
    Raises MdmError when an expectation could not be computed.
    """
    answer: dict[str, Outcome] | None = beside.ask(checks, frame, limits)
    return validate_here(checks, frame, limits) if answer is None else answer


def validate_here(
    checks: Sequence[Check], frame: pd.DataFrame, limits: Mapping[str, float] | None = None
) -> dict[str, Outcome]:
    """The same in this process, one suite at a time: they share what Great Expectations keeps."""
    with _one_at_a_time:
        return _validate(checks, frame, limits)


def _validate(
    checks: Sequence[Check], frame: pd.DataFrame, limits: Mapping[str, float] | None = None
) -> dict[str, Outcome]:
    defaults = {limit.name: limit.otherwise for check in checks for limit in check.limits()}
    known = {name: value for name, value in (defaults | dict(limits or {})).items() if value is not None}
    due = [check for check in checks if _is_due(check, frame, known)]
    if not due:
        return {}
    batch = _asset().get_batch({"dataframe": frame})
    basic = {"result_format": "BASIC"}
    results = _run(batch, due, basic, known)
    failed = [check for check in due if check.severity == "row" and not results[check.key]["success"]]
    complete = {"result_format": "COMPLETE", "return_unexpected_index_query": False}
    results |= _run(batch, failed, complete, known)
    return {check.key: _outcome(check, results[check.key], known, len(frame)) for check in due}


def _is_due(check: Check, frame: pd.DataFrame, limits: Mapping[str, float]) -> bool:
    bound = check.limits()
    return all(limit.name in limits for limit in bound) and (check.column in frame or not bound)


@functools.cache
def load_library() -> tuple[Any, Any]:
    """Great Expectations and its expectations; the first call takes seconds."""
    with warnings.catch_warnings(), loaded_when_used("altair", "scipy.stats"):
        # its file connector imports sre_parse and sre_constants, which Python 3.11 deprecates
        warnings.filterwarnings("ignore", message=r"module 'sre_[a-z]+' is deprecated", category=DeprecationWarning)
        import great_expectations
        from great_expectations import expectations
    return great_expectations, expectations


@functools.cache
def _asset() -> Any:
    """Where frames are put: made once, because the context writes its configuration anew with everything added."""
    library, _ = load_library()
    context = library.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = {"globally": False}
    return (
        context.data_sources.add_pandas("gate").add_dataframe_asset("frame").add_batch_definition_whole_dataframe("all")
    )


def _run(
    batch: Any, checks: Sequence[Check], result_format: Mapping[str, object], limits: Mapping[str, float]
) -> dict[str, Any]:
    """Results by key; Great Expectations does not keep the order, so each expectation carries its key along."""
    if not checks:
        return {}
    library, _ = load_library()
    suite = library.ExpectationSuite(name="suite", expectations=[_expectation(check) for check in checks])
    validation = batch.validate(suite, result_format=dict(result_format), expectation_parameters=dict(limits))
    results = {}
    for result in validation.results:
        problems = [] if result["success"] else _exceptions(result.to_json_dict()["exception_info"])
        if problems:
            raise MdmError(f"expectation {result.expectation_config.meta['key']} could not be checked: {problems[0]}")
        results[result.expectation_config.meta["key"]] = result
    return results


def _exceptions(info: Mapping[str, Any]) -> list[str]:
    """The messages in an `exception_info`: one flat mapping, or one mapping per metric that raised."""
    entries = [info] if "raised_exception" in info else list(info.values())
    return [entry["exception_message"] for entry in entries if entry.get("raised_exception")]


def _expectation(check: Check) -> Any:
    _, expectations = load_library()
    arguments: dict[str, object] = {
        name: {"$PARAMETER": value.name} if isinstance(value, Limit) else value
        for name, value in check.arguments.items()
    }
    if check.column:
        arguments["column"] = check.column
    return getattr(expectations, check.expectation)(**arguments, meta={"key": check.key})


def _outcome(check: Check, result: Any, limits: Mapping[str, float], size: int) -> Outcome:
    found = result["result"]
    count = int(found.get("unexpected_count") or 0) if size else 0
    if "observed_value" in found and not result["success"]:
        count = max(count, 1)
    rows = np.asarray(found.get("unexpected_index_list") or NO_ROWS, dtype=np.int64)
    return Outcome(
        bool(result["success"]), _observed(check, result, limits), count, count / size if size else 0.0, rows
    )


def _observed(check: Check, result: Any, limits: Mapping[str, float]) -> dict[str, object]:
    """JSON-able: the expectation's type, the value it saw and the bounds it was held against."""
    found = result["result"]
    observed: dict[str, object] = {"type": result.expectation_config.type}
    if found.get("observed_value") is not None:
        observed["value"] = _plain(found["observed_value"])
    elif found.get("partial_unexpected_list") or found.get("partial_missing_list"):
        examples = [*found["partial_unexpected_list"], *found.get("partial_missing_list", [])]
        observed["examples"] = sorted({str(example) for example in examples})[:5]
    for bound, name in (("min_value", "min"), ("max_value", "max")):
        value = check.arguments.get(bound)
        if value is not None:
            observed[name] = limits[value.name] if isinstance(value, Limit) else value
    return observed


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def to_results(
    suite: str, system: str, checks: Sequence[Check], outcomes: Mapping[str, Outcome]
) -> list[ExpectationResult]:
    """The outcomes of `checks` as results to store, with what people read about those that failed."""
    return [_result(suite, system, check, outcomes[check.key]) for check in checks if check.key in outcomes]


def _result(suite: str, system: str, check: Check, outcome: Outcome) -> ExpectationResult:
    said = "" if outcome.success else check.sentence.format(**({"count": outcome.count} | outcome.observed))
    return ExpectationResult(
        suite=suite,
        system=system,
        expectation=check.name,
        column_name=check.attribute,
        success=outcome.success,
        observed=outcome.observed,
        unexpected_count=outcome.count,
        unexpected_share=outcome.share,
        severity=check.severity,
        message=said,
    )
