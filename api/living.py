"""What a steward's calls about households take and give. Field names are for good: clients depend on them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from api.access import Caller
from api.audit import entry_of
from api.models import WITHOUT_NUL, Masked, View
from api.stewarding import Decision
from mdm.stewardship.households import By, HouseholdEffect
from mdm.store.audit import put_entry

MOST_MEMBERS = 50
MOST_HOUSEHOLDS = 10
Pins = Annotated[
    list[Annotated[str, Field(max_length=40, pattern=WITHOUT_NUL)]],
    Field(min_length=1, max_length=MOST_MEMBERS, description="PINs of those who live in the household now"),
]
Chi = Annotated[str, Field(max_length=40, pattern=WITHOUT_NUL)]
Since = Annotated[
    date | None,
    Field(description="first day on which it holds; without it: since two people were last seen to move in"),
]


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", populate_by_name=True, json_schema_extra={"example": members})


class SplitRequest(Decision):
    """Members who live apart from the others."""

    model_config = _example(members=["401787509130"], reason="moved to the flat upstairs", dryRun=True)

    members: Pins
    since: Since = None


class MoveRequest(Decision):
    """Members who live in another household."""

    model_config = _example(members=["401787509130"], to="H301002324709", since="2026-03-01", reason="told the shop")

    members: Pins
    to: Chi = Field(description="the household where they live")
    since: Since = None


class MergeRequest(Decision):
    """Households that are one with that of the path."""

    model_config = _example(**{"with": ["H301002324709"], "reason": "one house, two entrances", "dryRun": True})

    others: list[Chi] = Field(
        alias="with", min_length=1, max_length=MOST_HOUSEHOLDS, description="households whose people live in this one"
    )
    since: Since = None


class Member(BaseModel):
    """One of those who live in a household."""

    pin: str
    name: str | None = None
    role: str | None = None
    since: date | None = None


class HouseholdState(BaseModel):
    """A household before or after a decision."""

    status: str = Field(description="active | redirected | retired")
    redirect_to: str | None = None
    address: str | None = None
    members: list[Member] = Field(description="those who have not left")


class HouseholdChange(BaseModel):
    """What a decision does to one household."""

    chi: str = Field(description="a new one is final only when it is carried out")
    before: HouseholdState | None = Field(default=None, description="left out for a new household")
    after: HouseholdState


class HouseholdsChanged(Masked):
    """What a decision about households did, or with dryRun would do: the same shape."""

    dry_run: bool
    run_id: str = Field(description="under which the history of the households has it")
    decision: int = Field(description="its number; withdraw it to undo it")
    at_once: bool = Field(
        description="false while a run is under way, or something is due there: then the next run carries it out, and "
        "`households` is empty"
    )
    households: list[HouseholdChange] = Field(description="every household that is another one by it")


class HouseholdDecision(View):
    """What somebody decided about who lives with whom."""

    decision: int
    verb: str = Field(description="split | merge | move")
    moved: list[str] = Field(description="PINs of those whom it is about")
    others: list[str] = Field(description="PINs of those with whom they live")
    apart: list[str] = Field(description="PINs of those with whom they do not live")
    since: date
    actor: str
    reason: str | None = None
    at: datetime
    in_force: bool = Field(description="not taken back, nor overruled as a whole by a later one")
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None


class HouseholdDecisions(Masked):
    """What was decided about the members of a household, the newest first."""

    chi: str
    decisions: list[HouseholdDecision]


def by(request: Request, caller: Caller, reason: str, *, dry_run: bool) -> By:
    """Who decides, and why; whom it concerns goes into the audit log, in its transaction."""

    def note(connection: sa.Connection, effect: HouseholdEffect) -> None:
        caller.saw(*effect.pins, fields=["household decision", *(["dry run"] if dry_run else [])])
        put_entry(connection, entry_of(request, caller.trail.status))

    return By(caller.name, reason, dry_run, note)
