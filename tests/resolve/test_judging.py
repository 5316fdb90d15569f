"""Judgements that contradict each other are refused when they are entered, with the chain."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm.resolve.judging import VERDICTS, Verdict, contradicted_chain

A, B, C, D = 1, 2, 3, 4


@pytest.mark.parametrize(
    ("new", "same", "different", "chain"),
    [
        ((A, B, "same"), [], [], ()),
        ((A, C, "different"), [(A, B), (B, C)], [], (A, B, C)),
        ((A, B, "same"), [(B, C)], [(A, C)], (A, B, C)),
        ((B, C, "same"), [(A, B), (C, D)], [(D, A)], (D, C, B, A)),
        ((A, C, "unsure"), [(A, B), (B, C)], [], ()),
        ((A, B, "different"), [(A, B)], [], ()),  # the judgement that it supersedes
        ((A, B, "same"), [], [(B, A)], ()),
        ((A, B, "different"), [(A, C), (B, D)], [(C, D)], ()),
    ],
)
def test_the_chain_that_a_judgement_contradicts(
    new: tuple[int, int, Verdict],
    same: list[tuple[int, int]],
    different: list[tuple[int, int]],
    chain: tuple[int, ...],
) -> None:
    assert contradicted_chain(*new, same, different) == chain


TWO = st.tuples(st.integers(1, 6), st.integers(1, 6)).filter(lambda two: two[0] != two[1])


@given(st.lists(st.tuples(TWO, st.sampled_from(VERDICTS)), max_size=14))
def test_what_is_entered_one_by_one_never_contradicts_itself(entries: list[tuple[tuple[int, int], Verdict]]) -> None:
    """A judgement is refused exactly when, with it, two records of one group would be judged different."""
    kept: dict[frozenset[int], Verdict] = {}
    for (one, other), verdict in entries:
        same, different = ([tuple(sorted(two)) for two, v in kept.items() if v == w] for w in ("same", "different"))
        chain = contradicted_chain(one, other, verdict, same, different)  # type: ignore[arg-type]
        tried = kept | {frozenset((one, other)): verdict}
        assert bool(chain) == (not _consistent(tried))
        if not chain:
            kept = tried
            continue
        ties = {two for two, v in tried.items() if v == "same"}
        assert all(frozenset(link) in ties for link in pairwise(chain))
        assert tried[frozenset((chain[0], chain[-1]))] == "different"


def _consistent(judged: dict[frozenset[int], Verdict]) -> bool:
    group = {record: record for record in range(1, 7)}
    for _ in range(6):
        for two, verdict in judged.items():
            if verdict == "same":
                least = min(group[record] for record in two)
                for record in two:
                    group[record] = least
    return all(len({group[record] for record in two}) == 2 for two, v in judged.items() if v == "different")
