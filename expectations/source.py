"""The gate of one delivery: MAPPED records before cleansing are accepted, deleted, duplicate or quarantined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.accounting import ACCEPTED, DELETION, DUPLICATE, QUARANTINED, Fates, count_rows
from expectations.duplicates import standing
from expectations.engine import Outcome, to_results, validate
from expectations.measures import fields, figures, source_rows
from expectations.quarantine import failing, quarantine
from expectations.suites import SOURCE_BATCH, SOURCE_ROWS, SOURCE_SCHEMA
from expectations.verdict import ExpectationResult, GatePolicy, RowCounts, SourceGate, reason_to_stop, rejected_limit
from mdm.party import MAPPED

if TYPE_CHECKING:
    from mdm.contracts import SourceContract

SUITE = "source"

PARTY_MIX_TOLERANCE = 0.2
"""A share of organisations that moves by more than this is shown as a drift."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is known about a delivery beside its rows."""

    unreadable: pa.Table  # QUARANTINE: rows that could not be read or mapped
    rows_read: int
    control_rows: int | None  # what the control file says
    history: Sequence[int]  # accepted rows of the last full deliveries
    organisation_shares: Sequence[float]  # of the last runs
    deletions: int  # records that would be deleted: flagged, or missing from a full delivery
    known: int  # current records of the source
    suppressed: int  # rows of erased customers, held back before


@dataclass(frozen=True, slots=True)
class _Judged:
    """The records of a delivery after the row checks."""

    fates: Fates
    rejected: pa.Table  # QUARANTINE
    outcomes: Mapping[str, Outcome]


def check_source(
    mapped: pa.Table,
    contract: SourceContract,
    *,
    unreadable: pa.Table,
    rows_read: int,
    policy: GatePolicy,
    control_rows: int | None = None,
    history: Sequence[int] = (),
    organisation_shares: Sequence[float] = (),
    deletions: int = 0,
    known: int = 0,
    suppressed: int = 0,
) -> SourceGate:
    """Judge one delivery: `mapped` holds MAPPED rows, the numbers are those of `Delivery`.

    rows_read == accepted + duplicates + deletions + quarantined + suppressed in `rows`, counted in rows of the
    delivery: a row of several records counts once, as accepted if any of its records is. `suppressed` rows were held
    back before and are not in `mapped`.
    """
    delivery = Delivery(unreadable, rows_read, control_rows, history, organisation_shares, deletions, known, suppressed)
    schema = to_results(SUITE, contract.source, SOURCE_SCHEMA, validate(SOURCE_SCHEMA, fields(mapped)))
    stopped = reason_to_stop(schema)
    if stopped is not None:
        return _unjudged(delivery, schema, stopped)
    judged = _judge_rows(mapped, role=contract.role)
    accepted = mapped.filter(pa.array(judged.fates == ACCEPTED))
    rows = count_rows(mapped, judged.fates, unreadable=unreadable, rows_read=rows_read, suppressed=suppressed)
    numbers = figures(_numbers(accepted, rows, delivery))
    limits = _limits(delivery, rows, policy, full=contract.delivery.kind == "full")
    batch = validate(SOURCE_BATCH, numbers, limits)
    results = [
        *schema,
        *to_results(SUITE, contract.source, SOURCE_ROWS, judged.outcomes),
        *to_results(SUITE, contract.source, SOURCE_BATCH, batch),
    ]
    return SourceGate(
        accepted=accepted,
        deleted=mapped.filter(pa.array(judged.fates == DELETION)),
        duplicates=rows.duplicates,
        quarantined=pa.concat_tables([unreadable, judged.rejected]),
        rows=rows,
        results=results,
        stopped=reason_to_stop(results),
    )


def _unjudged(delivery: Delivery, results: list[ExpectationResult], stopped: str) -> SourceGate:
    """The verdict on a table of another schema: nothing can be said about its rows, nothing of it is taken."""
    nothing = MAPPED.empty_table()
    rows = RowCounts(delivery.rows_read, 0, 0, 0, delivery.unreadable.num_rows, delivery.suppressed)
    return SourceGate(nothing, nothing, 0, delivery.unreadable, rows, results, stopped)


def _judge_rows(mapped: pa.Table, *, role: str) -> _Judged:
    """Drop what repeats another row, hold every other row against the row checks."""
    found = standing(mapped)
    single = np.flatnonzero(~found.repeats)
    delivered = mapped if len(single) == mapped.num_rows else mapped.take(pa.array(single))
    outcomes = validate(SOURCE_ROWS, source_rows(delivered, found.superseded[single], role=role))
    failed, masks = failing(SOURCE_ROWS, outcomes, delivered.num_rows)
    fates = np.full(mapped.num_rows, DUPLICATE, dtype=np.int8)
    fates[single] = np.where(pc.fill_null(delivered["deleted"], False).to_numpy(), DELETION, ACCEPTED)
    fates[single[failed]] = QUARANTINED
    rejected = quarantine(delivered, failed, masks, SOURCE_ROWS, found.kept[single[failed]])
    return _Judged(fates, rejected, outcomes)


def _numbers(accepted: pa.Table, rows: RowCounts, delivery: Delivery) -> dict[str, float | None]:
    """The figures of the batch checks; None where there is nothing to divide by."""
    usual = fmean(delivery.history) if delivery.history else 0.0
    organisations = pc.sum(pc.equal(accepted["party"], "organisation")).as_py() or 0
    return {
        "rows_read": rows.read,
        "rows_lost": rows.lost,
        "control_rows": rows.read,
        "rejected_share": rows.quarantined / rows.read if rows.read else 0.0,
        "row_count_change": abs(rows.accepted / usual - 1) if usual else None,
        "deleted_share": delivery.deletions / delivery.known if delivery.known else None,
        "organisation_share": organisations / accepted.num_rows if accepted.num_rows else None,
    }


def _limits(delivery: Delivery, rows: RowCounts, policy: GatePolicy, *, full: bool) -> dict[str, float]:
    """What the figures are held against. A delta may be empty: on a quiet night nothing changed; it is not held
    against full deliveries."""
    rejected = rejected_limit(policy, rows.quarantined, full=full)
    limits: dict[str, float] = {"min_rows": 1 if full else 0, "max_rejected_share": rejected}
    if delivery.control_rows is not None:
        limits["control_rows"] = delivery.control_rows
    if full and any(delivery.history):
        limits["max_row_count_change"] = policy.max_row_count_change
    if delivery.known:
        limits["max_deleted_share"] = policy.max_deleted_share
    if delivery.organisation_shares:
        usual = fmean(delivery.organisation_shares)
        limits["organisation_share_low"] = max(0.0, usual - PARTY_MIX_TOLERANCE)
        limits["organisation_share_high"] = min(1.0, usual + PARTY_MIX_TOLERANCE)
    return limits
