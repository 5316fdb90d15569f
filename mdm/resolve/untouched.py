"""Which customers a night did not touch: whole columns in, so that a large night hands over only what changed.

`assign_pins` changes nothing for a customer whose records are the same as before, none of them changed (tested), so
such customers, and the PINs that redirect to them, need not be handed to it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NONE = -1  # no cluster: the record departed; no customer: it is new


def untouched(clusters: Integers, customers: Integers, *, moved: Flags) -> Flags:
    """For each record, whether its cluster is exactly its previous customer and none of the records changed.

    One entry for each record: the label of its new cluster, the label of its previous customer, either may be `NONE`;
    and whether it changed or came back.
    """
    whole = _agrees(clusters, customers) & _agrees(customers, clusters)
    steady = _agrees(clusters, moved.astype(np.int64)) & ~moved
    known = (clusters != NONE) & (customers != NONE)
    result: Flags = whole & steady & known
    return result


def _agrees(groups: Integers, values: Integers) -> Flags:
    """For each entry, whether all entries of its group have one value."""
    if not len(groups):
        return np.zeros(0, dtype=np.bool_)
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(groups[order]) != 0])
    sorted_values = values[order]
    equal = np.minimum.reduceat(sorted_values, starts) == np.maximum.reduceat(sorted_values, starts)
    result = np.empty(len(groups), dtype=np.bool_)
    result[order] = np.repeat(equal, np.diff(np.r_[starts, len(groups)]))
    return result
