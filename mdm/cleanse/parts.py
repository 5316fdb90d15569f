"""Which cleanser reads which columns: one declaration that both the row path and the batch path follow.

A *scalar part* turns some columns of a row into others; a *list part* turns each element of a list column into one
element or none. Both are pure functions of (values, context), so a batch needs to run them on distinct values only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa

from mdm.cleanse.addresses import cleanse_address
from mdm.cleanse.addresses_columns import ordinary_addresses
from mdm.cleanse.columns import (
    Columns,
    ordinary_emails,
    ordinary_phones,
    ordinary_subscriptions,
    ordinary_texts,
)
from mdm.cleanse.dates import cleanse_date
from mdm.cleanse.emails import cleanse_email
from mdm.cleanse.fold import CACHED, tidy
from mdm.cleanse.identifiers import cleanse_identifier
from mdm.cleanse.identifiers_columns import ordinary_identifiers
from mdm.cleanse.identity_card import CARD_LENGTH, disagreements
from mdm.cleanse.lunar import cleanse_birth_date
from mdm.cleanse.names import name_values
from mdm.cleanse.names_columns import ordinary_names
from mdm.cleanse.organisations import cleanse_organisation
from mdm.cleanse.phones import cleanse_phone
from mdm.cleanse.postal import AddressText, division_code
from mdm.cleanse.sex import cleanse_sex
from mdm.cleanse.values import CleanseContext, Issue
from mdm.party import ADDRESS_PARTS, ADDRESS_TEXT_FIELDS

Values = tuple[Any, ...]
Cleansed = tuple[Values | None, tuple[Issue, ...]]  # None: the element is dropped (list parts only)
Cleanser = Callable[[Values, CleanseContext], Cleansed]
Ordinary = Callable[[list[pa.Array], CleanseContext], Columns]


@dataclass(frozen=True, slots=True)
class ScalarPart:
    """`inputs` are MAPPED columns, `outputs` CLEANSED columns; "address.x" is field x of the address struct.

    `ordinary` reads the commonest forms in whole columns, and `cleanse` what it leaves.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    cleanse: Cleanser
    ordinary: Ordinary | None = None


@dataclass(frozen=True, slots=True)
class ListPart:
    """`column` is a list in both schemas; `inputs` and `outputs` are fields of its elements, () for plain text.

    `record_inputs` are MAPPED columns of the record, the same for each of its elements; their values come last.
    `ordinary` reads the commonest forms in whole columns, and `cleanse` what it leaves.
    """

    column: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    cleanse: Cleanser
    record_inputs: tuple[str, ...] = ()
    ordinary: Ordinary | None = None


_NAME_INPUTS = (
    "party", "name_full", "name_prefix", "name_given", "name_middle", "name_family", "name_suffix", "name_former",
    "organisation_name",
)  # fmt: skip
_NAME_OUTPUTS = (
    "name_prefix", "name_given", "name_middle", "name_family", "name_suffix", "name_former", "given_key", "middle_key",
    "family_key", "former_key", "given_native", "family_native", "organisation_name", "organisation_key",
    "organisation_form",
)  # fmt: skip
_NO_NAME: Values = (None,) * 12
_NO_ORGANISATION: Values = (None,) * 3


def _names(values: Values, context: CleanseContext) -> Cleansed:
    party, full, *delivered, organisation = values
    issues: tuple[Issue, ...] = ()
    name, company = _NO_NAME, _NO_ORGANISATION
    if party == "organisation":
        organisation = organisation if tidy(organisation) is not None else full
    else:
        name, issues = name_values(tuple(delivered), full, context.region)
        if organisation is None:
            return name + _NO_ORGANISATION, issues
    if organisation is not None:
        read = cleanse_organisation(organisation, region=context.region)
        company = (read.name, read.key, read.form)
        issues += read.issues
    return (*name, *company), issues


def _birth_date(values: Values, context: CleanseContext) -> Cleansed:
    text, calendar = values
    found = cleanse_birth_date(text, calendar, region=context.region)
    return (found.value,), found.issues


def _death_date(values: Values, context: CleanseContext) -> Cleansed:
    found = cleanse_date(values[0], region=context.region, attribute="death_date")
    return (found.value,), found.issues


def _sex(values: Values, context: CleanseContext) -> Cleansed:
    found = cleanse_sex(values[0], region=context.region)
    return (found.value,), found.issues


def _text(values: Values, context: CleanseContext) -> Cleansed:
    return (tidy(values[0]),), ()


def _period(start: str | None, end: str | None, attribute: str, context: CleanseContext) -> Cleansed:
    """(valid_from, valid_to) as dates."""
    return _ALWAYS if start is None and end is None else _days(start, end, attribute, context.region)


@lru_cache(maxsize=CACHED)  # the days of a contract are few
def _days(start: str | None, end: str | None, attribute: str, region: str) -> Cleansed:
    first = cleanse_date(start, region=region, attribute=f"{attribute}.valid_from")
    last = cleanse_date(end, region=region, attribute=f"{attribute}.valid_to")
    return (first.value, last.value), first.issues + last.issues


def _address(values: Values, context: CleanseContext) -> Cleansed:
    *texts, start, end = values
    address, keys, issues = cleanse_address(AddressText._make(texts), region=context.region)
    if address is None:
        return (None,) * (len(values) + 1) + keys, issues
    period, late = _period(start, end, "address", context)
    return (*address, division_code(address), *(period or ()), *keys), issues + late


def _identifier(values: Values, context: CleanseContext) -> Cleansed:
    kind, country, value, home, birth_date, calendar, sex = values
    found = cleanse_identifier(kind or "other", value, country=country, home=home, region=context.region)
    if found.value is None:
        return None, found.issues
    kind, issues = found.kind or kind or "other", found.issues
    if kind == "national_id" and found.issuer == "CN" and len(found.value) == CARD_LENGTH:
        issues += disagreements(found.value, (birth_date, calendar), sex, context.region)
    return (kind, found.issuer, found.value), issues


def _phone(values: Values, context: CleanseContext) -> Cleansed:
    value, start, end, home = values
    found = cleanse_phone(value, region=context.region, area_code=context.area_code, home=home)
    period, late = _period(start, end, "phones", context)
    return (None if found.number is None else (found.number, *(period or ()))), found.issues + late


def _email(values: Values, context: CleanseContext) -> Cleansed:
    value, start, end = values
    found = cleanse_email(value, region=context.region)
    period, late = _period(start, end, "emails", context)
    return (None if found.address is None else (found.address, *(period or ()))), found.issues + late


def _subscription(values: Values, context: CleanseContext) -> Cleansed:
    product, number, status, start, end, home = values
    product, number, status = tidy(product), tidy(number), tidy(status)
    if number is not None:
        found = cleanse_phone(number, region=context.region, area_code=context.area_code, home=home)
        number = found.number or number
    period, issues = _period(start, end, "subscriptions", context)
    known = product is not None or number is not None or status is not None
    return ((product, number, status, *(period or ())) if known else None), issues


def _trimmed(needed: int) -> Cleanser:
    """Trimmed text; an element without its field number `needed` is dropped."""

    def cleanse(values: Values, context: CleanseContext) -> Cleansed:
        found = tuple(tidy(value) for value in values)
        return (found if found[needed] is not None else None), ()

    return cleanse


_ALWAYS: Cleansed = (None, None), ()
_PERIOD = ("valid_from", "valid_to")
_ADDRESS_KEYS = ("number_key", "street_key", "unit_key", "place_key", "dwelling_key")
_ADDRESS_FIELDS = tuple(f"address.{name}" for name in (*ADDRESS_TEXT_FIELDS, *_PERIOD))
_CLEANSED_FIELDS = tuple(f"address.{name}" for name in (*ADDRESS_PARTS, *_PERIOD))
_HOME = ("address.country",)  # a feed may hold records of several countries; numbers are read by the record's own
_SUBSCRIPTION = ("product", "number", "status", *_PERIOD)

SCALAR_PARTS = (
    ScalarPart(_NAME_INPUTS, _NAME_OUTPUTS, _names, ordinary_names),
    ScalarPart(("birth_date", "birth_calendar"), ("birth_date",), _birth_date),
    ScalarPart(("death_date",), ("death_date",), _death_date),
    ScalarPart(("sex",), ("sex",), _sex),
    ScalarPart(_ADDRESS_FIELDS, (*_CLEANSED_FIELDS, *_ADDRESS_KEYS), _address, ordinary_addresses),
    ScalarPart(("household_role",), ("household_role",), _text),
)
LIST_PARTS = (
    ListPart(
        "identifiers",
        ("type", "country", "value"),
        ("type", "issuer", "value"),
        _identifier,
        (*_HOME, "birth_date", "birth_calendar", "sex"),  # which an identity card says, too
        ordinary_identifiers,
    ),
    ListPart("phones", ("value", *_PERIOD), ("number", *_PERIOD), _phone, _HOME, ordinary_phones),
    ListPart("emails", ("value", *_PERIOD), ("address", *_PERIOD), _email, (), ordinary_emails),
    ListPart("accounts", (), (), _trimmed(0), (), ordinary_texts(0)),
    ListPart("subscriptions", _SUBSCRIPTION, _SUBSCRIPTION, _subscription, _HOME, ordinary_subscriptions),
    ListPart("relationships", ("kind", "local_id"), ("kind", "local_id"), _trimmed(1), (), ordinary_texts(1)),
    ListPart("consents", ("purpose", "channel", "granted"), ("purpose", "channel", "granted"), _trimmed(2)),
    ListPart("attributes", ("name", "value"), ("name", "value"), _trimmed(1), (), ordinary_texts(1)),
)
COPIED = ("system", "local_id", "party", "file", "line", "changed_at")  # as they are, from MAPPED to CLEANSED
