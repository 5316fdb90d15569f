"""Whole columns of ordinary names say what the cleanser says of each name."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mdm.cleanse.names_columns import ordinary_names
from mdm.cleanse.values import CleanseContext
from tests.cleanse.in_columns import assert_as_one_by_one, columns_of

CHINA, CANADA = CleanseContext(region="CN"), CleanseContext(region="CA")
LATIN = st.sampled_from(
    [
        "Ann",
        "ANN",
        "ann",
        "Wei",
        "Zhang",
        "ZHANG",
        "Xiaoming",
        "Li",
        "Na",
        "Lü",
        "LYU",
        "O'Neil",
        "Smith-Roy",
        "J.",
        "Q",
        "Mr",
        "Dr.",
        "Jr",
        "III",
        "de",
        "van",
        "née",
        "Null",
        "Test",
        "René",
        "Ōe",
        "Ann  ",
        "McDonald",
        "Baby",
        "N/A",
        "X1",
    ]
)
HANZI = st.sampled_from(
    [
        "张",
        "张伟",
        "伟",
        "小明",
        "欧阳",
        "欧阳锋",
        "司马静兴",
        "買買提",
        "买买提",
        "诸葛",
        "王女士",
        "先生",
        "测试",
        "陈林小明",
        "李四",
        "古丽",
        "古丽娜",
        "仇",
        "单",
        "覃",
        "〇",
        "𠮷",
        "张*",
        "无",
        "阿卜杜拉",
        "太太",
        "大文",
        "光峰",
        "郑",
    ]
)
FULL = (
    st.lists(LATIN, min_size=1, max_size=4).map(" ".join)
    | st.lists(HANZI, min_size=1, max_size=3).map("".join)
    | st.builds("{}{}{}".format, HANZI, st.sampled_from([" ", "·", ","]), HANZI | LATIN)
    | st.text(max_size=4)
)
WORD = st.none() | LATIN | HANZI | st.lists(LATIN, min_size=2, max_size=2).map(" ".join)
RARE = st.none() | st.none() | st.none() | LATIN
ROW = st.tuples(
    st.sampled_from(["person", "person", "organisation", None]),
    st.none() | FULL, RARE, WORD, st.none() | LATIN, WORD, RARE, RARE, RARE,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12), st.sampled_from([CHINA, CANADA]))
def test_names_in_columns(rows: list[tuple[Any, ...]], context: CleanseContext) -> None:
    assert_as_one_by_one("name_given", rows, context)


def test_ordinary_names_are_read_in_columns() -> None:
    nothing = (None, None, None, None, None, None, None)
    rows = [
        ("person", "张伟", *nothing),
        ("person", "欧阳锋", *nothing),
        ("person", "Ann J. O'Neil", *nothing),
        ("person", "Zhang Xiaoming", *nothing),
        ("person", None, None, "Ann", "Mary", "Lee", None, None, None),
        ("person", None, None, "伟", None, "张", None, None, None),
        ("person", "王女士", *nothing),
        ("organisation", "Acme", *nothing),
    ]
    columns = columns_of(rows)
    ordinary, _ = ordinary_names(columns, CHINA)
    assert ordinary.to_pylist() == [True] * 6 + [False] * 2
    assert_as_one_by_one("name_given", rows, CHINA)
