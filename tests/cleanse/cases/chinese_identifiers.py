"""Certificates as Chinese BOSS systems hold them: resident ids, permits, passports, codes of organisations.

given: (type of the column, value as delivered). expected: (type, issuer, value), or None. Check characters are computed
by python-stdnum, not by the code under test.
"""

from __future__ import annotations

from typing import Any

from stdnum.cn import ric

from mdm.cleanse.parts import LIST_PARTS
from mdm.cleanse.values import CleanseContext
from tests.cleanse.cases import Case, marked

_PART = next(part for part in LIST_PARTS if part.column == "identifiers")


def read(case: Case) -> tuple[Any, str]:
    """The identifier, as a record holds it; birth date and sex of the record stand in the third and fourth place."""
    kind, value, *record = case.given
    of_record = dict(zip(("birth_date", "sex"), record, strict=False))
    row = (kind, None, value, *(of_record.get(name) for name in _PART.record_inputs))
    found, issues = _PART.cleanse(row, CleanseContext(region=case.region))
    return marked(found, issues)


def card(first_seventeen: str) -> str:
    """A resident id with its check character."""
    return first_seventeen + str(ric.calc_check_digit(first_seventeen + "0"))


WEI = card("62010219800203123")
KNOWN = "11010519491231002X"  # the example of GB 11643


def person(value: Any, expected: str | None, why: str, mark: str = "valid", fails: str = "") -> Case:
    """A resident id of China."""
    found = None if expected is None else ("national_id", "CN", expected)
    return Case(("national_id", value), "CN", found, mark if expected else "unreadable", why, fails)


def other(
    kind: str, value: str, expected: tuple[str, str, str] | None, why: str, mark: str = "valid", fails: str = "",
    region: str = "CN",
) -> Case:  # fmt: skip
    """Any other certificate."""
    return Case((kind, value), region, expected, mark if expected else "unreadable", why, fails)


def record(birth: str | None, sex: str | None, why: str, mark: str = "valid") -> Case:
    """The id of a woman born on 3 February 1980, in a record that says otherwise, or the same."""
    woman = card("62010219800203124")
    return Case(("national_id", woman, birth, sex), "CN", ("national_id", "CN", woman), mark, why)


def firm(value: str, expected: str | None, why: str, mark: str = "valid", fails: str = "") -> Case:
    """A code of an organisation."""
    found = None if expected is None else ("organisation_id", "CN", expected)
    return Case(("organisation_id", value), "CN", found, mark if expected else "unreadable", why, fails)


CASES = (
    # -- resident ids ---------------------------------------------------------------------------------------------
    person(WEI, WEI, "eighteen digits with a correct check digit"),
    person(KNOWN, KNOWN, "a check character X"),
    person(KNOWN.lower(), KNOWN, "a small x is the same check character"),
    person(" 620102 19800203 " + WEI[14:], WEI, "blanks between region, date and serial"),
    person("620102-19800203-" + WEI[14:], WEI, "hyphens between region, date and serial"),
    person("６２０１０２１９８００２０３１２３" + WEI[17], WEI, "full-width digits of a Chinese keyboard"),
    person("'" + WEI, WEI, "the apostrophe with which Excel keeps digits"),
    person("身份证:" + WEI, WEI, "the name of the document before its number"),
    person("身份证号码：" + WEI, WEI, "a longer name and a full-width colon"),
    person(WEI + "（本人）", WEI, "a remark of the counter behind the number", "repaired"),
    person(KNOWN[:17] + "×", KNOWN, "a multiplication sign for X, which the check proves", "repaired"),
    person(KNOWN[:17] + "*", KNOWN, "a star for X, which the check proves", "repaired"),
    person(KNOWN[:17] + "Х", KNOWN, "a Cyrillic letter for X", "repaired"),
    person(WEI[:17] + "*", None, "a star where X would be wrong is a mask"),
    person("62O1O2198OO2O3123" + WEI[17], WEI, "letters O for zeros, which the check proves", "repaired"),
    person("620102800203123", WEI, "fifteen digits of before 1999 are upgraded", "repaired"),
    person("620102 800203 123", WEI, "fifteen digits with blanks", "repaired"),
    person("62010280020312", None, "fourteen digits: one is missing, nobody knows which"),
    person(WEI[:17], None, "seventeen digits: the check character is never made up"),
    person(WEI + "1", None, "nineteen digits: one is too many"),
    person(WEI[:17] + ("0" if WEI[17] != "0" else "1"), None, "a wrong check digit: a digit was mistyped"),
    person(card("62010219800230123"), None, "30 February is no birth date"),
    person(card("62010219801303123"), None, "there is no month 13"),
    person("620102801303123", None, "fifteen digits with month 13"),
    person(card("99010219800203123"), None, "no province has the number 99"),
    person(card("00010219800203123"), None, "no province has the number 00"),
    person(card("62010217990203123"), None, "nobody born in 1799 has a card"),
    person(
        card("62999919800203123"),
        card("62999919800203123"),
        "Gansu never had a county 9999: kept, looked at",
        "suspicious",
    ),
    person(card("11010319600203123"), card("11010319600203123"), "崇文区, gone since 2010, still stands in cards"),
    person(card("13213319600203123"), card("13213319600203123"), "a county of 邯郸地区, gone since 1993"),
    person("620102********123X", None, "masked by a front end"),
    person("6201021980****1232", None, "a birthday that is masked"),
    person("111111111111111111", None, "one digit eighteen times"),
    person("123456789012345678", None, "digits in order"),
    person("110101199001011234", None, "what testers type"),
    person(card("44190019800203123"), card("44190019800203123"), "东莞 has no counties: the code of the city"),
    person(card("44200019800203123"), card("44200019800203123"), "中山 has no counties: the code of the city"),
    person(card("46040019800203123"), card("46040019800203123"), "儋州 has no counties: the code of the city"),
    person(card("62020019800203123"), card("62020019800203123"), "嘉峪关 has no counties: the code of the city"),
    person(
        card("62010019800203123"),
        card("62010019800203123"),
        "兰州 has counties, and no card the code of the city",
        "suspicious",
    ),
    person(card("11010119000101001"), None, "1900-01-01 is the birthday of nobody"),
    person("6.20102E+17", None, "Excel kept the first digits only"),
    person("无", None, "no certificate was shown at all"),
    person("无证件", None, "no certificate was shown"),
    person("未提供", None, "the customer did not provide it"),
    person("13919012345", None, "a phone number in the column of certificates"),
    person(card("81000019800203123"), card("81000019800203123"), "residence permit of people from Hong Kong"),
    person(card("82000019800203124"), card("82000019800203124"), "residence permit of people from Macao"),
    person(card("83000019800203125"), card("83000019800203125"), "residence permit of people from Taiwan"),
    person("911124198108030024", "911124198108030024", "the specimen of the 2023 card for foreigners (a Canadian)"),
    person(card("94484019800203001"), card("94484019800203001"), "a foreigner's card issued in Guangdong: 9, 44, 840"),
    person(card("97784019800203001"), None, "a foreigner's card of a province 77"),
    person("CAN110081010101", "CAN110081010101", "the foreigner's card of 2004: country, place, birthday, serial"),
    person("CAN110081130101", None, "the card of 2004 with month 13"),
    # -- the record beside its card -------------------------------------------------------------------------------
    record("1980-02-03", "女", "card and columns agree"),
    record("19800203", "2", "the same in other spellings"),
    record(None, None, "nothing to compare"),
    record("1980-03-02", "女", "day and month swapped in one of the two", "suspicious"),
    record("1980-02-03", "男", "the card is a woman's", "suspicious"),
    record("1958-11-30", "男", "another person's card: neither date nor sex", "suspicious"),
    record("不详", "未知", "columns that say nothing do not disagree"),
    record("1900-01-01", None, "a placeholder does not disagree"),
    # -- other documents in the column of ids ---------------------------------------------------------------------
    other("national_id", "E12345678", ("passport", "CN", "E12345678"), "an ordinary passport", "repaired"),
    other("national_id", "G12345678", ("passport", "CN", "G12345678"), "a passport of before 2012", "repaired"),
    other("national_id", "EA1234567", ("passport", "CN", "EA1234567"), "a passport since 2017", "repaired"),
    other(
        "national_id", "H12345678", ("travel_permit", "CN", "H12345678"), "home return permit, Hong Kong", "repaired"
    ),
    other(
        "national_id",
        "M1234567800",
        ("travel_permit", "CN", "M1234567800"),
        "home return permit, Macao, issue 00",
        "repaired",
    ),
    other("national_id", "A123456(3)", ("national_id", "HK", "A1234563"), "an identity card of Hong Kong", "repaired"),
    other("national_id", "A123456(4)", None, "an identity card of Hong Kong with a wrong check digit"),
    other("national_id", "A123456789", ("national_id", "TW", "A123456789"), "an identity card of Taiwan", "repaired"),
    other("national_id", "A123456788", None, "an identity card of Taiwan with a wrong check digit"),
    other("national_id", "91620102MA7654321X", None, "a credit code is no person's id"),
    other(
        "national_id", "A123456(3)", ("national_id", "HK", "A1234563"), "the same in a feed of Hong Kong", region="HK"
    ),
    other(
        "national_id",
        "C123456(9)",
        ("national_id", "HK", "C1234569"),
        "another letter, another check digit",
        region="HK",
    ),
    other(
        "national_id", "AB987654(3)", ("national_id", "HK", "AB9876543"), "two letters before the digits", region="HK"
    ),
    other("national_id", "C123456(8)", None, "a wrong check digit in Hong Kong", region="HK"),
    other(
        "national_id", "A123456789", ("national_id", "TW", "A123456789"), "the example of Taiwan's card", region="TW"
    ),
    other("national_id", "A323456789", None, "the second place says the sex: 1 or 2, 8 or 9", region="TW"),
    other("passport", "e12345678", ("passport", "CN", "E12345678"), "small letters are capitals"),
    other("passport", "护照E12345678", ("passport", "CN", "E12345678"), "the name of the document before its number"),
    other("passport", "无", None, "the customer has no passport"),
    other("passport", WEI, ("national_id", "CN", WEI), "a resident id in the column of passports", "repaired"),
    # -- organisations --------------------------------------------------------------------------------------------
    firm("91110000600037341L", "91110000600037341L", "a unified credit code with its check character"),
    firm("91110000600037341l", "91110000600037341L", "a small letter is the same"),
    firm("９１１１００００６０００３７３４１Ｌ", "91110000600037341L", "full-width letters and digits"),
    firm("9111 0000 6000 37341L", "91110000600037341L", "blanks in groups of four"),
    firm("统一社会信用代码：91110000600037341L", "91110000600037341L", "the name of the code before it"),
    firm("9111OOOO6OOO37341L", "91110000600037341L", "letters O, which no code has, for zeros", "repaired"),
    firm("91110000600037342L", None, "a wrong check character"),
    firm("9111000060003734", None, "sixteen characters are no code"),
    firm("600037341", "600037341", "an old organisation code"),
    firm("60003734-1", "600037341", "an old organisation code with its hyphen"),
    firm("60003734-2", None, "an old organisation code with a wrong check character"),
    firm("110108000000016", "110108000000016", "a registration number of 15 digits, the example of its standard"),
    firm("110108000000018", "110108000000018", "fifteen digits without any check digit", "suspicious"),
    firm("110000600037341", "110000600037341", "a tax registration: region and organisation code"),
    firm("123456789012345", None, "digits in order"),
    firm("000000000000000000", None, "zeros are no code"),
    firm("无", None, "the firm has no code"),
)
