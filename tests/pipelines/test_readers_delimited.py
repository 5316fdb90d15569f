from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdm.errors import FeedError
from tests.pipelines.feeds import contract, delivery, read, refused, rows

PSV = '{type: delimited, delimiter: "|"}'
CSV = "{type: delimited}"


def test_every_value_is_text_and_nothing_is_null(tmp_path: Path) -> None:
    raw = read(tmp_path, PSV, b"ID|NAME\n007|Ann\n8|\n")
    assert rows(raw) == [(2, "007", "Ann"), (3, "8", None)]
    assert raw.notes == []


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, end: str) -> None:
    text = end.join(["ID|NAME", "1|張偉", "", "2|許功蓋", ""])  # big5 has | and \ as second bytes
    raw = read(tmp_path, f'{{type: delimited, delimiter: "|", encoding: {encoding}}}', text.encode(encoding))
    assert rows(raw) == [(2, "1", "張偉"), (4, "2", "許功蓋")]


def test_an_ebcdic_file_reads(tmp_path: Path) -> None:
    raw = read(tmp_path, '{type: delimited, delimiter: "|", encoding: cp037}', "ID|NAME\n1|ANN\n".encode("cp037"))
    assert rows(raw) == [(2, "1", "ANN")]


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    assert rows(read(tmp_path, PSV, gzip.compress(b"ID|NAME\n1|Ann\n"))) == [(2, "1", "Ann")]


def test_a_broken_gzip_stops_the_source(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="gzip"):
        read(tmp_path, PSV, gzip.compress(b"ID|NAME\n1|Ann\n" * 99)[:30])


def test_too_many_and_too_few_columns_are_quarantined_with_their_key(tmp_path: Path) -> None:
    raw = read(tmp_path, PSV, b"ID|NAME\n1|Ann\n2|Bob|x\n3\n4|Dan\n")
    assert rows(raw) == [(2, "1", "Ann"), (5, "4", "Dan")]
    assert refused(raw) == [(3, "columns", "2"), (4, "columns", "3")]


def test_a_truncated_last_line_is_quarantined(tmp_path: Path) -> None:
    raw = read(tmp_path, '{type: delimited, delimiter: "|"}', b"ID|NAME\n1|Ann\n2")
    assert refused(raw) == [(3, "truncated", "2")]


def test_a_last_line_without_line_end_is_fine_when_complete(tmp_path: Path) -> None:
    assert rows(read(tmp_path, PSV, b"ID|NAME\n1|Ann")) == [(2, "1", "Ann")]


def test_bytes_that_do_not_decode_refuse_their_row_only(tmp_path: Path) -> None:
    name = "张伟".encode("gb18030")
    raw = read(
        tmp_path,
        '{type: delimited, delimiter: "|", encoding: gb18030}',
        b"ID|NAME\n1|" + name + b"\n2|\xff" + name + b"\n3|" + name + b"\n",
    )
    assert rows(raw) == [(2, "1", "张伟"), (4, "3", "张伟")]
    assert refused(raw) == [(3, "encoding", "2")]


def test_a_wrong_encoding_throughout_stops_the_source(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="3 of 3 rows are not utf-8"):
        read(tmp_path, PSV, "ID|NAME\n1|张伟\n2|李娜\n3|王芳\n".encode("gb18030"))


def test_a_header_in_another_encoding_stops_the_source(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="the header is not utf-8"):
        read(tmp_path, PSV, "编号|姓名\n1|x\n".encode("gb18030"))


def test_nul_bytes_refuse_their_row_only(tmp_path: Path) -> None:
    raw = read(tmp_path, PSV, b"ID|NAME\n1|A\0n\n2|Bob\n")
    assert rows(raw) == [(3, "2", "Bob")]
    assert refused(raw) == [(2, "nul", "1")]


def test_a_ten_megabyte_field_refuses_its_row_only(tmp_path: Path) -> None:
    raw = read(tmp_path, PSV, b"ID|NAME\n1|Ann\n2|" + b"x" * 10_000_000 + b"\n3|Cy\n")
    assert rows(raw) == [(2, "1", "Ann"), (4, "3", "Cy")]
    assert refused(raw) == [(3, "field_too_long", "2")]
    assert len(raw.quarantined.column("content")[0].as_py()) <= 4000


def test_a_field_over_the_limit_in_a_short_row(tmp_path: Path) -> None:
    raw = read(tmp_path, PSV, b"ID|NAME\n1|" + b"x" * 300 + b"\n2|Bob\n", max_field_bytes=299)
    assert refused(raw) == [(2, "field_too_long", "1")]


def test_quoted_line_breaks_keep_the_line_numbers(tmp_path: Path) -> None:
    raw = read(tmp_path, CSV, b'ID,NAME\n1,"Ann\nLee"\n2,"Bob, ""B"""\n3,"a\n\nb"\n4,Dan\n')
    assert rows(raw) == [(2, "1", "Ann\nLee"), (4, "2", 'Bob, "B"'), (5, "3", "a\n\nb"), (8, "4", "Dan")]


def test_stray_quotes_swallow_no_rows(tmp_path: Path) -> None:
    raw = read(tmp_path, PSV, b'ID|NAME\n1|"Ann\n2|Bob\n3|Cy "C\n4|Dan\n5|"Ed\n')
    assert [row[0] for row in rows(raw)] == [2, 3, 4, 5, 6]
    assert rows(raw)[0] == (2, "1", '"Ann')


def test_an_unclosed_quote_refuses_its_line_only(tmp_path: Path) -> None:
    raw = read(tmp_path, PSV, b'ID|NAME\n1|x|"Ann\n2|Bob\n3|Cy\n')
    assert rows(raw) == [(3, "2", "Bob"), (4, "3", "Cy")]
    assert refused(raw) == [(2, "columns", "1")]


def test_quote_none_keeps_quotes(tmp_path: Path) -> None:
    raw = read(tmp_path, '{type: delimited, delimiter: "|", quote: none}', b'ID|NAME\n1|"Ann"\n')
    assert rows(raw) == [(2, "1", '"Ann"')]


def test_a_header_in_another_order_with_more_columns_is_fine(tmp_path: Path) -> None:
    raw = read(tmp_path, PSV, b"EXTRA| NAME |ID\nx|Ann|1\n")
    assert rows(raw) == [(2, "x", "Ann", "1")]
    assert raw.notes == ["columns that the contract does not use: EXTRA"]


def test_a_renamed_column_stops_the_source_and_says_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"missing columns: NAME \(nearest: Names\)"):
        read(tmp_path, PSV, b"ID|Names\n1|Ann\n")


def test_a_wanted_column_that_comes_twice_stops_the_source(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="twice: NAME"):
        read(tmp_path, PSV, b"ID|NAME|NAME\n1|Ann|Ann\n")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_rows(tmp_path: Path, content: bytes) -> None:
    raw = read(tmp_path, PSV, content)
    assert raw.rows_read == 0
    assert raw.notes == ["the file is empty"]


def test_columns_of_a_file_without_header(tmp_path: Path) -> None:
    raw = read(tmp_path, "{type: delimited, header: false, columns: [ID, NAME]}", b"1,Ann\n2,Bob\n")
    assert rows(raw) == [(1, "1", "Ann"), (2, "2", "Bob")]


def test_the_file_is_named_in_quarantine(tmp_path: Path) -> None:
    source = contract(tmp_path, f"files: in/*.psv\nformat: {PSV}\n")
    (tmp_path / "in").mkdir()
    found = delivery(source, tmp_path, b"ID|NAME\n1\n", "in/a.psv")
    from pipelines.readers import read_delivery

    assert read_delivery(found, source).quarantined.column("file").to_pylist() == ["in/a.psv"]


texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufeff"), max_size=8)
fields = st.one_of(texts, st.text(st.sampled_from('a,"\n '), max_size=6))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 9).map(str), fields), min_size=1, max_size=8))
def test_what_the_csv_module_writes_reads_back(tmp_path: Path, written: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("ID", "NAME"), *written])
    raw = read(tmp_path, CSV, out.getvalue().encode())
    # a row of several lines each of which makes a row on its own cannot be told from stray quotes
    if not any("\n" in name for _, name in written):
        assert [row[1:] for row in rows(raw)] == [(key, name or None) for key, name in written]
    assert raw.rows_read >= 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=12).filter(lambda b: not set(b) & {10, 13}), min_size=1, max_size=8))
def test_no_line_is_lost_whatever_its_bytes(tmp_path: Path, lines: list[bytes]) -> None:
    """Lines cannot be lost or run together: every other row is readable, so the encoding is never blamed."""
    body = b"".join(b"1|" + line + b"\n1|ok\n1|ok\n" for line in lines)
    raw = read(tmp_path, '{type: delimited, delimiter: "|", encoding: gb18030, quote: none}', b"ID|NAME\n" + body)
    assert raw.rows_read == 3 * len(lines)
