"""Addresses: case tables in Latin script and in hanzi, and the properties of both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm.cleanse.addresses import CleansedAddress, cleanse_address
from mdm.cleanse.numerals import to_digits
from mdm.cleanse.postal import AddressText


def keys(found: CleansedAddress) -> tuple[str | None, ...]:
    return found.keys.number, found.keys.street, found.keys.unit


STREETS = {
    "plain": ("1110 venice rd", "US", ("1110", "venice rd", None)),
    "type spelled out": ("1110 Venice Road", "US", ("1110", "venice rd", None)),
    "direction spelled out": ("12 Southwest 192nd Avenue", "US", ("12", "sw 192nd ave", None)),
    "direction in two words": ("12 South West 192nd Ave.", "US", ("12", "sw 192nd ave", None)),
    "ordinal word": ("12 Fifth Ave", "US", ("12", "5th ave", None)),
    "saint": ("49 Saint Peters Road", "US", ("49", "st peters rd", None)),
    "st is saint too": ("49 St. Peters Rd", "US", ("49", "st peters rd", None)),
    "letter suffix": ("12B Main St", "CA", ("12b", "main st", None)),
    "leading zeros": ("0012 Main St", "CA", ("12", "main st", None)),
    "half": ("12 1/2 Main St", "US", ("12h", "main st", None)),
    "unit-civic": ("1204-55 King St W", "CA", ("55", "king st w", "1204")),
    "unit behind": ("55 King St W #1204", "CA", ("55", "king st w", "1204")),
    "apt": ("55 King Street West, Apt. 1204", "CA", ("55", "king st w", "1204")),
    "unit word first": ("Unit 1204, 55 King St W", "CA", ("55", "king st w", "1204")),
    "suite with letter": ("55 King St W Suite 4B", "CA", ("55", "king st w", "4b")),
    "floor": ("55 King St W 2nd Floor", "US", ("55", "king st w", "fl2")),
    "floor other way": ("55 King St W, Fl 2", "US", ("55", "king st w", "fl2")),
    "basement": ("55 King St W Basement", "CA", ("55", "king st w", "bsmt")),
    "bsmt": ("55 King St W bsmt", "CA", ("55", "king st w", "bsmt")),
    "australian slash": ("3/25 Dexter Street", "AU", ("25", "dexter st", "3")),
    "building and apartment": ("55 King St W Bldg 3 Apt 2", "US", ("55", "king st w", "3-2")),
    "queens number stays": ("12-34 56th St", "US", ("12-34", "56th st", None)),
    "rue": ("123, rue Sherbrooke Ouest", "CA", ("123", "sherbrooke st w", None)),
    "english order": ("123 Sherbrooke St W", "CA", ("123", "sherbrooke st w", None)),
    "boulevard": ("44 boul. René-Lévesque Est", "CA", ("44", "rene levesque blvd e", None)),
    "chemin": ("9 chemin du Lac", "CA", ("9", "du lac ch", None)),
    "french apartment": ("44 rue Roy app. 5", "CA", ("44", "roy st", "5")),
    "avenue b": ("3936 avenue b", "US", ("3936", "b ave", None)),
    "number alone is no house": ("5 Ave", "CA", (None, "5th ave", None)),
    "letter first in the number column": ("kathryn grace dr", "US", (None, "kathryn grace dr", None)),
    "rural route": ("RR 3", "CA", (None, "rr 3", None)),
    "highway": ("1000 Highway 7 East", "CA", ("1000", "hwy 7 e", None)),
    "trailer": ("77 Elm Rd Trlr 6", "US", ("77", "elm rd", "6")),
}


@pytest.mark.parametrize(("line", "region", "expected"), STREETS.values(), ids=STREETS.keys())
def test_street_lines(line: str, region: str, expected: tuple[str | None, ...]) -> None:
    assert keys(cleanse_address(AddressText(street=line), region=region)) == expected


LINES = {
    "canada": (
        "1204-55 King St W, Toronto, ON M5V 1A1", "CA",
        ("Toronto", "ON", "M5V 1A1"), "55|king st w|1204||m5v1a1",
    ),
    "no commas": (
        "55 King Street West Toronto Ontario M5V1A1", "CA",
        ("Toronto", "ON", "M5V 1A1"), "55|king st w|||m5v1a1",
    ),
    "quebec": (
        "44, boul. Roy Est, app. 5, Montréal (Québec) H2X 1Y4", "CA",
        ("Montréal", "QC", "H2X 1Y4"), "44|roy blvd e|5||h2x1y4",
    ),
    "us": (
        "1600 Main St Apt 4, Springfield, IL 62701-1234", "US",
        ("Springfield", "IL", "62701-1234"), "1600|main st|4||62701",
    ),
    "with country": (
        "12 Oak Ave, Calgary, AB T2P 1J9, Canada", "CA",
        ("Calgary", "AB", "T2P 1J9"), "12|oak ave|||t2p1j9",
    ),
    "post box": ("PO Box 123, Banff, AB T1L 1A1", "CA", ("Banff", "AB", "T1L 1A1"), "|||123|t1l1a1"),
    "no place": ("12 Oak Ave", "CA", (None, None, None), "12|oak ave|||"),
    "nothing to name a dwelling": ("Calgary, AB", "CA", (None, "AB", None), None),
}  # fmt: skip


@pytest.mark.parametrize(("line", "region", "place", "dwelling"), LINES.values(), ids=LINES.keys())
def test_whole_lines(line: str, region: str, place: tuple[str | None, ...], dwelling: str | None) -> None:
    found = cleanse_address(AddressText(text=line), region=region)
    assert found.address is not None
    assert (found.address.locality, found.address.region, found.address.postcode) == place
    assert found.keys.dwelling == dwelling
    assert found.address.text == line


def test_parts_typed_into_one_column_give_the_same_dwelling() -> None:
    place = {"locality": "Anytown", "region": "WA", "postcode": "98101"}
    expected = "55|king st|4||98101"
    for parts in (
        AddressText(number="55", street="king st", unit="apt 4", **place),
        AddressText(number="55", street="king street unit 4", **place),
        AddressText(street="55 King St. #4", **place),
        AddressText(number="55", street="55 king st", unit="4", **place),
    ):
        assert cleanse_address(parts, region="US").keys.dwelling == expected


def test_an_uninformative_postcode_falls_back_to_the_locality() -> None:
    found = cleanse_address(
        AddressText(number="1", street="a rd", locality="Anytown", region="wa", postcode="00000"), region="US"
    )
    assert found.keys.place == "anytown wa"
    assert found.address is not None
    assert (found.address.postcode, found.address.region) == (None, "WA")
    assert [(issue.attribute, issue.mark) for issue in found.issues] == [("address.postcode", "unreadable")]


POSTCODES = {
    "canadian": ("t2p1j9", "CA", "T2P 1J9"),
    "canadian with dash": ("T2P-1J9", "CA", "T2P 1J9"),
    "letter O in it is kept and marked": ("T2P 1O9", "CA", "T2P 1O9"),
    "zip": ("98101", "US", "98101"),
    "zip+4": ("981011234", "US", "98101-1234"),
    "british": ("sw1a 1aa", "GB", "SW1A 1AA"),
    "nines": ("99999", "US", None),
}


@pytest.mark.parametrize(("text", "region", "expected"), POSTCODES.values(), ids=POSTCODES.keys())
def test_postcodes(text: str, region: str, expected: str | None) -> None:
    found = cleanse_address(AddressText(street="1 A St", postcode=text), region=region)
    assert found.address is not None
    assert found.address.postcode == expected


CHINESE = {
    "whole": ("甘肃省兰州市城关区中山路88号阳光花园3号楼2单元501室", "88|中山路|3-2-501||兰州市城关区"),
    "short names, full width, dashes": ("甘肃兰州城关区中山路８８号 3-2-501", "88|中山路|3-2-501||兰州市城关区"),
    "栋 without 室": ("兰州市城关区中山路88号3栋2单元501", "88|中山路|3-2-501||兰州市城关区"),
    "numerals": ("兰州市七里河区西津西路三十六号金色家园三栋二单元五〇一", "36|西津西路|3-2-501||兰州市七里河区"),
    "number sign": ("兰州市城关区天水路222号兰州大学家属院3#2单元301", "222|天水路|3-2-301||兰州市城关区"),
    "country": ("中国甘肃省兰州市城关区中山路88号5室", "88|中山路|5||兰州市城关区"),
    "postcode before": ("730000甘肃省兰州市城关区东岗西路199号", "199|东岗西路|||兰州市城关区"),
    "alley": ("上海市浦东新区世纪大道1688弄12号502室", "1688|世纪大道|12-502||上海市浦东新区"),
    "street named after a city": ("上海南京东路100号", "100|南京东路|||上海市"),
    "street only": ("北京路5号", "5|北京路|||"),
    "letter building, floor": ("北京市朝阳区建国路12号万达广场B座12层1203", "12|建国路|b-1203||北京市朝阳区"),
    "floor alone": ("深圳市南山区科技园路5号软件大厦8楼", "5|科技园路|fl8||深圳市南山区"),
    "county-level city": ("江苏省苏州市昆山市玉山镇人民南路100号", "100|人民南路|||苏州市昆山市"),
    "section and annex": ("四川省成都市武侯区人民南路四段11号附3号", "11-3|人民南路4段|||成都市武侯区"),
    "section in digits": ("四川省成都市武侯区人民南路4段11号附3号", "11-3|人民南路4段|||成都市武侯区"),
    "village": ("河南省信阳市固始县陈集乡李庄村三组12号", "12|陈集乡李庄村3组|||信阳市固始县"),
    "compound": ("兰州市城关区雁滩小区12栋3单元202", "|雁滩小区|12-3-202||兰州市城关区"),
    "railway is no road": ("铁路局家属院5栋2单元301", "|铁路局家属院|5-2-301||"),
    "traditional": ("臺北市信義區松高路11號5樓", "11|松高路|fl5||台北市信义区"),
    "autonomous region": ("内蒙古呼和浩特市赛罕区大学东街88号", "88|大学东街|||呼和浩特市赛罕区"),
    "district with 道": ("哈尔滨市道里区中央大街1号", "1|中央大街|||哈尔滨市道里区"),
    "district with 营": ("吉林省吉林市船营区北京路5号", "5|北京路|||吉林市船营区"),
    "compound without a flat is no dwelling": ("兰州市城关区中山路88号阳光花园", None),
    "district alone": ("新疆乌鲁木齐市天山区", None),
}


@pytest.mark.parametrize(("line", "dwelling"), CHINESE.values(), ids=CHINESE.keys())
def test_chinese_lines(line: str, dwelling: str | None) -> None:
    assert cleanse_address(AddressText(text=line), region="CN").keys.dwelling == dwelling


def test_chinese_parts_give_the_same_dwelling_as_the_line() -> None:
    parts = AddressText(
        region="甘肃", locality="兰州", district="城关区", street="中山路", number="88", building="3", unit="2单元501室"
    )
    line = AddressText(text="甘肃省兰州市城关区中山路88号3号楼2单元501室")
    assert cleanse_address(parts, region="CN").keys == cleanse_address(line, region="CN").keys


NUMERALS = {
    "三": "3",
    "十": "10",
    "十二": "12",
    "二十": "20",
    "五〇一": "501",
    "一百零二": "102",
    "三楼": "三楼",
    "": "",
}


@pytest.mark.parametrize(("text", "expected"), NUMERALS.items(), ids=list(NUMERALS))
def test_numerals(text: str, expected: str) -> None:
    assert to_digits(text) == expected


NASTY = st.none() | st.text(st.characters(codec="utf-8"), max_size=15)
PIECES = st.sampled_from(
    ["12", "B04", "1204-55", "Main", "St", "King", "rue", "Ave", "N", "West", "Apt", "#4", "Unit 7", "PO Box 9", "RR 2",
     ",", "2nd floor", "1/2", "T2P 1J9", "98101", "Calgary", "AB", "5 -", "bsmt", "Bldg 3", "00000"]
)  # fmt: skip
HAN_PIECES = st.sampled_from(
    ["甘肃省", "兰州", "市", "城关区", "中山路", "88号", "88", "阳光花园", "3号楼", "2单元", "501室", "3-2-501", "一段",
     "镇", "弄", "B座", "三", "楼", " ", "北京", "村", "附", "号", "#", "12", "街道",
     "崇文区", "萧山市", "昆山市", "城关", "-", "/", "甘家巷社区", "之一", "甲", "负一层", "东户", "排", "3社", "No.",
     "730000"]
)  # fmt: skip
LATIN = st.none() | st.lists(PIECES, max_size=5).map(" ".join)
HAN = st.lists(HAN_PIECES, max_size=7).map("".join)
LINES_AND_PARTS = (
    st.tuples(*[NASTY | LATIN] * 11)
    | st.tuples(LATIN, *[st.none()] * 10)
    | st.tuples(st.none(), LATIN, LATIN, LATIN, *[st.none()] * 7)
)


@given(LINES_AND_PARTS, st.sampled_from(["CA", "US", "AU", "CN"]))
def test_any_address_can_be_cleansed(values: tuple[str | None, ...], region: str) -> None:
    found = cleanse_address(AddressText(*values), region=region)
    assert found.keys.dwelling is None or found.keys.dwelling.count("|") >= 4


@given(LATIN | HAN | NASTY, st.sampled_from(["CA", "US", "AU", "CN"]))
def test_cleansing_a_line_twice_changes_nothing(line: str | None, region: str) -> None:
    once = cleanse_address(AddressText(text=line), region=region)
    twice = cleanse_address(once.address or AddressText(), region=region)
    assert (twice.address, twice.keys) == (once.address, once.keys)


def optional(*texts: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(texts)


@given(
    number=optional("12", "12B", "1204-55", "B04"),
    street=optional("Main St", "king st w", "rue Roy O", "5th Ave", "12 Oak Ave", "Hwy 7", "Roy Rd Apt 4", "PO Box 7"),
    unit=optional("4", "Apt 4", "#12", "2nd floor", "bsmt", "Unit B"),
    building=optional("Bldg 3", "Sunny Court", "C"),
    po_box=optional("12", "PO Box 12"),
    locality=optional("Calgary", "St. John's"),
    province=optional("AB", "alberta"),
    postcode=optional("T2P1J9", "00000", "98101"),
    region=st.sampled_from(["CA", "US", "AU"]),
)
def test_cleansing_parts_twice_changes_no_key(province: str | None, region: str, **parts: str | None) -> None:
    once = cleanse_address(AddressText(region=province, **parts), region=region)
    twice = cleanse_address(once.address or AddressText(), region=region)
    assert twice.keys == once.keys


@given(
    region=optional("甘肃", "甘肃省"),
    locality=optional("兰州", "兰州市", "昆山市", "北京"),
    district=optional("城关区", "城关", "崇文区", "江干区"),
    street=optional("中山路", "解放路三段", "雁滩小区", "陈集乡李庄村三组", "甘肃省兰州市城关区中山路"),
    number=optional("88", "88号", "1688弄"),
    building=optional("3", "三号楼", "B座"),
    unit=optional("501", "2单元501室", "5楼", "2-501"),
)
def test_cleansing_chinese_parts_twice_changes_no_key(**parts: str | None) -> None:
    once = cleanse_address(AddressText(**parts), region="CN")
    twice = cleanse_address(once.address or AddressText(), region="CN")
    assert twice.keys == once.keys
