from __future__ import annotations

import datetime as dt
import hashlib
import os
from pathlib import Path

import pytest

from mdm.errors import FeedError
from pipelines.landing import control_problems, find_deliveries
from tests.pipelines.feeds import contract

FORMAT = 'format: {type: delimited, delimiter: "|"}\n'


def at(year: int, month: int, day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, tzinfo=dt.UTC)


def put(folder: Path, name: str, content: bytes = b"ID|NAME\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_deliveries_come_by_extraction_time_then_name(tmp_path: Path) -> None:
    source = contract(
        tmp_path, 'files: ["in/a_*.txt", "in/*_20*"]\nextracted_at: {file_name: "a_%Y%m%d.txt"}\n' + FORMAT
    )
    for name in ("in/a_20200301.txt", "in/a_20200201.txt", "in/.a_20200101.txt.part"):
        put(tmp_path, name)
    found = find_deliveries(source, tmp_path)
    assert [(one.name, one.extracted_at) for one in found] == [
        ("in/a_20200201.txt", at(2020, 2, 1)), ("in/a_20200301.txt", at(2020, 3, 1)),
    ]  # fmt: skip


def test_a_missing_feed_is_an_empty_list(tmp_path: Path) -> None:
    assert find_deliveries(contract(tmp_path, "files: none_*.txt\n" + FORMAT), tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{const: 2020-04-01}", at(2020, 4, 1)),
        ("{const: 2020-04-01, timezone: Asia/Shanghai}", at(2020, 3, 31, 16)),
        ("{file_name: 'f_%Y%m%d%H.txt', timezone: Asia/Shanghai}", at(2020, 1, 31, 18)),
        ("{column: CUT, format: '%d.%m.%Y'}", at(2020, 5, 6)),
        ("{control: EXTRACTED, format: '%Y%m%d'}", at(2020, 7, 8)),
    ],
)
def test_ways_to_say_when_it_was_cut(tmp_path: Path, rule: str, expected: dt.datetime) -> None:
    source = contract(tmp_path, f"files: f_*.txt\nextracted_at: {rule}\ncontrol: {{file: '{{stem}}.ctl'}}\n" + FORMAT)
    put(tmp_path, "f_2020020102.txt", b"ID|NAME|CUT\n1|Ann|06.05.2020\n")
    put(tmp_path, "f_2020020102.ctl", b"Rows: 1\nextracted = 20200708\n")
    assert [one.extracted_at for one in find_deliveries(source, tmp_path)] == [expected]


def test_the_default_is_the_files_own_time(tmp_path: Path) -> None:
    source = contract(tmp_path, "files: f.txt\n" + FORMAT)
    os.utime(put(tmp_path, "f.txt"), (86400, 86400))
    assert find_deliveries(source, tmp_path)[0].extracted_at == at(1970, 1, 2)


def test_a_name_without_its_time_stops_the_source(tmp_path: Path) -> None:
    source = contract(tmp_path, "files: f*.txt\nextracted_at: {file_name: 'f_%Y%m%d.txt'}\n" + FORMAT)
    put(tmp_path, "f_today.txt")
    with pytest.raises(FeedError, match="does not say when"):
        find_deliveries(source, tmp_path)


CONTROL = 'files: "f*"\ncontrol: {file: "{name}.ctl", rows: ROWS, checksum: MD5}\n' + FORMAT


def test_a_control_file_that_agrees(tmp_path: Path) -> None:
    source = contract(tmp_path, CONTROL)
    content = put(tmp_path, "f.txt", b"ID|NAME\n1|Ann\n").read_bytes()
    put(tmp_path, "f.txt.ctl", f"ROWS=1\r\nmd5={hashlib.md5(content).hexdigest().upper()}\r\n".encode())
    (found,) = [one for one in find_deliveries(source, tmp_path) if one.name != "feed.yaml"]
    assert control_problems(found, rows_read=1) == []


def test_a_control_file_that_disagrees(tmp_path: Path) -> None:
    source = contract(tmp_path, CONTROL)
    put(tmp_path, "f.txt")
    put(tmp_path, "f.txt.ctl", b"ROWS=5\nMD5=00\n")
    (found,) = [one for one in find_deliveries(source, tmp_path) if one.name != "feed.yaml"]
    checksum, count = control_problems(found, rows_read=4)
    assert "f.txt.ctl says 00" in checksum
    assert count == "4 rows read from f.txt, f.txt.ctl says 5"


def test_no_control_file_is_no_problem_but_an_incomplete_one_is(tmp_path: Path) -> None:
    source = contract(tmp_path, CONTROL.replace('"f*"', "f.txt"))
    put(tmp_path, "f.txt")
    (found,) = find_deliveries(source, tmp_path)
    assert found.control is None
    assert control_problems(found, rows_read=4) == []
    put(tmp_path, "f.txt.ctl", b"MD5=00\n")
    with pytest.raises(FeedError, match="no ROWS"):
        find_deliveries(source, tmp_path)


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    source = contract(tmp_path, "files: '*.txt'\n" + FORMAT)
    put(tmp_path, "a.txt", b"same")
    put(tmp_path, "b.txt", b"same")
    first, second = find_deliveries(source, tmp_path)
    assert first.content_digest() == second.content_digest() == hashlib.sha256(b"same").hexdigest()


def test_a_query_gives_one_delivery_per_run(tmp_path: Path) -> None:
    source = contract(tmp_path, 'format: {type: sql, url: "sqlite://", query: "select 1"}\n')
    (found,) = find_deliveries(source, tmp_path, now=at(2020, 1, 1))
    (later,) = find_deliveries(source, tmp_path, now=at(2020, 1, 2))
    assert (found.path, found.extracted_at) == (None, at(2020, 1, 1))
    assert found.content_digest() != later.content_digest()
