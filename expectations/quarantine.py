"""Rows that failed, with every reason in words and as much of the row as fits, as a QUARANTINE table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from expectations.engine import Outcome, Rows
from expectations.suites import Check
from mdm.party import QUARANTINE

Texts = npt.NDArray[np.object_]

MAX_CONTENT = 4_000
"""Characters of the row that are kept, as `mdm.party.QUARANTINE` says."""

_CONTENT = f"""
    SELECT left(
        regexp_replace(
            regexp_replace(to_json(failed)::VARCHAR, ',"[a-z_]+":null', '', 'g'),
            '\\{{"[a-z_]+":null,?', '{{', 'g'
        ),
        {MAX_CONTENT}
    ) AS content
    FROM failed
"""
# Empty fields say nothing: first those after a comma go, then those that open an object. A quote inside a text is
# escaped, so no text can look like a field.


OF_DELIVERY = ("system", "local_id", "file", "line", "extracted_at")
"""What is in columns of its own, or belongs to the delivery and not to the row."""


def failing(checks: Sequence[Check], outcomes: Mapping[str, Outcome], size: int) -> tuple[Rows, Rows]:
    """Positions of the rows that failed a row check, and for each a bit mask of the checks it failed (bit = order)."""
    failed = np.zeros(size, dtype=np.int64)
    for bit, check in enumerate(checks):
        outcome = outcomes.get(check.key)
        if outcome is not None:
            failed[outcome.rows] |= 1 << bit
    rows = np.flatnonzero(failed)
    return rows, failed[rows]


def quarantine(
    table: pa.Table, rows: Rows, masks: Rows, checks: Sequence[Check], found: Sequence[str | None] | Texts | None = None
) -> pa.Table:
    """The rows of `table` (MAPPED or CLEANSED) at `rows` as QUARANTINE; the reason is the first check that failed.

    `masks` as from `failing`; `found`, one text or None per row, is added to what people read.
    """
    if not len(rows):
        return QUARANTINE.empty_table()
    failed = table.take(pa.array(rows))
    distinct, which = np.unique(masks, return_inverse=True)
    told = [_told(int(mask), checks) for mask in distinct]
    columns = {name: failed[name] for name in ("system", "local_id", "file", "line")}
    columns["reason"] = pa.array([reason for reason, _ in told], pa.string()).take(pa.array(which))
    details = pa.array([detail for _, detail in told], pa.string()).take(pa.array(which))
    if found is not None:
        details = pc.binary_join_element_wise(details, pa.array(found, pa.string()), "; ", null_handling="skip")
    columns["detail"] = details
    columns["content"] = contents(failed)
    return pa.table(columns, schema=QUARANTINE)


def contents(failed: pa.Table) -> pa.ChunkedArray:
    """Each row as JSON without its empty fields, shortened; the same row says the same in every delivery."""
    said = [name for name in failed.column_names if name not in OF_DELIVERY]
    with duckdb.connect() as connection:
        connection.register("failed", failed.select(said))
        return connection.sql(_CONTENT).to_arrow_table()["content"]


def _told(mask: int, checks: Sequence[Check]) -> tuple[str, str]:
    """Reason code of the first failed check; the sentences of all."""
    failed = [check for bit, check in enumerate(checks) if mask >> bit & 1]
    return failed[0].reason, "; ".join(check.sentence for check in failed)
