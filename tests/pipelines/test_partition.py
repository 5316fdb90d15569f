"""Customers found in columns are those of `resolve_clusters` for everything at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from mdm.resolve.clusters import ClusterRules, Judgements, Pair
from pipelines.steps.gather import NUMBERS, PAIRS, RECORDS, Gathered
from pipelines.steps.partition import NOWHERE, partition, places_of
from tests.properties.test_clusters_rules import OPEN_RULES, RULES, World, worlds


def gathered(world: World) -> Gathered:
    records = sorted(world.keys, key=world.keys.__getitem__)
    keys = [world.keys[record] for record in records]
    held = [(record, number) for record, numbers in world.numbers.items() for number in numbers]
    return Gathered(
        records=pa.table(
            [records, [k[0] for k in keys], [k[1] for k in keys], [1] * len(keys), ["person"] * len(keys)],
            schema=RECORDS,
        ),
        numbers=pa.table([[record for record, _ in held], [number for _, number in held]], schema=NUMBERS),
        pairs=pa.table([[pair[place] for pair in world.pairs] for place in range(len(PAIRS))], schema=PAIRS),
        judgements=world.judgements,
    )


@pytest.mark.parametrize("rules", [RULES, OPEN_RULES])
@settings(max_examples=200, deadline=None)
@given(world=worlds())
def test_the_same_customers_and_the_same_questions(rules: ClusterRules, world: World) -> None:
    found = gathered(world)
    owner, asked = partition(found, rules)
    expected = world.resolve(rules)
    ids = found.records["record_id"].to_pylist()
    clusters = [[ids[place] for place in np.flatnonzero(owner == first)] for first in np.unique(owner)]
    assert (clusters, asked) == (expected.clusters, expected.open)


def test_pairs_with_records_of_others_are_left_out() -> None:
    found = gathered(World({7: ("s", "A"), 3: ("s", "B")}, {}, [], Judgements()))
    found.pairs = pa.table(list(zip(Pair(7, 99, 9.0), Pair(3, 99, 9.0), strict=True)), schema=PAIRS)
    assert partition(found, RULES)[0].tolist() == [0, 1]


def test_places() -> None:
    assert places_of(np.array([5, 9, 1]), np.array([9, 5, 7])).tolist() == [1, 0, NOWHERE]
    assert places_of(np.array([5]), np.array([], np.int64)).tolist() == [NOWHERE]
