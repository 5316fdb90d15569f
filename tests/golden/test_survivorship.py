"""What each rule picks, and what the document says about it."""

from __future__ import annotations

import math
from datetime import date
from itertools import permutations
from typing import Any

import pytest

from mdm.errors import ConfigError
from mdm.golden.bulk import GOLDEN, golden_batch
from mdm.golden.describe import describe
from mdm.golden.document import to_text
from mdm.golden.overrides import Override
from mdm.golden.policy import make_policy
from mdm.golden.rules import decayed_trust
from mdm.golden.survivorship import golden_record
from mdm.party import CLEANSED, empty
from tests.golden.factory import BUSINESS_DATE, address, membership, on, phone, record


def golden(*records: dict[str, Any], **settings: Any) -> Any:
    return golden_record(records, business_date=BUSINESS_DATE, **settings)


def test_name_is_taken_whole_from_the_most_trusted_source() -> None:
    short = record("crm", name_given="W", name_family="Zhang", given_key="w", family_key="zhang")
    full = record("billing", name_given="Wei", name_middle="Li", given_key="wei")
    entry = golden(short, full, trust={"crm": {"name": 90}, "billing": {"default": 40}})["name"]
    assert entry["value"] == {"given": "W", "family": "Zhang"}
    assert (entry["record"], entry["rule"], entry["support"]) == (["crm", "1"], "most_trusted", 1)
    assert entry["runner_up"] == {"value": {"given": "Wei", "middle": "Li"}, "record": ["billing", "1"]}


def test_of_equally_trusted_names_the_fuller_wins() -> None:
    short = record("a", name_family="Zhang", changed_at=on("2026-01-02"))
    full = record("b", name_given="Wei", name_family="Zhang", changed_at=on("2026-01-01"))
    assert golden(short, full)["name"]["record"] == ["b", "1"]


def test_birth_date_is_the_most_frequent_and_trust_decides_a_draw() -> None:
    wrong, right = date(1980, 2, 3), date(1980, 3, 2)
    records = [
        record("a", "1", birth_date=wrong),
        record("b", "1", birth_date=right),
        record("b", "2", birth_date=right),
    ]
    trust = {"a": {"default": 99}}
    assert golden(*records, trust=trust)["birth_date"]["value"] == "1980-03-02"
    assert golden(*records[:2], trust=trust)["birth_date"]["value"] == "1980-02-03"


def test_an_ended_address_loses_although_it_began_later() -> None:
    old = record("a", address=address("1 Old Road", "2020-01-01", "2021-01-01"), dwelling_key="1|old")
    home = record("b", address=address("2 Home Road", "2019-01-01"), dwelling_key="2|home")
    newer = record("c", address=address("2 Home Rd", "2022-01-01"), dwelling_key="2|home")
    entry = golden(old, home, newer)["address"]
    assert (entry["value"], entry["valid_from"]) == ({"text": "2 Home Rd"}, "2022-01-01")
    assert entry["support"] == 2
    assert entry["runner_up"]["value"] == {"text": "1 Old Road"}
    assert entry["runner_up"]["valid_to"] == "2021-01-01"


def test_the_record_written_last_knows_whether_a_phone_ended() -> None:
    before = record("a", phones=[phone("+11", "2015-01-01")], changed_at=on("2016-01-01"))
    after = record("b", phones=[phone("+11", "2015-01-01", "2022-01-01")], changed_at=on("2024-01-01"))
    assert [p["valid_to"] for p in golden(before, after)["phones"]] == ["2022-01-01"]


def test_a_record_that_lists_a_phone_twice_counts_once() -> None:
    entries = golden(record(phones=[phone("+11"), phone("+22"), phone("+11")]))["phones"]
    assert [(p["value"], p["support"]) for p in entries] == [("+11", 1), ("+22", 1)]


def test_one_national_id_wins_and_passports_are_all_kept() -> None:
    def holding(key: str, national: str, passport: str) -> dict[str, Any]:
        kinds = (("national_id", national), ("passport", passport))
        return record("a", key, identifiers=[{"type": t, "issuer": None, "value": v} for t, v in kinds])

    entries = golden(holding("1", "X", "P1"), holding("2", "Y", "P2"), holding("3", "Y", "P2"))["identifiers"]
    assert [(e["type"], e["value"], e["support"], e["rule"]) for e in entries] == [
        ("national_id", "Y", 2, "most_frequent"),
        ("passport", "P2", 2, "union"),
        ("passport", "P1", 1, "union"),
    ]
    assert entries[0]["runner_up"]["value"] == "X"


def test_two_periods_of_one_subscription_are_both_kept() -> None:
    plan = {"product": "5G", "number": "+11", "status": "active", "valid_to": None}
    periods = [plan | {"valid_from": date(year, 1, 1)} for year in (2015, 2020)]
    assert len(golden(record(subscriptions=periods))["subscriptions"]) == 2


def test_enrichment_adds_attributes_and_nothing_else() -> None:
    score = [{"name": "segment", "value": "gold"}]
    list_row = record(
        "list",
        role="enrichment",
        name_given="X",
        phones=[phone("+11")],
        emails=[{"address": "x@y.z"}],
        attributes=score,
    )
    document = golden(record("crm", name_given="Ann"), list_row)
    assert list(document) == ["party", "name", "attributes"]
    assert document["attributes"][0]["record"] == ["list", "1"]


def test_trust_decays_by_the_difference_of_the_candidates_own_dates() -> None:
    day = 86_400_000_000
    assert [decayed_trust(80, age * day, 10) for age in (0, 10, 20)] == [80, 40, 20]
    assert decayed_trust(80, 10**6 * day, math.inf) == 80
    trusted = record("a", sex="male", changed_at=on("2020-01-01"))
    fresh = record("b", sex="female", changed_at=on("2026-01-01"))
    settings = {"trust": {"a": {"default": 80}, "b": {"default": 50}}, "rules": {"sex": "most_trusted"}}
    assert golden(trusted, fresh, **settings)["sex"]["value"] == "male"
    assert golden(trusted, fresh, half_life_days={"sex": 365}, **settings)["sex"]["value"] == "female"


def test_the_order_of_the_records_does_not_matter() -> None:
    records = [
        record(s, i, name_given=f"N{i}", phones=[phone(f"+{i}")], birth_date=date(1980, 1, 1))
        for s in "ab"
        for i in "12"
    ]
    assert len({to_text(golden(*order)) for order in permutations(records)}) == 1


def test_an_override_wins_until_the_day_after_it_expires() -> None:
    pinned = Override("birth_date", "1990-09-09", "saw the passport", "li", expires=BUSINESS_DATE)
    born = record(birth_date=date(1980, 1, 1))
    entry = golden(born, overrides=[pinned])["birth_date"]
    assert (entry["value"], entry["record"], entry["rule"]) == ("1990-09-09", None, "override")
    assert entry["runner_up"]["value"] == "1980-01-01"
    late = golden_record([born], overrides=[pinned], business_date=date(2026, 11, 23))
    assert late["birth_date"]["value"] == "1980-01-01"


def test_an_override_of_one_slot_leaves_the_others_alone() -> None:
    rows = [{"name": name, "value": "zh"} for name in ("language", "script")]
    found = golden(record(attributes=rows), overrides=[Override("attributes.language", "en", "asked", "li")])
    assert [(e["name"], e["value"], e["rule"]) for e in found["attributes"]] == [
        ("language", "en", "override"),
        ("script", "zh", "most_recent"),
    ]


def test_an_override_by_none_leaves_the_value_out() -> None:
    assert "sex" not in golden(record(sex="male"), overrides=[Override("sex", None, "unknown", "li")])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"rules": {"birthdate": "longest"}}, "birth_date"),
        ({"rules": {"sex": "most_recnt"}}, "most_recent"),
        ({"rules": {"sex": "union"}}, "several values"),
        ({"half_life_days": {"name": 0}}, "above 0"),
        ({"trust": {"crm": {"phone": 3}}}, "phones"),
        ({"trust": {"crm": {"phones": 300}}}, "0 to 100"),
    ],
)
def test_a_wrong_setting_is_named_with_a_remedy(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        make_policy(**settings)


def test_describe_says_where_a_value_came_from_and_what_came_second() -> None:
    one, two = record("a", sex="male"), record("b", sex="female")
    entry = golden(one, two, trust={"a": {"default": 90}})["sex"]
    assert describe(entry) == "from a:1: most records agree on it; 1 record holds it; the next best is female from b:1"
    pinned = golden(one, overrides=[Override("sex", "female", "called in", "li")])["sex"]
    assert describe(pinned).startswith("pinned by li: called in; no record holds it; the next best is male")


def test_no_records_give_an_empty_table_of_the_same_schema() -> None:
    batch = golden_batch(empty(CLEANSED), membership({}), business_date=BUSINESS_DATE)
    assert batch.schema == GOLDEN
    assert batch.num_rows == 0


def test_a_town_alone_is_an_address_only_where_nobody_knows_more() -> None:
    """Whoever is trusted most says the town, and another one where in it."""
    town = {"text": "Springfield", "locality": "Springfield"}
    dwelling = {"text": "12 Oak St, Springfield", "number": "12", "street": "Oak St", "locality": "Springfield"}
    records = [record(system="trusted", address=town), record(system="other", address=dwelling)]
    trust = {"trusted": {"address": 90}, "other": {"address": 10}}
    for these, street in ((records, "Oak St"), (records[:1], None)):
        found = golden_record(these, trust=trust, business_date=BUSINESS_DATE)["address"]
        assert found["value"].get("street") == street


def suspicious(attribute: str) -> dict[str, Any]:
    return {"issues": [{"attribute": attribute, "mark": "suspicious", "reason": "looks odd"}]}


def test_a_suspicious_name_loses_against_a_sound_one_of_like_trust_though_it_is_fuller_and_newer() -> None:
    odd = record("a", name_given="Ann", name_family="Lee Ltd", given_key="ann", family_key="leeltd",
                 changed_at=on("2026-01-01"), **suspicious("name_full"))  # fmt: skip
    sound = record("b", name_family="Lee", family_key="lee", changed_at=on("2020-01-01"))
    assert golden(odd, sound)["name"]["record"] == ["b", "1"]
    assert golden(odd, sound, trust={"a": {"name": 90}, "b": {"name": 20}})["name"]["record"] == ["a", "1"]


def test_a_suspicious_birth_date_loses_against_a_sound_one_though_more_records_hold_it() -> None:
    odd = [record("a", key, birth_date=date(1980, 2, 3), **suspicious("birth_date")) for key in "12"]
    sound = record("b", birth_date=date(1980, 3, 2))
    assert golden(*odd, sound)["birth_date"]["value"] == "1980-03-02"
    vouched = record("c", birth_date=date(1980, 2, 3))
    assert golden(*odd, sound, vouched)["birth_date"]["value"] == "1980-02-03", "somebody holds it without a doubt"


def test_a_mistyped_e_mail_address_comes_after_a_sound_one_and_is_kept() -> None:
    odd = record("a", emails=[{"address": "ann@gmial.com"}], changed_at=on("2026-01-01"), **suspicious("emails"))
    sound = record("b", emails=[{"address": "ann@gmail.com"}], changed_at=on("2020-01-01"))
    assert [entry["value"] for entry in golden(odd, sound)["emails"]] == ["ann@gmail.com", "ann@gmial.com"]


def test_a_doubt_about_one_identifier_is_none_about_another() -> None:
    def holding(system: str, value: str, **marks: Any) -> dict[str, Any]:
        held = [{"type": kind, "issuer": "CN", "value": value} for kind in ("national_id", "tax_number")]
        return record(system, identifiers=held, **marks)

    entries = golden(holding("a", "1", **suspicious("identifiers.national_id")), holding("b", "2"))["identifiers"]
    assert {entry["type"]: entry["value"] for entry in entries} == {"national_id": "2", "tax_number": "1"}


def test_who_has_moved_lives_there_though_the_postcode_is_suspicious() -> None:
    old = record("a", address=address("1 Old Road", "2015-01-01"), dwelling_key="1|old")
    new = record(
        "b", address=address("2 New Road", "2024-01-01"), dwelling_key="2|new", **suspicious("address.postcode")
    )
    assert golden(old, new)["address"]["value"] == {"text": "2 New Road"}
    same_day = record("b", address=address("2 New Road", "2015-01-01"), dwelling_key="2|new",
                      **suspicious("address.postcode"))  # fmt: skip
    assert golden(same_day, old)["address"]["value"] == {"text": "1 Old Road"}


def test_a_repaired_value_is_as_good_as_any() -> None:
    repaired = [{"attribute": "birth_date", "mark": "repaired", "reason": "read anew"}]
    mended = record("a", birth_date=date(1980, 2, 3), changed_at=on("2026-01-01"), issues=repaired)
    other = record("b", birth_date=date(1980, 3, 2), changed_at=on("2020-01-01"))
    assert golden(mended, other)["birth_date"]["value"] == "1980-02-03"
