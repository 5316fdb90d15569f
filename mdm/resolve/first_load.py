"""The first load: PINs for a partition when there is no previous state, in whole columns.

Equal to `mdm.resolve.identity.assign_pins` with an empty state (tested), and quick at millions of records.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdm.resolve.identity import Mint

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FirstLoad:
    """Customers in order of issue, and for each record the place of its customer in that order.

    pins[i] was issued as `issued[i]`, its founder is the record `founders[i]`; all are active. The record at place j of
    the input belongs to, and is at home with, `pins[customer[j]]`.
    """

    pins: list[str]
    issued: Integers
    founders: Integers
    customer: Integers


def assign_first_pins(
    records: Integers, clusters: Integers, *, rank: Integers, age: Integers, next_number: int, mint: Mint
) -> FirstLoad:
    """PINs of a first load.

    All columns have one entry for each record: its id, any label of its cluster, its rank by (system, local id), and
    its age (see `RecordOrder.age`). `next_number` and `mint` as for `assign_pins`.
    """
    labels, cluster = np.unique(clusters, return_inverse=True)
    by_rank = np.argsort(rank, kind="stable")
    first_rank = np.empty(len(labels), dtype=np.int64)
    first_rank[cluster[by_rank[::-1]]] = rank[by_rank[::-1]]  # the last assignment wins: the smallest rank
    issue_order = np.argsort(first_rank, kind="stable")
    place = np.empty(len(labels), dtype=np.int64)
    place[issue_order] = np.arange(len(labels))
    customer = place[cluster]
    oldest_last = np.lexsort((rank, age))[::-1]
    founders = np.empty(len(labels), dtype=np.int64)
    founders[customer[oldest_last]] = records[oldest_last]
    issued = np.arange(next_number, next_number + len(labels), dtype=np.int64)
    return FirstLoad(list(mint(next_number, len(labels))), issued, founders, customer)
