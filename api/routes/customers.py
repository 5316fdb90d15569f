"""GET /v1/customers/{pin}"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from api.models import Customer
from api.parameters import AsOf, Included, KnownAt
from api.problems import Gone
from api.routes.moved import ANSWERS, moved_to
from api.store import Connection
from mdm.registry import look_up
from mdm.registry.keys import read_pin

router = APIRouter(prefix="/v1/customers", tags=["customers"])

Pin = Annotated[str, Path(description="twelve digits", examples=["401787509130"])]


@router.get("/{pin}", response_model=Customer, response_model_exclude_none=True, responses=ANSWERS)
def customer(
    pin: Pin, request: Request, connection: Connection, include: Included, as_of: AsOf = None, known_at: KnownAt = None
) -> Any:
    """The golden record of a customer; a PIN that was merged into another leads there (308)."""
    found = look_up(connection, read_pin(pin), as_of=as_of, known_at=known_at, include=include)
    if found.redirected_from is not None:
        return moved_to(request, found.pin)
    if found.status != "active":
        raise Gone(found.status, f"PIN {found.pin} was {found.status}")
    return found
