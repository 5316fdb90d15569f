"""Names: case tables for Latin and Chinese, and the properties of every cleanser of names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm.cleanse.names import CleansedName, cleanse_name
from mdm.cleanse.names_chinese import pinyin, surname_pinyin, surnames


def keys(name: CleansedName) -> tuple[str | None, str | None, str | None]:
    return name.keys.given, name.keys.middle, name.keys.family


FULL = {
    "first last": ("John Smith", "CA", ("john", None, "smith")),
    "middle": ("John Adam Smith", "CA", ("john", "adam", "smith")),
    "middle initial": ("John A. Smith", "CA", ("john", "a", "smith")),
    "last, first": ("Smith, John", "CA", ("john", None, "smith")),
    "last, first middle": ("SMITH, JOHN ADAM", "CA", ("john", "adam", "smith")),
    "suffix": ("John Smith Jr.", "CA", ("john", None, "smith")),
    "suffix after comma": ("Smith, John, III", "CA", ("john", None, "smith")),
    "prefix": ("Dr. John Smith", "CA", ("john", None, "smith")),
    "french prefix": ("Mme Marie Tremblay", "CA", ("marie", None, "tremblay")),
    "particles": ("Juan de la Cruz", "US", ("juan", None, "delacruz")),
    "van der": ("Jan van der Berg", "CA", ("jan", None, "vanderberg")),
    "accents": ("José Núñez", "US", ("jose", None, "nunez")),
    "hyphen": ("Anne-Marie O'Neil-Roy", "CA", ("annemarie", None, "oneilroy")),
    "nickname in brackets": ("Robert (Bob) Jones", "CA", ("robert", None, "jones")),
    "one word": ("Madonna", "US", (None, None, "madonna")),
    "two hanzi": ("张伟", "CN", ("wei", None, "zhang")),
    "three hanzi": ("张小明", "CN", ("xiaoming", None, "zhang")),
    "traditional": ("張偉", "CN", ("wei", None, "zhang")),
    "compound surname": ("欧阳锋", "CN", ("feng", None, "ouyang")),
    "compound surname, traditional": ("歐陽鋒", "HK", ("feng", None, "ouyang")),
    "two surnames": ("陈林小明", "CN", ("xiaoming", None, "chenlin")),
    "surname with its own reading 仇": ("仇英", "CN", ("ying", None, "qiu")),
    "surname with its own reading 单": ("单田芳", "CN", ("tianfang", None, "shan")),
    "surname with its own reading 曾": ("曾国藩", "CN", ("guofan", None, "zeng")),
    "surname with its own reading 解": ("解缙", "CN", ("jin", None, "xie")),
    "surname with its own reading 查": ("查良镛", "CN", ("liangyong", None, "zha")),
    "surname with its own reading 翟": ("翟志刚", "CN", ("zhigang", None, "zhai")),
    "surname with its own reading 朴": ("朴树", "CN", ("shu", None, "piao")),
    "middle dot": ("买买提·吐尔逊", "CN", ("maimaiti", None, "tuerxun")),
    "blank between": ("陈 大文", "CN", ("dawen", None, "chen")),
    "honorific": ("张先生", "CN", (None, None, "zhang")),
    "capitals, surname first": ("ZHANG WEI", "CN", ("wei", None, "zhang")),
    "pinyin, only the last is a surname": ("Xiaoming Zhang", "CN", ("xiaoming", None, "zhang")),
    "pinyin with comma": ("Zhang, Xiaoming", "CN", ("xiaoming", None, "zhang")),
    "pinyin in three words": ("Zhang Xiao Ming", "CN", ("xiaoming", None, "zhang")),
    "pinyin in Canada stays western": ("Wei Zhang", "CA", ("wei", None, "zhang")),
    "u umlaut": ("Lü Wei", "CN", ("wei", None, "lv")),
    "LYU of passports": ("LYU WEI", "CN", ("wei", None, "lv")),
    "hanzi 吕": ("吕伟", "CN", ("wei", None, "lv")),
    "placeholder": ("TEST", "CA", (None, None, None)),
    "placeholder in hanzi": ("测试", "CN", (None, None, None)),
    "not known": ("不详", "CN", (None, None, None)),
    "John Doe": ("John Doe", "CA", (None, None, None)),
    "N/A": ("N/A", "CA", (None, None, None)),
    "digits": ("12345", "CA", (None, None, None)),
    "baby boy": ("Baby Boy", "CA", (None, None, None)),
}


@pytest.mark.parametrize(("text", "region", "expected"), FULL.values(), ids=FULL.keys())
def test_full_names_are_split(text: str, region: str, expected: tuple[str | None, ...]) -> None:
    found = cleanse_name(full=text, region=region)
    assert keys(found) == expected
    if expected == (None, None, None):
        assert [issue.mark for issue in found.issues] == ["unreadable"]


PARTS = {
    "as delivered": ({"given": "Ann", "family": "Lee"}, "CA", ("ann", None, "lee")),
    "two given names": ({"given": "Mary Ann", "family": "Lee"}, "CA", ("mary", "ann", "lee")),
    "initial": ({"given": "J.", "family": "Lee"}, "CA", ("j", None, "lee")),
    "full is not read beside parts": ({"full": "X Y", "given": "Ann", "family": "Lee"}, "CA", ("ann", None, "lee")),
    "prefix typed into given": ({"given": "Mr John", "family": "Lee"}, "CA", ("john", None, "lee")),
    "suffix typed into family": ({"given": "John", "family": "Lee Jr"}, "CA", ("john", None, "lee")),
    "pinyin swapped": ({"given": "Zhang", "family": "Xiaoming"}, "CN", ("xiaoming", None, "zhang")),
    "both surnames stay": ({"given": "Wei", "family": "Zhang"}, "CN", ("wei", None, "zhang")),
    "no swap in Canada": ({"given": "Zhang", "family": "Xiaoming"}, "CA", ("zhang", None, "xiaoming")),
    "pinyin in two words": ({"given": "Xiao Ming", "family": "Zhang"}, "CN", ("xiaoming", None, "zhang")),
    "hanzi": ({"given": "小明", "family": "張"}, "CN", ("xiaoming", None, "zhang")),
    "given is unknown": ({"given": "Unknown", "family": "Lee"}, "CA", (None, None, "lee")),
    "Null is a family name": ({"given": "Jennifer", "family": "Null"}, "US", ("jennifer", None, "null")),
    "null null is nothing": ({"given": "null", "family": "null"}, "US", (None, None, None)),
    "blank": ({"given": " ", "family": "\t"}, "US", (None, None, None)),
}


@pytest.mark.parametrize(("parts", "region", "expected"), PARTS.values(), ids=PARTS.keys())
def test_delivered_parts_win(parts: dict[str, str], region: str, expected: tuple[str | None, ...]) -> None:
    assert keys(cleanse_name(**parts, region=region)) == expected


DISPLAY = {
    "capitals": ("MCDONALD", "McDonald"),
    "small": ("o'neil", "O'Neil"),
    "mac of the list": ("MACGREGOR", "MacGregor"),
    "mac of others": ("MACEY", "Macey"),
    "particles": ("VAN DER BERG", "van der Berg"),
    "mixed case stays": ("McDONALD", "McDONALD"),
    "hyphen": ("SMITH-JONES", "Smith-Jones"),
    "accents": ("ÉMOND", "Émond"),
    "hanzi stay as written": ("張", "張"),
}


@pytest.mark.parametrize(("text", "expected"), DISPLAY.values(), ids=DISPLAY.keys())
def test_letter_case_for_people(text: str, expected: str) -> None:
    assert cleanse_name(family=text, region="CA").shown.family == expected


def test_suffix_prefix_and_maiden_name_have_their_own_places() -> None:
    found = cleanse_name(full="Mrs. Ann Lee née Roy", region="CA")
    assert (found.shown.prefix, found.shown.family, found.shown.former) == ("Mrs.", "Lee", "Roy")
    assert found.keys.former == "roy"
    assert cleanse_name(given="John", family="Lee III", region="CA").shown.suffix == "III"


def test_native_names_are_simplified_beside_the_display_value() -> None:
    found = cleanse_name(full="張偉", region="CN")
    assert (found.shown.family, found.keys.family_native, found.keys.given_native) == ("張", "张", "伟")


def test_every_surname_reads_the_same_from_hanzi_and_from_the_table() -> None:
    assert all(surname_pinyin(name) == reading for name, reading in surnames().items())
    assert pinyin("单") != surname_pinyin("单")


NASTY = st.text(st.characters(codec="utf-8"), max_size=20)
HAN_WORDS = st.lists(
    st.sampled_from(
        ["张", "伟", "小", "老", "明", "欧阳", "國棟", "买买提", "吐尔逊", "扎西", "卓玛", "·", "。", " ", "/", "先生",
         "师傅", "張", "*",
         "公司", "大学", "-", "副卡", "某", "张三", "测试", "1", "Zhang Wei", "(已故)", "爱新觉罗"]
    ),
    max_size=5,
).map("".join)  # fmt: skip
WORDS = HAN_WORDS | st.lists(
    st.sampled_from(
        ["Smith", "JR", "van", "de", "o'neil", "Mc", "née", "Roy,", "Dr.", "III", "张", "伟", "·", "(x)", "zhang",
         "Wei", "test", "null", "E", "先生", "lyu", "-", "McDonald", "ß", "é", "&", "and", "Inc.", "c/o", "*", "Estate",
         "aka", "Mr.", "2", "RenÃ©e", "#", "'Bob'", "St.", "?", "O'", "(née", "ann@telus.net", "3rd", "MD", "FNU"]
    ),
    max_size=6,
).map(" ".join)  # fmt: skip
TEXTS = st.none() | NASTY | WORDS


@given(TEXTS, TEXTS, TEXTS, TEXTS, st.sampled_from(["CA", "CN", "US"]))
def test_cleansing_a_name_twice_changes_nothing(
    full: str | None, first: str | None, middle: str | None, family: str | None, region: str
) -> None:
    once = cleanse_name(full=full, given=first, middle=middle, family=family, region=region)
    shown = {name: getattr(once.shown, name) for name in ("prefix", "given", "middle", "family", "suffix", "former")}
    twice = cleanse_name(**shown, region=region)
    assert (twice.shown, twice.keys) == (once.shown, once.keys)


@given(TEXTS, st.sampled_from(["CA", "CN"]))
def test_keys_are_lower_case_ascii_letters(full: str | None, region: str) -> None:
    found = cleanse_name(full=full, region=region)
    for key in (found.keys.given, found.keys.middle, found.keys.family, found.keys.former):
        assert key is None or (key.isascii() and key.isalpha() and key.islower())
