"""Numbers in the order that tables and indexes have them in: each page is read once, and the next one follows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from mdm.store.bulk import Values


def in_order(numbers: Values) -> pa.Array:
    """Distinct numbers, rising; without nulls, which nothing equals.

    Asking for 40,000 records of a million in their order takes two thirds of the time when the server has just started.
    """
    column = numbers if isinstance(numbers, (pa.Array, pa.ChunkedArray)) else pa.array(numbers, pa.int64())
    return pa.array(np.unique(column.drop_null().cast(pa.int64()).to_numpy()), pa.int64())
