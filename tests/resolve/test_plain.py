"""Plain components: what they are, and that each thing that could refuse a union takes a component out of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm.resolve.clusters import Pair
from mdm.resolve.plain import NumberColumns, PairColumns, components, plain_components
from tests.resolve.cluster_world import RULES, pair


def plain(letters: str, pairs: list[Pair], *, numbers: str = "", judged: str = "", largest: int = 50) -> str:
    """The records of plain components. numbers: ``A:tax:1 B:tax:2``; judged: records that a judgement names."""
    held = [number.split(":") for number in numbers.split()]

    def places(names: list[str]) -> np.ndarray:  # type: ignore[type-arg]
        return np.array([letters.index(name) for name in names], np.int64)

    def codes(texts: list[str]) -> np.ndarray:  # type: ignore[type-arg]
        return np.array([sorted(set(texts)).index(text) for text in texts], np.int64)

    _, flags = plain_components(
        len(letters),
        PairColumns(
            places([chr(p.left) for p in pairs]),
            places([chr(p.right) for p in pairs]),
            np.array([p.weight for p in pairs], np.float64),
            np.array([p.contradiction is not None for p in pairs], np.bool_),
            np.array([p.same_number for p in pairs], np.bool_),
        ),
        NumberColumns(
            places([who for who, *_ in held]),
            codes([kind for _, kind, _ in held]),
            codes([value for *_, value in held]),
        ),
        places(list(judged)),
        replace(RULES, max_records=largest),
    )
    return "".join(letter for letter, flag in zip(letters, flags, strict=True) if flag)


def chain(letters: str, weight: float = 9) -> list[Pair]:
    return [pair(a + b, weight) for a, b in pairwise(letters)]


@pytest.mark.parametrize(
    ("story", "letters", "pairs", "world", "expected"),
    [
        ("nobody", "", [], {}, ""),
        ("strangers", "AB", [], {}, "AB"),
        ("a match", "AB", [pair("AB", 4.0)], {}, "AB"),
        ("a possible match", "ABC", [pair("AB", 3.9)], {}, "C"),
        ("a weak pair between records that hang together anyhow", "ABC", [*chain("ABC"), pair("AC", 1)], {}, "ABC"),
        ("a contradiction between such", "ABC", [*chain("ABC"), pair("AC", 30, "twins", ask=True)], {}, "ABC"),
        ("one number under two names", "ABC", [*chain("ABC"), pair("AC", 30, "twins", number=True)], {}, ""),
        ("a contradiction that keeps two apart", "ABC", [pair("AB", 30, "twins"), pair("BC", 9)], {}, ""),
        ("a possible match between two customers", "ABCDE", [*chain("AB"), *chain("CD"), pair("BC", 2)], {}, "E"),
        ("one number", "AB", chain("AB"), {"numbers": "A:tax:1 B:tax:1"}, "AB"),
        ("two numbers, though a typo apart", "ABC", chain("AB"), {"numbers": "A:tax:11 B:tax:12 C:tax:13"}, "C"),
        ("two numbers at the ends of a chain", "ABC", chain("ABC"), {"numbers": "A:tax:1 B:id:5 C:tax:2"}, ""),
        ("two numbers of one record", "A", [], {"numbers": "A:tax:1 A:tax:2"}, ""),
        ("numbers of two kinds", "AB", chain("AB"), {"numbers": "A:tax:1 B:id:2"}, "AB"),
        ("judged", "ABCD", chain("AB"), {"judged": "BC"}, "D"),
        ("as large as may be", "ABC", chain("ABC"), {"largest": 3}, "ABC"),
        ("larger", "ABC", chain("ABC"), {"largest": 2}, ""),
        ("too few for two large groups", "ABCDEFG", chain("ABCDEFG", 5), {}, "ABCDEFG"),
        ("enough for two large groups", "ABCDEFGHI", chain("ABCDEFGH", 5), {}, "I"),
        ("enough, and no weak pair", "ABCDEFGHI", chain("ABCDEFGH", 6), {}, "ABCDEFGHI"),
    ],
)  # fmt: skip
def test_case(story: str, letters: str, pairs: list[Pair], world: dict, expected: str) -> None:  # type: ignore[type-arg]
    assert plain(letters, pairs, **world) == expected, story


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40))
def test_components_are_those_of_networkx(edges: list[tuple[int, int]]) -> None:
    graph = nx.Graph(edges)
    graph.add_nodes_from(range(31))
    left, right = (np.array([edge[end] for edge in edges], np.int64) for end in (0, 1))
    found = components(31, left, right)
    for part in nx.connected_components(graph):
        assert {int(found[place]) for place in part} == {min(part)}
