"""Phone numbers as Chinese BOSS systems and call centres hold them.

given: the text; the feed is of Lanzhou, area code 0931, unless `area` says otherwise. expected: E.164, or None.
"""

from __future__ import annotations

from typing import Any

from mdm.cleanse.phones import cleanse_phone
from tests.cleanse.cases import Case, marked


def read(case: Case) -> tuple[Any, str]:
    """The number that is dialled."""
    text, area = case.given if isinstance(case.given, tuple) else (case.given, "0931")
    found = cleanse_phone(text, region=case.region, area_code=area)
    return marked(found.number, found.issues)


def phone(
    given: Any, expected: str | None, why: str, mark: str = "valid", *, region: str = "CN", fails: str = ""
) -> Case:
    """A number in a Chinese feed, or none."""
    return Case(given, region, expected, mark if expected else "unreadable", why, fails)


MOBILE = "+8613919012345"
LAND = "+869318412345"
CASES = (
    # -- mobiles --------------------------------------------------------------------------------------------------
    phone("13919012345", MOBILE, "eleven digits as they are"),
    phone("139 1901 2345", MOBILE, "three groups with blanks"),
    phone("139-1901-2345", MOBILE, "three groups with hyphens"),
    phone("139－1901－2345", MOBILE, "hyphens of full width"),
    phone("１３９１９０１２３４５", MOBILE, "digits of full width"),
    phone("+8613919012345", MOBILE, "with the code of the country"),
    phone("+86 139 1901 2345", MOBILE, "with the code of the country and blanks"),
    phone("+86-13919012345", MOBILE, "with the code of the country and a hyphen"),
    phone("(+86)13919012345", MOBILE, "the code of the country in brackets"),
    phone("（86）13919012345", MOBILE, "the code of the country in full-width brackets, without plus"),
    phone("8613919012345", MOBILE, "the code of the country without plus"),
    phone("86-139-1901-2345", MOBILE, "the code of the country without plus, in groups"),
    phone("008613919012345", MOBILE, "00 before the code of the country"),
    phone("0086-139-1901-2345", MOBILE, "00 before the code of the country, in groups"),
    phone("013919012345", MOBILE, "0 before a mobile of another city, as one had to dial"),
    phone("0-13919012345", MOBILE, "0 and a hyphen before a mobile"),
    phone("+86 013919012345", MOBILE, "both the code of the country and the 0"),
    phone("1795113919012345", MOBILE, "17951 is a cheap call prefix of China Mobile", "repaired"),
    phone("17951-13919012345", MOBILE, "the call prefix with a hyphen", "repaired"),
    phone("1259313919012345", MOBILE, "12593 is another call prefix of China Mobile", "repaired"),
    phone("1791113919012345", MOBILE, "17911 is a call prefix of China Unicom", "repaired"),
    phone("1790913919012345", MOBILE, "17909 is a call prefix of China Telecom", "repaired"),
    phone("1019313919012345", MOBILE, "10193 is a call prefix of China Unicom", "repaired"),
    phone("1180813919012345", MOBILE, "11808 is a call prefix of China Telecom", "repaired"),
    phone("手机13919012345", MOBILE, "a word before the number", "repaired"),
    phone("手机：13919012345", MOBILE, "a word and a full-width colon before the number", "repaired"),
    phone("13919012345（本人）", MOBILE, "a remark in brackets behind the number", "repaired"),
    phone("13919012345 张先生", MOBILE, "the name of who answers, behind the number", "repaired"),
    phone("13919012345,", MOBILE, "a comma that joined an empty second number"),
    phone("13919012345/13809310000", None, "two numbers with a slash: nobody says which is meant"),
    phone("13919012345;0931-8412345", None, "two numbers with a semicolon"),
    phone("13919012345 13809310000", None, "two numbers with a blank between"),
    phone("13919012345、13809310000", None, "two numbers with the comma of lists"),
    phone("无/13919012345", MOBILE, "the first of two is none: one number", "repaired"),
    phone("19919012345", "+8619919012345", "199 is a range of China Telecom"),
    phone("19219012345", "+8619219012345", "192 is the range of China Broadnet"),
    phone("16619012345", "+8616619012345", "166 is a range of China Unicom"),
    phone("17019012345", "+8617019012345", "170 is a range of virtual operators"),
    phone("14719012345", "+8614719012345", "147 is a range of data cards that also call"),
    phone("13888888888", "+8613888888888", "a lucky number is a number that people pay for"),
    phone("12919012345", None, "there is no range 129"),
    phone("1391901234", None, "ten digits: one is missing"),
    phone("139190123456", None, "twelve digits: one is too many"),
    phone("139****2345", None, "masked by a front end"),
    phone("1391901XXXX", None, "masked with letters"),
    phone("13800138000", None, "the line of China Mobile on which cards are charged"),
    phone("13900000000", None, "zeros to the end"),
    phone("18900000000", None, "zeros to the end in another range"),
    phone("11111111111", None, "one digit eleven times"),
    phone("1064812345678", None, "thirteen digits of a machine, nobody answers"),
    phone("1440012345678", None, "thirteen digits of a machine in another range"),
    phone("106900001234", None, "the port of a sender of messages"),
    phone("1.39E+10", None, "Excel kept the first digits only"),
    phone("13919012345.0", MOBILE, "a spreadsheet made a number with a fraction of it", "repaired"),
    phone("13919012345/46", None, "a range of numbers, of which two digits are written"),
    # -- landlines ------------------------------------------------------------------------------------------------
    phone("0931-8412345", LAND, "area code and number"),
    phone("09318412345", LAND, "area code and number in one"),
    phone("(0931)8412345", LAND, "area code in brackets"),
    phone("（0931）8412345", LAND, "area code in full-width brackets"),
    phone("0931 8412345", LAND, "area code and blank"),
    phone("0931—8412345", LAND, "a Chinese dash between"),
    phone("0931_8412345", LAND, "an underscore between"),
    phone("0931--8412345", LAND, "two hyphens between"),
    phone("0931-841 2345", LAND, "the number in two groups"),
    phone("8412345", LAND, "the area code is that of the feed"),
    phone("841-2345", LAND, "in two groups, the area code is that of the feed"),
    phone("931-8412345", LAND, "the feed's own area code without its 0", "repaired"),
    phone("9318412345", LAND, "the feed's own area code without its 0, in one", "repaired"),
    phone(("8412345", None), None, "a feed of the whole country says no area code: nobody knows where"),
    phone(("62345678", "010"), "+861062345678", "eight digits in Beijing"),
    phone(("010-62345678", None), "+861062345678", "Beijing has an area code of three digits"),
    phone(("021-62345678", "0931"), "+862162345678", "an area code that is said wins over that of the feed"),
    phone("+86-931-8412345", LAND, "with the code of the country, rightly without the 0"),
    phone("+86-0931-8412345", LAND, "with the code of the country, wrongly with the 0"),
    phone("0086-0931-8412345", LAND, "with 00, the code of the country and the 0"),
    phone("86-931-8412345", LAND, "the code of the country without plus"),
    phone("电话:0931-8412345", LAND, "a word before the number", "repaired"),
    phone("Tel:0931-8412345", LAND, "an English word before the number", "repaired"),
    phone("0931-8412345-801", LAND, "an extension behind a hyphen", "repaired"),
    phone("0931-8412345转801", LAND, "an extension behind 转", "repaired"),
    phone("0931-8412345 转 801", LAND, "an extension behind 转 with blanks", "repaired"),
    phone("0931-8412345轉801", LAND, "an extension behind the traditional 轉", "repaired"),
    phone("0931-8412345分机801", LAND, "an extension behind 分机", "repaired"),
    phone("0931-8412345转分机801", LAND, "an extension behind 转分机", "repaired"),
    phone("0931-8412345 ext.801", LAND, "an extension in English", "repaired"),
    phone("0931-8412345*801", LAND, "an extension behind a star", "repaired"),
    phone("0931-8412345(801)", LAND, "an extension in brackets", "repaired"),
    phone("8412345-801", LAND, "an extension, and the area code of the feed", "repaired"),
    phone("8412345转801", LAND, "an extension behind 转, and the area code of the feed", "repaired"),
    phone("0931-8412345/8412346", None, "the second number without its area code"),
    phone("0931-841234", None, "six digits: one is missing"),
    phone("0931-10086", None, "a short code behind an area code is a short code"),
    phone("0931-0000000", None, "zeros behind an area code"),
    phone("0931-1234567", None, "no number of a subscriber begins with 1"),
    phone("0931", None, "an area code alone"),
    phone("0999999999", None, "nines in all places"),
    # -- 400, 800, short codes ------------------------------------------------------------------------------------
    phone("400-123-4567", "+864001234567", "a 400 number in groups of three"),
    phone("4001234567", "+864001234567", "a 400 number in one"),
    phone("400 1234 567", "+864001234567", "a 400 number in other groups"),
    phone("800-810-8888", "+868008108888", "an 800 number"),
    phone("+86-400-123-4567", "+864001234567", "a 400 number with the code of the country"),
    phone("400-123-4567转2", "+864001234567", "a 400 number with an extension", "repaired"),
    phone("10086", None, "the hotline of China Mobile"),
    phone("10000", None, "the hotline of China Telecom"),
    phone("10010", None, "the hotline of China Unicom"),
    phone("1008611", None, "a service of China Mobile with seven digits"),
    phone("+8610086", None, "a hotline with the code of the country"),
    phone("110", None, "the police, not a customer"),
    phone("12345", None, "the hotline of a city hall, and what testers type"),
    phone("95588", None, "the hotline of a bank"),
    phone("9558801", None, "a bank's hotline and the key that one presses"),
    phone("114", None, "directory enquiries, not a customer"),
    # -- beyond the mainland --------------------------------------------------------------------------------------
    phone("+852 2345 6789", "+85223456789", "a number of Hong Kong"),
    phone("00852-23456789", "+85223456789", "a number of Hong Kong with 00"),
    phone("+853 6612 3456", "+85366123456", "a number of Macao"),
    phone("+886 912 345 678", "+886912345678", "a mobile of Taiwan"),
    phone("23456789", "+85223456789", "eight digits in a feed of Hong Kong", region="HK"),
    phone("0912-345-678", "+886912345678", "a mobile in a feed of Taiwan", region="TW"),
    phone("13919012345", None, "a number of the mainland in a feed of Hong Kong needs +86", region="HK"),
    # -- nothing --------------------------------------------------------------------------------------------------
    phone("无", None, "the customer has no phone"),
    phone("无电话", None, "no phone, in two words"),
    phone("不详", None, "nobody knows it"),
    phone("同上", None, "the same as above: a form, not a value"),
    phone("-", None, "a hyphen alone"),
    phone("0", None, "a zero alone"),
    phone("lz8412345@163.gd", None, "a broadband account"),
)
