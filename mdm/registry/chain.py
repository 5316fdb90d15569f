"""What holds one customer together: of all its pairs the strongest ones that suffice, as a tree."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mdm.resolve.clusters import Pair


@dataclass(frozen=True, slots=True)
class Edge:
    """Two records that were joined; weight in bits, None for a steward's judgement."""

    left: int
    right: int
    weight: float | None


def strongest_tree(records: Iterable[int], pairs: Sequence[Pair], same: Sequence[tuple[int, int]]) -> list[Edge]:
    """Judgements first, then pairs by falling weight, each only if it connects what was not connected (Kruskal 1956).

    `pairs`: those strong enough to join. The weakest edge is then the one without which the customer falls apart,
    whatever other pairs there are.
    """
    group = {record: record for record in records}

    def find(record: int) -> int:
        while group[record] != record:
            record = group[record]
        return record

    edges = [Edge(left, right, None) for left, right in same]
    edges += [Edge(pair.left, pair.right, pair.weight) for pair in sorted(pairs, key=lambda pair: -pair.weight)]
    kept = []
    for edge in edges:
        if edge.left in group and edge.right in group and find(edge.left) != find(edge.right):
            group[find(edge.left)] = find(edge.right)
            kept.append(edge)
    return kept


def path(edges: Sequence[Edge], start: int, end: int) -> list[Edge]:
    """The edges that lead from one record to another, in order; empty when none do."""
    around = _around(edges)
    came: dict[int, tuple[int, Edge] | None] = {start: None}
    queue = deque([start])
    while queue and end not in came:
        record = queue.popleft()
        for other, edge in around.get(record, ()):
            if other not in came:
                came[other] = (record, edge)
                queue.append(other)
    found = []
    step = came.get(end)
    while step is not None:
        found.append(step[1])
        step = came[step[0]]
    return found[::-1]


def unheld(records: Sequence[int], edges: Sequence[Edge]) -> list[int]:
    """The records outside the largest connected part."""
    around, seen, parts = _around(edges), set[int](), list[set[int]]()
    for record in records:
        if record not in seen:
            part, queue = {record}, deque([record])
            while queue:
                for other, _ in around.get(queue.popleft(), ()):
                    if other not in part:
                        part.add(other)
                        queue.append(other)
            parts.append(part)
            seen |= part
    largest = max(parts, key=len, default=set())
    return [record for record in records if record not in largest]


def _around(edges: Sequence[Edge]) -> Mapping[int, list[tuple[int, Edge]]]:
    around: dict[int, list[tuple[int, Edge]]] = {}
    for edge in edges:
        around.setdefault(edge.left, []).append((edge.right, edge))
        around.setdefault(edge.right, []).append((edge.left, edge))
    return around
