"""Any kind of value through its cleanser, as the tables of real-life cases compare it."""

from __future__ import annotations

from typing import Any

from mdm.cleanse.addresses import cleanse_address
from mdm.cleanse.dates import cleanse_date
from mdm.cleanse.emails import cleanse_email
from mdm.cleanse.identifiers import cleanse_identifier
from mdm.cleanse.names import cleanse_name
from mdm.cleanse.organisations import cleanse_organisation
from mdm.cleanse.phones import cleanse_phone
from mdm.cleanse.postal import AddressText
from tests.cleanse.cases import marked


def read_kind(kind: str, given: Any, region: str, expected: Any) -> tuple[Any, str]:
    """What is found of a value and its mark; of an address the parts that `expected` names.

    Any other kind is a type of identifier.
    """
    if kind == "name":
        name = cleanse_name(**({"full": given} if isinstance(given, str) else given), region=region)
        return marked({part: text for part, text in name.shown._asdict().items() if text is not None}, name.issues)
    if kind == "address":
        parts = {"text": given} if isinstance(given, str) else given
        home = cleanse_address(AddressText(**parts), region=region)
        shown = {} if home.address is None else home.address._asdict()
        shown |= {"dwelling": home.keys.dwelling}
        return marked({part: shown.get(part) for part in expected}, home.issues)
    if kind == "phone":
        phone = cleanse_phone(given, region=region)
        return marked(phone.number, phone.issues)
    if kind == "email":
        email = cleanse_email(given, region=region)
        return marked(email.address, email.issues)
    if kind == "date":
        day = cleanse_date(given, region=region)
        return marked(None if day.value is None else day.value.isoformat(), day.issues)
    if kind == "organisation":
        company = cleanse_organisation(given, region=region)
        return marked(None if company.name is None else (company.key, company.form), company.issues)
    found = cleanse_identifier(kind, given, region=region)
    return marked(None if found.value is None else (found.issuer, found.value), found.issues)
