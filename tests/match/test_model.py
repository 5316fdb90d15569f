"""A model is frozen: its JSON round trip, its name, its weights."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mdm.match.comparisons import COMPARISONS
from mdm.match.model import RELIABLE, Frequencies, Model, default_prior, untrained
from mdm.party import PartyType

# Fifty probabilities shrink for minutes and tell no more for it.
MANY = settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
PROBABILITY = st.sampled_from([0.0, 1e-12, 1e-9, 0.5, 1.0]) | st.floats(0, 1)


@st.composite
def models(draw: st.DrawFn) -> Model:
    party: PartyType = draw(st.sampled_from(["person", "organisation"]))
    levels = {c.name: tuple(draw(st.tuples(PROBABILITY, PROBABILITY)) for _ in c.levels) for c in COMPARISONS[party]}
    tables = draw(
        st.dictionaries(
            st.sampled_from(["given", "family", "dwelling"]),
            st.builds(Frequencies, st.floats(1e-6, 0.1), st.dictionaries(st.text(max_size=3), st.floats(1e-6, 1))),
        )
    )
    return Model(
        party=party,
        prior=draw(st.floats(-30, 0)),
        levels=levels,
        frequencies=tables,
        families=draw(st.booleans()),
        notes=tuple(draw(st.lists(st.text(max_size=5), max_size=2))),
        records=draw(st.integers(0, 10**7)),
    )


@MANY
@given(models())
def test_a_model_survives_its_json(model: Model) -> None:
    again = Model.from_json(model.to_json())
    assert again == model
    assert again.model_id == model.model_id


@MANY
@given(models())
def test_weights_are_distinct_finite_and_a_millionth_of_a_bit_from_log2_of_m_over_u(model: Model) -> None:
    for comparison in model.comparisons:
        weights = model.weights(comparison)
        assert len({*weights, 0.0}) == len(weights) + 1
        for weight, (m, u) in zip(weights, model.levels[comparison.name], strict=True):
            assert weight == round(weight, 6)
            expected = math.log2(max(m, 1e-9) / max(u, 1e-9))
            assert abs(weight - expected) <= 1e-6 * (len(weights) + 1)


@pytest.mark.parametrize(
    "change",
    [
        {"prior": -9.5},
        {"frequencies": {"given": Frequencies(0.01, {})}},
        {"frequencies": {"given": Frequencies(0.02, {"ann": 0.5})}},
        {"families": False},
    ],
)
def test_what_a_weight_depends_on_changes_the_name(change: dict[str, Any]) -> None:
    model = untrained("person", records=100)
    assert replace(model, **change).model_id != model.model_id
    assert model.model_id.startswith("person-")


def test_any_level_changes_the_name() -> None:
    model = untrained("person", records=100)
    names = {model.model_id}
    for comparison in model.comparisons:
        for index in range(len(comparison.levels)):
            levels = list(model.levels[comparison.name])
            levels[index] = (levels[index][0] * 0.999, levels[index][1])
            names.add(replace(model, levels={**model.levels, comparison.name: tuple(levels)}).model_id)
    assert len(names) == 1 + sum(len(c.levels) for c in model.comparisons)


@pytest.mark.parametrize("spoil", ["rename", "drop", "order", "absent"])
def test_a_model_of_another_declaration_is_refused(spoil: str) -> None:
    data = orjson.loads(untrained("person", records=100).to_json())
    birth = data["levels"]["birth"]
    if spoil == "rename":
        birth[0]["code"] = "identical"
    elif spoil == "drop":
        del birth[1]
    elif spoil == "order":
        birth[0], birth[1] = birth[1], birth[0]
    else:
        del data["levels"]["birth"]
    with pytest.raises(ValueError, match=r"levels of birth .* train a new model"):
        Model.from_json(orjson.dumps(data))


@pytest.mark.parametrize("party", ["person", "organisation"])
@pytest.mark.parametrize("records", [0, 1, 2, 499, 10**7])
def test_defaults_make_sense_for_any_number_of_records(party: PartyType, records: int) -> None:
    model = untrained(party, records=records)
    assert model.prior == default_prior(records) <= 0
    for comparison in model.comparisons:
        if records > 2:
            assert max(model.weights(comparison)[:-1]) > 0 > model.weights(comparison)[-1]
        assert all(0 < m <= 1 and 0 < u <= 1 for m, u in model.levels[comparison.name])


def test_numbers_that_often_differ_in_matches_contradict_nothing() -> None:
    model = untrained("person", records=100)

    def with_share(share: float) -> Model:
        first = model.levels["identifiers"][:-1]
        return replace(model, levels={**model.levels, "identifiers": (*first, (share, 0.99))})

    assert with_share(RELIABLE).numbers_contradict
    assert not with_share(RELIABLE + 0.001).numbers_contradict


def test_a_value_that_the_table_lacks_takes_the_default() -> None:
    table = Frequencies(0.001, {"smith": 0.02})
    assert (table.of("smith"), table.of("zwaan")) == (0.02, 0.001)
