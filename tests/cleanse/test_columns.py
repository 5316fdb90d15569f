"""Whole columns of ordinary values say what the cleansers say of each value."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from mdm.cleanse.columns import ordinary_phones
from mdm.cleanse.emails import EMAIL_WORDS
from mdm.cleanse.identifiers_columns import ordinary_identifiers
from mdm.cleanse.identity_card import check_character
from mdm.cleanse.placeholders import WORDS
from mdm.cleanse.values import CleanseContext
from tests.cleanse.in_columns import assert_as_one_by_one

CHINA = CleanseContext(region="CN", area_code="0931")
CONTEXTS = st.sampled_from([CHINA, CleanseContext(region="CA"), CleanseContext(region="GB")])
FORMS = (
    r"(\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}",
    r"\(?0\d{2,3}\)?[- ]?\d{7,8}(-\d)?",
    r"(\+?1[-. ]?)?\(?[2-9]\d\d\)?[-. ]?[2-9]\d\d[-. ]?\d{4}",
    r"(\+?1|\+?86)?[ -]?(13|0?2)?([0-9])\3{6,9}",
)
NUMBER = (
    st.one_of([st.from_regex(form, fullmatch=True) for form in FORMS])
    | st.builds(
        "{}{}".format, st.sampled_from(["", "1", "+1", "86", "+86", "0"]), st.sampled_from(sorted(WORDS["value"]))
    )
    | st.sampled_from(
        ["110", "n/a", " 13919012345", "13919012345\n", "１3919012345", "1391901234٥", "", "x", "400-800-1234"]
    )
)
DAY = st.none() | st.sampled_from(["2020-01-31", "2020-02-30", "9999-12-31", "1900-01-01", "03/04/2001", "x", ""])
HOME = st.none() | st.sampled_from(["CN", "Canada", "ca", "US", "中国", "GB", "unknown", ""])
WORD = st.none() | st.sampled_from(["SIM8", " FTTH  100", "", "\x00", "５G"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.none() | NUMBER, DAY, DAY, HOME), min_size=1, max_size=12), CONTEXTS)
def test_phones_in_columns(rows: list[tuple[Any, ...]], context: CleanseContext) -> None:
    assert_as_one_by_one("phones", rows, context)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(WORD, st.none() | NUMBER, WORD, DAY, DAY, HOME), min_size=1, max_size=12), CONTEXTS)
def test_subscriptions_in_columns(rows: list[tuple[Any, ...]], context: CleanseContext) -> None:
    assert_as_one_by_one("subscriptions", rows, context)


def _card(region: str, born: str, serial: str) -> str:
    return f"{region}{born}{serial}{check_character(region + born + serial)}"


BORN = st.dates().map("{:%Y%m%d}".format) | st.from_regex(r"(18|19|20)[0-9]{6}", fullmatch=True)
CARD = st.builds(_card, st.from_regex(r"[1-9][0-9]{5}", fullmatch=True), BORN.filter(lambda day: len(day) == 8),
                 st.from_regex(r"[0-9]{3}", fullmatch=True))  # fmt: skip
SIN = st.from_regex(r"[0-9]{8}", fullmatch=True).map(lambda digits: digits + str(luhn.calc_check_digit(digits)))
CODE = st.from_regex(r"[0-9A-Z]{3,20}", fullmatch=True) | st.from_regex(r"([0-9A-Z])\1{4,18}", fullmatch=True)
IDENTIFIER = (
    CARD
    | CARD.map(str.lower)
    | CARD.map(lambda card: card[:6] + card[8:17])
    | st.from_regex(r"[1-6][1-5][0-9]{15}[0-9X]", fullmatch=True)
    | SIN
    | st.from_regex(r"[0-9]{9}", fullmatch=True)
    | CODE
    | st.sampled_from(
        [*sorted(WORDS["value"]), *sorted(WORDS["word"]), "AB-12 345", "1234XXXX", "ID 12345", "", "٣٣٣٣٣٣"]
    )
)
KINDS = st.none() | st.sampled_from(
    ["national_id", "passport", "driving_licence", "tax_number", "organisation_id", "permit", "other", ""]
)


CALENDAR = st.none() | st.sampled_from(["lunar", "农历", "lunar leap", "solar", "julian", ""])
OF_RECORD = (DAY, CALENDAR, st.none() | st.sampled_from(["1", "2", "男", "F", "x"]))
HOLDER = st.builds(
    lambda card, dash, *of: ("national_id", "CN", card, None, dash.join((card[6:10], card[10:12], card[12:14])), *of),
    st.builds(_card, st.sampled_from(["620102", "110103", "629999", "810000", "911124"]), st.just("19800203"),
              st.sampled_from(["123", "124"])),
    st.sampled_from(["", "-", "/"]),
    *OF_RECORD[1:],
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(KINDS, HOME, st.none() | IDENTIFIER, HOME, *OF_RECORD) | HOLDER, min_size=1, max_size=12),
    CONTEXTS,
)
def test_identifiers_in_columns(rows: list[tuple[Any, ...]], context: CleanseContext) -> None:
    assert_as_one_by_one("identifiers", rows, context)


LOCAL = st.from_regex(r"[A-Za-z0-9_+.-]{1,70}", fullmatch=True) | st.sampled_from(sorted(EMAIL_WORDS["local"]))
DOMAIN = st.sampled_from([*sorted(EMAIL_WORDS["typo_domain"]), "a.con", "x.test", "example.com", "QQ.com"]) | (
    st.from_regex(r"[a-z0-9-]{1,64}(\.[a-z0-9-]{1,10}){0,2}\.[a-z]{1,5}", fullmatch=True)
)
EMAIL = (
    st.builds("{}@{}".format, LOCAL, DOMAIN)
    | st.sampled_from(
        [*sorted(EMAIL_WORDS["address"]), "n/a", " a@b.ca", "<a@b.ca>", "mailto:a@b.ca", "a@b.ca;", "é@b.ca"]
    )
    | st.emails()
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.none() | EMAIL, DAY, DAY), min_size=1, max_size=12), CONTEXTS)
def test_emails_in_columns(rows: list[tuple[Any, ...]], context: CleanseContext) -> None:
    assert_as_one_by_one("emails", rows, context)


TEXT = (
    st.none() | st.text(max_size=6) | st.sampled_from(["A-1", "a b", "a  b", " a", "a ", "５", "账号1", "a\n", "a\tb"])
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=12), CONTEXTS)
def test_texts_in_columns(rows: list[tuple[Any, ...]], context: CleanseContext) -> None:
    assert_as_one_by_one("relationships", rows, context)


def test_ordinary_identifiers_are_read_in_columns() -> None:
    kinds = ["national_id", "national_id", "tax_number", "driving_licence", "national_id"]
    values = ["11010519491231002X", "110105194912310021", "046454286", "T1234567", "110105194913310027"]
    countries = pa.array(["CN", "CN", "CA", "CA", "CN"])
    nothing = pa.nulls(len(values), pa.string())
    columns = [pa.array(kinds), countries, pa.array(values), nothing, nothing, nothing, nothing]
    ordinary, found = ordinary_identifiers(columns, CHINA)
    assert ordinary.to_pylist() == [True, False, False, True, False]
    assert found[1].to_pylist() == countries.to_pylist()


def test_ordinary_phones_are_read_in_columns() -> None:
    numbers = ["13919012345", "+86 139 1901 2345", "0931-8412345", "(403) 262-1234", "+1 403 262 1234", "110"]
    homes = ["CN", "CN", None, "CA", "CA", None]
    nothing = pa.nulls(len(numbers), pa.string())
    ordinary, found = ordinary_phones([pa.array(numbers), nothing, nothing, pa.array(homes)], CHINA)
    assert ordinary.to_pylist() == [True] * 5 + [False]
    assert found[0].to_pylist()[:5] == ["+8613919012345"] * 2 + ["+869318412345"] + ["+14032621234"] * 2
