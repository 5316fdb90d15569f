"""One row per key: repeats counted, contradicting rows quarantined, the latest stays."""

from __future__ import annotations

from random import Random
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.duplicates import deduplicate
from mdm.party import MAPPED, QUARANTINE
from tests.expectations.rows import day, mapped


def names(table: pa.Table) -> list[str]:
    return [str(name) for name in table["name_full"].to_pylist()]


def test_rows_with_keys_of_their_own_stay() -> None:
    table = mapped({}, {}, {})
    found = deduplicate(table)
    assert found.kept.equals(table)
    assert (found.duplicates, found.quarantined.num_rows) == (0, 0)


def test_a_repeated_row_counts_as_duplicate() -> None:
    found = deduplicate(mapped({"local_id": "A"}, {"local_id": "A"}, {"local_id": "B"}))
    assert found.kept["local_id"].to_pylist() == ["A", "B"]
    assert (found.duplicates, found.quarantined.num_rows) == (1, 0)


def test_of_contradicting_rows_the_latest_change_stays() -> None:
    found = deduplicate(
        mapped(
            {"local_id": "A", "name_full": "new", "changed_at": day(9)},
            {"local_id": "A", "name_full": "old", "changed_at": day(2)},
            {"local_id": "A", "name_full": "undated"},
        )
    )
    assert names(found.kept) == ["new"]
    assert found.duplicates == 0
    rejected = found.quarantined.to_pylist()
    assert [row["line"] for row in rejected] == [2, 3]
    assert {row["reason"] for row in rejected} == {"duplicate_key"}
    assert all(row["detail"].endswith("kept: mobile.csv line 1") for row in rejected)
    assert '"name_full":"old"' in rejected[0]["content"]


def test_without_dates_the_last_line_stays() -> None:
    found = deduplicate(mapped({"local_id": "A", "name_full": "1"}, {"local_id": "A", "name_full": "2"}))
    assert names(found.kept) == ["2"]


def test_a_deletion_is_not_a_repeat_of_the_row_it_deletes() -> None:
    found = deduplicate(mapped({"local_id": "A", "row_hash": 1}, {"local_id": "A", "row_hash": 1, "deleted": True}))
    assert found.kept["deleted"].to_pylist() == [True]
    assert (found.duplicates, found.quarantined.num_rows) == (0, 1)


def test_rows_without_a_key_are_left_alone() -> None:
    found = deduplicate(mapped({"local_id": None}, {"local_id": None}))
    assert found.kept.num_rows == 2


def test_an_empty_delivery_stays_an_empty_table_of_its_schema() -> None:
    found = deduplicate(MAPPED.empty_table())
    assert found.kept.schema == MAPPED
    assert found.quarantined.schema == QUARANTINE


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "local_id": st.sampled_from(["A", "B", "C", None]),
            "name_full": st.sampled_from(["Ann", "Bo"]),
            "changed_at": st.sampled_from([None, day(1), day(2)]),
            "deleted": st.booleans(),
        }
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)  # each example opens DuckDB a few times
@given(ROWS, st.randoms(use_true_random=False))
def test_one_row_per_key_stays_whatever_the_order(rows: list[dict[str, Any]], random: Random) -> None:
    table = mapped(*rows)
    found = deduplicate(table)
    assert found.kept.num_rows + found.duplicates + found.quarantined.num_rows == len(rows)
    keys = [key for key in found.kept["local_id"].to_pylist() if key is not None]
    assert sorted(keys) == sorted({row["local_id"] for row in rows} - {None})
    again = deduplicate(found.kept)
    assert again.kept.equals(found.kept)
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = deduplicate(table.take(pa.array(order, pa.int64())))
    assert sorted(shuffled.kept["line"].to_pylist()) == found.kept["line"].to_pylist()
    assert shuffled.duplicates == found.duplicates
