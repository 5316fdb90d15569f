"""Names of people as Chinese BOSS systems hold them.

given: the full name, or the parts that the feed has. expected: family and given name as shown, and their keys, family
first ("-" where there is none); a title before or behind the name stands in brackets.
"""

from __future__ import annotations

from typing import Any

from mdm.cleanse.names import cleanse_name
from tests.cleanse.cases import Case, marked


def read(case: Case) -> tuple[Any, str]:
    """What of a name is shown, and its keys."""
    parts = {"full": case.given} if isinstance(case.given, str) else case.given
    found = cleanse_name(**parts, region=case.region)
    shown = " ".join(filter(None, (found.shown.family, found.shown.given)))
    if found.shown.prefix is not None:
        shown = f"{shown} ({found.shown.prefix})"
    keys = " ".join(filter(None, (found.keys.family or "-", found.keys.given or "-", found.keys.middle)))
    return marked((shown, keys), found.issues)


def name(
    given: Any, shown: str, keys: str, why: str, mark: str = "valid", *, region: str = "CN", fails: str = ""
) -> Case:
    """A name in a Chinese feed; what cannot be understood has no name and no keys."""
    return Case(given, region, (shown, keys), mark, why, fails)


def nobody(given: Any, why: str, fails: str = "") -> Case:
    """Text that names nobody."""
    return Case(given, "CN", ("", "- -"), "unreadable", why, fails)


CASES = (
    # -- ordinary Han names ---------------------------------------------------------------------------------------
    name("张伟", "张 伟", "zhang wei", "two hanzi: the first is the family name"),
    name("王小明", "王 小明", "wang xiaoming", "three hanzi: one of family, two given"),
    name("欧阳国栋", "欧阳 国栋", "ouyang guodong", "a compound surname is one surname"),
    name("司徒婉仪", "司徒 婉仪", "situ wanyi", "a compound surname before two given hanzi"),
    name("诸葛亮", "诸葛 亮", "zhuge liang", "a compound surname before one given hanzi"),
    name("上官", "上 官", "shang guan", "two hanzi are always family and given name"),
    name("范姜文静", "范姜 文静", "fanjiang wenjing", "two surnames before two hanzi are a double surname"),
    name("陈林小明", "陈林 小明", "chenlin xiaoming", "a married woman's double surname"),
    name("爱新觉罗启星", "爱新觉罗 启星", "aixinjueluo qixing", "a Manchu surname of four hanzi"),
    name("  李娜　", "李 娜", "li na", "ideographic blanks of fixed-width files are no part of a name"),
    name("李　娜", "李 娜", "li na", "names of two hanzi are spaced to the width of three"),
    name("欧阳 娜娜", "欧阳 娜娜", "ouyang nana", "a blank behind a compound surname"),
    name({"family": "欧阳", "given": "国栋"}, "欧阳 国栋", "ouyang guodong", "parts come as parts"),
    name({"family": "張", "given": "大文"}, "張 大文", "zhang dawen", "delivered characters stay, keys are simplified"),
    name("小明 王", "王 小明", "wang xiaoming", "a western form put the family name last", "repaired"),
    # -- surnames with a reading of their own ---------------------------------------------------------------------
    name("仇英", "仇 英", "qiu ying", "仇 as a surname is qiu, not chou"),
    name("单田芳", "单 田芳", "shan tianfang", "单 as a surname is shan, not dan"),
    name("曾国藩", "曾 国藩", "zeng guofan", "曾 as a surname is zeng, not ceng"),
    name("解晓东", "解 晓东", "xie xiaodong", "解 as a surname is xie, not jie"),
    name("查良镛", "查 良镛", "zha liangyong", "查 as a surname is zha, not cha"),
    name("翟志刚", "翟 志刚", "zhai zhigang", "翟 as a surname is zhai, not di"),
    name("朴志勇", "朴 志勇", "piao zhiyong", "朴 as a surname is piao, not pu"),
    name("盖叫天", "盖 叫天", "ge jiaotian", "盖 as a surname is ge, not gai"),
    name("任长霞", "任 长霞", "ren changxia", "任 is ren; 长 in a given name is chang, not zhang"),
    name("华罗庚", "华 罗庚", "hua luogeng", "华 as a surname is hua in the fourth tone"),
    name("区志强", "区 志强", "ou zhiqiang", "区 as a surname is ou, not qu"),
    name("尉迟恭", "尉迟 恭", "yuchi gong", "尉 in 尉迟 is yu, not wei"),
    name("万俟雪", "万俟 雪", "moqi xue", "万俟 is moqi, not wansi"),
    name("长孙无忌", "长孙 无忌", "zhangsun wuji", "长 in 长孙 is zhang"),
    name("令狐冲", "令狐 冲", "linghu chong", "令 in 令狐 is ling"),
    name("缪建民", "缪 建民", "miao jianmin", "缪 as a surname is miao, not mou"),
    name("员晓云", "员 晓云", "yun xiaoyun", "员 as a surname is yun, not yuan"),
    name("乐嘉", "乐 嘉", "yue jia", "乐 as a surname is yue, not le"),
    name("逄锦聚", "逄 锦聚", "pang jinju", "逄 is pang, and is not 逢"),
    name("覃辉", "覃 辉", "qin hui", "覃 as a surname is qin in Guangxi, where most bear it"),
    name("郗虹", "郗 虹", "xi hong", "郗 as a surname is xi, as its bearers say today"),
    name("黑建涛", "黑 建涛", "he jiantao", "黑 as a surname is he, not hei"),
    name("种丽娟", "种 丽娟", "chong lijuan", "种 as a surname is chong, not zhong"),
    name("召树屯", "召 树屯", "shao shutun", "召 as a surname of the Dai is shao, not zhao"),
    name("冼星海", "冼 星海", "xian xinghai", "冼 is xian, and is not 洗"),
    name("那英", "那 英", "na ying", "那 as a surname is na"),
    name("隗建军", "隗 建军", "wei jianjun", "隗 as a surname is wei in most of the country"),
    name("宁静", "宁 静", "ning jing", "宁 is a surname of its own, and of 甯"),
    # -- readings inside given names ------------------------------------------------------------------------------
    name("李行", "李 行", "li xing", "行 in a given name is xing, not hang"),
    name("孙悦乐", "孙 悦乐", "sun yuele", "乐 in a given name is le; only as a surname yue"),
    name("刘长春", "刘 长春", "liu changchun", "长 in a given name is chang"),
    name("周重阳", "周 重阳", "zhou chongyang", "重 in a given name is chong: 重阳, 重庆"),
    name(
        "赵朝阳",
        "赵 朝阳",
        "zhao chaoyang",
        "one reading for each hanzi, so 朝 is always chao",
    ),
    # -- traditional hanzi, for keys only -------------------------------------------------------------------------
    name("張偉", "張 偉", "zhang wei", "the delivered name keeps its traditional characters"),
    name("歐陽鋒", "歐陽 鋒", "ouyang feng", "a compound surname in traditional characters"),
    name("陳 大文", "陳 大文", "chen dawen", "Hong Kong systems put a blank between", region="HK"),
    name("鍾嘉欣", "鍾 嘉欣", "zhong jiaxin", "鍾 and 鐘 are one surname in keys"),
    name("葉德嫻", "葉 德嫻", "ye dexian", "葉 is 叶 in keys"),
    name("蕭敬騰", "蕭 敬騰", "xiao jingteng", "蕭 is 萧 in keys"),
    # -- names of minorities and foreigners -----------------------------------------------------------------------
    name("买买提·吐尔逊", "吐尔逊 买买提", "tuerxun maimaiti", "own name, dot, father's name"),
    name("买买提•吐尔逊", "吐尔逊 买买提", "tuerxun maimaiti", "a bullet for the dot"),
    name("买买提・吐尔逊", "吐尔逊 买买提", "tuerxun maimaiti", "a Japanese dot for the dot"),
    name("买买提．吐尔逊", "吐尔逊 买买提", "tuerxun maimaiti", "a full-width stop for the dot"),
    name("买买提.吐尔逊", "吐尔逊 买买提", "tuerxun maimaiti", "a full stop for the dot"),
    name("买买提。吐尔逊", "吐尔逊 买买提", "tuerxun maimaiti", "a Chinese stop for the dot"),
    name("买买提﹒吐尔逊", "吐尔逊 买买提", "tuerxun maimaiti", "a small stop of GBK for the dot"),
    name("买买提 吐尔逊", "吐尔逊 买买提", "tuerxun maimaiti", "a blank for the dot between two names of the list"),
    name("买买提吐尔逊", "吐尔逊 买买提", "tuerxun maimaiti", "no dot at all, both names are of the list", "repaired"),
    name("阿不都热合曼·艾合买提", "艾合买提 阿不都热合曼", "aihemaiti abudureheman", "long names are not cut"),
    name("阿依古丽", "阿依古丽", "ayiguli -", "one name of the list has no family name", "suspicious"),
    name("扎西多吉", "扎西多吉", "zhaxiduoji -", "Tibetans have no surname: nothing is cut off", "suspicious"),
    name("扎西", "扎西", "zhaxi -", "a Tibetan name of two hanzi is one name", "suspicious"),
    name("才让卓玛", "才让卓玛", "cairangzhuoma -", "a Tibetan name of Gansu and Qinghai", "suspicious"),
    name("斯琴高娃", "斯琴高娃", "siqingaowa -", "Mongols use no surname", "suspicious"),
    name(
        "马赫穆德",
        "马赫穆德",
        "mahemude -",
        "four hanzi that are no Han name are not torn apart",
        "suspicious",
        fails="马 is a common surname and 赫穆德 could be a given name: no list of names has all",
    ),
    name(
        "爱新觉罗·溥仪",
        "爱新觉罗 溥仪",
        "aixinjueluo puyi",
        "before the dot stands a surname: it came first",
        "repaired",
    ),
    name("约翰·史密斯", "史密斯 约翰", "shimisi yuehan", "foreigners' names in hanzi: given name, dot, family name"),
    # -- pinyin ---------------------------------------------------------------------------------------------------
    name("ZHANG WEI", "Zhang Wei", "zhang wei", "passports put the family name first"),
    name("Zhāng Wěi", "Zhāng Wěi", "zhang wei", "tones are no part of keys"),
    name("Zhang1 Wei3", "Zhang1 Wei3", "zhang wei", "tones as digits are no part of keys"),
    name("ZHANG XIAO MING", "Zhang Xiao Ming", "zhang xiaoming", "a given name in two words is one name"),
    name("Zhang Xiao-Ming", "Zhang Xiao-Ming", "zhang xiaoming", "a hyphen joins a given name"),
    name("Xiaoming Zhang", "Zhang Xiaoming", "zhang xiaoming", "only the last word is a surname: western order"),
    name("Zhang, Xiaoming", "Zhang Xiaoming", "zhang xiaoming", "a comma says which is the family name"),
    name("ZHANG,XIAOMING", "Zhang Xiaoming", "zhang xiaoming", "the form of a ticket"),
    name("ZhangXiaoming", "Zhang Xiaoming", "zhang xiaoming", "a capital inside begins the given name", "repaired"),
    name("zhangwei", "Zhangwei", "zhangwei -", "without a capital nobody can tell where to cut", "suspicious"),
    name("Ouyang Guodong", "Ouyang Guodong", "ouyang guodong", "a compound surname in pinyin"),
    name("OU YANG GUO DONG", "Ou Yang Guo Dong", "ouyang guodong", "a compound surname in two words"),
    name("Lü Wei", "Lü Wei", "lv wei", "ü is v in keys, as in those of hanzi"),
    name("LYU WEI", "Lyu Wei", "lv wei", "passports write LYU since 2012"),
    name("Lv Wei", "Lv Wei", "lv wei", "keyboards write v"),
    name("吕伟", "吕 伟", "lv wei", "the hanzi of the three spellings before"),
    name("Zhang Xiaolyu", "Zhang Xiaolyu", "zhang xiaolv", "LYU inside a given name"),
    name("W. Zhang", "Zhang W.", "zhang w", "an initial is no syllable: western order"),
    name(
        {"given": "ZHANG", "family": "XIAOMING"},
        "Zhang Xiaoming",
        "zhang xiaoming",
        "only the given name is a surname: columns were swapped",
        "repaired",
    ),
    name({"given": "小明", "family": "张"}, "张 小明", "zhang xiaoming", "hanzi in their columns"),
    name({"given": "张", "family": "小明"}, "张 小明", "zhang xiaoming", "hanzi in swapped columns", "repaired"),
    name("张伟(Zhang Wei)", "张 伟", "zhang wei", "the same name once more in brackets"),
    name("张伟 Zhang Wei", "张 伟", "zhang wei", "the same name once more in letters"),
    # -- what counters write around a name ------------------------------------------------------------------------
    name("张先生", "张 (先生)", "zhang -", "a form of address instead of a given name: half a name", "suspicious"),
    name("李伟女士", "李 伟 (女士)", "li wei", "a form of address behind a whole name"),
    name("王师傅", "王 (师傅)", "wang -", "a craftsman's form of address", "suspicious"),
    name("小张", "张", "zhang -", "小 before a surname is a form of address", "suspicious"),
    name("老王", "王", "wang -", "老 before a surname is a form of address", "suspicious"),
    name("张伟（已故）", "张 伟", "zhang wei", "a remark in brackets is no name"),
    name("张伟(过户)", "张 伟", "zhang wei", "a remark of the counter is no name"),
    name("张伟1", "张 伟", "zhang wei", "a number for the second account of a customer", "suspicious"),
    name("张伟-副卡", "张 伟", "zhang wei", "a remark on the card, behind a hyphen", "suspicious"),
    name("*伟", "伟", "- wei", "a masked family name: what is left is a given name", "suspicious"),
    name("张*伟", "张", "zhang -", "half a given name is none", "suspicious"),
    name("欧阳*", "欧阳", "ouyang -", "a masked given name behind a compound surname", "suspicious"),
    name("张*", "张", "zhang -", "masked given name", "suspicious"),
    name("张某某", "张", "zhang -", "某 stands for a name that is not said, and is no name itself", "unreadable"),
    name(
        "张伟/李娜", "张伟/李娜", "zhangweilina -", "two people in one field: nobody is made up from them", "suspicious"
    ),
    name("张伟、李娜", "张伟、李娜", "zhangweilina -", "two people with the comma of lists", "suspicious"),
    name(
        "兰州天河科技有限公司",
        "兰州天河科技有限公司",
        "lanzhoutianhekejiyouxiangongsi -",
        "a company in the field of a person is no 兰 with a long given name",
        "suspicious",
    ),
    name(
        "城关区第一中学",
        "城关区第一中学",
        "chengguanqudiyizhongxue -",
        "a school in the field of a person",
        "suspicious",
    ),
    name(
        "张三",
        "张 三",
        "zhang san",
        "what people write for nobody, and also a real name: kept, to be looked at",
        "suspicious",
    ),
    # -- nobody ---------------------------------------------------------------------------------------------------
    nobody("无", "nothing is known"),
    nobody("不详", "not known in detail"),
    nobody("未实名", "not registered with a name"),
    nobody("预开户", "a line that was opened in advance"),
    nobody("公免用户", "a line that the operator pays for"),
    nobody("测试用户", "somebody tested the form"),
    nobody("测试123", "a test with a number"),
    nobody("普通客户", "ordinary customer is a kind, not a name"),
    nobody("先生", "a form of address alone"),
    nobody("－－", "full-width dashes say nothing"),
    nobody("？？", "characters that an encoding lost"),
    nobody("123456", "digits are no name"),
    nobody("13919012345", "a phone number in the field of the name"),
    nobody("营业厅", "the shop itself"),
    nobody("保密", "secret is not a name"),
)
