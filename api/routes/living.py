"""POST /v1/households/{chi}:split, :merge, :move; GET /v1/households/{chi}/decisions; taking one back"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.deciding import ANSWERS, ASKING, Number, Steward, told
from api.living import HouseholdDecisions, HouseholdsChanged, MergeRequest, MoveRequest, SplitRequest, by
from api.routes.households import Chi
from api.stewarding import WithdrawRequest
from api.store import reading
from api.writing import writer_of
from mdm.registry import look_up_household
from mdm.stewardship import households as deciding

router = APIRouter(prefix="/v1", tags=["stewardship"])


@router.post("/households/{chi}:split", response_model=HouseholdsChanged, responses=ANSWERS)
def split(chi: Chi, body: SplitRequest, caller: Steward, request: Request) -> Response:
    """Say that some members live apart from the others: in a household of their own, for every night.

    The id stays with the part that holds most of the members.
    """
    who = by(request, caller, body.reason, dry_run=body.dryRun)
    return told(deciding.split(writer_of(request.app), chi, body.members, who, since=body.since), caller)


@router.post("/households/{chi}:merge", response_model=HouseholdsChanged, responses=ANSWERS)
def merge(chi: Chi, body: MergeRequest, caller: Steward, request: Request) -> Response:
    """Say that the people of other households live with those of this one, as when one address is written in two ways.

    The id with most members survives, the others redirect to it.
    """
    who = by(request, caller, body.reason, dry_run=body.dryRun)
    return told(deciding.merge(writer_of(request.app), chi, body.others, who, since=body.since), caller)


@router.post("/households/{chi}:move", response_model=HouseholdsChanged, responses=ANSWERS)
def move(chi: Chi, body: MoveRequest, caller: Steward, request: Request) -> Response:
    """Say that some members live in another household, from a day on, wherever the sources see them."""
    who = by(request, caller, body.reason, dry_run=body.dryRun)
    return told(deciding.move(writer_of(request.app), chi, body.members, body.to, who, since=body.since), caller)


@router.get("/households/{chi}/decisions", response_model=HouseholdDecisions, responses=ASKING)
def listed(chi: Chi, caller: Steward, request: Request) -> Response:
    """What was decided about who lives with the members of a household, by whom, why; taken back ones too."""
    with reading(request) as connection:
        found = look_up_household(connection, chi)
        pins = [member.pin for member in found.members]
        rows = deciding.decisions_about(connection, pins)
        caller.saw(*pins, fields=["household decisions"])
    return told({"chi": found.chi, "decisions": [_shown(row) for row in rows]}, caller)


@router.post("/household-decisions/{decision}:withdraw", response_model=HouseholdsChanged, responses=ANSWERS)
def withdraw(decision: Number, body: WithdrawRequest, caller: Steward, request: Request) -> Response:
    """Undo a decision about households: what the sources say, and what else was decided, counts again, at once."""
    who = by(request, caller, body.reason, dry_run=body.dryRun)
    return told(deciding.take_back(writer_of(request.app), decision, who), caller)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    in_force = row["withdrawn_at"] is None and not row["overruled"]
    return {name: value for name, value in row.items() if name != "overruled"} | {"in_force": in_force}
