"""What an address is made of: the parts as text and the keys of a dwelling."""

from __future__ import annotations

from typing import NamedTuple

from mdm.cleanse.divisions import address_code


class AddressText(NamedTuple):
    """The parts of an address as text; the fields of `mdm.party.ADDRESS_TEXT_FIELDS` in their order."""

    text: str | None = None
    number: str | None = None
    street: str | None = None
    unit: str | None = None
    building: str | None = None
    po_box: str | None = None
    district: str | None = None
    locality: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str | None = None
    kind: str | None = None


def division_code(address: AddressText) -> str | None:
    """The administrative code of a cleansed address in China."""
    return address_code(address.region, address.locality, address.district) if address.country == "CN" else None


class AddressKeys(NamedTuple):
    """Folded parts for matching; `dwelling` joins them by "|" and is None when too little is known to name one."""

    number: str | None = None
    street: str | None = None
    unit: str | None = None
    place: str | None = None
    dwelling: str | None = None


def dwelling(number: str | None, street: str | None, unit: str | None, po_box: str | None, place: str | None) -> str:
    """number|street|unit|po_box|place, unknown parts empty."""
    return f"{number or ''}|{street or ''}|{unit or ''}|{po_box or ''}|{place or ''}"
