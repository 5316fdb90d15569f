"""What people and systems write where nothing is known: given, (kind of value, text); nothing of it is kept.

Beside them, values that look like placeholders and are none.
"""

from __future__ import annotations

from typing import Any

from tests.cleanse.cases import Case
from tests.cleanse.kinds import read_kind


def read(case: Case) -> tuple[Any, str]:
    """Whatever the kind asks for."""
    kind, given = case.given
    return read_kind(kind, given, case.region, case.expected)


def nothing(kind: str, given: str, why: str, region: str = "CA") -> Case:
    """A placeholder."""
    empty = {"text": None, "street": None} if kind == "address" else {} if kind == "name" else None
    return Case((kind, {"street": given} if kind == "address" else given), region, empty, "unreadable", why)


def relation(given: str, family: str, why: str) -> Case:
    """A word in the place of a given name; the family name is one."""
    return Case(("name", {"given": given, "family": family}), "CA", {"family": family}, "unreadable", why)


def real(kind: str, given: Any, expected: Any, why: str, region: str = "CA") -> Case:
    """A value that only looks like one."""
    return Case((kind, given), region, expected, "valid", why)


CASES = (
    nothing("name", "UNKNOWN UNKNOWN", "unknown, said twice"),
    nothing("name", "No Name", "what clerks type to get on"),
    nothing("name", "N.A.", "not available with dots"),
    nothing("name", "n/a", "not available in small letters"),
    nothing("name", "#N/A", "what a spreadsheet shows"),
    nothing("name", "NULL", "what a database shows"),
    nothing("name", "(null)", "what a program shows"),
    nothing("name", "undefined", "what a web page shows"),
    nothing("name", "NaN", "what a table of numbers shows"),
    nothing("name", "asdf", "keys beside each other"),
    nothing("name", "qwerty", "the first row of keys"),
    nothing("name", "XXXXX", "a key held down"),
    nothing("name", "Jane Doe", "nobody's name for a woman"),
    nothing("name", "Test User", "users of the test department"),
    nothing("name", "Anonymous", "somebody who did not tell"),
    nothing("name", "TBD", "to be determined some day"),
    nothing("name", "Baby Boy", "a child without a name yet"),
    relation("Wife", "Smith", "who she is to the holder"),
    relation("GRANDSON", "Smith", "the same in capitals"),
    relation("Adult Male", "Smith", "what a form asks for"),
    relation("Mrs", "Smith", "how she is addressed"),
    relation("Hija", "Smith", "daughter in Spanish"),
    relation("Conjointe", "Smith", "partner in French"),
    nothing("name", "inconnu", "unknown in French"),
    nothing("name", "aucun", "none in French"),
    nothing("name", "non disponible", "not available in French"),
    nothing("name", "sans objet", "not applicable in French"),
    nothing("name", "不详", "not known in Chinese", "CN"),
    nothing("name", "无", "none in Chinese", "CN"),
    nothing("name", "测试", "test in Chinese", "CN"),
    nothing("name", "...", "dots to get past a required field"),
    nothing("name", "?", "a question where an answer should be"),
    nothing("name", "-", "a hyphen to get past a required field"),
    nothing("phone", "0000000000", "zeros held down"),
    nothing("phone", "1111111111", "ones held down"),
    nothing("phone", "999-999-9999", "nines held down"),
    nothing("phone", "1234567890", "digits in order"),
    nothing("phone", "555-5551234", "the number of the films"),
    nothing("phone", "13800138000", "the number on every Chinese sample card", "CN"),
    nothing("phone", "00000", "a short row of zeros"),
    nothing("phone", "无", "none in Chinese", "CN"),
    nothing("phone", "N/A", "not available where digits should be"),
    nothing("email", "test@test.com", "what testers type"),
    nothing("email", "none", "the word none"),
    nothing("email", "noemail@noemail.com", "what clerks type to get on"),
    nothing("email", "na@gmail.com", "not available, in the form of an address"),
    nothing("email", "123@qq.com", "what shops in China type", "CN"),
    nothing("email", "x@x.com", "keys held down"),
    nothing("date", "1900-01-01", "the first day that systems know"),
    nothing("date", "19000101", "the same in eight digits", "CN"),
    nothing("date", "9999-12-31", "the last day that systems know"),
    nothing("date", "0001-01-01", "the first day of .NET"),
    nothing("date", "00000000", "zeros of a mainframe"),
    nothing("national_id", "000-00-0000", "zeros in the form of a number", "US"),
    nothing("national_id", "111111111111111111", "ones held down", "CN"),
    nothing("national_id", "123456789012345678", "digits in order", "CN"),
    nothing("national_id", "XXXXXXXXX", "masked as a whole"),
    nothing("address", "N/A", "not available where a street should be"),
    nothing("address", "No Fixed Address", "somebody without a home"),
    nothing("address", "unknown", "the word unknown"),
    nothing("address", "不详", "not known in Chinese", "CN"),
    nothing("organisation", "N/A", "not available where a company should be"),
    nothing("organisation", "测试公司", "a test company in Chinese", "CN"),
    real("name", {"given": "Thomas", "family": "Child"}, {"given": "Thomas", "family": "Child"}, "a family name, too"),
    real("name", {"given": "Min", "family": "Son"}, {"given": "Min", "family": "Son"}, "a Korean family name"),
    real("name", {"given": "Son", "family": "Tran"}, {"given": "Son", "family": "Tran"}, "a Vietnamese given name"),
    real("name", {"given": "Steve", "family": "Null"}, {"given": "Steve", "family": "Null"}, "Null is a family name"),
    real("name", {"given": "Na", "family": "Li"}, {"given": "Na", "family": "Li"}, "Na is a Chinese given name"),
    real("name", {"given": "Anita", "family": "None"}, {"given": "Anita", "family": "None"}, "None is a family name"),
    real("name", "Sue Tester", {"given": "Sue", "family": "Tester"}, "Tester is a family name"),
    real("name", "Arthur Blank", {"given": "Arthur", "family": "Blank"}, "so is Blank"),
    real("phone", "403-262-0000", "+14032620000", "round numbers belong to companies"),
    real("email", "tester@telus.net", "tester@telus.net", "Tester has an address"),
    real("date", "1900-02-01", "1900-02-01", "there were people born in 1900"),
    real("organisation", "Unknown Worlds Inc.", ("unknown worlds", "inc"), "the word is only a part of the name"),
    real("address", {"street": "12 Test Rd"}, {"street": "Test Rd", "number": "12"}, "there are roads called Test"),
)
