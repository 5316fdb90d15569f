"""GET /v1/customers/{pin} and its versions"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request, Response

from api.access import Caller, needs
from api.answers import customer_document, disclosed, json_answer
from api.fields import Fields, parts_of
from api.history import MOST_VERSIONS, Versions
from api.masking import marked
from api.models import Customer
from api.parameters import AsOf, Included, KnownAt
from api.problems import Gone
from api.routes.moved import ANSWERS, OWN_ANSWERS, moved_to
from api.store import Connection, reading
from mdm.registry import Include, look_up, versions_of
from mdm.registry.keys import read_pin
from mdm.registry.search import find_active
from mdm.registry.versions import PAGE

router = APIRouter(prefix="/v1/customers", tags=["customers"])

Pin = Annotated[str, Path(description="twelve digits", examples=["401787509130"])]


@router.get("/{pin}", response_model=Customer, response_model_exclude_none=True, responses=ANSWERS)
def customer(
    pin: Pin,
    caller: Annotated[Caller, needs("lookup")],
    request: Request,
    include: Included,
    fields: Fields,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Any:
    """The golden record of a customer, now, as known at a time, with what was true on a day.

    A PIN that was merged into another leads there (308): by what was known at `known_at`, so that a PIN that was active
    then answers for itself.
    """
    with reading(request) as connection:
        return _answer(connection, read_pin(pin), caller, request, include | parts_of(fields), fields, as_of, known_at)


def _answer(
    connection: sa.Connection,
    pin: str,
    caller: Caller,
    request: Request,
    include: frozenset[Include],
    fields: frozenset[str] | None,
    as_of: date | None,
    known_at: datetime | None,
) -> Response:
    plain = not include and as_of is None and known_at is None
    found = (find_active(connection, pin) if plain else None) or look_up(
        connection, pin, as_of=as_of, known_at=known_at, include=include
    )
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
