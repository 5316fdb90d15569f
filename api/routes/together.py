"""POST /v1/tasks:close and POST /v1/tasks:reopen: many tasks answered together, and all of it taken back"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from api.deciding import ANSWERS, Steward, by, told
from api.stewarding import CloseManyRequest, TakeBackRequest, TakenBack, TasksClosed
from api.writing import writer_of
from mdm.stewardship.together import Line, close_together, take_back_together

router = APIRouter(prefix="/v1", tags=["stewardship"])


@router.post("/tasks:close", response_model=TasksClosed, responses=ANSWERS)
def close(body: CloseManyRequest, caller: Steward, request: Request) -> Response:
    """Answer many tasks of one kind: what can be done is done, in one transaction, and each of the others told of.

    It is no error (200) when some, or all, are refused: look at `refused`. Sent a second time it finds them closed.
    """
    who = by(request, caller, body.reason, dry_run=body.dryRun)
    found = close_together(writer_of(request.app), body.tasks, body.verdict, who)
    document: dict[str, Any] = {
        "dry_run": body.dryRun, "batch": found.batch, "verdict": found.verdict,
        "done": [_shown(line) for line in found.done], "refused": [_shown(line) for line in found.refused],
        "customers_before": found.customers_before, "customers_after": found.customers_after,
        "redirected": found.redirected, "minted": found.minted, "tasks_opened": found.tasks_opened,
    }  # fmt: skip
    return told(document, caller)


@router.post("/tasks:reopen", response_model=TakenBack, responses=ANSWERS)
def reopen(body: TakeBackRequest, caller: Steward, request: Request) -> Response:
    """Take back what was decided together, as far as it is in force, in one transaction; the questions are open again.

    Of the customers the effect tells only what becomes of their PINs and records.
    """
    who = by(request, caller, body.reason, dry_run=body.dryRun)
    effect, number = take_back_together(writer_of(request.app), body.batch, who)
    return told({"tasks": number, "effect": effect}, caller)


def _shown(line: Line) -> dict[str, Any]:
    return {**asdict(line), "chain": line.chain or None}
