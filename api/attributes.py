"""What is known of a party, as a channel writes it: the attributes in hand, and their columns of MAPPED."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.models import WITHOUT_NUL
from mdm.party import ADDRESS_TEXT_FIELDS, PartyType

MOST_VALUES = 20  # of a list
Text = Annotated[str, Field(min_length=1, max_length=1000, pattern=WITHOUT_NUL)]
IdentifierName = Literal[  # those of mdm.party.IDENTIFIER_TYPES
    "national_id", "tax_number", "organisation_id", "passport", "travel_permit", "driving_licence", "health_card",
    "other",
]  # fmt: skip


class Strict(BaseModel):
    """A part of a body: what it does not know is an error."""

    model_config = ConfigDict(extra="forbid")


class NameParts(Strict):
    """A person's name, whole or in parts."""

    full: Text | None = None
    prefix: Text | None = None
    given: Text | None = None
    middle: Text | None = None
    family: Text | None = None
    suffix: Text | None = None
    former: Text | None = Field(default=None, description="a family name borne before")


class Identifier(Strict):
    """A number that somebody issued."""

    type: IdentifierName
    value: Text
    country: Text | None = Field(default=None, description="who issued it: CN, CAN, Canada ...; else `region`")


class AddressParts(Strict):
    """An address, as one text or in parts."""

    text: Text | None = None
    number: Text | None = None
    street: Text | None = None
    unit: Text | None = None
    building: Text | None = None
    po_box: Text | None = None
    district: Text | None = None
    locality: Text | None = None
    region: Text | None = None
    postcode: Text | None = None
    country: Text | None = None


class InHand(Strict):
    """What is known of a person or an organisation, written as it comes; it is cleansed as a delivered record is."""

    party: PartyType | None = Field(default=None, description="left out: an organisation if `organisation` is given")
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = Field(
        default=None, description="the country (ISO 3166) that phones, dates and addresses are read by", examples=["CN"]
    )
    name: Text | NameParts | None = Field(default=None, description="whole, or in parts")
    organisation: Text | None = Field(default=None, description="the name of an organisation")
    birth_date: Text | None = None
    birth_calendar: Literal["solar", "lunar", "lunar leap"] | None = Field(
        default=None, description="of the birth date: the Chinese lunar one, in a leap month or not; left out: solar"
    )
    sex: Text | None = None
    phones: Annotated[list[Text], Field(max_length=MOST_VALUES)] = []
    emails: Annotated[list[Text], Field(max_length=MOST_VALUES)] = []
    identifiers: Annotated[list[Identifier], Field(max_length=MOST_VALUES)] = []
    address: Text | AddressParts | None = Field(default=None, description="one text, or in parts")

    def to_mapped(self) -> dict[str, Any]:
        """The columns of MAPPED."""
        party = self.party or ("organisation" if self.organisation is not None else "person")
        name = NameParts(full=self.name) if isinstance(self.name, str) else self.name or NameParts()
        address = AddressParts(text=self.address) if isinstance(self.address, str) else self.address
        return {
            "party": party,
            **{f"name_{part}": value for part, value in name},
            "organisation_name": self.organisation,
            "birth_date": self.birth_date,
            "birth_calendar": self.birth_calendar,
            "sex": self.sex,
            "phones": [{"value": phone} for phone in self.phones] or None,
            "emails": [{"value": email} for email in self.emails] or None,
            "identifiers": [one.model_dump() for one in self.identifiers] or None,
            "address": None if address is None else dict.fromkeys(ADDRESS_TEXT_FIELDS) | address.model_dump(),
        }
