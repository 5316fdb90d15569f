"""Addresses as Chinese BOSS systems hold them.

given: the line, or parts by name. expected: every part that is shown (the text itself apart), in this order and with
these words: province, city, district, road or village, number, compound and building, unit; then the key of the
dwelling, or None. What stands in none of the parts is None.
"""

from __future__ import annotations

from typing import Any

from mdm.cleanse.addresses import cleanse_address
from mdm.cleanse.postal import AddressText
from tests.cleanse.cases import Case, marked


def read(case: Case) -> tuple[Any, str]:
    """The place, what stands below it, and the key of the dwelling."""
    parts = AddressText(text=case.given) if isinstance(case.given, str) else AddressText(**case.given)
    found = cleanse_address(parts, region=case.region)
    if found.address is None:
        return marked(None, found.issues)
    place = (found.address.region, found.address.locality, found.address.district)
    below = (found.address.street, found.address.number, found.address.building, found.address.unit)
    return marked((_said(place), _said(below), found.keys.dwelling), found.issues)


def _said(parts: tuple[str | None, ...]) -> str:
    """Parts in their order, with a blank between."""
    return " ".join(part for part in parts if part is not None)


def line(
    given: Any, place: str, below: str, key: str | None, why: str, mark: str = "valid", *, region: str = "CN",
    fails: str = "",
) -> Case:  # fmt: skip
    """An address in a Chinese feed."""
    return Case(given, region, (place, below, key), mark, why, fails)


def home(given: Any, below: str, key: str, why: str, mark: str = "valid", fails: str = "") -> Case:
    """An address in 城关区 of Lanzhou; `key` without the place at its end."""
    return line(given, LANZHOU, below, f"{key}||兰州市城关区", why, mark, fails=fails)


LANZHOU = "甘肃省 兰州市 城关区"
AT = "甘肃省兰州市城关区"
BEIJING, SHANGHAI, HANGZHOU = "北京市 北京市", "上海市 上海市", "浙江省 杭州市"
CASES = (
    # -- province, city, district ---------------------------------------------------------------------------------
    home(f"{AT}中山路88号", "中山路 88号", "88|中山路|", "everything in full"),
    home("甘肃兰州城关区中山路88号", "中山路 88号", "88|中山路|", "province and city in short"),
    home("甘肃省兰州城关中山路88号", "中山路 88号", "88|中山路|", "the district in short, too"),
    home("兰州市城关区中山路88号", "中山路 88号", "88|中山路|", "a city has one province"),
    home("兰州城关区中山路88号", "中山路 88号", "88|中山路|", "a city in short has one province"),
    home("甘肃省城关区中山路88号", "中山路 88号", "88|中山路|", "Gansu has one district of this name"),
    home("甘兰州市城关区中山路88号", "中山路 88号", "88|中山路|", "the one character of the province, before its city"),
    home("中国甘肃省兰州市城关区中山路88号", "中山路 88号", "88|中山路|", "the country before"),
    home("730000甘肃省兰州市城关区中山路88号", "中山路 88号", "88|中山路|", "the postcode before"),
    home("甘肃省兰州市城关区中山路88号 730000", "中山路 88号", "88|中山路|", "the postcode behind"),
    home("甘肃省 兰州市 城关区 中山路 88号", "中山路 88号", "88|中山路|", "blanks between the parts"),
    home("甘肃省-兰州市-城关区-中山路88号", "中山路 88号", "88|中山路|", "hyphens between the parts"),
    home("甘肃省,兰州市,城关区,中山路88号", "中山路 88号", "88|中山路|", "commas between the parts"),
    home("甘肃省/兰州市/城关区/中山路88号", "中山路 88号", "88|中山路|", "slashes between the parts"),
    home("甘肃省兰州市甘肃省兰州市城关区中山路88号", "中山路 88号", "88|中山路|", "the front end added the city again"),
    home("甘肃省兰州市市辖区城关区中山路88号", "中山路 88号", "88|中山路|", "市辖区 is a line of a list, not a place"),
    home(
        "甘肅省蘭州市城關區中山路88號", "中山路 88号", "88|中山路|", "traditional characters, keys and parts simplified"
    ),
    home(
        {"region": "甘肃", "locality": "兰州", "district": "城关", "street": "中山路88号"},
        "中山路 88号",
        "88|中山路|",
        "parts in short",
    ),
    home(
        {"region": "甘肃省", "locality": "兰州市", "district": "城关区", "text": f"{AT}中山路88号"},
        "中山路 88号",
        "88|中山路|",
        "the places once more in the line",
    ),
    home(
        {"region": "甘肃省", "locality": "兰州市", "district": "城关区", "text": "中山路88号"},
        "中山路 88号",
        "88|中山路|",
        "the line has only what stands below",
    ),
    home(
        {"locality": "兰州", "district": "城关", "text": "城关雁滩小区12栋3单元202"},
        "雁滩小区 12号楼 3单元202室",
        "|雁滩小区|12-3-202",
        "the short district once more in the line, before a compound",
    ),
    line("城关区中山路88号", "城关区", "中山路 88号", "88|中山路|||城关区", "a district that several cities have"),
    line("中山路88号", "", "中山路 88号", "88|中山路|||", "nothing says where"),
    line(
        "北京市朝阳区建国路12号",
        f"{BEIJING} 朝阳区",
        "建国路 12号",
        "12|建国路|||北京市朝阳区",
        "a city that is its own province",
    ),
    line("北京朝阳区建国路12号", f"{BEIJING} 朝阳区", "建国路 12号", "12|建国路|||北京市朝阳区", "the same in short"),
    line(
        "北京市北京市朝阳区建国路12号",
        f"{BEIJING} 朝阳区",
        "建国路 12号",
        "12|建国路|||北京市朝阳区",
        "as province and as city",
    ),
    line(
        "内蒙古呼和浩特市赛罕区大学东街88号",
        "内蒙古自治区 呼和浩特市 赛罕区",
        "大学东街 88号",
        "88|大学东街|||呼和浩特市赛罕区",
        "an autonomous region in short",
    ),
    line(
        "新疆乌鲁木齐天山区解放北路5号",
        "新疆维吾尔自治区 乌鲁木齐市 天山区",
        "解放北路 5号",
        "5|解放北路|||乌鲁木齐市天山区",
        "region and city in short",
    ),
    line(
        "广西南宁市青秀区民族大道100号",
        "广西壮族自治区 南宁市 青秀区",
        "民族大道 100号",
        "100|民族大道|||南宁市青秀区",
        "广西 for the region",
    ),
    line(
        "宁夏银川兴庆区解放西街9号",
        "宁夏回族自治区 银川市 兴庆区",
        "解放西街 9号",
        "9|解放西街|||银川市兴庆区",
        "宁夏 for the region",
    ),
    line(
        "甘肃省临夏回族自治州临夏市红园路5号",
        "甘肃省 临夏回族自治州 临夏市",
        "红园路 5号",
        "5|红园路|||临夏回族自治州临夏市",
        "a prefecture and a city of one name",
    ),
    line(
        "甘肃临夏州临夏市红园路5号",
        "甘肃省 临夏回族自治州 临夏市",
        "红园路 5号",
        "5|红园路|||临夏回族自治州临夏市",
        "the short name of an autonomous prefecture",
    ),
    line(
        "甘南州合作市当周街3号",
        "甘肃省 甘南藏族自治州 合作市",
        "当周街 3号",
        "3|当周街|||甘南藏族自治州合作市",
        "甘南州 for the prefecture",
    ),
    line(
        "江苏省昆山市人民南路100号",
        "江苏省 苏州市 昆山市",
        "人民南路 100号",
        "100|人民南路|||苏州市昆山市",
        "a county-level city without its prefecture",
    ),
    line(
        "昆山市人民南路100号",
        "江苏省 苏州市 昆山市",
        "人民南路 100号",
        "100|人民南路|||苏州市昆山市",
        "there is one city of this name in the country",
    ),
    line(
        "江苏省苏州市昆山市玉山镇人民南路100号",
        "江苏省 苏州市 昆山市",
        "玉山镇人民南路 100号",
        "100|人民南路|||苏州市昆山市",
        "the town is shown, and not needed to know the road",
    ),
    line(
        "湖北省仙桃市沔阳大道88号",
        "湖北省 仙桃市",
        "沔阳大道 88号",
        "88|沔阳大道|||仙桃市",
        "a city directly below its province",
    ),
    line(
        "榆中县城关镇兴隆路20号",
        "甘肃省 兰州市 榆中县",
        "城关镇兴隆路 20号",
        "20|兴隆路|||兰州市榆中县",
        "a county that only Lanzhou has",
    ),
    line(
        "四川省阿坝州汶川县威州镇桑坪路5号",
        "四川省 阿坝藏族羌族自治州 汶川县",
        "威州镇桑坪路 5号",
        "5|桑坪路|||阿坝藏族羌族自治州汶川县",
        "阿坝州 for the prefecture",
    ),
    line(
        "吉林省吉林市船营区北京路5号",
        "吉林省 吉林市 船营区",
        "北京路 5号",
        "5|北京路|||吉林市船营区",
        "province and city of one name, a road named after another city",
    ),
    line(
        "海南省海口市龙华区滨海大道12号",
        "海南省 海口市 龙华区",
        "滨海大道 12号",
        "12|滨海大道|||海口市龙华区",
        "海南 the province, not the prefecture of Qinghai",
    ),
    line(
        "兰州市西固西路12号",
        "甘肃省 兰州市",
        "西固西路 12号",
        "12|西固西路|||兰州市",
        "a road named after a district is no district",
    ),
    line(
        "北京朝阳门外大街16号", BEIJING, "朝阳门外大街 16号", "16|朝阳门外大街|||北京市", "朝阳门 is a gate, not 朝阳区"
    ),
    line("兰州大街12号", "", "兰州大街 12号", "12|兰州大街|||", "a street named after a city, and no city"),
    line(
        "呼和浩特新城大街5号",
        "内蒙古自治区 呼和浩特市",
        "新城大街 5号",
        "5|新城大街|||呼和浩特市",
        "新城区 is there, but this is a street",
    ),
    line("兰州安宁堡路5号", "甘肃省 兰州市", "安宁堡路 5号", "5|安宁堡路|||兰州市", "安宁堡 is a place, not 安宁区"),
    line(
        "杭州西湖文化广场12号",
        "浙江省 杭州市",
        "西湖文化广场 12号",
        "12|西湖文化广场|||杭州市",
        "no road behind 西湖: the square is not in 西湖区",
    ),
    line(
        "广州天河体育西路12号",
        "广东省 广州市 天河区",
        "体育西路 12号",
        "12|体育西路|||广州市天河区",
        "a short district before a road",
    ),
    line("上海南京东路100号", SHANGHAI, "南京东路 100号", "100|南京东路|||上海市", "a road named after a city"),
    line(
        "兰州高新区张苏滩575号",
        "甘肃省 兰州市 高新区",
        "张苏滩 575号",
        "575|张苏滩|||兰州市高新区",
        "a zone is written where the district stands, though it has no code",
    ),
    # -- renamed and merged districts -----------------------------------------------------------------------------
    line(
        "北京市崇文区广渠门内大街5号",
        f"{BEIJING} 东城区",
        "广渠门内大街 5号",
        "5|广渠门内大街|||北京市东城区",
        "崇文区 went into 东城区 in 2010",
        "repaired",
    ),
    line(
        "北京市宣武区广安门内大街5号",
        f"{BEIJING} 西城区",
        "广安门内大街 5号",
        "5|广安门内大街|||北京市西城区",
        "宣武区 went into 西城区 in 2010",
        "repaired",
    ),
    line(
        "上海市南汇区惠南镇人民东路5号",
        f"{SHANGHAI} 浦东新区",
        "惠南镇人民东路 5号",
        "5|人民东路|||上海市浦东新区",
        "南汇区 went into 浦东新区 in 2009",
        "repaired",
    ),
    line(
        "上海卢湾区淮海中路300号",
        f"{SHANGHAI} 黄浦区",
        "淮海中路 300号",
        "300|淮海中路|||上海市黄浦区",
        "卢湾区 went into 黄浦区 in 2011",
        "repaired",
    ),
    line(
        "上海市闸北区天目西路5号",
        f"{SHANGHAI} 静安区",
        "天目西路 5号",
        "5|天目西路|||上海市静安区",
        "闸北区 went into 静安区 in 2015",
        "repaired",
    ),
    line(
        "浙江省杭州市下城区体育场路5号",
        f"{HANGZHOU} 拱墅区",
        "体育场路 5号",
        "5|体育场路|||杭州市拱墅区",
        "下城区 went into 拱墅区 in 2021",
        "repaired",
    ),
    line(
        "浙江省杭州市江干区凯旋路5号",
        f"{HANGZHOU} 江干区",
        "凯旋路 5号",
        "5|凯旋路|||杭州市江干区",
        "江干区 was divided in 2021: the address does not tell into which",
        "suspicious",
    ),
    line(
        "浙江省萧山市市心路5号",
        f"{HANGZHOU} 萧山区",
        "市心路 5号",
        "5|市心路|||杭州市萧山区",
        "a city became a district under its own name in 2001",
        "repaired",
    ),
    line(
        "北京市昌平县鼓楼西街5号",
        f"{BEIJING} 昌平区",
        "鼓楼西街 5号",
        "5|鼓楼西街|||北京市昌平区",
        "a county became a district under its own name in 1999",
        "repaired",
    ),
    line(
        "天津市塘沽区新港路5号",
        "天津市 天津市 滨海新区",
        "新港路 5号",
        "5|新港路|||天津市滨海新区",
        "塘沽区 went into 滨海新区 in 2009",
        "repaired",
    ),
    line(
        "南京市白下区中山南路5号",
        "江苏省 南京市 秦淮区",
        "中山南路 5号",
        "5|中山南路|||南京市秦淮区",
        "白下区 went into 秦淮区 in 2013",
        "repaired",
    ),
    line(
        "广州市东山区中山一路5号",
        "广东省 广州市 越秀区",
        "中山一路 5号",
        "5|中山一路|||广州市越秀区",
        "东山区 went into 越秀区 in 2005",
        "repaired",
    ),
    line(
        {"text": "北京市崇文区广渠门内大街5号", "locality": "北京市", "district": "崇文区"},
        f"{BEIJING} 东城区",
        "广渠门内大街 5号",
        "5|广渠门内大街|||北京市东城区",
        "a former district in the column and in the line",
        "repaired",
    ),
    # -- house numbers --------------------------------------------------------------------------------------------
    home(f"{AT}中山路８８号", "中山路 88号", "88|中山路|", "digits of full width"),
    home(f"{AT}中山路八十八号", "中山路 八十八号", "88|中山路|", "Chinese numerals have the key of digits"),
    home(f"{AT}中山路88-1号", "中山路 88-1号", "88-1|中山路|", "a number divided later"),
    home(f"{AT}中山路88号-1", "中山路 88号 1室", "88|中山路|1", "a number behind the house is read as a room"),
    home(f"{AT}中山路88号附3号", "中山路 88-3号", "88-3|中山路|", "a house number with annex"),
    home(f"{AT}中山路甲88号", "中山路 甲88号", "甲88|中山路|", "甲 before the number is another house"),
    home(f"{AT}中山路88号甲", "中山路 88甲号", "88甲|中山路|", "甲 behind the number: the same house as 88甲号"),
    home(f"{AT}中山路88甲号", "中山路 88甲号", "88甲|中山路|", "甲 before 号 is another house than 88"),
    home(f"{AT}中山路88号之一", "中山路 88-1号", "88-1|中山路|", "之一 is a divided number of the South"),
    home(f"{AT}中山路88", "中山路 88号", "88|中山路|", "号 left out behind a road"),
    home(
        f"{AT}中山路88号院3号楼2单元501室",
        "中山路 88号 3号楼 2单元501室",
        "88|中山路|3-2-501",
        "a yard with its number",
    ),
    home(f"{AT}中山路88号院内3号楼501", "中山路 88号 3号楼 501室", "88|中山路|3-501", "inside a yard"),
    home(f"{AT}中山路第88号", "中山路 88号", "88|中山路|", "第 before a number"),
    home(f"{AT}中山路No.88", "中山路 88号", "88|中山路|", "No. for number"),
    home(f"{AT}东岗西路199-205号", "东岗西路 199-205号", "199-205|东岗西路|", "a range of numbers"),
    home(f"{AT}解放路三段11号", "解放路三段 11号", "11|解放路3段|", "a section of a road, digits in the key"),
    home(f"{AT}解放路3段11号", "解放路3段 11号", "11|解放路3段|", "a section in digits has the same key"),
    home(f"{AT}五一路11号", "五一路 11号", "11|五一路|", "a numeral in the name of a road stays"),
    home(f"{AT}白银路街道中山路88号", "白银路街道中山路 88号", "88|中山路|", "a street office before the road"),
    home(f"{AT}酒泉路街道办事处中山路88号", "酒泉路街道办事处中山路 88号", "88|中山路|", "a street office in full"),
    home(
        f"{AT}中山路街道甘家巷社区甘家巷12号", "中山路街道甘家巷 12号", "12|甘家巷|", "a neighbourhood before the lane"
    ),
    home(f"{AT}中山路(原和平路)88号", "中山路 88号", "88|中山路|", "a remark in brackets"),
    home(f"{AT}中山路88号(兰州饭店对面)", "中山路 88号", "88|中山路|", "a remark where it is"),
    # -- buildings, units, floors, rooms --------------------------------------------------------------------------
    home(f"{AT}中山路88号3号楼2单元501室", "中山路 88号 3号楼 2单元501室", "88|中山路|3-2-501", "everything in full"),
    home(
        f"{AT}中山路88号阳光花园3号楼2单元501室",
        "中山路 88号 阳光花园3号楼 2单元501室",
        "88|中山路|3-2-501",
        "the name of the compound is left out by many sources",
    ),
    home(f"{AT}中山路88号3栋2单元501", "中山路 88号 3号楼 2单元501室", "88|中山路|3-2-501", "栋 for building, no 室"),
    home(f"{AT}中山路88号3幢2单元501室", "中山路 88号 3号楼 2单元501室", "88|中山路|3-2-501", "幢 for building"),
    home(
        f"{AT}中山路88号3#楼2单元501",
        "中山路 88号 3号楼 2单元501室",
        "88|中山路|3-2-501",
        "# for the number of a building",
    ),
    home(f"{AT}中山路88号3#2单元501", "中山路 88号 3号楼 2单元501室", "88|中山路|3-2-501", "# for building"),
    home(
        f"{AT}中山路88号3#2-501",
        "中山路 88号 3号楼 2单元501室",
        "88|中山路|3-2-501",
        "# for building, a hyphen for unit",
    ),
    home(
        f"{AT}中山路88号3-2-501",
        "中山路 88号 3号楼 2单元501室",
        "88|中山路|3-2-501",
        "building, unit and room with hyphens",
    ),
    home(f"{AT}中山路88号3－2－501", "中山路 88号 3号楼 2单元501室", "88|中山路|3-2-501", "hyphens of full width"),
    home(f"{AT}中山路88号3—2—501", "中山路 88号 3号楼 2单元501室", "88|中山路|3-2-501", "dashes of Chinese keyboards"),
    home(
        f"{AT}中山路88号3号楼2-501", "中山路 88号 3号楼 2单元501室", "88|中山路|3-2-501", "unit and room with a hyphen"
    ),
    home(
        f"{AT}中山路88号三号楼二单元五〇一室",
        "中山路 88号 三号楼 二单元五〇一室",
        "88|中山路|3-2-501",
        "all in Chinese numerals",
    ),
    home(
        f"{AT}中山路88号第3栋第2单元501室",
        "中山路 88号 3号楼 2单元501室",
        "88|中山路|3-2-501",
        "第 before every number",
    ),
    home(
        f"{AT}中山路88号3号楼2单元5楼501室",
        "中山路 88号 3号楼 2单元5层501室",
        "88|中山路|3-2-501",
        "the floor says nothing that the room does not",
    ),
    home(
        f"{AT}中山路88号3号楼2门501",
        "中山路 88号 3号楼 2单元501室",
        "88|中山路|3-2-501",
        "门 for unit, as in the North",
    ),
    home(
        f"{AT}中山路88号3楼2单元501",
        "中山路 88号 3号楼 2单元501室",
        "88|中山路|3-2-501",
        "楼 before a unit is a building",
    ),
    home(f"{AT}中山路88号3号楼501房", "中山路 88号 3号楼 501室", "88|中山路|3-501", "房 for room"),
    home(f"{AT}中山路88号3号楼501号", "中山路 88号 3号楼 501室", "88|中山路|3-501", "号 for room behind a building"),
    home(f"{AT}中山路88号3号楼501户", "中山路 88号 3号楼 501室", "88|中山路|3-501", "户 for room"),
    home(f"{AT}中山路88号3号楼501A", "中山路 88号 3号楼 501A室", "88|中山路|3-501a", "a letter behind the room"),
    home(f"{AT}中山路88号A座1203", "中山路 88号 A号楼 1203室", "88|中山路|a-1203", "a tower with a letter"),
    home(
        f"{AT}中山路88号国贸大厦A座12层1203室",
        "中山路 88号 国贸大厦A号楼 12层1203室",
        "88|中山路|a-1203",
        "tower, floor and room",
    ),
    home(f"{AT}中山路88号国贸大厦12F", "中山路 88号 国贸大厦 12层", "88|中山路|fl12", "F for floor"),
    home(
        f"{AT}中山路88号国贸大厦十二楼", "中山路 88号 国贸大厦 十二层", "88|中山路|fl12", "a floor in Chinese numerals"
    ),
    home(f"{AT}中山路88号负一楼", "中山路 88号 负一层", "88|中山路|flb1", "a floor below the ground"),
    home(
        f"{AT}中山路88号地下一层", "中山路 88号 地下一层", "88|中山路|flb1", "a floor below the ground in other words"
    ),
    home(
        f"{AT}中山路88号国贸大厦B1层", "中山路 88号 国贸大厦 B1层", "88|中山路|flb1", "B1 is the floor below the ground"
    ),
    home(
        f"{AT}中山路88号3号楼2单元5楼东户",
        "中山路 88号 3号楼 2单元5层东户",
        "88|中山路|3-2-5东",
        "a flat without a number, by the side of the stairs",
    ),
    home(
        f"{AT}中山路88号3号楼2单元5楼西户",
        "中山路 88号 3号楼 2单元5层西户",
        "88|中山路|3-2-5西",
        "the neighbour on the other side is another dwelling",
    ),
    home(
        f"{AT}中山路88号东楼301室",
        "中山路 88号 东号楼 301室",
        "88|中山路|东-301",
        "a building named after where it stands",
    ),
    home(
        f"{AT}中山路88号3号楼2单元501东户",
        "中山路 88号 3号楼 2单元501室",
        "88|中山路|3-2-501",
        "the side of the stairs",
        "suspicious",
    ),
    home(
        f"{AT}中山路88号铺面",
        "中山路 88号 铺面",
        "88|中山路|",
        "a shop in the house",
        fails="铺面 is read as the name of a compound, so no dwelling",
    ),
    home(f"{AT}雁滩小区12栋3单元202", "雁滩小区 12号楼 3单元202室", "|雁滩小区|12-3-202", "a compound without a road"),
    home(f"{AT}雁滩小区12-3-202", "雁滩小区 12号楼 3单元202室", "|雁滩小区|12-3-202", "a compound and hyphens"),
    home(
        f"{AT}天水南路222号兰州大学家属院3号楼2单元301",
        "天水南路 222号 兰州大学家属院3号楼 2单元301室",
        "222|天水南路|3-2-301",
        "family quarters of a university",
    ),
    home(f"{AT}铁路局家属院5栋2单元301", "铁路局家属院 5号楼 2单元301室", "|铁路局家属院|5-2-301", "铁路 is no road"),
    home(
        f"{AT}雁儿湾路东方红小区二期12号楼1单元302",
        "雁儿湾路东方红小区二期 12号楼 1单元302室",
        "|雁儿湾路东方红小区2期|12-1-302",
        "a second phase of a compound",
    ),
    home(f"{AT}平凉路5排3号", "平凉路 5号楼 3室", "|平凉路|5-3", "rows of low houses"),
    # -- villages -------------------------------------------------------------------------------------------------
    line(
        "甘肃省榆中县定远镇定远村三社12号",
        "甘肃省 兰州市 榆中县",
        "定远镇定远村三社 12号",
        "12|定远镇定远村3社|||兰州市榆中县",
        "a production team, in Gansu 社",
    ),
    line(
        "甘肃省榆中县定远镇定远村3社12号",
        "甘肃省 兰州市 榆中县",
        "定远镇定远村3社 12号",
        "12|定远镇定远村3社|||兰州市榆中县",
        "the same team in digits",
    ),
    line(
        "河南省信阳市固始县陈集乡李庄村三组12号",
        "河南省 信阳市 固始县",
        "陈集乡李庄村三组 12号",
        "12|陈集乡李庄村3组|||信阳市固始县",
        "a group of a village",
    ),
    line(
        "甘肃省皋兰县石洞镇文山村46号",
        "甘肃省 兰州市 皋兰县",
        "石洞镇文山村 46号",
        "46|石洞镇文山村|||兰州市皋兰县",
        "a village with house numbers",
    ),
    line("甘肃省永登县中川镇", "甘肃省 兰州市 永登县", "中川镇", None, "a town alone is no dwelling"),
    # -- other cities, other habits -------------------------------------------------------------------------------
    line(
        "上海市浦东新区世纪大道1688弄12号502室",
        f"{SHANGHAI} 浦东新区",
        "世纪大道 1688弄 12号楼 502室",
        "1688|世纪大道|12-502||上海市浦东新区",
        "in Shanghai 号 behind 弄 is a building",
    ),
    line(
        "上海市徐汇区天平路320弄20号甲",
        f"{SHANGHAI} 徐汇区",
        "天平路 320弄 20号楼 甲室",
        "320|天平路|20-甲||上海市徐汇区",
        "half a house in a lane",
    ),
    line(
        "北京市东城区东四十条甲22号南新仓商务大厦A座1101",
        f"{BEIJING} 东城区",
        "东四十条 甲22号 南新仓商务大厦A号楼 1101室",
        "甲22|东40条|a-1101||北京市东城区",
        "a lane that ends in 条; numerals before it are digits in the key",
    ),
    line(
        "北京市海淀区中关村南大街5号院3号楼2单元501",
        f"{BEIJING} 海淀区",
        "中关村南大街 5号 3号楼 2单元501室",
        "5|中关村南大街|3-2-501||北京市海淀区",
        "村 inside the name of a road",
    ),
    line(
        "北京市西城区南锣鼓巷胡同12号",
        f"{BEIJING} 西城区",
        "南锣鼓巷胡同 12号",
        "12|南锣鼓巷胡同|||北京市西城区",
        "a hutong is a road",
    ),
    line(
        "天津市河西区友谊路广顺里12门301",
        "天津市 天津市 河西区",
        "友谊路广顺里 12单元301室",
        "|友谊路广顺里|12-301||天津市河西区",
        "里 and 门 of Tianjin",
    ),
    line(
        "四川省成都市武侯区人民南路四段11号附3号",
        "四川省 成都市 武侯区",
        "人民南路四段 11-3号",
        "11-3|人民南路4段|||成都市武侯区",
        "附 of Chengdu",
    ),
    line(
        "广州市天河区体育西路横街12号之二",
        "广东省 广州市 天河区",
        "体育西路横街 12-2号",
        "12-2|体育西路横街|||广州市天河区",
        "横街 and 之二 of Guangzhou",
    ),
    line(
        "哈尔滨市道里区中央大街1号",
        "黑龙江省 哈尔滨市 道里区",
        "中央大街 1号",
        "1|中央大街|||哈尔滨市道里区",
        "道 and 里 in the name of a district",
    ),
    line(
        "重庆市渝中区民生路235号附1号",
        "重庆市 重庆市 渝中区",
        "民生路 235-1号",
        "235-1|民生路|||重庆市渝中区",
        "a city that is its own province",
    ),
    line(
        "臺北市信義區松高路11號5樓",
        "台湾省 台北市 信义区",
        "松高路 11号 5层",
        "11|松高路|fl5||台北市信义区",
        "a floor in Taiwan names the flat",
        region="TW",
    ),
    # -- nothing, or little ---------------------------------------------------------------------------------------
    Case("无", "CN", None, "unreadable", "the customer gave no address"),
    Case("不详", "CN", None, "unreadable", "nobody knows it"),
    Case("无地址", "CN", None, "unreadable", "no address, in other words"),
    Case("同上", "CN", None, "unreadable", "the same as above: a form, not a value"),
    Case("同户籍地址", "CN", None, "unreadable", "the same as in the register"),
    Case("测试地址", "CN", None, "unreadable", "somebody tested the form"),
    Case("。。。", "CN", None, "unreadable", "stops to get past a mandatory field"),
    Case(
        "1111",
        "CN",
        None,
        "unreadable",
        "digits to get past a mandatory field",
    ),
    line("甘肃省兰州市", "甘肃省 兰州市", "", None, "a city alone is no dwelling"),
    line("兰州市城关区", LANZHOU, "", None, "a district alone is no dwelling"),
    line("兰州市城关区中山路", LANZHOU, "中山路", None, "a road alone is no dwelling"),
    line(
        "兰州市城关区中山路88号阳光花园",
        LANZHOU,
        "中山路 88号 阳光花园",
        None,
        "a compound without a flat is many dwellings",
    ),
    line("兰州市城关区中山路与庆阳路交叉口", LANZHOU, "中山路与庆阳路交叉口", None, "a crossing is no dwelling"),
    line("兰州火车站对面", "甘肃省 兰州市", "火车站对面", None, "where to look is no dwelling"),
)
