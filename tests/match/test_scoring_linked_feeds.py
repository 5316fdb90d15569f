"""One weight on both paths for 20,000 pairs of real layouts: six feeds of one town (../shared/data/linked_feeds)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdm.match.training import TrainingSettings, train
from tests.match import operator
from tests.match.test_scoring import assert_same_scores

ROOT = Path(__file__).parents[2]
FEEDS = ROOT.parent / "shared" / "data" / "linked_feeds"
PAIRS = 20_000


@pytest.mark.slow
@pytest.mark.skipif(not FEEDS.exists(), reason=f"{FEEDS} is not here")
def test_pairs_of_the_linked_feeds_weigh_the_same_on_both_paths() -> None:
    """Nine in ten share a blocking key; the others are any two records, which differ in ways that those never do."""
    table = operator.cleansed(ROOT / "benchmarks" / "workspaces" / "linked_feeds", FEEDS)
    connection = operator.with_pairs(table)
    model = train(connection, "features", "person", TrainingSettings(max_pairs=1e5))
    connection.execute(
        f"""
        CREATE TABLE sampled AS
        (SELECT * FROM pairs_person ORDER BY hash(left_id * 1000003 + right_id) LIMIT {PAIRS * 9 // 10})
        UNION
        (SELECT a.record_id AS left_id, b.record_id AS right_id
         FROM of_person a JOIN of_person b ON b.record_id = (a.record_id * 7919 + 13) % {table.num_rows}
         WHERE a.record_id < b.record_id ORDER BY hash(a.record_id) LIMIT {PAIRS // 10 + 500})
        """
    )
    rows = operator.feature_rows(
        connection,
        "SELECT * FROM of_person SEMI JOIN "
        "(SELECT left_id AS record_id FROM sampled UNION SELECT right_id FROM sampled) "
        "USING (record_id)",
    )
    assert assert_same_scores(connection, "sampled", rows, model) >= PAIRS
