"""What the API tells of the versions of a golden record. Field names are for good: clients depend on them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import ConfigDict, Field

from api.models import LineageEvent, Masked, View

MOST_VERSIONS = 100  # on one page


class Change(View):
    """An attribute that differs from the version before, in words; the document itself is asked for with known_at."""

    attribute: str
    before: str | None = Field(default=None, description="of an attribute with one value; left out: there was none")
    after: str | None = Field(default=None, description="left out: there is none")
    added: list[str] = Field(description="of an attribute with several values")
    removed: list[str]
    why: str | None = Field(default=None, description="where the new value comes from, and which rule chose it")
    same_values: bool = Field(
        description="the values are the same: only record, rule, support, runner-up or order changed"
    )


class Decision(View):
    """What a person decided, and this run was the first to carry out; or an override that expired."""

    kind: str = Field(description="judgement | override | override_ended")
    words: str = Field(description="what was decided")
    actor: str | None = Field(default=None, description="left out: an override expired by itself")
    reason: str | None = None
    at: datetime | date
    records: list[str] = Field(description="keys (system:local_id) of the records judged")
    attribute: str | None = Field(default=None, description="what was pinned")


class RecordWritten(View):
    """A version of a source record of the customer that came with the run."""

    system: str
    local_id: str
    what: str = Field(description="new | changed | deleted")


class Cause(View):
    """A moment at which something changed: the run, and all that is recorded of what it brought."""

    at: datetime = Field(description="recorded time")
    run_id: str
    business_date: date | None = None
    decisions: list[Decision]
    events: list[LineageEvent] = Field(description="what happened to the PIN")
    records: list[RecordWritten]


class Version(View):
    """A version of the golden record."""

    number: int = Field(description="1 is the first")
    recorded_from: datetime = Field(description="known since; give it as known_at to see this version")
    recorded_to: datetime | None = Field(default=None, description="believed until; left out: still")
    name: str | None = None
    changes: list[Change] = Field(description="against the version before; of the first, all it has")
    cause: Cause
    later: list[Cause] = Field(description="what happened to the PIN afterwards, without a new version")


_AT, _RUN, _PINS = "2026-04-02T21:14:09.120331Z", "20260402-03", ("401787509130", "401811281440")
_EXAMPLE: dict[str, Any] = {
    "pin": _PINS[0],
    "party": "person",
    "status": "active",
    "versions": [
        {
            "number": 2,
            "recorded_from": _AT,
            "name": "Eve Quist",
            "changes": [
                {
                    "attribute": "phones", "added": [], "removed": ["+12175550909 (from 2019-05-01)"],
                    "same_values": False,
                }
            ],
            "cause": {
                "at": _AT,
                "run_id": _RUN,
                "business_date": "2026-04-02",
                "decisions": [
                    {
                        "kind": "judgement", "words": "billing:B5 is different from crm:K5",
                        "actor": "steward@example", "reason": "her mother", "at": "2026-04-02T21:14:07.530022Z",
                        "records": ["billing:B5", "crm:K5"],
                    }
                ],
                "events": [
                    {
                        "kind": "revived", "pin": _PINS[1], "other_pin": _PINS[0], "at": _AT, "actor": "run",
                        "run_id": _RUN, "records": ["billing:B5"],
                    }
                ],
                "records": [],
            },
            "later": [],
        }
    ],
    "next": 2,
}  # fmt: skip


class Versions(Masked):
    """The versions of a golden record, newest first."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _EXAMPLE})

    pin: str
    party: str = Field(description="person | organisation")
    status: str = Field(description="as the PIN stands now: active | redirected | retired")
    redirect_to: str | None = Field(default=None, description="the survivor, for redirected")
    versions: list[Version]
    next: int | None = Field(default=None, description="`cursor` of the next page; left out on the last")
