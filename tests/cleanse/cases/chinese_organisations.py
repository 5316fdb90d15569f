"""Names of organisations as key-account systems hold them.

given: the name. expected: (name as shown, key, legal form); the key leaves out the legal form, and a branch keeps what
tells it from its head office.
"""

from __future__ import annotations

from typing import Any

from mdm.cleanse.organisations import cleanse_organisation
from tests.cleanse.cases import Case, marked


def read(case: Case) -> tuple[Any, str]:
    """Name, key and form."""
    found = cleanse_organisation(case.given, region=case.region)
    return marked((found.name, found.key, found.form), found.issues)


def firm(
    given: str, key: str | None, form: str | None, why: str, mark: str = "valid", *, shown: str | None = None,
    fails: str = "",
) -> Case:  # fmt: skip
    """An organisation in a Chinese feed; shown as delivered, but for `shown`."""
    name = None if key is None else shown or given
    return Case(given, "CN", (name, key, form), mark if key else "unreadable", why, fails)


CASES = (
    # -- legal forms ----------------------------------------------------------------------------------------------
    firm("兰州天河科技有限公司", "兰州天河科技", "ltd", "a limited company"),
    firm("兰州天河科技有限责任公司", "兰州天河科技", "ltd", "the long name of the same form"),
    firm("甘肃电投能源发展股份有限公司", "甘肃电投能源发展", "plc", "a company limited by shares"),
    firm("兰州天河科技公司", "兰州天河科技", "co", "company, without a form"),
    firm("兰州天河(集团)有限公司", "兰州天河集团", "ltd", "the group in brackets belongs to the name"),
    firm("甘肃建投集团公司", "甘肃建投", "group", "a group company"),
    firm("兰州铁路局集团有限公司", "兰州铁路局集团", "ltd", "a limited group company keeps its group"),
    firm("中国电信集团总公司", "中国电信集团", "co", "a head company"),
    firm("兰州正林律师事务所", "兰州正林律师", "firm", "a law firm"),
    firm("希格玛会计师事务所(特殊普通合伙)", "希格玛会计师", "firm", "a partnership behind its form, in brackets"),
    firm("兰州致远咨询中心(有限合伙)", "兰州致远咨询中心", "lp", "a limited partnership in brackets"),
    firm("兰州致远咨询中心(普通合伙)", "兰州致远咨询中心", "lp", "a general partnership in brackets"),
    firm("榆中县金穗种植农民专业合作社", "榆中县金穗种植农民专业", "cooperative", "a cooperative of farmers"),
    firm("城关区老马牛肉面馆(个体工商户)", "城关区老马牛肉面馆", "sole", "a sole trader, marked so"),
    firm("七里河区小西湖便民经营部", "七里河区小西湖便民", "shop", "a sales department of a sole trader"),
    firm("兰州市城关区鑫源商行", "兰州城关区鑫源", "shop", "a trading shop; 市 behind the city is left out of keys"),
    firm("兰州宏达个人独资企业", "兰州宏达", "sole", "a sole proprietorship"),
    # -- writing --------------------------------------------------------------------------------------------------
    firm("華為技術有限公司", "华为技术", "ltd", "traditional characters stay shown, and are simplified in the key"),
    firm("华为（深圳）有限公司", "华为深圳", "ltd", "brackets of full width", shown="华为(深圳)有限公司"),
    firm("华为(深圳)有限公司", "华为深圳", "ltd", "brackets of half width"),
    firm("华为【深圳】有限公司", "华为深圳", "ltd", "square brackets of Chinese keyboards"),
    firm("华为﹙深圳﹚有限公司", "华为深圳", "ltd", "small brackets of GBK", shown="华为(深圳)有限公司"),
    firm("华为〔深圳〕有限公司", "华为深圳", "ltd", "tortoise-shell brackets of keyboards"),
    firm("兰州 天河 科技 有限公司", "兰州天河科技", "ltd", "blanks to the width of a column"),
    firm("兰州天河科技有限公司。", "兰州天河科技", "ltd", "a full stop behind the name"),
    firm("“兰州天河科技”有限公司", "兰州天河科技", "ltd", "quotation marks in the name"),
    firm("兰州ＡＢＣ科技有限公司", "兰州abc科技", "ltd", "letters of full width", shown="兰州ABC科技有限公司"),
    firm("兰州abc科技有限公司", "兰州abc科技", "ltd", "letters in any case have one key"),
    firm("3M中国有限公司", "3m中国", "ltd", "digits and letters belong to the name"),
    firm(
        "兰州天河科技有限公司(已注销)",
        "兰州天河科技",
        "ltd",
        "a remark that it is gone is no name",
        "repaired",
        shown="兰州天河科技有限公司",
    ),
    firm(
        "兰州天河科技有限公司(原兰州天地科技有限公司)",
        "兰州天河科技",
        "ltd",
        "its former name in brackets",
        "repaired",
        shown="兰州天河科技有限公司",
    ),
    firm(
        "兰州天河科技有限公司(张经理)",
        "兰州天河科技",
        "ltd",
        "who to ask, in brackets",
        "repaired",
        shown="兰州天河科技有限公司",
    ),
    # -- regions --------------------------------------------------------------------------------------------------
    firm("甘肃省兰州市天河科技有限公司", "甘肃兰州天河科技", "ltd", "省 and 市 are left out of many spellings"),
    firm("甘肃兰州天河科技有限公司", "甘肃兰州天河科技", "ltd", "the same name without 省 and 市"),
    firm("兰州市天河科技有限公司", "兰州天河科技", "ltd", "市 behind the city is left out as often as written"),
    firm("天河科技(兰州)有限公司", "天河科技兰州", "ltd", "the city behind the name stays there: another company"),
    firm("中国石油天然气股份有限公司", "中国石油天然气", "plc", "中国 is part of the name"),
    firm("中华人民共和国兰州海关", "兰州海关", None, "the country before an office of the state"),
    firm("兰州市第一人民医院", "兰州第一人民医院", None, "a hospital has no legal form"),
    firm("兰州大学", "兰州大学", None, "a university has no legal form"),
    firm("甘肃省人民政府办公厅", "甘肃人民政府办公厅", None, "an office of a province"),
    # -- branches -------------------------------------------------------------------------------------------------
    firm("中国电信股份有限公司兰州分公司", "中国电信兰州", "branch", "a branch names its head company before"),
    firm("中国电信兰州分公司", "中国电信兰州", "branch", "the same branch in short"),
    firm("中国电信股份有限公司", "中国电信", "plc", "the head company itself has another key"),
    firm("中国电信股份有限公司兰州市分公司", "中国电信兰州", "branch", "the same branch with 市"),
    firm("中国工商银行股份有限公司兰州城关支行", "中国工商银行兰州城关", "branch", "a sub-branch of a bank"),
    firm("中国工商银行兰州分行", "中国工商银行兰州", "branch", "a branch of a bank"),
    firm("国美电器有限公司兰州西关分店", "国美电器兰州西关", "branch", "a shop of a chain"),
    firm("华泰证券股份有限公司兰州庆阳路证券营业部", "华泰证券兰州庆阳路证券", "branch", "an office of a broker"),
    firm(
        "中国移动通信集团甘肃有限公司兰州分公司城关营业厅",
        "中国移动通信集团甘肃兰州城关",
        "branch",
        "a counter of a branch of a subsidiary",
    ),
    firm("顺丰速运有限公司驻兰州办事处", "顺丰速运驻兰州", "branch", "a liaison office"),
    firm("天河科技有限公司上海代表处", "天河科技上海", "branch", "a representative office"),
    # -- nobody ---------------------------------------------------------------------------------------------------
    firm("测试公司", None, None, "somebody tested the form"),
    firm("无", None, None, "there is no organisation"),
    firm("有限公司", "有限公司", "ltd", "a form alone says nothing, and is all that is known", "suspicious"),
    firm("某某公司", "某某", "co", "a company called so-and-so", "suspicious"),
    firm(
        "张伟",
        "张伟",
        None,
        "a person in the field of a company: kept, to be looked at",
        "suspicious",
        fails="a person's name of two hanzi may be the name of a shop (永和, 全聚)",
    ),
)
