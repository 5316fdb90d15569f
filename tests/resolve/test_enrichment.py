"""Third-party records find the customer of their best match, and never tie customers together."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from mdm.resolve.clusters import ClusterRules, Judgements, Pair, resolve_clusters
from mdm.resolve.enrichment import attach_enrichment

KEYS = {1: ("billing", "B"), 2: ("billing", "A"), 3: ("tv", "C")}
BOUGHT = {10: ("list", "X"), 11: ("list", "Y")}


def test_it_goes_with_its_heaviest_match() -> None:
    pairs = [Pair(1, 10, 5.0), Pair(10, 3, 9.0), Pair(2, 10, 7.0)]
    assert attach_enrichment(BOUGHT, pairs, KEYS, 4.0) == {10: 3}


def test_without_a_match_it_goes_nowhere() -> None:
    pairs = [Pair(1, 10, 3.999999), Pair(2, 10, 20.0, contradiction="another given name"), Pair(99, 10, 20.0)]
    assert attach_enrichment(BOUGHT, pairs, KEYS, 4.0) == {}


def test_a_weight_at_the_threshold_is_a_match() -> None:
    assert attach_enrichment(BOUGHT, [Pair(1, 10, 4.0)], KEYS, 4.0) == {10: 1}


def test_a_tie_goes_to_the_first_key_in_any_order_of_pairs() -> None:
    pairs = [Pair(1, 10, 5.0), Pair(10, 2, 5.0), Pair(3, 10, 5.0)]
    assert all(attach_enrichment(BOUGHT, order, KEYS, 4.0) == {10: 2} for order in permutations(pairs))


def test_enrichment_records_do_not_follow_each_other() -> None:
    assert attach_enrichment(BOUGHT, [Pair(10, 11, 30.0), Pair(1, 10, 5.0)], KEYS, 4.0) == {10: 1}


ENDS = st.sampled_from([*KEYS, *BOUGHT])
PAIRS = st.lists(
    st.builds(Pair, ENDS, ENDS, st.integers(-3, 9).map(float), st.sampled_from([None, None, "no"])).filter(
        lambda pair: pair.left != pair.right
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(PAIRS, st.randoms())
def test_it_never_glues_customers(pairs: list[Pair], rng: object) -> None:
    """With and without a bought list, the customers are the same; each bought record has at most one."""
    alone = [pair for pair in pairs if pair.left in KEYS and pair.right in KEYS]
    rules = ClusterRules(match_weight=2.0)
    assert resolve_clusters(KEYS, {}, pairs, Judgements(), rules) == resolve_clusters(
        KEYS, {}, alone, Judgements(), rules
    )
    found = attach_enrichment(BOUGHT, pairs, KEYS, 2.0)
    assert set(found) <= set(BOUGHT)
    assert set(found.values()) <= set(KEYS)
    shuffled = list(pairs)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert attach_enrichment(BOUGHT, shuffled, KEYS, 2.0) == found
    for record in BOUGHT:
        chosen = [
            pair.weight
            for pair in pairs
            if {pair.left, pair.right} == {record, found.get(record)} and pair.contradiction is None
        ]
        others = [
            pair.weight
            for pair in pairs
            if record in pair[:2] and {*pair[:2]} & set(KEYS) and pair.contradiction is None and pair.weight >= 2.0
        ]
        assert max(chosen, default=None) == max(others, default=None)
