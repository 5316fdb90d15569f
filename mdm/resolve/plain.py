"""Components of records that are one customer beyond question, found in whole columns.

Most records hang together with a few others, and nothing speaks against any of them. A component of pairs is *plain* if

- its matching pairs alone (at least `match_weight` bits, nothing against them) connect all its records;
- no judgement touches it, it holds no two numbers of one kind, and no number under names that contradict each other;
- it is not larger than a customer may be, and no two groups in it could hang together by one weak pair.

Whatever `mdm.resolve.clusters.resolve_clusters` does first, it then finds nothing to refuse: a plain component is one
customer and leaves nothing for a steward (tested). What is not plain goes through `resolve_clusters`; a component is
all that bears on its records, so the rest may go there alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdm.resolve.clusters import ClusterRules

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PairColumns:
    """Pairs in columns. `left`, `right`: places of records, from 0; `against`: the pair shows a contradiction;
    `same_number`: both hold the same number."""

    left: Integers
    right: Integers
    weight: npt.NDArray[np.float64]
    against: Flags
    same_number: Flags


@dataclass(frozen=True, slots=True)
class NumberColumns:
    """One entry for each number that a record holds: its place, and any codes of the kind and of the value."""

    record: Integers
    kind: Integers
    value: Integers


def plain_components(
    count: int, pairs: PairColumns, numbers: NumberColumns, judged: Integers, rules: ClusterRules
) -> tuple[Integers, Flags]:
    """For each of `count` records the first place of its component, and whether the component is plain.

    judged: places of the records that a judgement names.
    """
    component = components(count, pairs.left, pairs.right)
    matching = (pairs.weight >= rules.match_weight) & ~pairs.against
    tied = components(count, pairs.left[matching], pairs.right[matching])
    weak = matching & (pairs.weight < rules.weak_link_weight)
    size = np.bincount(component, minlength=count)
    in_weak = np.zeros(count, dtype=np.bool_)
    in_weak[component[pairs.left[weak]]] = True

    plain = (size <= rules.max_records) & ~(in_weak & (size >= 2 * rules.weak_link_records))
    plain[component[tied != component]] = False
    plain[component[judged]] = False
    plain[component[pairs.left[pairs.against & pairs.same_number]]] = False
    plain[_of_two_numbers(component[numbers.record], numbers.kind, numbers.value)] = False
    return component, plain[component]


def components(count: int, left: Integers, right: Integers) -> Integers:
    """For each of `count` places the first place that the edges `left`-`right` connect it with.

    Roots are hung under smaller roots and paths are shortened until no edge leads from one tree to another (Shiloach
    and Vishkin, "An O(log n) parallel connectivity algorithm", 1982).
    """
    root = np.arange(count, dtype=np.int64)
    while len(left):
        left, right = root[left], root[right]
        apart = left != right
        left, right = left[apart], right[apart]
        np.minimum.at(root, np.maximum(left, right), np.minimum(left, right))
        while not np.array_equal(further := root[root], root):
            root = further
    return root


def _of_two_numbers(groups: Integers, kinds: Integers, values: Integers) -> Integers:
    """The groups that hold two values of one kind (a group may come up twice)."""
    order = np.lexsort((values, kinds, groups))
    group, kind, value = groups[order], kinds[order], values[order]
    differs = (group[1:] == group[:-1]) & (kind[1:] == kind[:-1]) & (value[1:] != value[:-1])
    found: Integers = group[1:][differs]
    return found
