"""The front door of the quality gates.

check_source    one delivery, before cleansing      rows to quarantine; the source stops or goes on
check_cleansed  one source, after cleansing         records to quarantine; the source stops or goes on
check_customers customers, before they are applied  what check_golden goes on from
check_golden    everything, before it is applied    nothing is applied when it fails
stops_run       the policy: does a stopped source stop the night
"""

from __future__ import annotations

from expectations.cleansed import check_cleansed
from expectations.duplicates import deduplicate
from expectations.golden import GoldenTables, check_customers, check_golden
from expectations.source import check_source
from expectations.verdict import (
    CleansedGate,
    ExpectationResult,
    GatePolicy,
    GoldenGate,
    RowCounts,
    SourceGate,
    reason_to_stop,
    stops_run,
)

__all__ = [
    "CleansedGate",
    "ExpectationResult",
    "GatePolicy",
    "GoldenGate",
    "GoldenTables",
    "RowCounts",
    "SourceGate",
    "check_cleansed",
    "check_customers",
    "check_golden",
    "check_source",
    "deduplicate",
    "reason_to_stop",
    "stops_run",
]
