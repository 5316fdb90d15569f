"""Look up by what somebody holds: exactly, after the cleansing that records had."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from mdm.errors import UsageError
from mdm.registry.search import search
from tests.api.world import World


def found(town: sa.Connection, **given: str) -> set[str]:
    return {view.pin for view in search(town, given, region="US").customers}


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ({"phone": "(217) 555-0142"}, ("billing:B1",)),
        ({"phone": "+1 217 555 0133"}, ("billing:B3", "billing:B4")),
        ({"phone": "217-555-0170"}, ("firms:F1",)),
        ({"email": "ANN.LEE@Mail.Example"}, ("billing:B1",)),
        ({"account": " A5 "}, ("billing:B5",)),
        ({"identifier": "national_id:US:519 83 2206"}, ("billing:B2",)),
        ({"identifier": "national_id::519832206"}, ("billing:B2",)),
        ({"phone": "217-555-0188", "account": "A6"}, ("billing:B6",)),
        ({"phone": "217-555-0142", "email": "ann.lee@mail.example"}, ("billing:B1",)),
        ({"phone": "217-555-0142", "email": "carol@mail.example"}, ()),
        ({"key": "shop:S1"}, ("billing:B1",)),
        ({"key": "billing:B 9/x"}, ("billing:B 9/x",)),
        ({"key": "shop:S1", "phone": "217-555-0133"}, ()),
        ({"key": "shop:none"}, ()),
        ({"phone": "217-555-0178"}, ()),
        ({"account": "a5"}, ()),
        ({"identifier": "passport:US:519832206"}, ()),
    ],
)
def test_all_and_only_who_hold_every_value(
    town: sa.Connection, world: World, given: dict[str, str], keys: tuple[str, ...]
) -> None:
    assert found(town, **given) == {world.pin(key) for key in keys}


def test_values_may_stand_in_different_records_of_a_customer(town: sa.Connection, world: World) -> None:
    pin = world.pin("billing:B1")
    assert pin == world.pin("shop:S1")
    assert found(town, account="A1", email="ann.lee@mail.example") == {pin}


def test_pages_follow_each_other_without_gap_or_repetition(town: sa.Connection) -> None:
    whole = search(town, {"phone": "217-555-0133"}, region="US")
    assert (len(whole.customers), whole.next) == (2, None)
    first = search(town, {"phone": "217-555-0133"}, region="US", count=1)
    assert first.next == first.customers[0].pin
    second = search(town, {"phone": "217-555-0133"}, region="US", count=1, after=first.next)
    assert second.next is None
    assert [*first.customers, *second.customers] == list(whole.customers)


def test_what_was_deleted_is_not_found(town: sa.Connection) -> None:
    assert found(town, account="A7")
    town.exec_driver_sql(
        "delete from record_key where record_id = "
        "(select record_id from record where local_id = 'B7' and recorded_to = 'infinity')"
    )
    assert not found(town, account="A7")


def test_the_region_says_how_a_number_is_read(town: sa.Connection) -> None:
    with pytest.raises(UsageError) as error:
        search(town, {"phone": "217-555-0142"}, region="CN")
    assert (error.value.field, error.value.message) == ("phone", "phone: not a valid number of CN")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"phone": "110"}, "short code"),
        ({"phone": ""}, "there is nothing in it"),
        ({"email": "ann at mail"}, "email: "),
        ({"identifier": "national_id:US:000-00-0000"}, "placeholder"),
        ({"identifier": "536-22-8741"}, "written type:issuer:value"),
        ({"identifier": "ssn:US:536-22-8741"}, "no type 'ssn'"),
        ({"identifier": "other::123"}, "no type 'other'"),
        ({"account": " "}, "there is nothing in it"),
        ({"key": "B1"}, "written system:local_id"),
    ],
)
def test_what_cannot_be_read_says_why(town: sa.Connection, given: dict[str, str], reason: str) -> None:
    with pytest.raises(UsageError) as error:
        search(town, given, region="US")
    assert reason in error.value.message
    assert error.value.field == next(iter(given))


def test_nothing_given_is_an_error(town: sa.Connection) -> None:
    with pytest.raises(UsageError, match="nothing to look for"):
        search(town, {}, region="US")
