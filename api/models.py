"""What the API takes and gives. Field names are for good: clients depend on them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.times import KNOWN_AT, Instant
from mdm.registry.moments import MOMENT_EXAMPLE

MOST_KEYS = 1000  # source keys in one batch
WITHOUT_NUL = r"^[^\x00]*$"  # PostgreSQL keeps no NUL in a text


class View(BaseModel):
    """What is read off a view of mdm.registry."""

    model_config = ConfigDict(from_attributes=True)


class Masked(View):
    """An answer with personal values."""

    masked: bool | None = Field(
        default=None,
        description="true: identifiers, birth dates and contact values are masked, for the key has no scope pii; the "
        "shape is the same",
    )


class SourceRecord(View):
    """A source record of a customer."""

    system: str
    local_id: str
    role: str = Field(description="customer | enrichment")
    since: datetime = Field(description="recorded time: when it was given to this customer")
    extracted_at: datetime = Field(description="when its delivery was cut")
    changed_at: datetime | None = Field(default=None, description="effective from, as the source says")


class Member(View):
    """A customer in a household; effective time, the end not included."""

    pin: str
    name: str | None = None
    role: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class Household(Masked):
    """A household (H...) or the legal entity of organisations (L...)."""

    chi: str
    kind: str = Field(description="household | legal_entity")
    status: str = Field(description="active")
    address: str | None = Field(default=None, description="where they live, as matching reads it")
    members: list[Member]
    as_of: date | None = None
    known_at: datetime | None = None


class LineageEvent(View):
    """What happened to a PIN."""

    kind: str = Field(description="minted | merged | redirected | split | moved | revived | retired | erased")
    pin: str
    other_pin: str | None = Field(default=None, description="merged into, split from, moved to, redirected to before")
    at: datetime
    actor: str
    reason: str | None = None
    run_id: str
    records: list[str] = Field(description="keys (system:local_id) of the records concerned")


class Customer(Masked):
    """A customer. What `include` or `fields` did not ask for is left out; the PIN never is."""

    pin: str
    party: str | None = Field(default=None, description="person | organisation")
    status: str | None = Field(default=None, description="active")
    name: str | None = Field(default=None, description="as people write it")
    golden: dict[str, Any] | None = Field(
        default=None,
        description="the golden record: each attribute an entry, or a list of entries, of value, record (system, "
        "local_id), rule, support and runner_up",
    )
    golden_since: datetime | None = Field(default=None, description="recorded time of this golden record")
    redirected_from: str | None = Field(
        default=None, description="the PIN asked for, when it was merged into this one; over HTTP that is a 308"
    )
    as_of: date | None = None
    known_at: datetime | None = None
    records: list[SourceRecord] | None = None
    household: Household | None = None
    legal_entity: Household | None = None
    accounts: list[dict[str, Any]] | None = None
    subscriptions: list[dict[str, Any]] | None = None
    lineage: list[LineageEvent] | None = None


class Xref(View):
    """A source key and the PIN of its customer."""

    system: str
    local_id: str
    pin: str | None = Field(description="null: no customer has this key")
    since: datetime | None = Field(default=None, description="recorded time: since when it has been so")
    known_at: datetime | None = None


class SourceKey(BaseModel):
    """The key of a source record."""

    model_config = ConfigDict(extra="forbid")

    system: str = Field(min_length=1, max_length=200, pattern=WITHOUT_NUL)
    local_id: str = Field(min_length=1, max_length=2000, pattern=WITHOUT_NUL)


class XrefRequest(BaseModel):
    """Source keys to look up at once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "keys": [{"system": "mobile_billing", "local_id": "M9000002"}],
                "known_at": MOMENT_EXAMPLE,
            }
        },
    )

    keys: list[SourceKey] = Field(min_length=1, max_length=MOST_KEYS)
    known_at: Instant = Field(default=None, description=f"the same as in the query; {KNOWN_AT}")


class XrefBatch(BaseModel):
    """The same keys, in the same order."""

    xrefs: list[Xref]
    unknown: int = Field(description="how many of them have no customer")


class Health(BaseModel):
    """How the service is."""

    status: str = Field(description="ok")
