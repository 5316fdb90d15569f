"""The administrative code of an address in China: of the most exact level that is known, as it is today."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from mdm.cleanse.batch import cleanse_batch
from mdm.cleanse.divisions import address_code, divisions
from mdm.cleanse.record import cleanse_record
from mdm.cleanse.values import CleanseContext
from mdm.party import ADDRESS_PARTS, CLEANSED, MAPPED

CHINA = CleanseContext(region="CN")
# address -> its code, as GB/T 2260 has it; None: it has none, or we do not know it
CODES: dict[str, tuple[dict[str, str], str | None]] = {
    "a district": ({"text": "甘肃省兰州市城关区中山路88号"}, "620102"),
    "a district in short": ({"text": "甘肃兰州城关中山路88号3-2-501"}, "620102"),
    "in parts": ({"region": "甘肃", "locality": "兰州", "district": "城关区", "street": "中山路"}, "620102"),
    "a district that its city leaves out": ({"text": "昆山市玉山镇人民南路100号"}, "320583"),
    "a district of Shanghai": ({"text": "上海市浦东新区世纪大道1688弄12号502室"}, "310115"),
    "a district that went into another one": ({"text": "北京市崇文区广渠门内大街5号"}, "110101"),
    "a county that became a district": ({"text": "青海省海东市平安县平安路8号"}, "630203"),
    "a district that was divided": ({"text": "浙江省杭州市江干区凯旋路5号"}, "330100"),
    "a zone of development": ({"text": "甘肃省兰州市高新区雁南路18号"}, "620100"),
    "a city": ({"text": "甘肃省兰州市中山路88号"}, "620100"),
    "a city without counties": ({"text": "广东省东莞市中山路88号"}, "441900"),
    "a city directly below its province": ({"text": "湖北省仙桃市仙桃大道88号"}, "429004"),
    "Beijing": ({"text": "北京市长安街1号"}, "110000"),
    "a province": ({"region": "甘肃省", "street": "中山路", "number": "88"}, "620000"),
    "another script": ({"text": "88 Zhongshan Road, Lanzhou"}, None),
    "Taiwan": ({"text": "台湾省台北市中山路88号"}, None),
    "said to be of another country": ({"text": "甘肃省兰州市城关区中山路88号", "country": "JP"}, None),
    "a road alone": ({"text": "中山路88号"}, None),
}


def mapped(parts: dict[str, str]) -> dict[str, Any]:
    return {"system": "s", "local_id": "1", "party": "person", "row_hash": 7, "deleted": False, "address": parts}


@pytest.mark.parametrize(("parts", "expected"), CODES.values(), ids=CODES.keys())
def test_the_code_of_an_address(parts: dict[str, str], expected: str | None) -> None:
    assert cleanse_record(mapped(parts), context=CHINA)["address"]["division_code"] == expected


def test_whole_columns_give_the_same() -> None:
    rows = [mapped(parts) for parts, _ in CODES.values()]
    found = cleanse_batch(pa.Table.from_pylist(rows, schema=MAPPED), context=CHINA)
    assert [row["division_code"] for row in found["address"].to_pylist()] == [code for _, code in CODES.values()]


def test_it_is_a_part_of_the_cleansed_address_alone() -> None:
    names = [field.name for field in CLEANSED.field("address").type]
    assert names == [*ADDRESS_PARTS, "valid_from", "valid_to"]
    assert "division_code" not in [field.name for field in MAPPED.field("address").type], "hashes of rows stay"


def test_every_county_of_today_has_its_own_code() -> None:
    known = divisions()
    today = {
        (one.province, one.city, one.name)
        for below in known.of_city.values()
        for name, one in below.items()
        if name == one.name and not (one.divided or one.former)
    }
    codes = [address_code(*each) for each in today]
    assert len(codes) > 2800
    assert len(set(codes)) == len(codes)
    assert {code[:2] for code in codes if code} == {code[:2] for code in known.known} - {"71", "81", "82"}
    assert all(code in known.known for code in codes)


def test_every_city_and_province_has_a_code_that_its_counties_share() -> None:
    known = divisions()
    without = set()
    for city, province in known.provinces.items():
        code = address_code(province, city, None)
        if code is None or (code.endswith("0000") and city != province):
            without.add(city)
            continue
        below = [address_code(province, city, name) for name, one in known.of_city[city].items() if one.name == name]
        assert all(each is not None and each.startswith(code.rstrip("0")[:4]) for each in below), city
    taiwan = {"台北市", "新北市", "桃园市", "台中市", "台南市", "高雄市", "基隆市", "新竹市", "嘉义市"}
    assert without == taiwan | {"莱芜市", "香港", "澳门"}, "and 莱芜 is a part of 济南 since 2019"
