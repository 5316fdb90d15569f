"""Whole columns of ordinary addresses say what the cleanser says of each address."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm.cleanse.addresses_columns import ordinary_addresses
from mdm.cleanse.postal import AddressText
from mdm.cleanse.templates import MARKS, fill, numbers, shapes
from mdm.cleanse.values import CleanseContext
from tests.cleanse.in_columns import assert_as_one_by_one, columns_of

CHINA = CleanseContext(region="CN", area_code="0931")
CONTEXTS = st.sampled_from([CHINA, CleanseContext(region="CA"), CleanseContext(region="US")])


def words(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


N = (
    st.integers(1, 30).map(str)
    | st.integers(0, 99_999).map(str)
    | words("7", "7", "0012", "1/2", "12A", "5B", "٣", "三")
)
ROAD = words(
    "中山路",
    "天水北路",
    "中山路步行街",
    "解放大道",
    "西津西路",
    "和平里",
    "健康巷",
    "人民路一段",
    "马家庄",
    "銀灘路",
    "测试",
)
HEAD = st.builds(
    "{}{}{}{}".format,
    words("", "甘肃省", "甘肃", "北京市", "730000"),
    words("", "兰州市", "兰州", "西安市"),
    words("", "城关区", "七里河区", "宣武区", "雁滩镇"),
    ROAD,
)
TAIL = st.builds("{}{}{}{}".format, words("号", "弄", "", "号院", "-", "号附", "号 "),
                 words("", "阳光家园", "A座", "万达广场", "錦繡花園"),
                 st.builds("{}{}".format, N, words("号楼", "栋", "幢", "-", "室", "")) | st.just(""),
                 st.builds("{}单元{}{}".format, N, N, words("室", "", "户"))
                 | st.builds("{}-{}".format, N, N) | st.builds("{}层".format, N) | st.just("")
                 | words("东户", "后面"))  # fmt: skip
LINE = st.builds("{}{}{}".format, HEAD, N, TAIL)

STREET = words("King St W", "KING ST W", "Forest Crescent", "St", "104 Ave NW", "rue Langelier", "chemin Fleury Ouest",
               "Île-des-Sœurs Rd", "O'Connor Dr", "1st Ave", "5th Street", "Rural Route", "Highway 7", "County Rd 12",
               "Unknown", "Apt", "Main", "boul. René-Lévesque E", "Ã©glise Rd", "RR 2")  # fmt: skip
UNIT = st.builds("{}{}".format, words(" Apt ", ", app. ", " Unit ", " #", ", Suite ", " Floor ", " "), N) | words(
    "", "", "", " Basement", ", Sunny Manor"
)
CIVIC = st.builds("{}{}{}{}{}".format, words("", "", "Sunny Manor, ", "PO Box 5, "),
                  st.builds("{}-".format, N) | words("", "", "Unit 4, ", "#3 "), N,
                  words(" ", " ", ", ", "  ").flatmap(lambda gap: STREET.map(lambda street: gap + street)),
                  UNIT)  # fmt: skip
CITY = words(
    "Toronto", "Québec", "Trois-Rivières", "St. John's", "100 Mile House", "CALGARY", "North York, Toronto", "n/a"
)
STATE = words("ON", "QC", "AB", "Ontario", "British Columbia", "N.W.T.", "XX", "TX", "")
CODE = st.from_regex(r"[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]", fullmatch=True) | words(
    "M5V 1A1", "M5V1A1", "m5v 1a1", "H2X 1Y4", "T2P 1J9", "X0A 0H0", "K1A 0B1", "K1AOB1", "10115", "H0H 0H0", ""
)
CANADIAN = st.builds("{}{}{}{}{}{}{}".format, CIVIC, words(", ", ",", " "), CITY, words(" ", ", "), STATE,
                     words(" ", "  ", ", "), CODE)  # fmt: skip
COUNTRY = st.none() | words("CA", "CN", "Canada", "中国", "US", "", "unknown")
KIND = st.none() | words("dwelling", "Business", "n/a", "")
DAY = st.none() | words("2020-01-31", "2020-02-30", "9999-12-31")
PART = st.none() | N | words("甲", "B", "3号楼", "阳光家园", "n/a", "Tower", "-", "1-2")


def _row(**parts: Any) -> tuple[Any, ...]:
    return tuple(parts.get(name) for name in (*AddressText._fields, "start", "end"))


ROW = (
    st.builds(_row, text=st.none() | LINE | CANADIAN, country=COUNTRY, kind=KIND, start=DAY, end=DAY)
    | st.builds(_row, number=PART, street=HEAD | STREET | CIVIC | st.none(), unit=PART, building=PART,
                district=st.none() | words("城关区", "Old Town", "宣武区"),
                locality=st.none() | CITY | words("兰州市", "兰州"), region=st.none() | STATE | words("甘肃省", "甘肃"),
                postcode=st.none() | CODE | words("730000"), country=COUNTRY, kind=KIND, start=DAY)
    | st.builds(_row, text=LINE | CANADIAN, number=PART, po_box=PART, postcode=CODE, locality=CITY, country=COUNTRY)
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12), CONTEXTS)
def test_addresses_in_columns(rows: list[tuple[Any, ...]], context: CleanseContext) -> None:
    assert_as_one_by_one("address.text", rows, context)


def test_ordinary_addresses_are_read_in_columns() -> None:
    rows = [
        _row(text="甘肃省兰州市城关区中山路88号阳光家园3号楼2单元501室", country="CN"),
        _row(number="88", street="中山路", unit="501室", district="城关区", locality="兰州市", country="CN"),
        _row(text="1204-55 King St W, Toronto ON M5V 1A1", country="CA"),
        _row(
            number="55",
            street="rue Langelier",
            unit="4",
            locality="Québec",
            region="QC",
            postcode="G1K 5X4",
            country="CA",
        ),
        _row(country="CA"),
        _row(text="Hauptstraße 5, 10115 Berlin", country="DE"),
    ]
    columns = columns_of(rows)
    ordinary, _ = ordinary_addresses(columns, CHINA)
    assert ordinary.to_pylist() == [True] * 5 + [False]
    assert_as_one_by_one("address.text", rows, CHINA)


def test_numbers_are_taken_out_and_put_back() -> None:
    texts = pa.array(["路12号3室", "a", None, "1-2-03", "5x6"])
    assert shapes(texts).to_pylist() == ["路0号0室", "a", None, "0-0-0", "0x0"]
    clear, slots = numbers(texts, 2)
    assert clear.to_pylist() == [True, True, True, False, True]
    first, second = MARKS[:2]
    filled = fill([f"{second}之{first}", "x", None, first], pa.array([0, 1, 2, 2, 3]), slots)
    assert filled.to_pylist() == ["3之12", "x", None, None, "5"]
