"""Identifiers of Canada and the United States: given, (type, text); expected: (issuer, value) or None.

All social insurance and social security numbers here are made up.
"""

from __future__ import annotations

from typing import Any

from mdm.cleanse.identifiers import cleanse_identifier
from tests.cleanse.cases import Case, marked


def read(case: Case) -> tuple[Any, str]:
    """Issuer and value of a valid identifier."""
    kind, text = case.given
    found = cleanse_identifier(kind, text, region=case.region)
    return marked(None if found.value is None else (found.issuer, found.value), found.issues)


def identifier(
    kind: str, given: str, expected: str | None, why: str, mark: str = "valid", region: str = "CA", fails: str = ""
) -> Case:
    """An identifier of the feed's own country."""
    mark = "unreadable" if expected is None else mark
    return Case((kind, given), region, None if expected is None else (region, expected), mark, why, fails)


def sin(given: str, expected: str | None, why: str, mark: str = "valid") -> Case:
    """A social insurance number."""
    return identifier("national_id", given, expected, why, mark)


def ssn(given: str, expected: str | None, why: str, mark: str = "valid") -> Case:
    """A social security number."""
    return identifier("national_id", given, expected, why, mark, "US")


CASES = (
    sin("130692544", "130692544", "nine digits with a Luhn check digit"),
    sin("130 692 544", "130692544", "three groups as on the card"),
    sin("130-692-544", "130692544", "hyphens as in forms"),
    sin("SIN 130 692 544", "130692544", "the label in front"),
    sin("SIN: 130-692-544", "130692544", "the label with a colon"),
    sin("NAS 130 692 544", "130692544", "the label in French"),
    sin(" 130692544 ", "130692544", "blanks of fixed-width files"),
    sin("１３０６９２５４４", "130692544", "it has full-width digits"),
    sin("13O692544", "130692544", "O for 0: one reading, and the check digit agrees", "repaired"),
    sin("l30692544", "130692544", "a small L for 1: one reading, and the check digit agrees", "repaired"),
    sin("130692545", None, "the check digit is wrong: a typing error, or no number"),
    sin("103692544", None, "two digits changed places; nobody can say which"),
    sin("13069254", None, "a digit is missing"),
    sin("1306925440", None, "a digit too many"),
    sin("046 454 286", None, "no number begins with 0; this one stands in every example"),
    sin("800 000 002", None, "8 was never issued"),
    sin("900 000 001", "900000001", "9 is for temporary residents"),
    sin("000000000", None, "zeros held down"),
    sin("111111111", None, "ones held down"),
    sin("123456789", None, "digits in order"),
    sin("***-***-544", None, "masked by the source"),
    sin("XXX-XX-X544", None, "masked with letters"),
    sin("REFUSED", None, "the customer did not tell"),
    sin("N/A", None, "not available, said in short"),
    ssn("732-49-4027", "732494027", "area, group, serial"),
    ssn("732494027", "732494027", "it has nine digits"),
    ssn("SSN: 732-49-4027", "732494027", "the label in front"),
    ssn("000-12-3456", None, "area 000 never was"),
    ssn("666-12-3456", None, "area 666 was left out"),
    ssn("732-00-4027", None, "group 00 never was"),
    ssn("732-49-0000", None, "serial 0000 never was"),
    ssn("912-70-1234", "912701234", "an ITIN of somebody who may not have a social security number"),
    ssn("078-05-1120", None, "the card that came with the wallet"),
    ssn("219-09-9999", None, "the number of the pamphlet"),
    ssn("987-65-4321", None, "kept for advertisements"),
    ssn("123-45-6789", None, "digits in order"),
    ssn("999-99-9999", None, "nines held down"),
    ssn("XXX-XX-4027", None, "masked to the last four"),
    ssn("4027", None, "the last four alone"),
    identifier("organisation_id", "123456782", "123456782", "a business number"),
    identifier("organisation_id", "12345 6782", "123456782", "the same in groups"),
    identifier("organisation_id", "123456782RT0001", "123456782", "with the account of the sales tax", "repaired"),
    identifier("organisation_id", "123456782 RC 0001", "123456782", "with the account of the income tax", "repaired"),
    identifier("organisation_id", "BN 123456782", "123456782", "the label in front"),
    identifier("organisation_id", "123456783", None, "the check digit is wrong"),
    identifier("organisation_id", "1141234567", "1141234567", "a Québec enterprise number has ten digits"),
    identifier("organisation_id", "12-3456780", "123456780", "an employer number", region="US"),
    identifier("organisation_id", "EIN 12-3456780", "123456780", "with its label", region="US"),
    identifier("organisation_id", "12-345678", None, "an employer number without its last digit", region="US"),
    identifier("tax_number", "123456782RT0001", "123456782", "the tax number of a company", "repaired"),
    identifier("tax_number", "130 692 544", "130692544", "the tax number of a person is the insurance number"),
    identifier("passport", "AB123456", "AB123456", "a Canadian passport"),
    identifier("passport", "ab 123456", "AB123456", "small letters and a blank"),
    identifier("passport", "AB1", None, "too short to name anybody"),
    identifier("driving_licence", "S1234-56789-01234", "S12345678901234", "an Ontario licence"),
    identifier("driving_licence", "000000", None, "zeros held down"),
    identifier("health_card", "1234-567-890-AB", "1234567890AB", "a health card with its version"),
    identifier("other", "ABCDEFG", None, "letters alone name nothing"),
)
