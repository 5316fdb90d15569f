"""Identify: who it may be, how sure that is and why; what cannot be known is said, and nothing is written."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from mdm.errors import NotFound, UsageError
from mdm.match.online import score
from mdm.registry.identified import Identification
from mdm.registry.identify import identify
from mdm.registry.matchers import matcher_in_use, read_rows
from mdm.settings import IdentifySettings, Settings
from mdm.store import lookups
from mdm.store.fingerprint import store_fingerprint
from tests.api.world import World

ANN: dict[str, Any] = {"name_given": "Ann", "name_family": "Lee", "birth_date": "1980-02-03"}
CAROL: dict[str, Any] = {"name_given": "Carol", "name_family": "Diaz", "birth_date": "1990-12-12"}


def phone(number: str) -> dict[str, Any]:
    return {"phones": [{"value": number}]}


@pytest.fixture
def ask(town: sa.Connection, world: World) -> Any:
    """Identify a person of the town."""

    def asked(settings: Settings = world.settings, limit: int = 5, only_certain: bool = False, **mapped: Any) -> Any:
        return identify(town, {"party": "person"} | mapped, settings=settings, limit=limit, only_certain=only_certain)

    return asked


def grades(found: Identification) -> dict[str, str]:
    return {one.pin: one.grade for one in found.candidates}


def test_who_agrees_in_all_that_was_given_is_certain(ask: Any, world: World) -> None:
    found = ask(**CAROL, **phone("(217) 555-0101"))
    assert (found.outcome, found.candidates[0].pin) == ("certain", world.pin("billing:B7"))
    best = found.candidates[0]
    assert (best.name, best.record, best.against) == ("Carol Diaz", "billing:B7", None)
    assert best.probability > 0.99
    assert [one.attribute for one in best.evidence if one.bits > 0] == [
        one.attribute for one in sorted(best.evidence, key=lambda one: -one.bits)
    ]
    assert {(one.attribute, one.given, one.found) for one in best.evidence} >= {
        ("phones", "+12175550101", "+12175550101 (from 2022-02-02)"),
        ("birth_date", "1990-12-12", "1990-12-12"),
    }


def test_the_weight_is_that_of_the_model_for_the_best_record(ask: Any, town: sa.Connection) -> None:
    found = ask(**CAROL).candidates[0]
    matcher = matcher_in_use(town, "person")
    assert matcher is not None
    version = lookups.latest_version(town, *found.record.split(":"))
    assert version is not None
    [known] = read_rows(town, [version["record_id"]])
    asked = dict.fromkeys(known.row) | {name: known.row[name] for name in ("given", "family", "nicknames", "birth")}
    assert found.weight == score(asked, known.row, matcher.model).weight
    assert found.weight == pytest.approx(matcher.model.prior + sum(one.bits for one in found.evidence), abs=1e-5)


def test_a_phone_with_a_typo_is_found_by_the_name(ask: Any, world: World) -> None:
    found = ask(name_full="Olga Petrov", **phone("217-555-0113"))
    assert found.candidates[0].pin == world.pin("billing:B 9/x")
    assert {one.attribute: one.said for one in found.candidates[0].evidence}["phones"] == "one digit apart"


def test_a_shared_phone_alone_gives_all_its_customers_and_none_is_certain(ask: Any, world: World) -> None:
    found = ask(**phone("217-555-0133"))
    assert set(grades(found)) == {world.pin("billing:B3"), world.pin("billing:B4")}
    assert found.outcome == "candidates"
    assert ask(**phone("217-555-0133"), only_certain=True).candidates == ()


def test_a_twin_is_never_certain_for_the_other(ask: Any, world: World) -> None:
    found = ask(name_given="Zoe", name_family="Hunt", birth_date="2001-05-05", **phone("217-555-0133"))
    assert grades(found)[world.pin("billing:B4")] in ("certain", "probable")
    assert grades(found)[world.pin("billing:B3")] == "possible"
    mia = next(one for one in found.candidates if one.pin == world.pin("billing:B3"))
    assert mia.against is not None
    assert mia.because.startswith("It is not joined by itself")


def test_father_and_son_of_one_name_are_both_named_and_neither_is_certain(ask: Any, world: World) -> None:
    found = ask(name_given="John", name_family="Miller", **phone("217-555-0188"))
    assert set(grades(found)) == {world.pin("billing:B5"), world.pin("billing:B6")}
    assert "certain" not in grades(found).values()
    born = ask(name_given="John", name_family="Miller", birth_date="1984-08-17", **phone("217-555-0188"))
    assert born.candidates[0].pin == world.pin("billing:B6")


def test_another_number_of_a_kind_that_nobody_has_two_of_is_never_certain(ask: Any, world: World) -> None:
    number = {"type": "national_id", "country": "US", "value": "519-83-2206"}
    other = ask(**ANN, **phone("217-555-0142"), identifiers=[number])
    assert grades(other)[world.pin("billing:B1")] == "possible"
    own = ask(**ANN, **phone("217-555-0142"), identifiers=[number | {"value": "536-22-8741"}])
    assert (own.outcome, own.candidates[0].pin) == ("certain", world.pin("billing:B1"))


def test_only_certain_and_limit_leave_out_and_say_how_many(ask: Any) -> None:
    all_of_them = ask(**phone("217-555-0133"))
    one = ask(**phone("217-555-0133"), limit=1)
    assert (len(one.candidates), one.more) == (1, len(all_of_them.candidates) - 1)
    assert one.candidates[0] == all_of_them.candidates[0]


def test_an_organisation_is_found_by_its_name(town: sa.Connection, world: World) -> None:
    found = identify(town, {"party": "organisation", "organisation_name": "oak street BAKERY"}, settings=world.settings)
    assert [one.pin for one in found.candidates] == [world.pin("firms:F1")]


def test_too_many_says_what_to_ask_next(ask: Any, world: World) -> None:
    narrow = replace_block(world.settings, 2)
    found = ask(narrow, **phone("217-555-0199"))  # three records of one person
    assert found.outcome in ("candidates", "too_many")
    crowd = ask(replace_block(world.settings, 2), name_given="Ann", name_family="Lee")
    assert crowd.outcome == "too_many"
    [asked] = crowd.too_many
    assert asked.what == "the same given and family name"
    assert asked.ask[0] == "birth_date"
    assert "address" in asked.ask


def replace_block(settings: Settings, most: int) -> Settings:
    return settings.model_copy(update={"identify": IdentifySettings(max_block=most)})


def test_nobody_is_not_an_error(ask: Any) -> None:
    found = ask(name_given="Quentin", name_family="Nobody", birth_date="1911-01-01")
    assert (found.outcome, found.candidates, found.compared) == ("nobody", (), 0)


def test_what_cannot_be_read_is_said_and_the_rest_is_used(ask: Any, world: World) -> None:
    found = ask(**(CAROL | {"birth_date": "31.02.1990"}), **phone("217-555-0101"))
    assert found.candidates[0].pin == world.pin("billing:B7")
    assert [(one.attribute, one.mark) for one in found.remarks] == [("birth_date", "unreadable")]
    with pytest.raises(UsageError, match=r"nothing here can be looked for \(phones: short code"):
        ask(**phone("110"))
    with pytest.raises(UsageError) as error:
        ask()
    assert "identifier" in str(error.value.remedy)


def test_before_there_is_a_model_it_says_so(ask: Any, town: sa.Connection) -> None:
    town.exec_driver_sql("delete from model")
    with pytest.raises(NotFound, match="no persons yet"):
        ask(**ANN)


def test_nothing_is_written(ask: Any, town: sa.Connection) -> None:
    before = store_fingerprint(town)
    ask(**ANN, **phone("217-555-0142"))
    assert store_fingerprint(town) == before


def test_a_customer_that_was_merged_away_is_named_by_its_survivor(ask: Any, town: sa.Connection, world: World) -> None:
    owners = lookups.records_of_pin(town, world.pin("billing:B1"))
    assert len(owners) >= 2
    assert {one.pin for one in ask(**ANN).candidates} == {world.pin("billing:B1")}
