"""The bulk path (real Splink on DuckDB) and the online path give one weight, with the same levels and evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mdm.match import batch, online
from mdm.match.comparisons import COMPARISONS, CONTRADICTIONS, Contradiction
from mdm.match.model import Frequencies, Model, untrained
from mdm.party import PartyType
from tests.match import operator
from tests.match.rows import ANY_SCRIPT, corpus, feature_rows, feature_table

PARTIES: tuple[PartyType, ...] = ("person", "organisation")
NEVER = -1e9  # bits: every pair is kept


def model_of(party: PartyType, *frequent: str) -> Model:
    """Declared defaults; the texts in `frequent` are common, all others rare."""
    features = {level.frequency for c in COMPARISONS[party] for level in c.levels if level.frequency}
    tables = {feature: Frequencies(0.0007, {text: 0.03 for text in frequent}) for feature in sorted(features)}
    return replace(untrained(party, records=3000), frequencies=tables)


def assert_same_scores(
    connection: duckdb.DuckDBPyConnection, pairs: str, rows: Mapping[int, dict[str, Any]], model: Model
) -> int:
    """Score `pairs` of the table `features` on both paths; gives how many they were."""
    batch.score(connection, "features", pairs, model, at_least=NEVER, into="scored")
    found = connection.execute(f"SELECT {', '.join(batch.SCORED)} FROM scored").fetchall()
    assert {row[:2] for row in found} == set(connection.execute(f"SELECT left_id, right_id FROM {pairs}").fetchall())
    for left, right, weight, levels, evidence in found:
        expected = online.score(rows[left], rows[right], model)
        assert tuple(levels) == expected.levels, (rows[left], rows[right])
        assert evidence == pytest.approx(expected.evidence, abs=1e-6)
        assert weight == pytest.approx(expected.weight, abs=1e-6)
        assert weight == pytest.approx(model.prior + math.fsum(evidence), abs=1e-6)
    return len(found)


@pytest.mark.parametrize("party", PARTIES)
def test_pairs_of_the_operator_weigh_the_same_on_both_paths(party: PartyType) -> None:
    connection = operator.operator()
    connection.execute(
        f"CREATE OR REPLACE TABLE sampled AS SELECT * FROM pairs_{party} "
        f"ORDER BY hash(left_id * 100003 + right_id) LIMIT 1500"
    )
    rows = operator.feature_rows(connection, f"SELECT * FROM of_{party}")
    assert assert_same_scores(connection, "sampled", rows, operator.trained(party)) > 100


def scored_rows(rows: list[dict[str, Any]], party: PartyType, model: Model, *, every: int = 1) -> int:
    """Score each `every`-th pair of `rows` on both paths."""
    with duckdb.connect() as connection:
        connection.register("made", feature_table(rows, party))
        connection.execute("CREATE TABLE features AS SELECT * FROM made")
        connection.execute(
            f"CREATE TABLE pairs AS SELECT a.record_id AS left_id, b.record_id AS right_id FROM features a "
            f"JOIN features b ON a.record_id < b.record_id WHERE hash(a.record_id, b.record_id) % {every} = 0"
        )
        return assert_same_scores(connection, "pairs", dict(enumerate(rows)), model)


@pytest.mark.parametrize("party", PARTIES)
def test_near_misses_weigh_the_same_on_both_paths(party: PartyType) -> None:
    model = model_of(party, "robert", "elizabeth", "中山路", "伟", "张")
    assert scored_rows(corpus(20, seed=8), party, model, every=2) > 500


@settings(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(feature_rows() | feature_rows(ANY_SCRIPT), min_size=6, max_size=12))
def test_random_rows_weigh_the_same_on_both_paths(rows: list[dict[str, Any]]) -> None:
    texts = [row["given"] for row in rows if row["given"] is not None]
    scored_rows(rows, "person", model_of("person", *texts[:2]))


def test_pairs_below_the_threshold_are_left_out_and_those_at_it_are_kept() -> None:
    rows = corpus(4, seed=5)
    model = model_of("person")
    with duckdb.connect() as connection:
        connection.register("features", feature_table(rows))
        connection.execute(
            "CREATE TABLE pairs AS SELECT a.record_id AS left_id, b.record_id AS right_id FROM features a "
            "JOIN features b ON a.record_id < b.record_id"
        )
        batch.score(connection, "features", "pairs", model, at_least=NEVER, into="everything")
        weights = sorted(row[0] for row in connection.execute("SELECT weight FROM everything").fetchall())
        threshold = weights[len(weights) * 2 // 3]
        batch.score(connection, "features", "pairs", model, at_least=threshold, into="kept")
        kept = sorted(row[0] for row in connection.execute("SELECT weight FROM kept").fetchall())
    assert kept == [weight for weight in weights if weight >= threshold]
    assert len(kept) < len(weights)


@settings(max_examples=30, deadline=None)
@given(feature_rows(), feature_rows())
def test_a_weight_is_the_same_whichever_record_comes_first(left: dict[str, Any], right: dict[str, Any]) -> None:
    model = model_of("person", "a", "b", "n")
    assert online.score(left, right, model) == online.score(right, left, model)


def one(**values: str) -> dict[str, Any]:
    """A person of whom only this is known."""
    nothing = corpus(0)[0]
    return nothing | values


def test_a_shared_rare_name_says_more_than_a_shared_common_one() -> None:
    model = model_of("person", "smith")
    common = online.score(one(family="smith"), one(family="smith"), model)
    rare = online.score(one(family="zwaan"), one(family="zwaan"), model)
    assert rare.weight - common.weight == pytest.approx(math.log2(0.03 / 0.0007), abs=1e-5)


def test_a_level_without_a_frequency_has_its_own_evidence() -> None:
    model = model_of("person", "smith")
    family = [c.name for c in model.comparisons].index("family")
    typo = online.score(one(family="smith"), one(family="smitt"), model)
    comparison = model.comparisons[family]
    assert typo.evidence[family] == model.weights(comparison)[typo.levels[family]]


def test_who_says_nothing_weighs_the_prior() -> None:
    model = model_of("person")
    score = online.score(one(), one(family="smith"), model)
    assert (score.weight, set(score.levels), set(score.evidence)) == (model.prior, {-1}, {0.0})


# -- contradictions ----------------------------------------------------------------------------------------------------


def levels_of(model: Model, **codes: str) -> tuple[int, ...]:
    """Levels by code; what is not named says nothing."""
    return tuple(
        next((i for i, level in enumerate(c.levels) if level.code == codes.get(c.name)), -1) for c in model.comparisons
    )


def rule_cases() -> list[tuple[Contradiction, dict[str, str], bool]]:
    """A rule shows by its pattern, with half an exception too, and not by half its pattern nor with an exception."""
    cases = []
    for rule in CONTRADICTIONS["person"]:
        own = {name: code for name, code in rule.pattern if code != "missing"}
        cases.append((rule, own, True))
        cases += [(rule, {n: c for n, c in own.items() if n != name}, False) for name in own]
        for group in rule.unless:
            cases.append((rule, own | dict(group), False))
            halves = ({name: code} for name, code in group if len(group) > 1)
            cases += [(rule, own | half, not any(holds(other, half) for other in rule.unless)) for half in halves]
    return cases


def holds(group: tuple[tuple[str, str], ...], codes: dict[str, str]) -> bool:
    return all(codes.get(name, "missing") == code for name, code in group)


@pytest.mark.parametrize(("rule", "codes", "shows"), rule_cases())
def test_a_contradiction_is_its_pattern_unless_an_exception_holds(
    rule: Contradiction, codes: dict[str, str], shows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mdm.match.model.CONTRADICTIONS", {"person": (rule,)})
    model = model_of("person")
    levels = levels_of(model, **codes)
    assert online.contradiction(levels, model) is (rule if shows else None)
    assert online.Scorer(model).contradiction(levels) is (rule if shows else None)


def test_twins_contradict_but_one_person_with_a_second_name_does_not() -> None:
    model = model_of("person")
    twins = levels_of(model, given="different", family="same", birth="same")
    assert online.contradiction(twins, model) is not None
    same = levels_of(model, given="different", family="same", birth="same", identifiers="same")
    assert online.contradiction(same, model) is None


@pytest.mark.parametrize(("sex", "contradicts"), [("same", False), ("missing", False), ("different", True)])
@pytest.mark.parametrize("middle", ["same", "initial"])
def test_a_middle_name_in_common_speaks_for_one_person_but_not_for_man_and_woman(
    middle: str, sex: str, contradicts: bool
) -> None:
    model = model_of("person")
    levels = levels_of(model, given="different", family="same", birth="same", middle=middle, sex=sex)
    assert (online.contradiction(levels, model) is not None) == contradicts


def test_a_borrowed_number_is_for_a_steward() -> None:
    model = model_of("person")
    rule = online.contradiction(levels_of(model, given="different", birth="different", identifiers="same"), model)
    assert rule is not None
    assert rule.ask_if_number


@pytest.mark.parametrize(
    ("codes", "contested"),
    [
        ({"given": "different", "middle": "same", "identifiers": "same"}, True),
        ({"given": "different", "birth": "same", "middle": "same", "identifiers": "same"}, False),
        ({"given": "different", "birth": "different", "identifiers": "same"}, True),
        ({"identifiers": "same"}, True),
        ({"middle": "same", "identifiers": "same"}, False),
        ({"birth": "same", "identifiers": "same"}, False),
        ({"given": "same", "identifiers": "same"}, False),
        ({"given": "different", "middle": "same", "identifiers": "typo"}, False),
    ],
)
def test_what_only_a_number_made_up_for_falls_with_it(codes: dict[str, str], contested: bool) -> None:
    model = model_of("person")
    levels = levels_of(model, family="same", **codes)
    found = online.against(levels, model)
    assert (found.contested is not None) == contested
    assert found.same_number == (codes["identifiers"] == "same")
    assert found.contradiction == getattr(online.contradiction(levels, model), "words", None)
    assert online.against(levels, replace(model, families=False)).contested is None


def test_without_families_no_pattern_contradicts() -> None:
    model = replace(model_of("person"), families=False)
    assert online.contradiction(levels_of(model, given="different", birth="different"), model) is None
