"""One row per key: repeats are counted and dropped, contradicting rows give way to the latest.

Rows of one key are ordered by changed_at (a row without one is older than any row with one), then file, then line. The
last stays. An earlier row that says the same as a later one *repeats* it; any other earlier row is *superseded*.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from expectations.quarantine import Texts, quarantine
from expectations.suites import DUPLICATE_KEY

Flags = npt.NDArray[np.bool_]

_ORDER = "ORDER BY changed_at DESC NULLS LAST, file DESC, line DESC, position DESC"
_STANDING = f"""
    WITH keyed AS (FROM delivery WHERE local_id IS NOT NULL QUALIFY count(*) OVER (PARTITION BY local_id) > 1)
    SELECT position,
           row_number() OVER (PARTITION BY local_id, row_hash, deleted, changed_at {_ORDER}) > 1 AS repeats,
           row_number() OVER key > 1 AS beaten,
           concat('kept: ', first_value(file) OVER key, ' line ', first_value(line) OVER key) AS kept
    FROM keyed
    WINDOW key AS (PARTITION BY local_id {_ORDER})
    QUALIFY beaten
    ORDER BY position
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How every row of a delivery stands among the rows of its key: at most one of the two flags is true."""

    repeats: Flags
    superseded: Flags
    kept: Texts  # of a superseded row: which row stays ("kept: FILE line N"); else None


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """`kept` has one row per key; rows in = kept + duplicates + quarantined."""

    kept: pa.Table  # MAPPED
    duplicates: int
    quarantined: pa.Table  # QUARANTINE, reason duplicate_key


def standing(mapped: pa.Table) -> Standing:
    """How the rows of `mapped` stand; rows without a key stand alone."""
    size = mapped.num_rows
    found = Standing(np.zeros(size, dtype=bool), np.zeros(size, dtype=bool), np.full(size, None, dtype=object))
    if _has_duplicates(mapped["local_id"]):
        beaten = _beaten(mapped)
        same = beaten["repeats"].to_numpy()
        found.repeats[beaten["position"][same]] = True
        found.superseded[beaten["position"][~same]] = True
        found.kept[beaten["position"][~same]] = beaten["kept"][~same]
    return found


def deduplicate(mapped: pa.Table) -> Deduplicated:
    """`mapped` with one row per key, the number of repeats, and the superseded rows with the line that stays."""
    found = standing(mapped)
    rows = np.flatnonzero(found.superseded)
    quarantined = quarantine(mapped, rows, np.ones_like(rows), (DUPLICATE_KEY,), found.kept[rows])
    return Deduplicated(
        mapped.filter(pa.array(~(found.repeats | found.superseded))), int(found.repeats.sum()), quarantined
    )


def _has_duplicates(keys: pa.ChunkedArray) -> bool:
    distinct: int = pc.count_distinct(keys, mode="only_valid").as_py()
    return distinct < len(keys) - int(keys.null_count)


def _beaten(mapped: pa.Table) -> pd.DataFrame:
    """Every row that does not stay: its position, whether it repeats another one, and which row stays instead."""
    delivery = mapped.select(["local_id", "row_hash", "deleted", "changed_at", "file", "line"])
    delivery = delivery.append_column("position", pa.array(np.arange(mapped.num_rows)))
    with duckdb.connect() as connection:
        connection.register("delivery", delivery)
        return connection.sql(_STANDING).to_arrow_table().to_pandas()
