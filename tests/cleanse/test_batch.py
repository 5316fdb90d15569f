"""The batch path gives, for every row, what the row path gives; and both obey the named schemas."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm.cleanse import workers
from mdm.cleanse.batch import cleanse_batch
from mdm.cleanse.own_placeholders import OwnPlaceholders, read_own_placeholders
from mdm.cleanse.record import cleanse_record
from mdm.cleanse.values import CleanseContext
from mdm.errors import ConfigError
from mdm.party import CLEANSED, MAPPED, empty

CONTEXT = CleanseContext(region="CA", extracted_at=datetime(2020, 4, 1, tzinfo=UTC))
CHINA = CleanseContext(region="CN", area_code="0931", role="enrichment")
OWN = OwnPlaceholders(frozenset({"n/k", "ann@telus.net", "张伟"}), frozenset({"lee"}), frozenset({"130692544"}),
                      frozenset({"4032621234"}))  # fmt: skip
SHOP = CleanseContext(region="CA", own=OWN)
SCRATCH = duckdb.connect()
DATA = Path(__file__).parents[2].parent / "shared" / "data"


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=MAPPED)


def mapped(**values: Any) -> dict[str, Any]:
    return {"system": "s", "local_id": "1", "party": "person", "row_hash": 7, "deleted": False} | values


def assert_batch_is_row(rows: list[dict[str, Any]], context: CleanseContext, **options: Any) -> None:
    source = table(rows)
    found = cleanse_batch(source, context=context, connection=SCRATCH, **options)
    assert found.schema == CLEANSED
    found.validate(full=True)
    for row, expected in zip(source.to_pylist(), found.to_pylist(), strict=True):
        assert cleanse_record(row, context=context) == expected


TEXT = st.none() | st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["Ann", "LEE", "张伟", "403-262-1234", "0931-8412345", "8412345", "ann@telus.net", "1980-02-03", "31/02/1980",
     "11010519491231002X", "130 692 544", "1204-55 King St W", "甘肃省兰州市城关区中山路88号3-2-501", "00000",
     "N/A", "测试", "CA", "Canada", "中国", "4188165857", "Acme Ltd", "M", "2",
     '"', "\\", "\n", "\x00", "\x1f", "\u2028", "\x7f", " "]
)  # fmt: skip


def _values(kind: pa.DataType) -> st.SearchStrategy[Any]:
    if pa.types.is_list(kind):
        return st.none() | st.lists(st.none() | _values(kind.value_type), max_size=3)
    if pa.types.is_struct(kind):
        return st.none() | st.fixed_dictionaries({field.name: _values(field.type) for field in kind})
    return TEXT


_METADATA = ("system", "local_id", "party", "deleted", "file", "line", "row_hash", "changed_at")
ROWS = st.lists(
    st.builds(
        mapped,
        party=st.sampled_from(["person", "organisation"]),
        identifiers=st.none()
        | st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(["national_id", "tax_number", "other", None]), "country": TEXT, "value": TEXT}
            ),
            max_size=3,
        ),
        birth_calendar=st.none() | st.sampled_from(["lunar", "lunar leap", "solar", "農曆", "?"]),
        **{
            field.name: _values(field.type)
            for field in MAPPED
            if field.name not in (*_METADATA, "identifiers", "birth_calendar")
        },
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25, deadline=None)
@given(ROWS, st.sampled_from([CONTEXT, CHINA, SHOP]))
def test_batch_is_row_on_nasty_rows(rows: list[dict[str, Any]], context: CleanseContext) -> None:
    assert_batch_is_row(rows, context)


@pytest.mark.parametrize("text", ["\n", "\x1f", "\\u000a", "\\\\u000a\x0b", '"\\'])
def test_batch_is_row_on_escapes(text: str) -> None:
    assert_batch_is_row([mapped(name_full=text, address={"text": text})], CONTEXT)


def test_batch_is_row_on_several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PARALLEL_FROM", 2)
    monkeypatch.setattr(workers, "CHUNK", 3)
    rows = [
        mapped(local_id=str(number), name_given=f"Ann{number % 7}", phones=[{"value": f"403262{number:04}"}])
        for number in range(20)
    ]
    assert_batch_is_row(rows, CONTEXT, processes=2)


def test_own_placeholders_are_taken_out_and_stay_in_the_original() -> None:
    row = mapped(
        name_full=" LEE ", phones=[{"value": "+1 (403) 262-1234"}, {"value": "403-262-9999"}],
        emails=[{"value": "Ann@Telus.net"}], address={"street": "N/K", "locality": "Calgary"},
        identifiers=[{"type": "national_id", "value": "130 692 544"}],
    )  # fmt: skip
    assert_batch_is_row([row, mapped(local_id="2", name_full="Ann Lee")], SHOP)
    found = cleanse_record(row, context=SHOP)
    assert (found["name_family"], found["emails"], found["identifiers"]) == (None, None, None)
    assert [phone["number"] for phone in found["phones"]] == ["+14032629999"]
    assert (found["address"]["street"], found["address"]["locality"]) == (None, "Calgary")
    assert {issue["reason"] for issue in found["issues"]} == {"placeholder of placeholders.txt"}
    assert json.loads(found["original"])["name_full"] == " LEE "


def test_a_wrong_line_of_own_placeholders_is_named(tmp_path: Path) -> None:
    path = tmp_path / "placeholders.txt"
    assert read_own_placeholders(path) is None
    path.write_text("# ours\n\nword  Walk-In   Customer\nvalue (403) 262-1234\n", encoding="utf-8")
    found = read_own_placeholders(path)
    assert found is not None
    assert found.is_text("walk-in customer", name=False)
    assert found.is_number("+1 403.262.1234")
    for line, told in (
        ("words x", "placeholders.txt:2: .*found 'words'"),
        ("name", "nothing stands behind 'name'"),
    ):
        path.write_text(f"\n{line}\n", encoding="utf-8")
        with pytest.raises(ConfigError, match=told):
            read_own_placeholders(path)


def test_an_empty_table_gives_an_empty_table() -> None:
    assert cleanse_batch(empty(MAPPED), context=CONTEXT).equals(empty(CLEANSED))


def test_one_record_from_end_to_end() -> None:
    found = cleanse_record(
        mapped(
            name_full="SMITH, JOHN A", birth_date="03/02/1980", sex="M",
            identifiers=[{"type": "national_id", "country": None, "value": "130 692 544"}],
            phones=[{"value": "403-262-1234"}, {"value": "(403) 262-1234"}, {"value": "110"}],
            address={"text": "1204-55 King St W, Toronto, ON M5V 1A1", "valid_from": "2019-01-01"},
            subscriptions=[{"product": "TV", "number": "403 262 1234", "valid_to": "9999-12-31"}],
        ),
        context=CONTEXT,
    )  # fmt: skip
    assert (found["name_given"], found["given_key"], found["middle_key"], found["family_key"]) == (
        "John", "john", "a", "smith",
    )  # fmt: skip
    assert found["birth_date"].isoformat() == "1980-02-03"
    assert found["identifiers"] == [{"type": "national_id", "issuer": "CA", "value": "130692544"}]
    assert [phone["number"] for phone in found["phones"]] == ["+14032621234"]
    assert found["address"]["valid_from"].isoformat() == "2019-01-01"
    assert found["dwelling_key"] == "55|king st w|1204||m5v1a1"
    assert found["subscriptions"][0]["number"] == "+14032621234"
    assert found["subscriptions"][0]["valid_to"] is None
    assert found["extracted_at"] == CONTEXT.extracted_at
    assert found["content_hash"] == 7
    assert [issue["attribute"] for issue in found["issues"]] == ["phones"]
    assert json.loads(found["original"])["phones"][1] == {"value": "(403) 262-1234"}


def test_numbers_are_read_by_the_country_of_their_record() -> None:
    number = {"phones": [{"value": "4188165857"}], "identifiers": [{"type": "passport", "value": "AB123456"}],
              "subscriptions": [{"product": "TV", "number": "4188165857"}]}  # fmt: skip
    rows = [
        mapped(local_id=str(at), **number, address=country and {"country": country})
        for at, country in enumerate((None, "CN", "Canada", "CA"))
    ]
    assert_batch_is_row(rows, CHINA)
    found = cleanse_batch(table(rows), context=CHINA).to_pylist()
    canadian = [{"number": "+14188165857", "valid_from": None, "valid_to": None}]
    assert [row["phones"] for row in found] == [None, None, canadian, canadian]
    assert [row["subscriptions"][0]["number"] for row in found] == ["4188165857"] * 2 + ["+14188165857"] * 2
    assert [row["identifiers"][0]["issuer"] for row in found] == ["CN", "CN", "CA", "CA"]


def test_originals_keep_every_value_as_delivered() -> None:
    values = {"name_full": 'Ann "A" \\ \x01 Lee', "accounts": ["1", None], "address": {"text": "x", "kind": None}}
    found = cleanse_batch(table([mapped(**values)]), context=CONTEXT).to_pylist()[0]
    assert json.loads(found["original"]) == {
        "name_full": 'Ann "A" \\ \x01 Lee',
        "accounts": ["1", None],
        "address": {"text": "x"},
    }


@pytest.mark.skipif(not DATA.exists(), reason="the data sets beside the repository are absent")
def test_batch_is_row_on_real_rows() -> None:
    rows = []
    with (DATA / "febrl4" / "febrl4a.csv").open(encoding="utf-8") as feed:
        for number, row in zip(range(400), csv.DictReader(feed), strict=False):
            address = {"number": row["street_number"], "street": row["address_1"], "building": row["address_2"],
                       "locality": row["suburb"], "region": row["state"], "postcode": row["postcode"]}  # fmt: skip
            rows.append(
                mapped(
                    local_id=str(number),
                    name_given=row["given_name"],
                    name_family=row["surname"],
                    birth_date=row["date_of_birth"],
                    address=address,
                    identifiers=[{"type": "other", "country": "AU", "value": row["soc_sec_id"]}],
                )
            )
    assert_batch_is_row(rows, CleanseContext(region="AU"))
