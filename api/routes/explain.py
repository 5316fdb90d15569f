"""GET /v1/why and GET /v1/customers/{pin}/how"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deciding import ASKING, Pin, Steward, told
from api.explaining import How, Why
from api.models import WITHOUT_NUL
from api.store import reading
from mdm.registry.how import how
from mdm.registry.keys import read_pin
from mdm.registry.why import why

router = APIRouter(prefix="/v1", tags=["stewardship"])

Named = Annotated[
    str,
    Query(
        min_length=1, max_length=2200, pattern=WITHOUT_NUL, description="a PIN, or a record as system:local_id",
        examples=["mobile_billing:M9000001"],
    ),
]  # fmt: skip


@router.get("/why", response_model=Why, responses=ASKING)
def explain(a: Named, b: Named, caller: Steward, request: Request) -> Response:
    """Why two records, or two customers, are one, or are not; one with itself: what holds that customer together."""
    with reading(request) as connection:
        found = why(connection, a, b, settings=request.app.state.settings)
        keys = [text for text in (found.left, found.right) if ":" in text]
        caller.saw(found.left_pin, found.right_pin, records=keys, fields=["evidence"])
    return told(found, caller)


@router.get("/customers/{pin}/how", response_model=How, responses=ASKING)
def came_together(pin: Pin, caller: Steward, request: Request) -> Response:
    """How this customer came together, step by step: each record in the order in which they joined, with what joins
    it, and what happened to the PIN between. A PIN that was merged answers for its survivor."""
    with reading(request) as connection:
        found = how(connection, read_pin(pin), settings=request.app.state.settings)
        caller.saw(found.pin, fields=["evidence", "lineage"])
    return told(found, caller)
