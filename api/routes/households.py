"""GET /v1/households/{chi}"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from api.access import Caller, needs
from api.masking import as_shown
from api.models import Household
from api.parameters import AsOf, KnownAt
from api.problems import Gone
from api.routes.moved import ANSWERS, moved_to
from api.store import Connection
from mdm.registry import look_up_household

router = APIRouter(prefix="/v1/households", tags=["households"])

Chi = Annotated[str, Path(description="H, or for legal entities L, and twelve digits", examples=["H301002324709"])]


@router.get("/{chi}", response_model=Household, response_model_exclude_none=True, responses=ANSWERS)
def household(
    chi: Chi,
    caller: Annotated[Caller, needs("lookup")],
    request: Request,
    connection: Connection,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Any:
    """A household, or the legal entity of organisations, with its members; without `as_of` those that have not left."""
    found = look_up_household(connection, chi, as_of=as_of, known_at=known_at)
    if found.redirected_from is not None:
        caller.saw(fields=["chi"], status=308)
        return moved_to(request, found.chi)
    if found.status != "active":
        raise Gone(found.status, f"{found.chi} was {found.status}")
    caller.saw(*(member.pin for member in found.members), fields=["address", "members"])
    return as_shown(found, Household, caller)
