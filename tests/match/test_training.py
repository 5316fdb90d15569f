"""Training learns from data without labels, says what it could not learn, and never makes up strong evidence."""

from __future__ import annotations

import csv
import math
import random
from collections import Counter
from functools import cache
from typing import Any

import duckdb
import pytest

from mdm.match import training
from mdm.match.comparisons import COMPARISONS
from mdm.match.estimates import has_families
from mdm.match.model import Model, untrained
from mdm.match.training import TOO_FEW, TrainingSettings, train
from tests.match import operator
from tests.match.rows import feature_table, near_miss, stranger

SETTINGS = TrainingSettings(max_pairs=1e5)


@cache
def population(people: int = 300) -> list[dict[str, Any]]:
    """People of few given and family names, two records each: one as it is, one with slips."""
    rng = random.Random(11)
    givens = [stranger(rng)["given"] for _ in range(60)]
    families = [stranger(rng)["family"] for _ in range(90)]
    rows = []
    for _ in range(people):
        row = stranger(rng) | {"given": rng.choice(givens), "family": rng.choice(families)}
        row["nicknames"] = [row["given"]]
        rows.append(row)
        other = near_miss(row, rng)
        rows.append({name: value if rng.random() < 0.25 else row[name] for name, value in other.items()})
    for row in rows:  # lists and their kinds are one thing
        row["phone_periods"] = [
            {"value": number, "valid_from": None, "valid_to": None} for number in row["phones"] or ()
        ] or None
        for name in ("identifiers", "papers"):
            row[f"{name}_kinds"] = None if row[name] is None else sorted({t.rpartition(":")[0] for t in row[name]})
    return rows


def trained_on(rows: list[dict[str, Any]], settings: TrainingSettings = SETTINGS) -> Model:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("made", feature_table(rows))
        connection.execute("CREATE TABLE features AS SELECT * FROM made")
        return train(connection, "features", "person", settings)


def assert_sane(model: Model) -> None:
    """Every weight is finite, what agrees speaks for a match, what differs against it."""
    assert -60 < model.prior <= 0
    for comparison in model.comparisons:
        weights = model.weights(comparison)
        assert all(math.isfinite(weight) and abs(weight) <= 30 for weight in weights), comparison.name
        assert weights[-1] < 0.5, comparison.name
        assert max(weights[:-1]) > 0, comparison.name


def test_it_learns_what_agreement_and_difference_say() -> None:
    model = operator.trained("person")
    assert_sane(model)
    by_name = {
        c.name: dict(zip((lv.code for lv in c.levels), model.weights(c), strict=True)) for c in model.comparisons
    }
    for name in ("given", "family", "birth", "identifiers", "phones", "emails", "address"):
        assert by_name[name]["same"] > 2, name
        assert by_name[name]["different"] < 0, name
    assert by_name["birth"]["same"] > by_name["sex"]["same"] > 0


def test_the_prior_is_near_the_share_of_pairs_that_are_one_person() -> None:
    with (operator.WORKSPACE / "truth.csv").open(encoding="utf-8", newline="") as file:
        person = {(row["source"], row["local_id"]): row["person"] for row in csv.DictReader(file)}
    table = operator.cleansed().select(["system", "local_id", "party"]).to_pylist()
    rows = [person.get((row["system"], row["local_id"])) for row in table if row["party"] == "person"]
    pairs = sum(n * (n - 1) / 2 for n in Counter(name for name in rows if name is not None).values())
    share = pairs / (len(rows) * (len(rows) - 1) / 2)
    assert operator.trained("person").prior == pytest.approx(math.log2(share / (1 - share)), abs=1.5)


@cache
def poor() -> Model:
    """A feed without e-mails and papers, of men only, all in postcode 00000; most have the phone of nobody."""
    rng = random.Random(5)
    default = {"phones": ["+86138"], "phone_periods": [{"value": "+86138", "valid_from": None, "valid_to": None}]}
    spoilt = {"emails": None, "papers": None, "papers_kinds": None, "sex": "male", "place": "00000", "street": "x"}
    return trained_on([row | spoilt | (default if rng.random() < 0.9 else {}) for row in population()])


@pytest.mark.parametrize(
    "words", ["e-mail is absent", "passport or permit is absent", "sex is constant", "address is constant"]
)
def test_a_column_that_is_absent_or_constant_is_noted(words: str) -> None:
    assert any(note.startswith(words) for note in poor().notes)


def test_a_column_that_is_absent_or_constant_keeps_its_defaults_and_leaves_the_others_alone() -> None:
    model = poor()
    assert_sane(model)
    defaults = untrained("person", records=model.records)
    for name in ("emails", "papers", "sex", "address"):
        assert model.levels[name] == defaults.levels[name]
    assert model.levels["birth"] != defaults.levels["birth"]


def test_a_few_records_teach_nothing() -> None:
    model = trained_on(population()[: TOO_FEW - 1])
    assert f"only {TOO_FEW - 1} records" in model.notes[0]
    assert model.levels == untrained("person", records=TOO_FEW - 1).levels
    assert trained_on([]).records == 0


def test_a_value_that_nearly_everybody_has_is_weak_evidence_and_no_sign_of_matches() -> None:
    """145,000 pairs share the default phone; neither the prior nor its weight may believe in it."""
    model = poor()
    assert model.prior == pytest.approx(-math.log2(2 * 300 - 1), abs=2.0)
    phones = next(c for c in model.comparisons if c.name == "phones")
    assert model.weights(phones)[0] < 2 < operator.trained("person").weights(phones)[0]


def test_the_same_records_and_seed_give_the_same_model() -> None:
    assert poor.__wrapped__().to_json() == poor().to_json()


def names_only() -> list[dict[str, Any]]:
    """A feed of names, towns and sexes: no number, date, phone or e-mail to block on."""
    kept = ("given", "middle", "family", "nicknames", "place", "sex", "given_native", "family_native")
    nothing = dict.fromkeys(population()[0])
    return [nothing | {name: row[name] for name in kept} for row in population()]


def assert_unlearned_is_modest(model: Model) -> None:
    """A level with its declared m was not learned: it weighs no more than the strongest that was."""
    declared = untrained("person", records=model.records)
    for comparison in COMPARISONS["person"]:
        if model.levels[comparison.name] == declared.levels[comparison.name]:
            continue
        weights = model.weights(comparison)
        for index, level in enumerate(comparison.levels):
            if model.levels[comparison.name][index][0] == level.m:
                others = weights[:index] + weights[index + 1 :]
                assert weights[index] <= max(others) + 1e-5, (comparison.name, level.code)


def test_what_could_not_be_learned_weighs_no_more_than_full_agreement() -> None:
    assert_unlearned_is_modest(operator.trained("person"))
    assert_unlearned_is_modest(poor())


@pytest.mark.slow
def test_a_feed_of_nothing_but_names_and_towns_makes_a_modest_model() -> None:
    model = trained_on(names_only())
    assert_sane(model)
    assert_unlearned_is_modest(model)
    assert any(note.startswith("given name: no pairs to learn from") for note in model.notes)


def families(rows: list[dict[str, Any]]) -> bool:
    with duckdb.connect() as connection:
        connection.register("features", feature_table(rows))
        training._prepare(connection, "features", "person")
        return has_families(connection)


def test_patterns_of_names_count_only_where_different_people_share_a_dwelling() -> None:
    alone, married = [], []
    for number in range(0, 300, 2):
        person, other = (population()[2 * (number + i)] | {"phones": None} for i in (0, 1))
        person |= {"given": "anna", "birth": "1971-11-12"}
        alone += [person | {"dwelling": f"d{number}"}] * 2  # two records of one person
        married += [person | {"dwelling": f"d{number}"}, other | {"given": "zeki", "dwelling": f"d{number}"}]
    assert not families(alone)
    assert families(married)
    assert families(alone[:60]), "thirty pairs prove nothing"
