"""What the registry answers: immutable views, made for people and channels; no database row, no internal number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

Include = Literal["records", "household", "accounts", "lineage"]
INCLUDES: frozenset[Include] = frozenset({"records", "household", "accounts", "lineage"})
ALONE: frozenset[Include] = frozenset()


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A source record of a customer.

    role: customer | enrichment. since: when it was given to this customer (recorded time). extracted_at: when its
    delivery was cut. changed_at: effective from, as the source says.
    """

    system: str
    local_id: str
    role: str
    since: datetime
    extracted_at: datetime
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Member:
    """A customer in a household. valid_from / valid_to: effective time, the end not included; None: open."""

    pin: str
    name: str | None
    role: str | None
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class HouseholdView:
    """A household (chi: H...) or the legal entity of organisations (L...), with who belongs to it at the date asked."""

    chi: str
    kind: str
    status: str
    address: str | None
    members: tuple[Member, ...]
    redirected_from: str | None = None


@dataclass(frozen=True, slots=True)
class LineageEvent:
    """What happened to a PIN.

    kind: minted | merged | split | unmerged | revived | retired | erased. records: keys of the records concerned.
    """

    kind: str
    pin: str
    other_pin: str | None
    at: datetime
    actor: str
    reason: str | None
    run_id: str
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer as known now or at `known_at`, and as things stood on `as_of`.

    status: active | retired | erased. redirected_from: the PIN that was asked, when it had been merged into this one.
    golden: the golden document (mdm.golden.document) without accounts and subscriptions; None unless active.
    What was not asked for is None; a household that nobody knows is None too.
    """

    pin: str
    party: str
    status: str
    golden: dict[str, Any] | None
    redirected_from: str | None = None
    as_of: date | None = None
    known_at: datetime | None = None
    golden_since: datetime | None = None
    records: tuple[SourceRecord, ...] | None = None
    household: HouseholdView | None = None
    legal_entity: HouseholdView | None = None
    accounts: tuple[dict[str, Any], ...] | None = None
    subscriptions: tuple[dict[str, Any], ...] | None = None
    lineage: tuple[LineageEvent, ...] | None = None

    @property
    def name(self) -> str | None:
        """The customer's name as people write it."""
        return name_of((self.golden or {}).get("name"), (self.golden or {}).get("organisation"))


@dataclass(frozen=True, slots=True)
class XrefView:
    """A source key and the PIN of its customer; pin is None (only in batches) where there is no customer."""

    system: str
    local_id: str
    pin: str | None
    since: datetime | None = None


def name_of(name: dict[str, Any] | None, organisation: dict[str, Any] | None) -> str | None:
    """A name out of golden entries: the native spelling, else given, middle and family name, else the company's."""
    value = (name or organisation or {}).get("value")
    if not isinstance(value, dict):
        return None if value is None else str(value)
    if "native" in value or "name" in value:
        return str(value.get("native") or value["name"])
    parts = [value[part] for part in ("prefix", "given", "middle", "family", "suffix") if value.get(part)]
    return " ".join(parts) or None
