from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdm.errors import FeedError
from tests.pipelines.feeds import read, refused, rows

COLUMNS = "columns: [{name: ID, start: 1, width: 3}, {name: NAME, start: 4, width: 6}]"


def layout(encoding: str, more: str = "") -> str:
    return f"{{type: fixed_width, encoding: {encoding}, {COLUMNS}{more}}}"


def record(key: str, name: str, encoding: str = "gbk") -> bytes:
    return key.ljust(3).encode(encoding) + name.encode(encoding).ljust(6, " ".encode(encoding))


def test_columns_are_cut_by_bytes(tmp_path: Path) -> None:
    raw = read(tmp_path, layout("gbk"), record("1", "张伟") + b"\r\n" + record("22", "李小娜") + b"\r\n")
    assert rows(raw) == [(1, "1", "张伟"), (2, "22", "李小娜")]


def test_columns_are_cut_by_characters(tmp_path: Path) -> None:
    raw = read(tmp_path, layout("utf-8", ", unit: characters"), "1  张伟    \n22 李小娜   \n".encode())
    assert rows(raw) == [(1, "1", "张伟"), (2, "22", "李小娜")]


@pytest.mark.parametrize("encoding", ["cp037", "cp500"])
@pytest.mark.parametrize("end", ["", "\n", "\x85"])
def test_ebcdic_with_and_without_line_ends(tmp_path: Path, encoding: str, end: str) -> None:
    ends = end.encode(encoding)
    content = record("1", "ANN", encoding) + ends + record("2", "BOB", encoding) + ends
    raw = read(tmp_path, layout(encoding, ", record_length: 9"), content)
    assert rows(raw) == [(1, "1", "ANN"), (2, "2", "BOB")]


def test_half_a_character_at_the_end_of_a_column_refuses_its_row(tmp_path: Path) -> None:
    half = b"2  " + "李小娜".encode("gbk")[:5] + b" "
    raw = read(tmp_path, layout("gbk"), b"\n".join([record("1", "张伟"), half, record("3", "x")]) + b"\n")
    assert rows(raw) == [(1, "1", "张伟"), (3, "3", "x")]
    assert refused(raw) == [(2, "encoding", "2")]


def test_a_wrong_length_among_equal_lengths_is_quarantined(tmp_path: Path) -> None:
    lines = [record(str(n), "Ann") for n in range(1, 21)]
    lines[4] = lines[4] + b"x"
    raw = read(tmp_path, layout("gbk"), b"\n".join(lines) + b"\n")
    assert raw.table.num_rows == 19
    assert refused(raw) == [(5, "columns", "5")]


def test_a_truncated_last_record(tmp_path: Path) -> None:
    content = b"\n".join([record(str(n), "Ann") for n in range(1, 21)] + [b"21 An"])
    assert refused(read(tmp_path, layout("gbk"), content)) == [(21, "truncated", "21")]
    unseparated = b"".join([record(str(n), "Ann") for n in range(1, 21)] + [b"21 An"])
    assert refused(read(tmp_path, layout("gbk", ", record_length: 9"), unseparated)) == [(21, "truncated", "21")]


def test_trailing_blanks_may_be_cut_off(tmp_path: Path) -> None:
    raw = read(tmp_path, layout("gbk"), b"1  Ann\n2  Robert\n3\n4  Jo\n")
    assert rows(raw) == [(1, "1", "Ann"), (2, "2", "Robert"), (3, "3", None), (4, "4", "Jo")]


def test_a_separator_inside_a_record_refuses_it(tmp_path: Path) -> None:
    raw = read(tmp_path, layout("ascii", ", record_length: 9"), b"1  A\nn   2  Bob   ")
    assert rows(raw) == [(2, "2", "Bob")]
    assert refused(raw)[0][:2] == (1, "columns")


def test_a_header_line_is_skipped(tmp_path: Path) -> None:
    assert rows(read(tmp_path, layout("gbk", ", header: true"), b"KEY NAME \n1  Ann   \n")) == [(2, "1", "Ann")]


def test_nul_bytes_and_empty_files(tmp_path: Path) -> None:
    assert refused(read(tmp_path, layout("gbk"), b"1  A\0    \n2  Bob   \n")) == [(1, "nul", "1")]
    assert read(tmp_path, layout("gbk"), b"").notes == ["the file is empty"]
    assert read(tmp_path, layout("utf-8", ", unit: characters"), b"").rows_read == 0


def test_utf_16_cannot_be_cut_by_bytes(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="unit: characters"):
        read(tmp_path, layout("utf-16"), "1  Ann   \n".encode("utf-16"))


names = st.text(st.sampled_from("张伟李娜abc "), max_size=3).map(str.strip)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 999).map(str), names), min_size=1, max_size=9))
def test_what_was_written_reads_back(tmp_path: Path, written: list[tuple[str, str]]) -> None:
    content = b"".join(record(key, name) + b"\n" for key, name in written)
    raw = read(tmp_path, layout("gbk"), content)
    assert [row[1:] for row in rows(raw)] == [(key, name or None) for key, name in written]
