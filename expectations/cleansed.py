"""The gate of a source's records after cleansing: what nothing usable is left of, or what no cleanser may hand on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from expectations.attributes import (
    Trend,
    attribute_figures,
    attribute_limits,
    checks_of,
    mapped_attributes,
    mark_figures,
)
from expectations.engine import to_results, validate
from expectations.measures import cleansed_rows, fields, figures
from expectations.quarantine import failing, quarantine
from expectations.suites import CLEANSED_BATCH, CLEANSED_ROWS, CLEANSED_SCHEMA
from expectations.verdict import CleansedGate, ExpectationResult, GatePolicy, reason_to_stop, rejected_limit
from mdm.party import QUARANTINE

if TYPE_CHECKING:
    from mdm.contracts import SourceContract

SUITE = "cleansed"


def check_cleansed(
    cleansed: pa.Table, contract: SourceContract, *, policy: GatePolicy, trend: Trend | None = None
) -> CleansedGate:
    """Judge the CLEANSED records of one source; `trend` holds the figures of its last runs.

    records in == accepted + quarantined. The original texts are in the quarantined content.
    """
    schema = to_results(SUITE, contract.source, CLEANSED_SCHEMA, validate(CLEANSED_SCHEMA, fields(cleansed)))
    stopped = reason_to_stop(schema)
    if stopped is not None:
        return CleansedGate(cleansed, QUARANTINE.empty_table(), schema, stopped)
    outcomes = validate(CLEANSED_ROWS, cleansed_rows(cleansed))
    failed, masks = failing(CLEANSED_ROWS, outcomes, cleansed.num_rows)
    keep = np.ones(cleansed.num_rows, dtype=bool)
    keep[failed] = False
    accepted = cleansed if keep.all() else cleansed.filter(pa.array(keep))
    results = [*schema, *to_results(SUITE, contract.source, CLEANSED_ROWS, outcomes)]
    results += _batch(cleansed, contract, len(failed), policy, trend or {})
    rejected = quarantine(cleansed, failed, masks, CLEANSED_ROWS)
    return CleansedGate(accepted, rejected, results, reason_to_stop(results))


def _batch(
    cleansed: pa.Table, contract: SourceContract, rejected: int, policy: GatePolicy, trend: Trend
) -> list[ExpectationResult]:
    """The figures of the batch against the policy and the last runs."""
    attributes = mapped_attributes(contract)
    checks = (*CLEANSED_BATCH, *checks_of(attributes, trend))
    share = rejected / cleansed.num_rows if cleansed.num_rows else 0.0
    numbers = attribute_figures(cleansed, attributes) | {"unusable_share": share}
    limits = attribute_limits(attributes, trend) | {"max_rejected_share": rejected_limit(policy, rejected, full=False)}
    results = to_results(SUITE, contract.source, checks, validate(checks, figures(numbers), limits))
    return [*results, *_marks(cleansed, contract.source, attributes)]


def _marks(cleansed: pa.Table, source: str, attributes: Sequence[str]) -> list[ExpectationResult]:
    """How often values were repaired or are suspicious: shown to people, held against nothing."""
    return [
        ExpectationResult(SUITE, source, name, attribute, True, {"type": "figure", "value": share}, 0, 0.0, "trend", "")
        for (name, attribute), share in mark_figures(cleansed, attributes).items()
    ]
