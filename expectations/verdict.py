"""What a gate says: stored results, quarantined rows, and whether something has to stop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import pyarrow as pa

Severity = Literal["row", "batch", "trend"]
"""row: the row is quarantined. batch: the source (or the run) stops. trend: shown to people, stops nothing."""


class GatePolicy(Protocol):
    """The limits of `mdm.toml` `[gates]`; shares are 0..1."""

    @property
    def on_failure(self) -> str: ...  # "continue": the run goes on with the other sources | "stop"
    @property
    def max_rejected_share(self) -> float: ...  # quarantined rows / rows read
    @property
    def max_deleted_share(self) -> float: ...  # deletions / records known of the source
    @property
    def max_row_count_change(self) -> float: ...  # |accepted rows / mean of the last runs - 1|
    @property
    def max_churn(self) -> float: ...  # active PINs that merge or split / active PINs


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """One expectation on one table, as the store keeps it per run. `observed` is JSON-able."""

    suite: str  # source | cleansed | golden
    system: str  # source system; "" for the golden suite
    expectation: str  # name of the check, see `expectations.suites`
    column_name: str  # what it looked at
    success: bool
    observed: dict[str, object]  # "type": the Great Expectations type; "value", "min", "max" where it has them
    unexpected_count: int
    unexpected_share: float  # 0..1
    severity: Severity
    message: str  # for people; empty when it succeeded


@dataclass(frozen=True, slots=True)
class RowCounts:
    """The equation of promise 8, in rows of the delivery: read = the sum of the other five."""

    read: int
    accepted: int
    duplicates: int
    deletions: int
    quarantined: int
    suppressed: int = 0  # of erased customers, held back

    @property
    def lost(self) -> int:
        """Rows that nobody can account for; anything but 0 is a defect and stops the source."""
        return self.read - self.accepted - self.duplicates - self.deletions - self.quarantined - self.suppressed


@dataclass(frozen=True, slots=True)
class SourceGate:
    """The verdict on one delivery. When `stopped` is a text nothing of the delivery may be applied."""

    accepted: pa.Table  # MAPPED, without deletions
    deleted: pa.Table  # MAPPED, rows that the delivery marks as deleted
    duplicates: int  # rows that repeat another row of the delivery
    quarantined: pa.Table  # QUARANTINE, the unreadable rows included
    rows: RowCounts
    results: list[ExpectationResult] = field(default_factory=list)
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class CleansedGate:
    """The verdict on one source's records after cleansing."""

    accepted: pa.Table  # CLEANSED
    quarantined: pa.Table  # QUARANTINE
    results: list[ExpectationResult] = field(default_factory=list)
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class GoldenGate:
    """The verdict on what is about to be applied. When `stopped` is a text nothing is applied."""

    results: list[ExpectationResult] = field(default_factory=list)
    stopped: str | None = None


FEW_ROWS = 5
"""Fewer rejected rows than this say something about themselves, not about the feed."""

MOST_ROWS = 0.5
"""Unless they are more than half of a full delivery, however small."""


def rejected_limit(policy: GatePolicy, rejected: int, *, full: bool) -> float:
    """The share of rejected rows that is allowed; one bad row in a delta of ten, or in a quiet night, stops nothing."""
    if rejected >= FEW_ROWS:
        return policy.max_rejected_share
    return max(policy.max_rejected_share, MOST_ROWS) if full else 1.0


def reason_to_stop(results: Iterable[ExpectationResult]) -> str | None:
    """The messages of the failed batch expectations in one text, or None when nothing has to stop."""
    messages = [result.message for result in results if result.severity == "batch" and not result.success]
    return "; ".join(messages) or None


def stops_run(policy: GatePolicy, stopped: Mapping[str, str]) -> bool:
    """Whether the whole run ends because sources were stopped (`stopped`: system to reason)."""
    return bool(stopped) and policy.on_failure == "stop"
