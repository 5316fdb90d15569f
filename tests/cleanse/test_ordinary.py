"""Short cuts for the commonest forms give what the general way gives."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from mdm.cleanse.addresses import _any_address, cleanse_address
from mdm.cleanse.addresses_chinese import read_whole
from mdm.cleanse.addresses_forms import read_chinese
from mdm.cleanse.addresses_latin import _split_street, split_street
from mdm.cleanse.dates import cleanse_date
from mdm.cleanse.fold import has_han
from mdm.cleanse.identifiers import cleanse_identifier
from mdm.cleanse.lines_chinese import split_address, split_whole
from mdm.cleanse.names import _any_name
from mdm.cleanse.names_ordinary import ordinary_name
from mdm.cleanse.phones import cleanse_phone
from mdm.cleanse.placeholders import WORDS
from mdm.cleanse.places_chinese import read_place, read_whole_place
from mdm.cleanse.postal import AddressText
from mdm.cleanse.values import Issue

HANZI = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=4)
WORD = (
    st.sampled_from(
        ["Ann", "LEE", "lee", "Wang", "wei", "LYU", "Xiao", "Mr", "Jr", "Null", "de", "McDonald", "iii", "test", "x",
         "张", "伟", "欧阳", "張偉", "司徒婉仪", "某", "先生", "无", "测试", "乾", "单", "王先生",
         "O'Neil", "José", "Anne-Marie", "M.", "Jr.", "Dr.", "née", "Anne-né", "geb.", "born", "De", "LÜ", "ǆo",
         "Mac-é", "van", "Na", "x-x", "小张", "老王", "扎西", "古丽", "张三", "李大学", "兰州大学", "小明"]
    )
    | HANZI
    | st.from_regex(r"[A-Za-zÀ-ɏ]{1,8}([-' ][A-Za-zß-ɏ]{1,3}\.?)?", fullmatch=True)
)  # fmt: skip
FULL = WORD | st.lists(WORD, min_size=1, max_size=3).map(" ".join) | st.lists(WORD, min_size=2, max_size=2).map("".join)
REGIONS = st.sampled_from(["CN", "CA", "US", "SG"])


@settings(max_examples=200, deadline=None)
@given(st.none() | FULL, st.none() | WORD, st.none() | WORD, st.none() | WORD, REGIONS)
def test_ordinary_names(
    full: str | None, first: str | None, middle: str | None, family: str | None, region: str
) -> None:
    found = ordinary_name(full, first, middle, family, region)
    if found is not None:
        shown, keys, issues = _any_name((None, first, middle, family, None, None), full, region)
        assert (found, ()) == ((*shown, *keys), issues)


def test_ordinary_names_are_read_at_once() -> None:
    for full, first, middle, family in (
        ("张伟", None, None, None),
        ("Ann Lee", None, None, None),
        ("Wang Wei", None, None, None),
        (None, "伟", None, "张"),
        (None, "ANN", None, "LEE"),
        (None, "Ann", "M", "Lee"),
        ("René M. O'Neil-Roy", None, None, None),
    ):
        assert ordinary_name(full, first, middle, family, "CN") is not None


PIECE = st.sampled_from(
    ["甘肃省", "甘肃", "兰州市", "兰州", "蘭州市", "城关区", "榆中县", "定远镇", "北京市", "上海", "北京路", "张掖路",
     "民主東路", "南昌路",
     "街道", "号", "号院", "附", "弄", "号楼", "栋", "幢", "单元", "室", "层", "座", "村", "组", "里", "条", "巷", "段",
     "阳光家园", "小区",
     "花园", "一", "十二", "甲", "A", "B", "F", "#", "-", "/", "之", " ", "(", ")", ",", "邮编",
     "中国", "{", "}", "٣", "０", "厦", "市辖区",
     "崇文区", "萧山市", "昆山市", "城关", "江干", "社区", "居委会", "之一", "负一", "地下", "东户", "排", "社", "内"]
) | st.integers(0, 999_999_999).map(str)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(PIECE, max_size=12).map("".join),
    st.sampled_from([None, "兰州市", "北京市"]),
    st.none() | st.just("城关区"),
)
def test_lines_of_one_shape(text: str, city: str | None, district: str | None) -> None:
    line = re.sub(r"[ (),#{}]", "", text)  # what `split_address` would tidy away first
    line = re.sub(r"(?<![0-9A-Za-z])/+|/+(?![0-9A-Za-z])", "", line)
    assert split_address(line, city, district) == split_whole(line, city, district)


LINE = st.lists(PIECE, max_size=10).map("".join).filter(lambda text: text == text.strip() and text)
PLACE = st.none() | st.sampled_from(["兰州市", "兰州", "北京市", "城关区", "甘肃省", "甘肃", "3区", "{0}", "٣"])


@settings(max_examples=300, deadline=None)
@given(
    st.builds(AddressText, text=LINE, country=st.sampled_from([None, "CN", "ca"]), postcode=st.none() | st.just("73"))
    | st.builds(
        AddressText,
        text=st.none() | LINE,
        number=st.none() | PIECE,
        street=st.none() | LINE,
        unit=st.none() | PIECE,
        building=st.none() | PIECE,
        po_box=st.none() | PIECE,
        district=PLACE,
        locality=PLACE,
        region=PLACE,
    ),
    REGIONS,
)
def test_addresses_of_one_form(parts: AddressText, region: str) -> None:
    issues: list[Issue] = []
    expected: list[Issue] = []
    assert read_chinese(parts, region, issues) == read_whole(parts, region, expected)
    assert issues == expected


HEAD = st.lists(
    st.sampled_from(
        ["甘肃省", "兰州市", "兰州", "城关区", "定远镇", "北京路", "张掖路", "中山路一", "中山",
         "路", "街", "里", "条", "东", "民主東路", "甲", "第", "-", "阳光家园"]
    ),
    max_size=4,
).map("".join)  # fmt: skip
TAIL = st.lists(
    st.sampled_from(
        ["号", "段", "巷", "弄", "条", "横路", "附", "号楼", "栋", "单元", "室", "层", "阳光家园", "甲", "A", "-",
         "门", "1", "20", "05", "東"]
    ),
    max_size=9,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(HEAD, st.integers(0, 999).map(str), TAIL, PLACE, PLACE, st.sampled_from([None, "CN", "unknown"]), REGIONS)
def test_house_numbers_on_roads(
    head: str, number: str, tail: str, city: str | None, district: str | None, country: str | None, region: str
) -> None:
    parts = AddressText(street=f"{head}{number}{tail}", locality=city, district=district)
    issues: list[Issue] = []
    expected: list[Issue] = []
    assert read_chinese(parts, region, issues) == read_whole(parts, region, expected)
    assert issues == expected
    line = AddressText(text=f"{head}{number}{tail}", country=country, kind="Dwelling")
    assert cleanse_address(line, region=region) == _any_address(line, region)


@settings(max_examples=300, deadline=None)
@given(LINE, PLACE, PLACE)
def test_places_are_read_up_to_the_first_digit(text: str, city: str | None, district: str | None) -> None:
    assert read_place(text, city, district) == read_whole_place(text, city, district)


def test_no_placeholder_has_a_form() -> None:
    assert not [word for word in WORDS["word"] if has_han(word) and any(character.isdigit() for character in word)]


def test_numbers_go_where_they_belong() -> None:
    place, below, rest = split_address("甘肃省兰州市城关区中山路88号阳光家园3号楼2单元0501室", None, None)
    assert (place.city, place.district, rest) == ("兰州市", "城关区", "中山路88号阳光家园3号楼2单元0501室")
    assert (below.road, below.number, below.compound) == ("中山路", "88", "阳光家园")
    assert (below.building, below.unit, below.room) == ("3", "2", "0501")


STREET = st.lists(
    st.sampled_from(
        ["King", "St", "W", "Main", "Ave", "Floor", "fl", "Unit", "B", "Box", "PO", "rue", "de", "la", "Apt", "c",
         "Bldg",
         "st", "nd", "O'Brien", "Rear", "P.O.", "Rural", "Route", "RR", "No.", "ph", "upper"]
    ),
    min_size=1,
    max_size=4,
).map(" ".join)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 99999).map(str) | st.just("007"), STREET, st.sampled_from(["CA", "US", "AU", "GB"]))
def test_street_lines_of_one_number(number: str, street: str, region: str) -> None:
    line = f"{number} {street}"
    assert split_street(line, region) == _split_street(line, region)


# a blank at the end is no part of a value, and keeps it from the short cuts
NUMBER = st.from_regex(
    r"(\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|(\+?86 ?)?13[89]00000000|133-3333-3333|\+?86 ?13333333333|"
    r"\(?0\d{2,3}\)?[- ]?\d{7,8}(-\d)?|(\+?1[-. ]?)?\(?[2-9]\d\d\)?[-. ]?[2-9]\d\d[-. ]?\d{4}|"
    r"(\+?1[-. ]?)?222-?2222222",
    fullmatch=True,
)


@settings(max_examples=200, deadline=None)
@given(NUMBER, st.sampled_from(["CN", "CA", "US", "GB"]), st.sampled_from([None, "CN", "CA"]))
def test_ordinary_phones(text: str, region: str, home: str | None) -> None:
    assert cleanse_phone(text, region=region, home=home) == cleanse_phone(f"{text} ", region=region, home=home)


CARD = st.from_regex(r"(6201|1101|9999)\d\d(19|20)\d\d(0\d|1[0-3])[0-3]\d{4}[\dX]", fullmatch=True)


@settings(max_examples=300, deadline=None)
@given(CARD | st.sampled_from(["11010519491231002X", "110101199001011234", "111111111111111111"]))
def test_ordinary_cards(text: str) -> None:
    assert cleanse_identifier("national_id", text, country="CN", region="CA") == cleanse_identifier(
        "national_id", f"{text} ", country="CN", region="CA"
    )


@settings(max_examples=300, deadline=None)
@given(st.from_regex(r"(0|1|2)\d{3}-[01]\d-[0-3]\d", fullmatch=True) | st.sampled_from(["1900-01-01", "9999-12-31"]))
def test_ordinary_dates(text: str) -> None:
    for attribute in ("birth_date", "phones.valid_to"):
        assert cleanse_date(text, region="CA", attribute=attribute) == cleanse_date(
            f"{text} ", region="CA", attribute=attribute
        )
