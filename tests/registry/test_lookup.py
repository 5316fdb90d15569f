"""Looking customers and households up, by key and by the two times."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from mdm.errors import NotFound, UsageError
from mdm.registry import ALONE, SourceKey, find_xref, find_xrefs, look_up, look_up_household
from mdm.registry.moments import exactly
from tests.api.world import (
    ERASED,
    MERGED,
    MERGED_HOUSEHOLD,
    RETIRED,
    RETIRED_HOUSEHOLD,
    World,
)


def test_a_source_key_and_its_pin_lead_to_one_customer(town: sa.Connection) -> None:
    by_key = look_up(town, "billing:B1")
    spaced = f" {by_key.pin[:4]} {by_key.pin[4:8]}-{by_key.pin[8:]} "
    assert by_key == look_up(town, by_key.pin) == look_up(town, "shop:S1") == look_up(town, spaced)
    assert (by_key.name, by_key.party, by_key.status, by_key.redirected_from) == ("Ann Lee", "person", "active", None)


def test_the_view_has_everything_with_where_it_comes_from(town: sa.Connection) -> None:
    ann = look_up(town, "billing:B1")
    assert ann.golden is not None
    assert ann.golden["identifiers"][0]["record"] == ["billing", "B1"]
    assert not {"accounts", "subscriptions"} & set(ann.golden)
    assert [(r.system, r.local_id, r.role) for r in ann.records or ()] == [
        ("billing", "B1", "customer"), ("shop", "S1", "customer"), ("shop", "S5", "customer"),
    ]  # fmt: skip
    assert [account["value"] for account in ann.accounts or ()] == ["A1"]
    assert [subscription["product"] for subscription in ann.subscriptions or ()] == ["Fibre 100"]
    assert [(event.kind, event.records) for event in ann.lineage or ()] == [
        ("minted", ("billing:B1", "shop:S1", "shop:S5")),
    ]  # fmt: skip
    assert ann.household is not None
    assert {member.name for member in ann.household.members} >= {"Ann Lee"}
    assert "oak" in (ann.household.address or "")


def test_what_is_not_asked_for_is_not_fetched(town: sa.Connection) -> None:
    ann = look_up(town, "billing:B1", include=ALONE)
    assert ann.golden is not None
    assert (ann.records, ann.household, ann.accounts, ann.subscriptions, ann.lineage) == (None,) * 5
    with pytest.raises(UsageError, match="nothing is called phones"):
        look_up(town, "billing:B1", include=frozenset({"phones"}))  # type: ignore[arg-type]


def test_a_lookup_by_pin_is_two_queries_and_one_more_for_each_part(world: World) -> None:
    pin = world.pin("billing:B1")
    asked: list[str] = []
    with world.database.read() as connection:
        sa.event.listen(connection, "before_cursor_execute", lambda *args: asked.append(args[2]))
        look_up(connection, pin, include=ALONE)
        assert len(asked) == 2
        look_up(connection, pin)
        assert len(asked) == 2 + 5


def test_as_of_shows_the_values_and_the_household_of_that_day(town: sa.Connection) -> None:
    before, after = look_up(town, "billing:B1", as_of=dt.date(2019, 4, 30)), look_up(town, "billing:B1")
    assert before.golden is not None
    assert after.golden is not None
    assert [phone["value"] for phone in before.golden["phones"]] == ["+12175550199"]
    assert len(after.golden["phones"]) == 2
    assert "address" not in before.golden
    assert before.subscriptions == ()
    assert before.household is None
    assert look_up(town, "billing:B1", as_of=dt.date(2019, 5, 1)).golden == after.golden


def test_known_at_shows_what_was_known_then(town: sa.Connection) -> None:
    ann = look_up(town, "billing:B1")
    assert ann.golden_since is not None
    assert look_up(town, ann.pin, known_at=ann.golden_since).golden == ann.golden
    before = ann.golden_since - dt.timedelta(seconds=1)
    for key in (ann.pin, "billing:B1", "billing:none", RETIRED):
        with pytest.raises(NotFound, match="nothing was known at") as error:
            look_up(town, key, known_at=before.replace(tzinfo=None))
        assert exactly(ann.golden_since) in (error.value.remedy or "")
    with pytest.raises(NotFound, match=f"{RETIRED} was not issued yet"):  # it was put there after the night
        look_up(town, RETIRED, known_at=ann.golden_since)
    assert look_up(town, ann.pin, known_at=dt.datetime(9999, 12, 31, tzinfo=dt.UTC)).golden == ann.golden


def test_a_merged_pin_leads_to_its_survivor_and_says_so(town: sa.Connection) -> None:
    found, ann = look_up(town, MERGED), look_up(town, "billing:B1")
    assert (found.pin, found.redirected_from) == (ann.pin, MERGED)
    assert found.golden == ann.golden


@pytest.mark.parametrize(("pin", "status"), [(RETIRED, "retired"), (ERASED, "erased")])
def test_a_former_pin_resolves_to_its_end(town: sa.Connection, pin: str, status: str) -> None:
    found = look_up(town, pin)
    assert (found.status, found.golden, found.household, found.records) == (status, None, None, ())


@pytest.mark.parametrize(
    ("key", "message", "remedy"),
    [
        ("biling:B1", "no records of a system 'biling'", "Did you mean 'billing'"),
        ("zz:B1", "no records of a system 'zz'", "There are: billing, firms, shop"),
        ("billing:B77", "no record billing:B77", "upper and lower case"),
        ("700000000000", "its check digit is wrong", "mistyped"),
        ("7000", "4 digits", "twelve digits"),
        ("H301002324709", "household or legal entity", "system:local_id"),
        ("Ann Lee", "neither a PIN nor a source key", "twelve digits"),
    ],
)
def test_what_is_not_found_says_what_to_do(town: sa.Connection, key: str, message: str, remedy: str) -> None:
    with pytest.raises(NotFound) as error:
        look_up(town, key)
    assert message in error.value.message
    assert remedy in (error.value.remedy or "")


def test_a_well_formed_pin_of_nobody_is_not_found(town: sa.Connection) -> None:
    with pytest.raises(NotFound, match="was never issued"):
        look_up(town, "401787509130")


def test_a_deleted_record_and_one_in_quarantine_say_so(town: sa.Connection) -> None:
    town.exec_driver_sql("update xref set recorded_to = now() where local_id = 'S4'")
    town.exec_driver_sql("update record set status = 'deleted' where local_id = 'S4'")
    town.exec_driver_sql(
        "insert into quarantine (system, local_id, file, line, reason, detail, run_id) "
        "values ('shop', 'S9', 'shop.csv', 7, 'columns', 'found 3 columns, expected 6', 'test')"
    )
    with pytest.raises(NotFound, match="was deleted by its source"):
        look_up(town, "shop:S4")
    with pytest.raises(NotFound, match=r"shop\.csv:7: shop:S9 is in quarantine: found 3 columns, expected 6"):
        look_up(town, "shop:S9")


def test_many_keys_at_once_keep_their_order(town: sa.Connection) -> None:
    keys = [SourceKey("shop", "S1"), SourceKey("shop", "none"), SourceKey("billing", "B 9/x"), SourceKey("shop", "S1")]
    found = find_xrefs(town, keys)
    assert [SourceKey(view.system, view.local_id) for view in found] == keys
    assert [view.pin for view in found] == [
        None if key.local_id == "none" else find_xref(town, key).pin for key in keys
    ]  # fmt: skip


def test_a_household_by_its_id(town: sa.Connection) -> None:
    hunt = look_up(town, "billing:B3").household
    assert hunt is not None
    assert look_up_household(town, hunt.chi) == hunt == look_up_household(town, hunt.chi.lower())
    assert {member.name for member in hunt.members} == {"Mia Hunt", "Zoe Hunt"}
    assert look_up_household(town, hunt.chi, as_of=dt.date(2020, 1, 1)).members == ()


def test_former_households(town: sa.Connection) -> None:
    ann = look_up(town, "billing:B1").household
    assert ann is not None
    moved = look_up_household(town, MERGED_HOUSEHOLD)
    assert (moved.chi, moved.redirected_from, moved.members) == (ann.chi, MERGED_HOUSEHOLD, ann.members)
    assert (look_up_household(town, RETIRED_HOUSEHOLD).status, look_up_household(town, RETIRED_HOUSEHOLD).members) == (
        "retired", (),
    )  # fmt: skip
    for chi, message in (("H301002324709", "no household"), ("H1", "is no household id"), ("H301002324708", "check")):
        with pytest.raises(NotFound, match=message):
            look_up_household(town, chi)


def test_organisations_have_a_legal_entity(town: sa.Connection) -> None:
    bakery = look_up(town, "firms:F1")
    assert (bakery.party, bakery.household) == ("organisation", None)
    assert (bakery.name or "").startswith("Oak Street Bakery")
    assert bakery.legal_entity is not None
    assert bakery.legal_entity.kind == "legal_entity"
