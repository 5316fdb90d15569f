"""Who is compared with what is in hand: the same records that the index's one rule gives, counted by hand."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from mdm.match.blocking import COUNTED, BlockLimits, keys_of
from mdm.match.online import score
from mdm.registry import matchers
from mdm.registry.candidates import Adding, Candidates, find_candidates
from mdm.registry.matchers import matcher_in_use, read_rows, row_of
from mdm.store import keys, lookups
from tests.api.world import World

Rows = dict[int, dict[str, Any]]


@pytest.fixture
def rows(town: sa.Connection) -> Rows:
    """Record id -> features, of all people of the town."""
    ids = town.exec_driver_sql("select record_id from record where recorded_to = 'infinity' and party = 'person'")
    return {known.stored.record_id: known.row for known in read_rows(town, list(ids.scalars()))}


@pytest.fixture
def indexed(town: sa.Connection, rows: Rows) -> Rows:
    """The town's people under all their keys, the finer ones too, as if every key had once been too common."""
    for number, row in rows.items():
        keys.delete_keys(town, [number])
        for key in {key.key for key in keys_of(row, "person")}:
            town.exec_driver_sql("insert into record_key (key, record_id) values (%s, %s)", (key, number))
    return rows


def by_hand(rows: Rows, asked: dict[str, Any], limits: BlockLimits, own: int | None = None) -> set[int]:
    """The one rule, spelled out; `own`: the record that is added, or changed, counts."""
    held: dict[int, set[int]] = defaultdict(set)
    for number, row in rows.items():
        for key in keys_of(row, "person"):
            held[key.key].add(number)
    if own is not None:
        for key in keys_of(asked, "person"):
            held[key.key].add(own)
    found = set()
    for key in keys_of(asked, "person"):
        if key.key & 3 == COUNTED or len(held[key.key]) > limits.of(key.key):
            continue
        if key.base is None or len(held[key.base]) > limits.of(key.base):
            found |= held[key.key]
    return found - {own}


def ids_of(candidates: Candidates) -> set[int]:
    return {candidate.stored.record_id for candidate in candidates.found}


@pytest.mark.parametrize("most", [1, 2, 3, 10])
def test_candidates_are_those_of_the_one_rule(town: sa.Connection, indexed: Rows, most: int) -> None:
    limits = BlockLimits(most + 1, most)
    for number, row in indexed.items():
        asked = find_candidates(town, row, "person", limits=limits)
        assert ids_of(asked) == by_hand(indexed, row, limits), number
        others = {key: value for key, value in indexed.items() if key != number}
        added = find_candidates(town, row, "person", limits=limits, adding=Adding(number))
        assert ids_of(added) == by_hand(others, row, limits, number), number


def test_a_key_that_the_added_record_makes_too_common_is_refined_without_finer_keys_in_the_index(
    town: sa.Connection, rows: Rows
) -> None:
    crossed = Counter[str]()
    for most in (1, 2):
        limits = BlockLimits(most, most)
        for row in rows.values():
            added = find_candidates(town, row, "person", limits=limits, adding=Adding())
            holders = {key: set(numbers) for key, numbers in added.crossing.items()}
            for key in keys_of(row, "person"):
                if key.key in holders:
                    assert len(holders[key.key]) == most
                    crossed[key.name] += 1
            fine = {n for n, other in rows.items() for k in keys_of(other, "person") if k.base in holders}
            assert ids_of(added) <= by_hand(rows, row, limits, 0) | fine
    assert crossed["phone"] > 0 < crossed["name"]


@pytest.mark.parametrize("most", [1, 2])
def test_finer_keys_that_the_added_record_makes_too_common_are_told(
    town: sa.Connection, indexed: Rows, most: int
) -> None:
    limits = BlockLimits(most, most)
    held = Counter(key for row in indexed.values() for key in {key.key for key in keys_of(row, "person")})
    told = 0
    for row in indexed.values():
        keys = [key for key in keys_of(row, "person") if key.key & 3 != COUNTED]
        added = find_candidates(town, row, "person", limits=limits, adding=Adding())
        full = {key.key for key in keys if key.base is not None and held[key.base] > most == held[key.key]}
        assert added.crossing_finer == full
        told += len(full)
    assert told > 0


def test_a_key_of_too_many_is_named_unless_a_finer_one_could_be_used(town: sa.Connection, indexed: Rows) -> None:
    zoe = next(row for row in indexed.values() if row["given"] == "zoe")
    only_phone = dict.fromkeys(zoe) | {"phones": zoe["phones"], "phone_periods": zoe["phone_periods"]}
    found = find_candidates(town, only_phone, "person", limits=BlockLimits(1, 1))
    assert ([key.name for key in found.crowded], found.found) == (["phone"], ())
    named = only_phone | {"given": "zoe"}
    found = find_candidates(town, named, "person", limits=BlockLimits(1, 1))
    assert (found.crowded, [one.row["given"] for one in found.found]) == ((), ["zoe"])
    assert [key.name for key in found.found[0].keys] == ["phone+1"]


def test_a_document_is_parsed_once_for_each_version(town: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    number = lookups.latest_version(town, "billing", "B1")["record_id"]  # type: ignore[index]
    read_rows(town, [number])
    with monkeypatch.context() as patched:
        patched.setattr(matchers, "features_of", None)
        assert read_rows(town, [number])[0].row["given"] == "ann"
    town.exec_driver_sql(
        "update record set recorded_from = recorded_from + interval '1 second', "
        'cleansed = replace(cleansed, \'"given_key":"ann"\', \'"given_key":"anne"\') '
        "where record_id = %s and recorded_to = 'infinity'",
        (number,),
    )
    assert read_rows(town, [number])[0].row["given"] == "anne"


def test_rows_of_the_store_weigh_as_rows_of_the_cleanser_and_without_generic_values(town: sa.Connection) -> None:
    matcher = matcher_in_use(town, "person")
    assert matcher is not None
    [one, other] = read_rows(
        town,
        [lookups.latest_version(town, "billing", key)["record_id"] for key in ("B3", "B4")],  # type: ignore[index]
    )
    with_phone = matcher.score(one.row, other.row)
    assert with_phone == score(one.row, other.row, matcher.model)
    town.exec_driver_sql(
        "insert into generic_value (key, party, kind, value, people, run_id) values (1, 'person', 'phone', %s, 9, 'z')",
        (one.row["phones"][0],),
    )
    after = matcher_in_use(town, "person")
    assert after is not None
    assert after is not matcher
    assert after.score(one.row, other.row).weight < with_phone.weight


def test_dates_of_a_cleansed_row_are_those_of_the_stored_one() -> None:
    phone = {"number": "+1217", "valid_from": dt.date(2020, 1, 2), "valid_to": None}
    row = {"given_key": "ann", "birth_date": dt.date(1980, 2, 3), "phones": [phone]}
    assert row_of(row) == row_of(orjson.loads(orjson.dumps(row)))
    assert row_of(row)["phone_periods"] == [{"value": "+1217", "valid_from": "2020-01-02", "valid_to": None}]


def test_there_is_no_matcher_before_there_is_a_model(world: World) -> None:
    with world.database.engine.connect() as connection, connection.begin() as transaction:
        connection.exec_driver_sql("delete from model")
        assert matcher_in_use(connection, "person") is None
        transaction.rollback()
