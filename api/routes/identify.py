"""POST /v1/customers:identify"""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request, Response

from api.access import Caller, needs
from api.identifying import Identification, IdentifyRequest
from api.problems import Problem
from api.store import reading
from mdm.registry.identified import Identification as Identified
from mdm.registry.identify import identify as identify_customer

router = APIRouter(prefix="/v1", tags=["identify"])

_PROBLEM = {"model": Problem}
ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"description": "nothing was loaded yet", **_PROBLEM},
    413: {"description": "the body is too large", **_PROBLEM},
    422: {
        "description": "the body is not valid, or holds nothing that can be looked for: field and remedy",
        **_PROBLEM,
    },
    503: {"description": "the database cannot be reached; try again", **_PROBLEM},
}
PERSONAL = frozenset({"identifiers", "birth_date", "phones", "emails", "address"})


@router.post("/customers:identify", response_model=Identification, responses=ANSWERS)
def identify(asked: IdentifyRequest, caller: Annotated[Caller, needs("identify")], request: Request) -> Response:
    """Who it may be that has these attributes: ranked customers, each with what speaks for it. Writes nothing."""
    with reading(request) as connection:
        found = identify_customer(
            connection,
            asked.to_mapped(),
            settings=request.app.state.settings,
            region=asked.region,
            limit=asked.limit,
            only_certain=asked.onlyCertain,
        )
        told = sorted({item.attribute for one in found.candidates for item in one.evidence})
        caller.saw(*(one.pin for one in found.candidates), fields=["pin", "name", *told])
    return Response(orjson.dumps(document_of(found, masked=caller.masked)), media_type="application/json")


def document_of(found: Identified, *, masked: bool) -> dict[str, Any]:
    """The answer as JSON: what there is not is left out, and from masked answers the personal values of records."""
    document: dict[str, Any] = orjson.loads(orjson.dumps(found))
    for candidate in document["candidates"]:
        for item in candidate["evidence"]:
            if masked and item["attribute"] in PERSONAL:
                del item["found"]
        for name in ("name", "against"):
            if candidate[name] is None:
                del candidate[name]
    return document
