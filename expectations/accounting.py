"""Promise 8: every row of a delivery is accepted, a duplicate, a deletion, quarantined or suppressed; none is lost."""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from expectations.verdict import RowCounts

Fates = npt.NDArray[np.int8]

ACCEPTED, DELETION, QUARANTINED, DUPLICATE = range(4)
"""What became of a record. A row of several records takes the lowest number of theirs, and counts once."""

_ROWS = """
    WITH fates AS (
        SELECT file, line, fate FROM records
        UNION ALL SELECT file, coalesce(line, -row_number() OVER ()), 2 FROM unreadable
    ), rows AS (SELECT min(fate) AS fate FROM fates GROUP BY file, line)
    SELECT fate, count(*) AS rows FROM rows GROUP BY fate
"""


def count_rows(
    mapped: pa.Table, fates: Fates, *, unreadable: pa.Table, rows_read: int, suppressed: int = 0
) -> RowCounts:
    """`fates` has one entry per record of `mapped`; unreadable rows (QUARANTINE) count as quarantined.

    suppressed: rows that were read and are in neither.
    """
    if mapped.num_rows + unreadable.num_rows + suppressed == rows_read:
        counts = np.bincount(fates, minlength=4)
        counts[QUARANTINED] += unreadable.num_rows
    else:
        counts = _by_line(mapped, fates, unreadable)
    return RowCounts(
        read=rows_read,
        accepted=int(counts[ACCEPTED]),
        duplicates=int(counts[DUPLICATE]),
        deletions=int(counts[DELETION]),
        quarantined=int(counts[QUARANTINED]),
        suppressed=suppressed,
    )


def _by_line(mapped: pa.Table, fates: Fates, unreadable: pa.Table) -> npt.NDArray[np.int64]:
    """Rows by fate where a row can have several records: a row is a line of a file."""
    records = mapped.select(["file", "line"]).append_column("fate", pa.array(fates))
    counts = np.zeros(4, dtype=np.int64)
    with duckdb.connect() as connection:
        connection.register("records", records)
        connection.register("unreadable", unreadable)
        for fate, rows in connection.sql(_ROWS).fetchall():
            counts[fate] = rows
    return counts
