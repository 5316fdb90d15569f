"""Distinct combinations of columns: their values once, and for every row which combination it holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from mdm.party import CLEANSED

NO_ISSUES = pa.nulls(0, CLEANSED.field("issues").type)
_LARGEST = 2**62  # combined codes beyond this are numbered anew before the next column joins


@dataclass(frozen=True, slots=True)
class Distinct:
    """`values`: one array per column, of the distinct combinations; `codes`: int64 index into them, per row.

    Without codes every row stands by itself: `values` are the rows.
    """

    values: list[pa.Array]
    codes: pa.Array | None

    def spread(self, found: pa.Array) -> pa.Array:
        """What was found for each combination, for each row."""
        return found if self.codes is None else found.take(self.codes)


def encode(columns: list[pa.Array]) -> Distinct:
    """The distinct combinations of equally long columns; null is a value like others."""
    encoded = [column.dictionary_encode("encode") for column in columns]
    codes = [array.indices.to_numpy(zero_copy_only=False).astype(np.int64) for array in encoded]
    combined, bound = codes[0], len(encoded[0].dictionary)
    for array, code in zip(encoded[1:], codes[1:], strict=True):
        size = max(len(array.dictionary), 1)
        if size == 1:
            continue
        if bound * size > _LARGEST:
            found, combined = np.unique(combined, return_inverse=True)
            bound = len(found)
        combined, bound = combined * size + code, bound * size
    _, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
    rows = pa.array(first)
    return Distinct([column.take(rows) for column in columns], pa.array(inverse))
