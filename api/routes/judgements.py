"""POST and GET /v1/judgements, POST /v1/judgements/{id}:withdraw"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request, Response

from api.deciding import ANSWERS, ASKING, Steward, by, key_of, told
from api.models import WITHOUT_NUL, SourceKey
from api.problems import Wrong
from api.stewarding import Effect, JudgementRequest, Judgements, WithdrawRequest
from api.store import reading
from api.writing import writer_of
from mdm.registry import keys
from mdm.registry.keys import read_pin, read_source_key
from mdm.stewardship import decisions
from mdm.stewardship.naming import active_customer, records_of
from mdm.store import judgements, lookups

router = APIRouter(prefix="/v1", tags=["stewardship"])

MOST = 200  # on one page


@router.post("/judgements", response_model=Effect, responses=ANSWERS)
def judge(body: JudgementRequest, caller: Steward, request: Request) -> Response:
    """Say that records are the same party, are different ones, or that nobody can tell; it binds every later night.

    A verdict on the same two records replaces the one before. One that contradicts a chain of others is refused (409),
    and the chain is named.
    """
    left, right = _side(body.left), _side(body.right)
    who = by(request, caller, body.reason, dry_run=body.dryRun, records=[*left, *right])
    return told(decisions.judge(writer_of(request.app), left, right, body.verdict, who), caller)


@router.get("/judgements", response_model=Judgements, responses=ASKING)
def listed(
    caller: Steward,
    request: Request,
    record: Annotated[
        str | None, Query(max_length=2200, pattern=WITHOUT_NUL, description="system:local_id", examples=["crm:K1"])
    ] = None,
    pin: Annotated[str | None, Query(max_length=40, pattern=WITHOUT_NUL, description="of all its records")] = None,
    cursor: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="judgements on a page")] = 50,
) -> Response:
    """What was ever judged of a record, or of a customer's records: also what was replaced or withdrawn since."""
    if (record is None) == (pin is None):
        raise Wrong("invalid-request", "One of record and pin is needed.", "Send just one of them.", "record")
    with reading(request) as connection:
        ids = _records(connection, record, pin)
        rows = judgements.page_of_judgements(connection, ids, before=cursor, count=limit + 1)
        caller.saw(pin, records=[record] if record is not None else (), fields=["judgements"])
    document: dict[str, Any] = {"judgements": [_shown(row) for row in rows[:limit]]}
    if len(rows) > limit:
        document["next"] = rows[limit - 1]["judgement_id"]
    return told(document, caller)


@router.post("/judgements/{judgement}:withdraw", response_model=Effect, responses=ANSWERS)
def withdraw(
    judgement: Annotated[int, Path(ge=1, le=2**63 - 1, examples=[17])],
    body: WithdrawRequest,
    caller: Steward,
    request: Request,
) -> Response:
    """Undo a judgement: nothing is judged of its two records then, and the evidence decides again, at once."""
    who = by(request, caller, body.reason, dry_run=body.dryRun)
    return told(decisions.take_back(writer_of(request.app), judgement, who), caller)


def _side(side: SourceKey | list[SourceKey]) -> list[keys.SourceKey]:
    return [key_of(key) for key in (side if isinstance(side, list) else [side])]


def _records(connection: sa.Connection, record: str | None, pin: str | None) -> list[int]:
    if pin is not None:
        state = active_customer(connection, read_pin(pin))
        return [each.record_id for each in records_of(connection, state["pin"])]
    key = read_source_key(record or "")
    found = lookups.latest_version(connection, *key)
    if found is None:
        raise keys.unknown_key(connection, key)
    return [found["record_id"]]


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "judgement": row["judgement_id"],
        "left": f"{row['left_system']}:{row['left_local_id']}",
        "right": f"{row['right_system']}:{row['right_local_id']}",
        "verdict": row["verdict"], "actor": row["actor"], "reason": row["reason"], "at": row["created_at"],
        "in_force": row["superseded_by"] is None and row["verdict"] != "withdrawn",
        "superseded_by": row["superseded_by"],
    }  # fmt: skip
