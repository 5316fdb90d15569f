"""GET /v1/customers/{pin} and its versions"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from api.access import Caller, needs
from api.answers import customer_document, disclosed, json_answer
from api.fields import Fields, parts_of
from api.history import MOST_VERSIONS, Versions
from api.masking import marked
from api.models import Customer
from api.parameters import AsOf, Included, KnownAt
from api.problems import Gone
from api.routes.moved import ANSWERS, OWN_ANSWERS, moved_to
from api.store import Connection
from mdm.registry import look_up, versions_of
from mdm.registry.keys import read_pin
from mdm.registry.versions import PAGE

router = APIRouter(prefix="/v1/customers", tags=["customers"])

Pin = Annotated[str, Path(description="twelve digits", examples=["401787509130"])]


@router.get("/{pin}", response_model=Customer, response_model_exclude_none=True, responses=ANSWERS)
def customer(
    pin: Pin,
    caller: Annotated[Caller, needs("lookup")],
    request: Request,
    connection: Connection,
    include: Included,
    fields: Fields,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Any:
    """The golden record of a customer, now, as known at a time, with what was true on a day.

    A PIN that was merged into another leads there (308): by what was known at `known_at`, so that a PIN that was active
    then answers for itself.
    """
    asked = include | parts_of(fields)
    found = look_up(connection, read_pin(pin), as_of=as_of, known_at=known_at, include=asked)
    if found.redirected_from is not None:
        caller.saw(found.redirected_from, found.pin, fields=["pin"], status=308)
        return moved_to(request, found.pin)
    if found.status != "active":
        caller.saw(found.pin, fields=["pin"])
        raise Gone(found.status, f"PIN {found.pin} was {found.status}")
    document = customer_document(found, caller, fields)
    homes = (home for home in (found.household, found.legal_entity) if home is not None)
    caller.saw(found.pin, *(member.pin for home in homes for member in home.members), fields=disclosed(document))
    return json_answer(document)


@router.get("/{pin}/versions", response_model=Versions, response_model_exclude_none=True, responses=OWN_ANSWERS)
def versions(
    pin: Pin,
    caller: Annotated[Caller, needs("lookup")],
    connection: Connection,
    cursor: Annotated[int | None, Query(ge=1, le=2**31, description="`next` of the page before", examples=[12])] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_VERSIONS, description="versions on a page")] = PAGE,
) -> Any:
    """Every version of the golden record of a PIN, newest first: since when, what changed, what or who caused it.

    A PIN that was merged into another, or retired, answers with the versions of its own time.
    """
    found = versions_of(connection, read_pin(pin), before=cursor, count=limit, mask=caller.masked)
    caller.saw(found.pin, fields=["versions"])
    if found.status == "erased":
        raise Gone(found.status, f"PIN {found.pin} was {found.status}")
    return marked(found, Versions) if caller.masked else found
