"""The gate before anything is applied: customers, xrefs and households as the night would leave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from expectations.engine import to_results, validate
from expectations.measures import figures
from expectations.suites import (
    GOLDEN_BATCH,
    GOLDEN_DOCUMENTS,
    GOLDEN_MEMBERS,
    GOLDEN_PINS,
    GOLDEN_RECORDS,
    GOLDEN_XREFS,
    Check,
)
from expectations.verdict import ExpectationResult, GatePolicy, GoldenGate, reason_to_stop

SUITE = "golden"


@dataclass(frozen=True, slots=True)
class GoldenTables:
    """The store as it would be after applying, or the part of it that is touched; other columns are ignored."""

    records: pa.Table  # system, local_id: current accepted records of customer-role sources
    xrefs: pa.Table  # system, local_id, pin: open cross-references
    customers: pa.Table  # pin: active PINs
    documents: pa.Table  # pin: golden records about to be written


def check_customers(tables: GoldenTables) -> list[ExpectationResult]:
    """Judge customers, their cross-references and golden records as they are about to be applied.

    Pass for `xrefs` and `customers` everything that `records` and `documents` may refer to.
    """
    with duckdb.connect() as scratch:
        return _found(
            (GOLDEN_RECORDS, _xrefs_per_record(scratch, tables)),
            (GOLDEN_XREFS, _active(scratch, tables.xrefs, tables.customers)),
            (GOLDEN_PINS, _pins(scratch, tables.customers)),
            (GOLDEN_DOCUMENTS, _active(scratch, tables.documents, tables.customers)),
        )


def check_golden(
    results: Sequence[ExpectationResult],
    members: pa.Table,
    customers: pa.Table,
    *,
    churned: int,
    active_before: int,
    first_load: bool,
    policy: GatePolicy,
) -> GoldenGate:
    """Judge everything that is about to be applied: what `check_customers` found, and households and churn.

    members: pin of open household memberships, all of which `customers` (pin: active PINs) must know. `churned` counts
    the PINs active before that would merge or split, of `active_before`; on a first load churn is not judged.
    """
    with duckdb.connect() as scratch:
        found = [*results, *_found((GOLDEN_MEMBERS, _active(scratch, members, customers)))]
    limits = {} if first_load or not active_before else {"max_churn": policy.max_churn}
    churn = figures({"churn": churned / active_before if active_before else 0.0})
    found += to_results(SUITE, "", GOLDEN_BATCH, validate(GOLDEN_BATCH, churn, limits))
    return GoldenGate(found, reason_to_stop(found))


def _found(*suites: tuple[Sequence[Check], pd.DataFrame]) -> list[ExpectationResult]:
    return [one for checks, frame in suites for one in to_results(SUITE, "", checks, validate(checks, frame))]


def _xrefs_per_record(scratch: duckdb.DuckDBPyConnection, tables: GoldenTables) -> pd.DataFrame:
    """One row per record: how many open cross-references it has."""
    return _query(
        scratch,
        """
        SELECT coalesce(held.xrefs, 0)::INTEGER AS xrefs
        FROM records LEFT JOIN (
            SELECT system, local_id, count(*) AS xrefs FROM xrefs GROUP BY ALL
        ) AS held USING (system, local_id)
        """,
        records=tables.records,
        xrefs=tables.xrefs,
    )


def _active(scratch: duckdb.DuckDBPyConnection, referring: pa.Table, customers: pa.Table) -> pd.DataFrame:
    """One row per referring row: pin (a number, null when it is none), and whether it is an active PIN."""
    return _query(
        scratch,
        """
        SELECT try_cast(referring.pin AS BIGINT) AS pin,
               coalesce(referring.pin IN (SELECT pin FROM customers), false) AS active
        FROM referring
        """,
        referring=referring,
        customers=customers,
    )


def _pins(scratch: duckdb.DuckDBPyConnection, customers: pa.Table) -> pd.DataFrame:
    """One row per active PIN: the PIN as a number, and its remainder by ISO 7064 Mod 11,10."""
    frame = _query(scratch, "SELECT try_cast(pin AS BIGINT) AS pin FROM customers", customers=customers)
    return pd.DataFrame({"pin": frame["pin"], "remainder": remainders(customers["pin"])})


def remainders(pins: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """The ISO 7064 Mod 11,10 remainder of every PIN (text), columnar: 1 when valid, -1 when it is not twelve digits.

    Source: ISO/IEC 7064, as `stdnum.iso7064.mod_11_10.checksum`, which takes 10 us a PIN.
    """
    shaped = pc.fill_null(pc.match_substring_regex(pins, "^[0-9]{12}$"), False)
    texts = "".join(pins.filter(shaped).to_pylist()).encode()
    digits = np.frombuffer(texts, np.uint8).reshape(-1, 12).T.astype(np.int64) - ord("0")
    check = np.full(digits.shape[1], 5, np.int64)
    for digit in digits:
        check = (np.where(check == 0, 10, check) * 2 % 11 + digit) % 10
    answer = np.full(len(pins), -1, np.int64)
    answer[shaped.to_numpy()] = check
    return answer


def _query(scratch: duckdb.DuckDBPyConnection, sql: str, **tables: pa.Table) -> pd.DataFrame:
    for name, table in tables.items():
        scratch.register(name, table)
    return scratch.sql(sql).to_arrow_table().to_pandas()
