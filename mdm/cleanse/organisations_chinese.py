"""Names of organisations in hanzi: legal form, branch and head office, the words of a place, remarks behind a name."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from mdm.cleanse.divisions import divisions
from mdm.cleanse.fold import CACHED, has_han
from mdm.cleanse.placeholders import is_placeholder_name

_FORMS = (
    ("股份有限公司", "plc"), ("有限责任公司", "ltd"), ("有限公司", "ltd"), ("集团公司", "group"), ("总公司", "co"),
    ("公司", "co"), ("合作社", "cooperative"), ("事务所", "firm"), ("个体工商户", "sole"), ("个人独资企业", "sole"),
    ("个人独资", "sole"), ("经营部", "shop"), ("商行", "shop"),
)  # fmt: skip
_ENDINGS = tuple(ending for ending, _ in _FORMS)
_PARTNERSHIPS = ("特殊普通合伙企业", "特殊普通合伙", "普通合伙企业", "普通合伙", "有限合伙企业", "有限合伙")
_BRANCHES = (
    "分公司", "分行", "支行", "分理处", "分店", "分部", "分厂", "分院", "分校", "营业部", "营业厅", "办事处", "代表处",
    "联络处",
)  # fmt: skip
_NO_BRANCH = "街道办事处"  # an office of the state
_INNER_FORM = re.compile(r"股份有限公司|有限责任公司|有限公司|(?<=.)分公司")
_COUNTRY = "中华人民共和国"
_NOT_NAME = re.compile(r"[\W_]+")
_REMARK = re.compile(
    r"(?<=.)\((?:(?:原|曾用名|现|已|注销|吊销|停用|停业|暂停|欠费|联系人)[^()]*(?:\([^()]*\))?[^()]*"
    r"|[^()]*(?:经理|先生|女士|主任|老师|收))\)$"
)
_PROVINCE = re.compile(r"([\u4e00-\u9fff]{2,3})(?:省|(?:维吾尔|壮族|回族)?自治区)")
_CITY = re.compile(r"([\u4e00-\u9fff]{2,6}?)市(?![政场民容集值区])")


_SHORTEST = 2  # characters of a name


class Core(NamedTuple):
    """What names an organisation, its legal form, and why it is to be looked at; empty for no reason."""

    key: str
    form: str | None
    doubt: str = ""


def without_remark(name: str) -> str:
    """A tidied name without what somebody noted in brackets behind it: (已注销), (原...), (张经理)."""
    found = name
    while found[-1:] == ")" and (shorter := _REMARK.sub("", found).rstrip()) != found:
        found = shorter
    return found if len(found) >= _SHORTEST and has_han(found) and not is_placeholder_name(found) else name


@lru_cache(maxsize=CACHED)
def core_of(name: str) -> Core:
    """Core of a simplified name: brackets opened (华为(深圳) = 华为深圳), the legal form at the end left out.

    A branch keeps its place and loses the form of its head office: 中国电信股份有限公司兰州分公司 is 中国电信兰州.
    """
    core = _NOT_NAME.sub("", name).lower()
    if core in _only_forms():
        return Core(core, _only_forms()[core], "a legal form alone")
    doubt = "so-and-so" if "某" in core else ""
    core = _short_places(core.removeprefix(_COUNTRY) or core)
    for ending in _BRANCHES if core.endswith(_BRANCHES) else ():
        if _ends(core, ending) and not core.endswith(_NO_BRANCH):
            return Core(_short_places(_INNER_FORM.sub("", core.removesuffix(ending))), "branch", doubt)
    for ending in _PARTNERSHIPS if core.endswith(_PARTNERSHIPS) else ():
        if _ends(core, ending):
            core = core.removesuffix(ending)
            return Core(core.removesuffix("事务所"), "firm" if core.endswith("事务所") else "lp", doubt)
    for ending, form in _FORMS if core.endswith(_ENDINGS) else ():
        if _ends(core, ending):
            return Core(core.removesuffix(ending), form, doubt)
    return Core(core, None, doubt)


def _ends(core: str, ending: str) -> bool:
    """Whether a name ends so, and more than one character stands before."""
    return core.endswith(ending) and len(core) > len(ending) + 1


@cache
def _only_forms() -> dict[str, str]:
    return dict(_FORMS) | dict.fromkeys(_BRANCHES, "branch") | dict.fromkeys(_PARTNERSHIPS, "lp")


@cache
def _places() -> tuple[frozenset[str], frozenset[str]]:
    """Short names of provinces and of cities."""
    cities = frozenset(city.removesuffix("市") for city in divisions().provinces if city.endswith("市"))
    return frozenset(("内蒙古", "广西", "宁夏", "新疆", "西藏", *_provinces())), cities


def _provinces() -> frozenset[str]:
    return frozenset(name.removesuffix("省") for name in divisions().provinces.values() if name.endswith("省"))


def _short_places(core: str) -> str:
    """Without 省 and 市 behind the places in a name, which is written with and without them: 兰州市 is 兰州."""
    if "省" not in core and "市" not in core and "自治区" not in core:
        return core
    provinces, cities = _places()
    if (match := _PROVINCE.match(core)) is not None and match.group(1) in provinces:
        core = match.group(1) + core[match.end() :]
    return _CITY.sub(lambda match: _short_city(match, cities), core)


def _short_city(match: re.Match[str], cities: frozenset[str]) -> str:
    """A known city at the end of what was matched, without its 市."""
    text = match.group(1)
    return text if any(text[start:] in cities for start in range(len(text) - 1)) else match.group()
