"""What writing a record takes and gives. Field names are for good: clients depend on them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, field_validator

from api.attributes import MOST_VALUES, AddressParts, InHand, Strict, Text
from api.identifying import Remark
from api.models import Masked, View
from api.times import Day


class Dated(Strict):
    """A value and when it was true; the end is the first day on which it was so no more."""

    value: Text
    valid_from: Day = None
    valid_to: Day = None


class DatedAddress(AddressParts):
    """An address and when somebody was there."""

    kind: Text | None = Field(
        default=None, description="dwelling (also if left out) | group_quarters | business | mailing"
    )
    valid_from: Day = None
    valid_to: Day = None


class Subscription(Strict):
    """What somebody has of us."""

    product: Text | None = None
    number: Text | None = None
    status: Text | None = None
    valid_from: Day = None
    valid_to: Day = None


class Relationship(Strict):
    """To another record of the same system."""

    kind: Text
    local_id: Text


class Consent(Strict):
    """What somebody agreed to."""

    purpose: Text
    channel: Text | None = None
    granted: Text


class Named(Strict):
    """Anything else: a score, a segment, a language."""

    name: Text
    value: Text


_BODY: dict[str, Any] = {
    "name": "Carol Diaz",
    "birth_date": "1990-12-12",
    "phones": ["(217) 555-0101", {"value": "(217) 555-0199", "valid_from": "2026-03-01"}],
    "address": "12 Elm Street, Springfield 62701",
    "accounts": ["A-4711"],
    "changed_at": "2026-04-01T09:30:00Z",
}


class RecordBody(InHand):
    """A record as its system has it. What is left out, the system does not know."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _BODY})

    death_date: Text | None = None
    phones: Annotated[list[Text | Dated], Field(max_length=MOST_VALUES)] = Field(default=[])  # type: ignore[assignment]
    emails: Annotated[list[Text | Dated], Field(max_length=MOST_VALUES)] = Field(default=[])  # type: ignore[assignment]
    address: Text | DatedAddress | None = Field(default=None, description="one text, or in parts, with its dates")
    household_role: Text | None = Field(default=None, description="the place in the household, in the system's words")
    accounts: Annotated[list[Text], Field(max_length=MOST_VALUES)] = Field(default=[])
    subscriptions: Annotated[list[Subscription], Field(max_length=MOST_VALUES)] = Field(default=[])
    relationships: Annotated[list[Relationship], Field(max_length=MOST_VALUES)] = Field(default=[])
    consents: Annotated[list[Consent], Field(max_length=MOST_VALUES)] = Field(default=[])
    attributes: Annotated[list[Named], Field(max_length=MOST_VALUES)] = Field(default=[])
    changed_at: datetime | None = Field(default=None, description="effective from, as the system says")

    @field_validator("region")
    @classmethod
    def _no_region(cls, region: str | None) -> str | None:
        if region is not None:
            raise ValueError("the contract of the system says by which region its records are read; leave it out")
        return region

    def to_mapped(self) -> dict[str, Any]:
        """The columns of MAPPED."""
        plain = self.model_copy(update={"phones": [], "emails": [], "address": None})
        address = DatedAddress(text=self.address) if isinstance(self.address, str) else self.address
        lists = ("subscriptions", "relationships", "consents", "attributes")
        return {
            **super(RecordBody, plain).to_mapped(),
            "phones": _dated(self.phones),
            "emails": _dated(self.emails),
            "address": None if address is None else address.model_dump(mode="json"),
            "death_date": self.death_date,
            "household_role": self.household_role,
            "accounts": self.accounts or None,
            "changed_at": _in_utc(self.changed_at),
            **{name: [one.model_dump(mode="json") for one in getattr(self, name)] or None for name in lists},
        }

    def to_changes(self) -> dict[str, Any]:
        """Of the same the columns of those attributes that were sent."""
        sent = {column for name in self.model_fields_set for column in _COLUMNS.get(name, (name,))}
        return {column: value for column, value in self.to_mapped().items() if column in sent}


_NAME = tuple(f"name_{part}" for part in ("full", "prefix", "given", "middle", "family", "suffix", "former"))
_BORN = ("birth_date", "birth_calendar")  # another date is of the calendar that is sent with it
_COLUMNS = {"name": _NAME, "organisation": ("organisation_name",), "region": (), "birth_date": _BORN}


def _in_utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _dated(values: list[Any]) -> list[dict[str, Any]] | None:
    entries = [Dated(value=value) if isinstance(value, str) else value for value in values]
    return [entry.model_dump(mode="json") for entry in entries] or None


class WrittenRecord(Masked):
    """What became of a record."""

    outcome: str = Field(
        description="created: a new customer | linked: to a customer that was there | possible_match: a new customer "
        "that may be another one, see `tasks` | unchanged | deleted"
    )
    pin: str | None = Field(default=None, description="of its customer")
    previous_pin: str | None = Field(default=None, description="the PIN that the record had before, if it moved")
    tasks: list[int] = Field(default=[], description="what a steward is asked about it")
    record: dict[str, Any] | None = Field(default=None, description="the record as cleansed")
    remarks: list[Remark] = Field(default=[], description="what cleansing said of its values")
    version: datetime | None = Field(default=None, description="recorded time of this version; the ETag says the same")


class Marked(View):
    """What cleansing found of an attribute; why, the remarks say."""

    attribute: str
    mark: str = Field(description="valid | repaired | suspicious (kept, but look at it) | unreadable (not used)")


class Validated(Masked):
    """What cleansing makes of a record; nothing was written."""

    usable: bool = Field(description="whether anything is left by which it can be used")
    record: dict[str, Any]
    marks: list[Marked] = Field(default=[], description="of every attribute that was sent")
    remarks: list[Remark] = Field(default=[])
