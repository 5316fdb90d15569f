"""Phone numbers of North America: given, the text, or (text, area code of the feed); expected: E.164 or None."""

from __future__ import annotations

from typing import Any

from mdm.cleanse.phones import cleanse_phone
from tests.cleanse.cases import Case, marked


def read(case: Case) -> tuple[Any, str]:
    """The number that is dialled."""
    text, area_code = case.given if isinstance(case.given, tuple) else (case.given, None)
    found = cleanse_phone(text, region=case.region, area_code=area_code)
    return marked(found.number, found.issues)


def phone(given: Any, expected: str | None, why: str, mark: str = "valid", region: str = "CA", fails: str = "") -> Case:
    """A number in a feed of North America."""
    mark = "unreadable" if expected is None else mark
    return Case(given, region, expected, mark, why, fails)


CALGARY = "+14032621234"
CASES = (
    phone("4032621234", CALGARY, "it has ten digits"),
    phone("403-262-1234", CALGARY, "hyphens as people write"),
    phone("(403) 262-1234", CALGARY, "brackets around the area code"),
    phone("(403)262-1234", CALGARY, "brackets without a blank"),
    phone("403.262.1234", CALGARY, "dots of business cards"),
    phone("403 262 1234", CALGARY, "blanks as in French"),
    phone("403-2621234", CALGARY, "half of the hyphens"),
    phone("403/262-1234", CALGARY, "a slash behind the area code"),
    phone("1-403-262-1234", CALGARY, "the 1 of long distance"),
    phone("1 (403) 262-1234", CALGARY, "the 1 and brackets"),
    phone("14032621234", CALGARY, "it has eleven digits"),
    phone("+1 403 262 1234", CALGARY, "the international form of it"),
    phone("+14032621234", CALGARY, "E.164 stays as it is"),
    phone("001 403 262 1234", CALGARY, "as it is dialled from Europe and China", region="CN"),
    phone(" 403-262-1234 ", CALGARY, "blanks of fixed-width files"),
    phone("４０３-２６２-１２３４", CALGARY, "it has full-width digits"),
    phone("403–262–1234", CALGARY, "dashes of word processors"),
    phone("403-262-1234 ext. 55", CALGARY, "an extension is of the desk, not of the line", "repaired"),
    phone("403-262-1234 x55", CALGARY, "x for extension", "repaired"),
    phone("403-262-1234X55", CALGARY, "X without a blank", "repaired"),
    phone("403-262-1234 extension 55", CALGARY, "extension spelled out", "repaired"),
    phone("403-262-1234 #55", CALGARY, "a sign for extension", "repaired"),
    phone("403-262-1234, 55", CALGARY, "a comma dials a pause", "repaired"),
    phone("403-262-1234;ext=55", CALGARY, "as links on pages write it", "repaired"),
    phone("514-262-1234 poste 12", "+15142621234", "poste is extension in French", "repaired"),
    phone("514 262-1234 p. 12", "+15142621234", "poste in short", "repaired"),
    phone("403-262-1234 (ext 55)", CALGARY, "an extension in brackets", "repaired"),
    phone("403-262-1234 (home)", CALGARY, "a note behind the number", "repaired"),
    phone("Cell: 403-262-1234", CALGARY, "a note before the number", "repaired"),
    phone("tel:+1-403-262-1234", CALGARY, "a link of a web page", "repaired"),
    phone("4032621234.0", CALGARY, "a number that went through a spreadsheet", "repaired"),
    phone("1-800-267-2001", "+18002672001", "a toll-free number"),
    phone("1-888-FLOWERS", "+18883569377", "letters of the keys are digits"),
    phone("867-873-1234", "+18678731234", "one area code for the three territories"),
    phone("(212) 736-5000", "+12127365000", "New York in a Canadian feed: one numbering plan"),
    phone("212-736-5000", "+12127365000", "New York in an American feed", region="US"),
    phone("787-721-1234", "+17877211234", "Puerto Rico is dialled the same way", region="US"),
    phone("876-922-1234", "+18769221234", "Jamaica is dialled the same way"),
    phone(("262-1234", "403"), CALGARY, "a local number in a feed that names its area code"),
    phone(("2621234", "403"), CALGARY, "the same without a hyphen"),
    phone("262-1234", None, "a local number that nobody can place"),
    phone("011 44 20 7946 0018", "+442079460018", "abroad, as it is dialled from here"),
    phone("+44 20 7946 0018", "+442079460018", "abroad, in international form"),
    phone("+86 139 1901 2345", "+8613919012345", "a Chinese mobile of a newcomer"),
    phone("123-262-1234", None, "no area code begins with 1"),
    phone("023-262-1234", None, "no area code begins with 0"),
    phone("403-162-1234", None, "no exchange begins with 1"),
    phone("403-062-1234", None, "no exchange begins with 0"),
    phone("411-262-1234", None, "411 is no area code"),
    phone("999-262-1234", None, "999 is no area code"),
    phone(
        "403-911-1234",
        None,
        "911 is no exchange",
        fails="the library's plan lets exchanges of the form N11 pass, and so do the fast paths that are held to it",
    ),
    phone("403-262-123", None, "it has nine digits"),
    phone("403-262-12345", None, "eleven digits that do not begin with 1"),
    phone("2-403-262-1234", None, "a leading 2 is no prefix"),
    phone("911", None, "an emergency call"),
    phone("611", None, "the operator's own short code"),
    phone("310-2355", None, "310 numbers are services, and local"),
    phone("403-262-1234 / 403-262-5678", None, "two numbers: which is it?"),
    phone("403-262-1234 or 262-5678", None, "two numbers in words"),
    phone("4.03262E+09", None, "a spreadsheet lost the last digits"),
    phone("403-262-XXXX", None, "a masked number"),
    phone("403-262-****", None, "a number masked by stars"),
    phone("ann@telus.net", None, "an e-mail address in the wrong column"),
    phone("unlisted", None, "a word where a number should be"),
    phone("000-000-0000", None, "zeros held down"),
    phone("999-999-9999", None, "nines held down"),
    phone("555-555-5555", None, "fives held down"),
    phone("(555) 555-1234", None, "the number of the films"),
    phone("123-456-7890", None, "digits in order"),
    phone("800-555-1212", None, "the number of directory assistance"),
    phone("403-999-9999", "+14039999999", "may be somebody's; if too many have it, the data say so"),
)
