"""POST /v1/customers/{pin}:merge, :unmerge, :split; PUT, DELETE and GET /v1/customers/{pin}/overrides"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.deciding import ANSWERS, ASKING, Pin, Steward, by, key_of, told
from api.models import WITHOUT_NUL
from api.problems import Wrong
from api.stewarding import Effect, MergeRequest, OverrideRequest, Overrides, SplitRequest, UnmergeRequest
from api.store import reading
from api.writing import writer_of
from mdm.errors import NotFound
from mdm.registry.keys import read_pin
from mdm.stewardship import decisions
from mdm.store import customers, overrides

router = APIRouter(prefix="/v1/customers", tags=["stewardship"])

Attribute = Annotated[
    str,
    Path(
        min_length=1, max_length=200, pattern=WITHOUT_NUL, examples=["birth_date"],
        description="of the golden record; one of several values dotted: identifiers.national_id, "
        "consents.marketing.sms",
    ),
]  # fmt: skip


@router.post("/{pin}:merge", response_model=Effect, responses=ANSWERS)
def merge(pin: Pin, body: MergeRequest, caller: Steward, request: Request) -> Response:
    """Make this customer and others one: their founding records are judged the same.

    The PIN that was issued first survives, the others redirect to it. Records that the evidence would keep out are
    judged the same, too. Undo it with :unmerge.
    """
    who = by(request, caller, body.reason, dry_run=body.dryRun)
    return told(decisions.merge(writer_of(request.app), pin, body.others, who), caller)


@router.post("/{pin}:unmerge", response_model=Effect, responses=ANSWERS)
def unmerge(pin: Pin, body: UnmergeRequest, caller: Steward, request: Request) -> Response:
    """Take one record, or a customer that was merged into this one, out of it.

    A former customer gets its old PIN back. What is taken out is judged different from all that stays, for every night.
    """
    if (body.record is None) == (body.former_pin is None):
        raise Wrong("invalid-request", "One of record and former_pin is needed.", "Send just one of them.", "record")
    what = read_pin(body.former_pin) if body.former_pin is not None else None
    key = key_of(body.record) if body.record is not None else None
    who = by(request, caller, body.reason, dry_run=body.dryRun, records=[key] if key is not None else ())
    return told(decisions.unmerge(writer_of(request.app), pin, key or what or "", who), caller)


@router.post("/{pin}:split", response_model=Effect, responses=ANSWERS)
def split(pin: Pin, body: SplitRequest, caller: Steward, request: Request) -> Response:
    """Take a set of records out of this customer; each is judged different from each that stays."""
    keys = [key_of(key) for key in body.records]
    who = by(request, caller, body.reason, dry_run=body.dryRun, records=keys)
    return told(decisions.split(writer_of(request.app), pin, keys, who, together=body.together), caller)


@router.put("/{pin}/overrides/{attribute}", response_model=Effect, responses=ANSWERS)
def override(pin: Pin, attribute: Attribute, body: OverrideRequest, caller: Steward, request: Request) -> Response:
    """Pin a value of the golden record, whatever the records say, until a day or until it is lifted."""
    who = by(request, caller, body.reason, dry_run=body.dryRun)
    writer = writer_of(request.app)
    return told(decisions.override(writer, pin, attribute, body.value, who, expires=body.expires), caller)


@router.delete("/{pin}/overrides/{attribute}", response_model=Effect, responses=ANSWERS)
def lift(
    pin: Pin,
    attribute: Attribute,
    caller: Steward,
    request: Request,
    reason: Annotated[str, Query(max_length=2000, pattern=WITHOUT_NUL, description="why it is lifted")] = "",
    dryRun: Annotated[bool, Query(description="only tell what it would do")] = False,
) -> Response:
    """End the override in force: the records speak again."""
    who = by(request, caller, reason, dry_run=dryRun)
    return told(decisions.lift(writer_of(request.app), pin, attribute, who), caller)


@router.get("/{pin}/overrides", response_model=Overrides, responses=ASKING)
def pinned(
    pin: Pin,
    caller: Steward,
    request: Request,
    ended: Annotated[bool, Query(description="those that were lifted or replaced, besides")] = False,
) -> Response:
    """What is pinned for a customer, by whom, why, until when."""
    with reading(request) as connection:
        state = customers.find_customer(connection, read_pin(pin))
        if state is None:
            raise NotFound(f"PIN {pin} was never issued", remedy="Read it again.")
        rows = overrides.overrides_of(connection, state["pin"], ended=ended)
        caller.saw(state["pin"], fields=["overrides"])
    shown = ("attribute", "value", "reason", "actor", "expires", "ended_at", "ended_by", "ended_reason")
    found = [{name: row[name] for name in shown} | {"since": row["created_at"]} for row in rows]
    return told({"pin": state["pin"], "overrides": found}, caller)
