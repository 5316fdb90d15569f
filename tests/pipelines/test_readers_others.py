"""JSON lines, Parquet, Excel and SQL."""

from __future__ import annotations

import datetime as dt
import sqlite3
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mdm.errors import FeedError
from pipelines.landing import find_deliveries
from pipelines.readers import read_delivery, read_first_rows
from tests.pipelines.feeds import contract, read, refused, rows

JSON = "{type: json_lines}"


def json_head(*columns: str) -> str:
    mapped = ", ".join(f"attributes.a{n}: {column}" for n, column in enumerate(columns))
    return f"source: feed\nparty: person\nkey: ID\nmap: {{{mapped}}}"


def test_json_numbers_stay_as_written(tmp_path: Path) -> None:
    lines = b'{"ID": 1.10, "N": 12345678901234567890}\n{"ID": 007e1}\n{"ID": 2, "N": -0.50, "X": 1}\n'
    raw = read(tmp_path, JSON, lines, head=json_head("N"))
    assert rows(raw) == [(1, "1.10", "12345678901234567890"), (3, "2", "-0.50")]
    assert refused(raw) == [(2, "json", None)]
    assert raw.notes == ["columns that the contract does not use: X"]


def test_json_paths_arrays_and_types(tmp_path: Path) -> None:
    lines = (
        b'{"ID": "a", "c": {"tel": ["1", 2, null]}, "on": true, "d.e": "x", "o": {"k": 1}}\n'
        b'\n{"ID": "b", "c": {"tel": "3"}, "on": null}\n{"ID": "c", "c": [{"tel": "4"}, {"tel": ["5"]}]}\n'
    )
    raw = read(tmp_path, JSON, lines, head=json_head("c.tel", "on", "d.e", "o"))
    assert rows(raw) == [
        (1, "a", ["1", "2"], "true", "x", '{"k": 1}'),
        (3, "b", ["3"], None, None, None),
        (4, "c", ["4", "5"], None, None, None),
    ]


def test_bad_json_lines_are_quarantined_and_the_rest_is_read(tmp_path: Path) -> None:
    raw = read(tmp_path, JSON, b'{"ID": "1"}\nnot json\n[1]\n{"ID": "2"}\n{"ID": "3", "NA')
    assert [row[1] for row in rows(raw)] == ["1", "2"]
    assert refused(raw) == [(2, "json", None), (3, "json", None), (5, "truncated", None)]


def test_json_nul_and_long_fields_in_lists(tmp_path: Path) -> None:
    lines = b'{"ID": "1", "T": ["a\\u0000"]}\n{"ID": "2", "T": ["a", "' + b"x" * 400 + b'"]}\n{"ID": "3", "T": ["b"]}\n'
    raw = read(tmp_path, JSON, lines, head=json_head("T"), max_field_bytes=399)
    assert refused(raw) == [(1, "nul", "1"), (2, "field_too_long", "2")]
    assert rows(raw) == [(3, "3", ["b"])]


def test_json_in_another_encoding(tmp_path: Path) -> None:
    raw = read(tmp_path, "{type: json_lines, encoding: gbk}", '{"ID": "1", "NAME": "张伟"}\n'.encode("gbk"))
    assert rows(raw) == [(1, "1", "张伟")]


def test_parquet_types_become_text(tmp_path: Path) -> None:
    table = pa.table(
        {
            "ID": pa.array([1, 2], pa.int64()),
            "NAME": pa.array(["Ann", ""]).dictionary_encode(),
            "born": pa.array([dt.date(1980, 2, 3), None]),
            "tel": pa.array([13800138000.0, None]),
            "rate": pa.array([0.5, 2.0]),
            "at": pa.array([dt.datetime(2020, 1, 2), dt.datetime(2020, 1, 3)], pa.timestamp("ns")),
            "seen": pa.array([dt.datetime(2020, 1, 2, 3, 4), None], pa.timestamp("us", tz="UTC")),
            "sum": pa.array([Decimal("1.50"), None]),
            "list": pa.array([[1, 2], None]),
            "where": pa.array([{"city": "Bern"}, None]),
            "none": pa.nulls(2),
            "raw": pa.array([b"x", None]),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    head = json_head("NAME", "born", "tel", "rate", "at", "seen", "sum", "list", "where.city", "none", "raw")
    raw = read(tmp_path, "{type: parquet}", (tmp_path / "t.parquet").read_bytes(), head=head)
    assert rows(raw)[0] == (
        1, "1", "Ann", "1980-02-03", "13800138000", "0.5", "2020-01-02", "2020-01-02T03:04:00", "1.50", ["1", "2"],
        "Bern", None, "x",
    )  # fmt: skip
    assert rows(raw)[1] == (2, "2", None, None, None, "2", "2020-01-03", *[None] * 6)


def test_what_is_not_parquet_stops_the_source(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="not a Parquet file"):
        read(tmp_path, "{type: parquet}", b"ID,NAME\n")


def workbook(path: Path, *lines: list[object], title: str = "Data") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    for line in lines:
        book.active.append(line)
    book.save(path)
    return path.read_bytes()


def test_excel_cells_become_text(tmp_path: Path) -> None:
    content = workbook(
        tmp_path / "b.xlsx",
        ["a title"],
        ["ID", "NAME", "D", "N"],
        [1, " Ann ", dt.datetime(1980, 2, 3), 2.0],
        [None, None, None, None],
        ["002", "Bob", dt.datetime(1980, 2, 3, 4, 5), 2.5],
        ["3", "Cy", None, True, "beyond"],
    )
    raw = read(tmp_path, "{type: excel, sheet: Data, header_row: 2}", content, head=json_head("NAME", "D", "N"))
    assert rows(raw) == [
        (3, "1", " Ann ", "1980-02-03", "2"),
        (5, "002", "Bob", "1980-02-03T04:05:00", "2.5"),
    ]
    assert refused(raw) == [(6, "columns", "3")]


def test_excel_errors_stop_the_source(tmp_path: Path) -> None:
    content = workbook(tmp_path / "b.xlsx", ["ID", "NAMEN"])
    with pytest.raises(FeedError, match="no sheet 'Other'"):
        read(tmp_path, "{type: excel, sheet: Other}", content)
    with pytest.raises(FeedError, match=r"missing columns: NAME \(nearest: NAMEN\)"):
        read(tmp_path, "{type: excel}", content)
    with pytest.raises(FeedError, match="not an Excel workbook"):
        read(tmp_path, "{type: excel}", b"ID,NAME\n")


def test_an_empty_sheet_has_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "{type: excel}", workbook(tmp_path / "b.xlsx")).rows_read == 0


def test_sql_rows_are_read_in_one_delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = tmp_path / "crm.db"
    with sqlite3.connect(database) as connection:
        connection.execute("create table customer (ID integer, NAME text)")
        connection.executemany("insert into customer values (?, ?)", [(1, "Ann"), (2, None), (3, "C\0y")])
    connection.close()
    monkeypatch.setenv("CRM_URL", f"sqlite:///{database}")
    source = contract(tmp_path, 'format: {type: sql, url: "${CRM_URL}", query: "select * from customer order by ID"}')
    (found,) = find_deliveries(source, tmp_path)
    raw = read_delivery(found, source)
    assert rows(raw) == [(1, "1", "Ann"), (2, "2", None)]
    assert refused(raw) == [(3, "nul", "3")]
    assert read_first_rows(found, source, 1).rows_read == 1


def test_sql_failures_say_why_but_not_the_password(tmp_path: Path) -> None:
    source = contract(tmp_path, 'format: {type: sql, url: "sqlite:////nowhere/secret.db", query: "select 1"}')
    (found,) = find_deliveries(source, tmp_path)
    with pytest.raises(FeedError, match="the query failed: unable to open database file"):
        read_delivery(found, source)
    source = contract(tmp_path, 'format: {type: sql, url: "${NO_SUCH_URL}", query: "select 1"}')
    with pytest.raises(FeedError, match="the environment has no NO_SUCH_URL"):
        read_delivery(found, source)


def test_first_rows_are_a_beginning(tmp_path: Path) -> None:
    content = b"ID|NAME\n" + b"".join(b"%d|Ann\n" % n for n in range(100_000))
    source = contract(tmp_path, 'files: feed.txt\nformat: {type: delimited, delimiter: "|"}\n')
    (tmp_path / "feed.txt").write_bytes(content)
    (found,) = find_deliveries(source, tmp_path)
    raw = read_first_rows(found, source, 20)
    assert raw.rows_read == 20
    assert raw.quarantined.num_rows == 0
    assert raw.table.equals(read_delivery(found, source).table.slice(0, 20))
