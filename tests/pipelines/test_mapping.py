from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdm.errors import FeedError
from mdm.party import MAPPED
from pipelines.mapping import describe_mapping, map_rows
from tests.pipelines.feeds import contract

HEAD = "source: feed\nparty: person\nkey: ID\nfiles: feed.txt\nformat: {type: json_lines}"


def table(*rows: dict[str, Any], columns: tuple[str, ...] = ()) -> pa.Table:
    """Raw rows; a column with a list in it is a list column, and lines count from 1."""
    names = dict.fromkeys([*columns, *(name for row in rows for name in row)])
    arrays = []
    for name in names:
        values = [row.get(name) for row in rows]
        listed = any(isinstance(value, list) for value in values)
        arrays.append(pa.array(values, pa.list_(pa.string()) if listed else pa.string()))
    return pa.table([*arrays, pa.array(range(1, len(rows) + 1), pa.int64())], names=[*names, "_line"])


def mapped(folder: Path, text: str, *rows: dict[str, Any], head: str = HEAD, **options: Any) -> list[dict[str, Any]]:
    """The records of these rows under a contract of `head` and `text`."""
    source = contract(folder, text, head=head)
    raw = table(*rows, columns=source.columns())
    result = map_rows(raw, source, file="feed.txt", **options)
    assert result.schema.equals(MAPPED)
    return result.to_pylist()  # type: ignore[no-any-return]


def one(folder: Path, expression: str, **row: Any) -> str | None:
    """What an expression makes of a row."""
    (record,) = mapped(folder, f"map: {{sex: {expression}, name.full: ID}}", {"ID": "1", **row})
    return record["sex"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("expression", "row", "expected"),
    [
        ("A", {"A": " x\t"}, "x"),
        ("A", {"A": "\u3000张\u00a0"}, "张"),
        ("A", {"A": " \u3000 "}, None),
        ("A", {"A": None}, None),
        ("'a \"b'", {'a "b': "x"}, "x"),
        ("{column: A, values: {M: male, F: female}}", {"A": "M "}, "male"),
        ("{column: A, values: {M: male}}", {"A": "X"}, "X"),
        ("{column: A, values: {M: male}, otherwise: null}", {"A": "X"}, None),
        ("{column: A, values: {U: null}}", {"A": "U"}, None),
        ('{column: A, values: {"it\'s": "o\'k"}}', {"A": "it's"}, "o'k"),
        ("{columns: [A, B, C]}", {"A": "x", "C": "z"}, "x z"),
        ("{columns: [A, B], join: ''}", {"A": "x", "B": "y"}, "xy"),
        ("{columns: [A, {const: '-'}]}", {"A": None}, None),
        ("{columns: [A, {const: '-'}]}", {"A": "x"}, "x -"),
        ("{columns: [A, {column: B, values: {1: one}}], join: ' '}", {"A": "x", "B": "1"}, "x one"),
        ("{column: A, split: ',', part: 2}", {"A": "x, y ,z"}, "y"),
        ("{column: A, split: ',', part: 4}", {"A": "x,y"}, None),
        ("{column: A, pattern: 'n=(\\d+)'}", {"A": "n=12;"}, "12"),
        ("{column: A, pattern: '\\d+'}", {"A": "n=12;"}, "12"),
        ("{column: A, pattern: 'n=(\\d+)'}", {"A": "m=12;"}, None),
        ("{const: male}", {}, "male"),
        ("{column: A, default: x}", {"A": " "}, "x"),
        ("{column: A, default: x}", {"A": "y"}, "y"),
        ("A", {"A": ["first", "second"]}, "first"),
    ],
)
def test_expressions(tmp_path: Path, expression: str, row: dict[str, Any], expected: str | None) -> None:
    assert one(tmp_path, expression, **row) == expected


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("%Y%m%d", "19800203", "1980-02-03"),
        ("%Y%m%d", "09581120", "0958-11-20"),
        ("%Y%m%d", "1931102", "1931102"),  # 1931-10-2 and 1931-1-02 are both possible
        ("%Y%m%d", "00000000", "00000000"),
        ("%Y%m%d", "19800231", "19800231"),
        ("%Y%m%d", "00000101", "00000101"),
        ("%m/%d/%Y", "3/7/2019", "2019-03-07"),
        ("%d.%m.%Y", "2019-03-07", "2019-03-07"),
        ("%d.%m.%Y", "around 1950", "around 1950"),
        ("['%Y%m%d', '%d.%m.%Y']", "03.02.1980", "1980-02-03"),
        ("%Y%m%d%H%M", "198002030405", "1980-02-03T04:05:00"),
    ],
)
def test_dates(tmp_path: Path, form: str, text: str, expected: str) -> None:
    quoted = form if form.startswith("[") else f"'{form}'"
    assert one(tmp_path, f"{{column: A, format: {quoted}}}", A=text) == expected


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("{column: C, format: '%Y%m%d'}", "20200102", "2020-01-02T00:00"),
        ("C", "2020-01-02 03:04:05", "2020-01-02T03:04:05"),
        ("C", "2020-01-02T03:04:05+08:00", "2020-01-01T19:04:05"),
        ("C", "2020-01-02T03:04:05Z", "2020-01-02T03:04:05"),
        ("C", "yesterday", None),
        ("{column: C, format: '%Y%m%d'}", "2020-01-02", "2020-01-02T00:00"),
        ("{const: 2020-04-01}", "", "2020-04-01T00:00"),
        ("{columns: [C, {const: '1231'}], join: '', format: '%Y%m%d'}", "2019", "2019-12-31T00:00"),
    ],
)
def test_changed_at(tmp_path: Path, rule: str, text: str, expected: str | None) -> None:
    (record,) = mapped(tmp_path, f"changed_at: {rule}\nmap: {{sex: C}}", {"ID": "1", "C": text})
    assert record["changed_at"] == (expected and dt.datetime.fromisoformat(expected).replace(tzinfo=dt.UTC))


def test_changed_at_is_local_to_the_source(tmp_path: Path) -> None:
    text = "changed_at: {column: C, format: '%Y%m%d'}\nextracted_at: {const: 2021-01-01, timezone: Asia/Shanghai}\n"
    (record,) = mapped(tmp_path, text + "map: {sex: C}", {"ID": "1", "C": "20200102"})
    assert record["changed_at"] == dt.datetime(2020, 1, 1, 16, tzinfo=dt.UTC)


def test_lists(tmp_path: Path) -> None:
    text = """
    map:
      phones: [A, {column: B, separator: ";"}, {column: C, from: {column: D, format: "%Y%m%d"}, to: E}]
      emails: L
      identifiers.passport: {column: P, country: {column: N}}
      identifiers.national_id: [{column: I, country: CN}, J]
      accounts: [A, L]
      attributes.z: A
      attributes.a: {column: L, values: {x: y}}
    """
    row = {"ID": "1", "A": "1", "B": "2; ;3", "C": "4", "D": "20200101", "L": ["x", " ", "y"], "P": "p", "I": "i"}
    (record,) = mapped(tmp_path, text, row)
    assert [(phone["value"], phone["valid_from"]) for phone in record["phones"]] == [
        ("1", None), ("2", None), ("3", None), ("4", "2020-01-01"),
    ]  # fmt: skip
    assert [email["value"] for email in record["emails"]] == ["x", "y"]
    assert record["identifiers"] == [
        {"type": "national_id", "country": "CN", "value": "i"}, {"type": "passport", "country": None, "value": "p"},
    ]  # fmt: skip
    assert record["accounts"] == ["1", "x", "y"]
    assert record["attributes"] == [
        {"name": "a", "value": "y"},
        {"name": "a", "value": "y"},
        {"name": "z", "value": "1"},
    ]


def test_structured_entries(tmp_path: Path) -> None:
    text = """
    map:
      subscriptions: [{product: PLAN, number: TEL, status: {const: on}, from: F}, {product: {const: tv}, number: TV}]
      relationships: [{kind: payer, local_id: PAYER}]
      consents: [{purpose: {const: ads}, channel: {const: sms}, granted: OK}, {purpose: {const: x}, granted: NO}]
    """
    full, bare = mapped(
        tmp_path, text, {"ID": "1", "PLAN": "p", "TEL": "t", "PAYER": "9", "OK": "Y"}, {"ID": "2", "F": "x"}
    )
    assert full["subscriptions"] == [
        {"product": "p", "number": "t", "status": "on", "valid_from": None, "valid_to": None}
    ]
    assert full["relationships"] == [{"kind": "payer", "local_id": "9"}]
    assert full["consents"] == [{"purpose": "ads", "channel": "sms", "granted": "Y"}]
    assert [bare[name] for name in ("subscriptions", "relationships", "consents")] == [None, None, None]


def test_an_address_without_a_place_is_null(tmp_path: Path) -> None:
    text = "map: {address.street: S, address.kind: {const: dwelling}, address.from: F, address.country: C}"
    some, none = mapped(tmp_path, text, {"ID": "1", "S": "s", "F": "f"}, {"ID": "2", "F": "f", "C": "CN"})
    assert {name: value for name, value in some["address"].items() if value} == {
        "street": "s", "kind": "dwelling", "valid_from": "f",
    }  # fmt: skip
    assert none["address"] is None


def test_keys(tmp_path: Path) -> None:
    head = HEAD.replace("key: ID", "key: [B, N]")
    rows = [{"B": "x", "N": " 7 "}, {"B": "x", "N": " "}]
    text = "map: {sex: S}\nrecords: [{name: spouse, when: S, map: {name.full: S}}]"
    records = mapped(tmp_path, text, *[{**row, "S": "s"} for row in rows], head=head)
    assert [(record["local_id"], record["line"]) for record in records] == [("x-7", 1), (None, 2), ("x-7#spouse", 1)]


def test_further_records_where_there_is_a_name_or_identifier_or_when(tmp_path: Path) -> None:
    text = """
    map: {name.full: N, address: A}
    records:
      - {name: s, inherit: [address], map: {name.given: G, identifiers.other: I, sex: X}}
      - {name: payer, party: organisation, when: [W, V], map: {name.full: P}}
    """
    rows = [
        {"ID": "1", "A": "a", "G": "g", "X": "x"},
        {"ID": "2", "X": "x", "V": "v", "P": "Acme"},
        {"ID": "3", "I": "i"},
    ]
    records = {record["local_id"]: record for record in mapped(tmp_path, text, *rows)}
    assert list(records) == ["1", "2", "3", "1#s", "3#s", "2#payer"]
    assert records["1#s"]["address"]["text"] == "a"
    assert (records["2#payer"]["party"], records["2#payer"]["organisation_name"]) == ("organisation", "Acme")


def test_party_by_column(tmp_path: Path) -> None:
    head = HEAD.replace("party: person", 'party: {from: T, values: {"1": person, "2": organisation}}')
    text = "map: {name.full: N, organisation.name: O}"
    rows = [
        {"ID": str(n), "T": kind, "N": "n", "O": o}
        for n, (kind, o) in enumerate([("1", None), ("2", None), ("2", "o"), ("3", None)])
    ]
    found = [(r["party"], r["name_full"], r["organisation_name"]) for r in mapped(tmp_path, text, *rows, head=head)]
    assert found == [
        ("person", "n", None), ("organisation", None, "n"), ("organisation", None, "o"), (None, "n", None),
    ]  # fmt: skip


def test_deletion_flag(tmp_path: Path) -> None:
    text = "delivery: {deleted_flag: D, values: [X, del]}\nmap: {sex: S}"
    rows = [{"ID": str(n), "D": flag} for n, flag in enumerate(["X ", "del", "x", None])]
    assert [record["deleted"] for record in mapped(tmp_path, text, *rows)] == [True, True, False, False]


def test_no_rows_give_an_empty_table_and_missing_columns_an_error(tmp_path: Path) -> None:
    assert mapped(tmp_path, "map: {sex: S}") == []
    source = contract(tmp_path, "map: {sex: S}", head=HEAD)
    with pytest.raises(FeedError, match="missing columns: S"):
        map_rows(table({"ID": "1"}), source, file="x")


def test_a_connection_may_be_shared(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        for _ in range(2):
            assert len(mapped(tmp_path, "map: {sex: S}", {"ID": "1"}, connection=connection)) == 1
        assert connection.sql("select 1").fetchall() == [(1,)]


def test_the_hash_is_md5_of_the_canonical_text(tmp_path: Path) -> None:
    """The twin in Python: a change of DuckDB or of the SQL that changes hashes would re-cleanse every record."""
    text = """
    changed_at: {const: 2020-01-01}
    map: {name.full: N, phones: [A, L], accounts: A, address.street: S, birth_date: B}
    """
    (record,) = mapped(tmp_path, text, {"ID": "1", "N": "张", "A": "7", "L": ["8", "9"], "S": "s"})
    phones = "".join(f"value={phone}\x1f\x1e" for phone in "789")
    canonical = {
        "accounts": "value=7\x1f\x1e", "address": "street=s\x1f", "changed_at": "1577836800000000", "local_id": "1",
        "name_full": "张", "party": "person", "phones": phones,
    }  # fmt: skip
    content = "".join(f"{name}={value}\x1e" for name, value in canonical.items())
    assert record["row_hash"] == int(hashlib.md5(content.encode()).hexdigest()[:15], 16)


EVERYTHING = """
changed_at: C
delivery: {deleted_flag: D}
map:
  name.given: G
  birth_date: {column: B, format: "%Y%m%d"}
  phones: [P, Q]
  address.street: S
  attributes.a: A
records: [{name: s, map: {name.given: H}}]
"""
value = st.none() | st.sampled_from(["x", "y", "19800203", "D", "2020-01-01"])
row = st.fixed_dictionaries({name: value for name in "CDGBPQSAH"})


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(row, min_size=1, max_size=6), st.randoms())
def test_hashes_do_not_depend_on_the_order_of_rows_or_columns(
    tmp_path: Path, rows: list[dict[str, Any]], random: Any
) -> None:
    source = contract(tmp_path, EVERYTHING, head=HEAD)
    raw = table(*[{"ID": str(n), **row} for n, row in enumerate(rows)])
    order, columns = list(range(len(rows))), list(raw.column_names)
    random.shuffle(order)
    random.shuffle(columns)
    hashes = [
        {record["local_id"]: record["row_hash"] for record in map_rows(one, source, file=file).to_pylist()}
        for one, file in ((raw, "a"), (raw.take(order).select(columns), "b"))
    ]
    assert hashes[0] == hashes[1]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(row, min_size=2, max_size=12))
def test_versions_of_a_row_have_one_hash_only_when_they_map_alike(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    source = contract(tmp_path, EVERYTHING, head=HEAD)
    records = map_rows(table(*({"ID": "1", **row} for row in rows)), source, file="f").to_pylist()
    for record in records:
        del record["line"]
    hashes = [record.pop("row_hash") for record in records]
    for (one, one_hash), (other, other_hash) in itertools.combinations(zip(records, hashes, strict=True), 2):
        assert (one_hash == other_hash) == (one == other)


@pytest.mark.parametrize(
    ("calendar", "row", "expected"),
    [
        ("{const: lunar}", {"B": "19900101"}, ("1990-01-01", "lunar")),
        ("{const: lunar}", {"B": "19900230"}, ("19900230", "lunar")),
        ("{const: lunar}", {"B": None}, (None, None)),
        ("{column: C, values: {1: lunar, 2: lunar leap}, otherwise: null}", {"B": "x", "C": "2"}, ("x", "lunar leap")),
        ("{column: C, values: {1: lunar}, otherwise: null}", {"B": "x", "C": "0"}, ("x", None)),
        ("{column: C, values: {1: lunar}}", {"B": None, "C": "1"}, (None, None)),
    ],
)
def test_the_calendar_of_a_birth_date(
    tmp_path: Path, calendar: str, row: dict[str, Any], expected: tuple[str | None, str | None]
) -> None:
    born = 'birth_date: {column: B, format: "%Y%m%d"}'
    (record,) = mapped(tmp_path, f"map:\n  {born}\n  birth_calendar: {calendar}", {"ID": "1", **row})
    assert (record["birth_date"], record["birth_calendar"]) == expected
    (without,) = mapped(tmp_path, f"map:\n  {born}", {"ID": "1", **row})
    assert (without["row_hash"] == record["row_hash"]) == (expected[1] is None), "other rows keep their hash"


def test_describing_names_every_key_and_its_columns(tmp_path: Path) -> None:
    described = describe_mapping(contract(tmp_path, EVERYTHING, head=HEAD))
    assert described == [
        ("key", "ID"), ("name.given", "G"), ("birth_date", "B"), ("address.street", "S"), ("attributes.a", "A"),
        ("phones", "P"), ("phones", "Q"), ("s: name.given", "H"),
    ]  # fmt: skip
