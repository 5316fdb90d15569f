"""Reused keys are told from corrected data."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm.cleanse import names_chinese
from mdm.party import CLEANSED, IDENTIFIER_TYPES
from mdm.resolve.incarnation import is_new_incarnation

BORN = date(1980, 2, 3)


def row(name: str = "ann lee", born: date | None = BORN, *ids: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    """A cleansed person; `name` is given key and family key."""
    given_key, _, family_key = name.partition(" ")
    found: dict[str, Any] = dict.fromkeys(CLEANSED.names)
    found |= {"party": "person", "given_key": given_key or None, "family_key": family_key or None, "birth_date": born}
    found["identifiers"] = [dict(zip(("type", "issuer", "value"), one, strict=True)) for one in ids]
    return found | more


def nid(value: str, issuer: str = "CA") -> tuple[str, str, str]:
    return ("national_id", issuer, value)


def organisation(name: str, **more: Any) -> dict[str, Any]:
    return row("", None, party="organisation", organisation_key=name, **more)


def hanzi(name: str, born: date | None = BORN, *ids: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    """A cleansed person with a name in hanzi, the family name first and of one of them."""
    family, given = name[0], name[1:]
    keys = {"given_key": names_chinese.pinyin(given), "family_key": names_chinese.surname_pinyin(family)}
    return row("", born, *ids, given_native=given, family_native=family, **keys, **more)


OTHER = date(1955, 11, 27)
NUMBER, OTHER_NUMBER = ("national_id", "CN", "110101198002030018"), ("national_id", "CN", "310101195511270025")
MAIL = [{"address": "lee@mail.example"}]

SAME_PARTY = {
    "nothing changed": (row(), row()),
    "a name that the cleanser reads otherwise since": (
        row("an lee", None, name_given="Anne"),
        row("nan lee", None, name_given="Anne"),
    ),
    "an organisation's name that it reads otherwise since": (
        organisation("兰州市泰康商贸", organisation_name="兰州市泰康商贸有限公司"),
        organisation("兰州泰康", organisation_name="兰州市泰康商贸有限公司"),
    ),
    "hanzi that it divides otherwise since, another birth date": (
        hanzi("欧阳锋", name_given="锋", name_family="欧阳") | {"given_native": "阳锋", "family_native": "欧"},
        hanzi("欧锋", OTHER, name_given="锋", name_family="欧阳"),
    ),
    "married name": (row("ann lee"), row("ann smith")),
    "another name, same birth date": (row("ann lee"), row("bob kim")),
    "married name, birth date unknown": (row("ann lee"), row("ann smith", None)),
    "another name, same e-mail": (row("ann lee", None, emails=MAIL), row("bob kim", None, emails=MAIL)),
    "a nickname": (row("victoria lee", None), row("vicky lee", None)),
    "same name, another birth date": (row(), row("ann lee", OTHER)),
    "given and family name swapped": (row("ann lee"), row("lee ann", OTHER)),
    "no given name": (row("ann lee"), row(" kim", None)),
    "one part similar": (row("catherine lee"), row("katherine kim", None)),
    "similar names, another birth date": (row("catherine lee"), row("katherine lees", OTHER)),
    "an initial": (row("a lee"), row("ann kim", None)),
    "no name left": (row("ann lee"), row("", None)),
    "an organisation's name in full": (organisation("acme"), organisation("acme telecom")),
    "a typo in an organisation's name": (organisation("zenith logistics"), organisation("zenith logistcs")),
    "an organisation renamed, same e-mail": (organisation("acme", emails=MAIL), organisation("zenith", emails=MAIL)),
    "former name": (row("ann lee"), row("ann smith", OTHER, former_key="lee")),
    "a part of a double name": (row("ann lee"), row("ann lee-smith", OTHER)),
    "a wrong national id put right": (row("ann lee", BORN, nid("123456782")), row("ann lee", BORN, nid("987654324"))),
    "the same, no birth date": (row("ann lee", None, nid("123456782")), row("ann lee", None, nid("987654324"))),
    "birth date one typo away": (row("ann lee"), row("ann kim", date(1980, 2, 8))),
    "two digits of the birth date swapped": (row("ann lee"), row("ann kim", date(1908, 2, 3))),
    "day and month swapped": (row("ann lee"), row("ann kim", date(1980, 3, 2))),
    "a typo in a birth date, no given name": (row("ann lee"), row(" kim", date(1980, 2, 8))),
    "another sex, same name and birth date": (row(sex="male"), row(sex="female")),
    "another name, same birth date and sex": (row("ann lee", sex="female"), row("bob kim", sex="female")),
    "hanzi of one sound, same birth date": (hanzi("聂萱"), hanzi("聂轩")),
    "hanzi of one sound, birth date unknown": (hanzi("聂萱"), hanzi("聂轩", None)),
    "one of two hanzi left out, birth date unknown": (hanzi("王建国"), hanzi("王建", None)),
    "family and given name in hanzi swapped": (hanzi("聂萱"), hanzi("萱聂", OTHER)),
    "hanzi and pinyin": (hanzi("聂萱"), row("xuan nie", OTHER)),
    "family name in hanzi as it was before": (hanzi("聂萱"), hanzi("陈萱", None, former_key="nie")),
    "national id one typo away": (row("ann lee", BORN, nid("123456782")), row("ann lee", BORN, nid("123456787"))),
    "two digits of the id swapped": (row("ann lee", BORN, nid("123456782")), row("ann lee", BORN, nid("132456782"))),
    "one of two ids is equal": (
        row("ann lee", BORN, nid("111111118"), nid("123456782")),
        row("ann lee", BORN, nid("123456782")),
    ),
    "an id of another country": (row("ann lee", BORN, nid("123456782")), row("ann lee", BORN, nid("999999998", "CN"))),
    "passport renewed": (
        row("ann lee", BORN, ("passport", "CA", "AB1")),
        row("ann lee", BORN, ("passport", "CA", "XY9")),
    ),
    "equal id outweighs name and birth date": (
        row("ann lee", BORN, nid("123456782")),
        row("bob kim", OTHER, nid("123456782")),
    ),
    "an identifier of an unknown type": (row("a b", BORN, ("club", "X", "1")), row("a b", BORN, ("club", "X", "99"))),
}

ANOTHER_PARTY = {
    "name and birth date": (row("ann lee"), row("bob kim", OTHER)),
    "national id and given name": (row("ann lee", BORN, nid("123456782")), row("beth lee", BORN, nid("987654324"))),
    "national id and birth date": (row("ann lee", BORN, nid("123456782")), row("ann lee", OTHER, nid("987654324"))),
    "another name, birth date unknown": (row("ann lee"), row("bob kim", None)),
    "a line passes from father to son": (row("wei zhang", None), row("qiang zhang", None)),
    "the same, with their birth dates": (row("wei zhang", OTHER), row("qiang zhang", BORN)),
    "tax number of an organisation": (
        row("", None, ("tax_number", "CA", "123456782"), party="organisation", organisation_key="acme"),
        row("", None, ("tax_number", "CA", "777777771"), party="organisation", organisation_key="acme"),
    ),
    "another organisation": (organisation("acme"), organisation("zenith")),
    "given name alike, family name and birth date not": (row("wei zhang"), row("wei li", OTHER)),
    "a name that is missing, another birth date": (row("ann lee"), row(" kim", OTHER)),
    "a person became an organisation": (row(), row(party="organisation")),
    "pinyin names": (row("wei zhang"), row("na li", OTHER)),
    "one sound in hanzi, another birth date": (hanzi("聂萱"), hanzi("聂轩", OTHER)),
    "one sound in hanzi, another number": (hanzi("聂萱", BORN, NUMBER), hanzi("聂轩", BORN, OTHER_NUMBER)),
    "pinyin alike, hanzi not, birth date unknown": (hanzi("王建国"), hanzi("王建军", None)),
    "another family name in hanzi, birth date unknown": (hanzi("陈勇"), hanzi("沈勇", None)),
    "one name, another birth date and sex": (row(sex="male"), row("ann lee", OTHER, sex="female")),
    "names alike, another sex": (row("robert lee", None, sex="male"), row("roberta lee", None, sex="female")),
    "hanzi of one sound, another sex": (hanzi("聂萱", None, sex="female"), hanzi("聂轩", None, sex="male")),
    "twins": (row("ann lee", sex="female"), row("bob lee", sex="male")),
    "husband and wife born a digit apart": (row("ann lee"), row("bob kim", date(1980, 2, 8))),
    "a household's e-mail, another name and birth date": (row(emails=MAIL), row("bob lee", OTHER, emails=MAIL)),
}


@pytest.mark.parametrize(("old", "new"), SAME_PARTY.values(), ids=SAME_PARTY)
def test_a_change_of_data(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert not is_new_incarnation(old, new)


@pytest.mark.parametrize(("old", "new"), ANOTHER_PARTY.values(), ids=ANOTHER_PARTY)
def test_a_reused_key(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert is_new_incarnation(old, new)


people = st.sampled_from(
    [*map(row, ["ann lee", "bob kim", "a kim", "na li", "", "ann"]), *map(hanzi, ["李娜", "李纳", "厉娜"])]
)
births = st.sampled_from([BORN, OTHER, date(1980, 3, 2), None])
identifiers = st.lists(
    st.tuples(st.sampled_from(sorted(IDENTIFIER_TYPES)), st.just("CA"), st.sampled_from(["1234", "1243", "9999"])),
    max_size=3,
)
sexes = st.sampled_from(["male", "female", None])
rows = st.builds(
    lambda who, born, sex, ids: {
        **who,
        "birth_date": born,
        "sex": sex,
        "identifiers": row("", None, *ids)["identifiers"],
    },
    *(people, births, sexes, identifiers),
)


@given(rows, rows)
def test_symmetric_and_never_of_itself(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert is_new_incarnation(one, other) == is_new_incarnation(other, one)
    assert not is_new_incarnation(one, one)


@given(rows, rows)
def test_who_only_leaves_things_out_is_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    bare = {**other, "identifiers": None, "birth_date": None, "given_key": None}
    assert not is_new_incarnation(one, bare)
