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
    """A household (chi: H...) or the legal entity of organisations (L...), with who belongs to it at the date asked.

    as_of, known_at: the times it was asked for by itself; as a part of a customer's view it has that view's.
    """

    chi: str
    kind: str
    status: str
    address: str | None
    members: tuple[Member, ...]
    redirected_from: str | None = None
    as_of: date | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LineageEvent:
    """What happened to a PIN.

    kind: as mdm.resolve.lineage.LineageEvent has them, or erased. records: keys of the records concerned.
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
    """A source key and the PIN of its customer; pin is None (only in batches) where there is no customer.

    since: recorded time, since when it is so. known_at: the time that was asked for.
    """

    system: str
    local_id: str
    pin: str | None
    since: datetime | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One attribute that differs between two versions of a golden record; values as people read them.

    before, after: of an attribute with one value; None: there was, or is, none. added, removed: of one with several.
    why: where the new value comes from and which rule chose it. same_values: the values are the same, and only what is
    said of them changed: the record, rule, number of records, runner-up or order.
    """

    attribute: str
    before: str | None = None
    after: str | None = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    why: str | None = None
    same_values: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided, and a run carried out.

    kind: judgement | override | override_ended. actor: None when an override expired by itself. at: when it was
    decided, or the day after the last on which the override held. words: what was decided. records: keys of the
    records that were judged; attribute: what was pinned.
    """

    kind: Literal["judgement", "override", "override_ended"]
    words: str
    actor: str | None
    reason: str | None
    at: datetime | date
    records: tuple[str, ...] = ()
    attribute: str | None = None


@dataclass(frozen=True, slots=True)
class RecordWritten:
    """A version of a source record of the customer that came with a run. what: new | changed | deleted."""

    system: str
    local_id: str
    what: Literal["new", "changed", "deleted"]


@dataclass(frozen=True, slots=True)
class Cause:
    """What is recorded of a moment at which something changed: the run, and what it brought.

    at: recorded time. business_date: of the run. decisions: of people, which this run was the first to carry out.
    events: what happened to the PIN. records: versions of its records that came with the run.
    """

    at: datetime
    run_id: str
    business_date: date | None
    decisions: tuple[Decision, ...]
    events: tuple[LineageEvent, ...]
    records: tuple[RecordWritten, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a golden record. number: 1 is the first. recorded_to: None for the one in force.

    changes: against the version before. cause: how it came about. later: what happened to the PIN afterwards, before
    the next version, without a new golden record: such as the merge that ended it.
    """

    number: int
    recorded_from: datetime
    recorded_to: datetime | None
    name: str | None
    changes: tuple[Change, ...]
    cause: Cause
    later: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class VersionsView:
    """The versions of the golden record of one PIN, newest first.

    status, redirect_to: as the PIN stands now; a redirect is not followed. next: the number below which the next page
    begins; None on the last.
    """

    pin: str
    party: str
    status: str
    redirect_to: str | None
    versions: tuple[Version, ...]
    next: int | None


def name_of(name: dict[str, Any] | None, organisation: dict[str, Any] | None) -> str | None:
    """A name out of golden entries: the native spelling, else given, middle and family name, else the company's."""
    value = (name or organisation or {}).get("value")
    if not isinstance(value, dict):
        return None if value is None else str(value)
    if "native" in value or "name" in value:
        return str(value.get("native") or value["name"])
    parts = [value[part] for part in ("prefix", "given", "middle", "family", "suffix") if value.get(part)]
    return " ".join(parts) or None
