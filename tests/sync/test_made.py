"""What a target must be told: what happened to a key, whose value is sent, what cannot be written."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from mdm.contracts.target_model import TargetColumn, TargetContract, TargetFormat, Unwritable
from mdm.sync.characters import UNIT
from mdm.sync.made import FACTS, Making, make_rows

A, B = "100000000017", "100000000025"
DAY = 86_400_000_000
TRUST = {"billing": {"default": 70}, "crm": {"default": 40}, "best": {"default": 90}}


def column(value: str, **more: Any) -> TargetColumn:
    return TargetColumn(name=value.upper(), value=value, **more)


def contract(*columns: TargetColumn, **more: Any) -> TargetContract:
    given = {"target": "billing", "system": "billing", "format": TargetFormat(encoding="gbk"), **more}
    return TargetContract(file="t_{number}", folder="t", columns=(column("key"), *columns), **given)


def doc(name: str = "Ann", source: str = "crm", **more: Any) -> str:
    value = {"value": {"given": name}, "record": [source, "9"], "rule": "most_trusted", "support": 1}
    return json.dumps({"party": "person", "name": value, **more}, ensure_ascii=False)


def fact(key: str = "K1", **given: Any) -> dict[str, Any]:
    return dict.fromkeys(FACTS.names) | {"key": key, "pin": A, "doc": doc(), "again": False} | given


def told(
    pin: str = A, content: str | None = "Ann", action: str = "new", attempt: int = 1, **more: Any
) -> dict[str, Any]:
    return {"told_pin": pin, "told": content, "told_action": action, "attempt": attempt, **more}


def made(making: TargetContract, *facts: dict[str, Any], dated: int = 0) -> list[dict[str, Any]]:
    def dates(keys: pa.Table) -> pa.Table:
        return keys.append_column("date", pa.array([dated] * keys.num_rows, pa.int64()))

    with duckdb.connect() as scratch:
        table = pa.Table.from_pylist(list(facts), schema=FACTS)
        return make_rows(table, Making(making, TRUST), dates, scratch).to_pylist()


ACTIONS = {
    "never told": (fact(), "new", None),
    "told the same": (fact(**told()), None, None),
    "another value": (fact(**told(content="Anna")), "changed", None),
    "another customer": (fact(**told(pin=B)), "moved", B),
    "nobody's now": (fact(pin=None, doc=None, **told()), "gone", None),
    "nobody's, and told so": (fact(pin=None, doc=None, **told(pin=None, content=None, action="gone")), None, None),
    "nobody's, and never told": (fact(pin=None, doc=None), None, None),
    "somebody's again": (fact(**told(pin=None, content=None, action="gone")), "new", None),
    "refused": (fact(again=True, **told(action="changed")), "changed", None),
    "refused after a move": (fact(again=True, **told(action="moved", told_from=B)), "moved", B),
}


@pytest.mark.parametrize(("given", "action", "moved_from"), ACTIONS.values(), ids=ACTIONS)
def test_what_happened_to_a_key(given: dict[str, Any], action: str | None, moved_from: str | None) -> None:
    rows = made(contract(column("name.full")), given)
    assert [(row["action"], row["moved_from"]) for row in rows] == ([] if action is None else [(action, moved_from)])
    assert [row["attempt"] for row in rows] == ([] if action is None else [2 if given["again"] else 1])


def test_rows_are_by_key() -> None:
    rows = made(contract(column("name.full")), fact("K10"), fact("K9"), fact("K1"))
    assert [row["key"] for row in rows] == ["K1", "K10", "K9"]


def test_values_of_every_kind() -> None:
    entry = {"record": ["crm", "9"], "rule": "union", "support": 1}
    phones = [
        {"value": "+8621000000", **entry}, {"value": "+8613800000001", "valid_to": "2020-01-01", **entry},
        {"value": "+8613800000002", **entry}, {"value": "+8613800000003", **entry},
    ]  # fmt: skip
    found = doc(
        birth_date={"value": "1970-01-02", **entry}, phones=phones,
        identifiers=[{"type": "passport", "value": "P", **entry}, {"type": "national_id", "value": "N", **entry}],
        address={"value": {"text": "1 Elm", "postcode": "10"}, **entry},
        attributes=[{"name": "segment", "value": "gold", **entry}],
        consents=[{"purpose": "marketing", "channel": "sms", "value": "true", **entry}],
    )  # fmt: skip
    mobile = {"matching": r"\+861[3-9][0-9]{9}", "without": "+86"}
    columns = [
        column("name.full"), column("birth_date"), column("identifiers.national_id"), column("address.text"),
        column("address.postcode"), column("attributes.segment"), column("consents.marketing.sms"), column("household"),
        column("party"), column("phones", **mobile), column("phones", place=2, **mobile), column("emails"),
    ]  # fmt: skip
    (row,) = made(contract(*columns), fact(doc=found, household="H1"))
    assert row["content"].split(UNIT) == [
        "Ann", "1970-01-02", "N", "1 Elm", "10", "gold", "true", "H1", "person", "13800000002", "13800000003", "",
    ]  # fmt: skip


def own(name: str | None, date: int = 2 * DAY, **more: Any) -> dict[str, Any]:
    return {"own": json.dumps({"name_given": name, **more}), "original": "{}", "own_date": date}


WHOSE = {
    "newer and more trusted than the golden one": ("crm", own("Anna"), 1 * DAY, "Anna"),
    "more trusted, and older": ("crm", own("Anna"), 3 * DAY, "Ann"),
    "newer, and less trusted": ("best", own("Anna"), 1 * DAY, "Ann"),
    "none of its own": ("crm", own(None), 1 * DAY, "Ann"),
    "an echo of ours": (
        "crm", own("Anna", issues=[{"attribute": "name", "mark": "echo", "reason": ""}]), 1 * DAY, "Ann",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("source", "theirs", "dated", "sent"), WHOSE.values(), ids=WHOSE)
def test_a_value_of_the_target_stands_when_it_is_newer_and_more_trusted(
    source: str, theirs: dict[str, Any], dated: int, sent: str
) -> None:
    (row,) = made(contract(column("name.given")), fact(doc=doc(source=source), **theirs), dated=dated)
    assert row["content"] == sent


def test_a_steward_is_never_outdone() -> None:
    pinned = json.loads(doc())
    pinned["name"]["record"] = None
    (row,) = made(contract(column("name.given")), fact(doc=json.dumps(pinned), **own("Anna")), dated=0)
    assert row["content"] == "Ann"


def test_only_where_it_has_none() -> None:
    columns = (column("name.given", overwrite="if_empty"), column("name.family", overwrite="if_empty"))
    (row,) = made(contract(*columns), fact(doc=doc(source="best"), **own("Anna")))
    assert row["content"].split(UNIT) == ["Anna", ""]


LETTERS = {
    "by table": (Unwritable(table={"䶮": "龑"}), "刘䶮", "刘龑", "U+4DAE 䶮>龑"),
    "by what stands for all": (Unwritable(otherwise="*"), "𠮷田", "*田", "U+20BB7 𠮷>*"),
    "in Latin letters": (Unwritable(policy="transliterate", otherwise="*"), "Łukasz", "Lukasz", "U+0141 Ł>L"),
    "the table first": (Unwritable(policy="transliterate", table={"𠮷": "吉"}), "𠮷田", "吉田", "U+20BB7 𠮷>吉"),
    "the old value": (Unwritable(policy="keep"), "刘䶮", "刘氏", "U+4DAE 䶮>the target's own value"),
    "writable": (Unwritable(), "刘氏", "刘氏", None),
}


@pytest.mark.parametrize(("rule", "name", "sent", "altered"), LETTERS.values(), ids=LETTERS)
def test_characters_that_the_target_cannot_write(rule: Unwritable, name: str, sent: str, altered: str | None) -> None:
    making = contract(column("name.given"), column("party"), unwritable=rule)
    rows = made(making, fact(doc=doc(name, source="best"), **own("刘氏")), fact("K2", doc=doc("Bo", source="best")))
    assert rows[0]["content"] == f"{sent}{UNIT}person"
    assert rows[0]["altered"] == (None if altered is None else f"NAME.GIVEN {altered}")
    assert (rows[1]["content"], rows[1]["altered"]) == (f"Bo{UNIT}person", None)


WIDTHS = {
    "gbk counts bytes": ("gbk", "bytes", 5, "张伟国", "张伟"),
    "just as long": ("gbk", "bytes", 6, "张伟国", "张伟国"),
    "gb18030 has four": ("gb18030", "bytes", 5, "é𠮷", "é"),
    "characters": ("gbk", "characters", 2, "张伟国", "张伟"),
    "utf-8": ("utf-8", "bytes", 5, "张伟", "张"),
}


@pytest.mark.parametrize(("encoding", "unit", "width", "name", "sent"), WIDTHS.values(), ids=WIDTHS)
def test_what_is_too_long_is_cut_and_told(encoding: str, unit: Any, width: int, name: str, sent: str) -> None:
    layout = TargetFormat(type="fixed_width", encoding=encoding, unit=unit)
    (row,) = made(contract(column("name.given", width=width), format=layout), fact(doc=doc(name)))
    assert row["content"] == sent
    assert row["altered"] == (None if sent == name else "NAME.GIVEN cut")


def test_what_separates_the_columns_is_no_value() -> None:
    layout = TargetFormat(delimiter="|", quote=None)
    (row,) = made(contract(column("name.given"), format=layout), fact(doc=doc("a|b\nc")))
    assert row["content"] == "a b c"


def test_only_people() -> None:
    company = doc().replace('"person"', '"organisation"')
    making = contract(column("name.given"), party="person")
    assert made(making, fact(doc=company)) == []
    (row,) = made(making, fact(doc=company, **told()))
    assert row["action"] == "gone"
