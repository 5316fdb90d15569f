"""GET /v1/xref/{system}/{local_id} and POST /v1/xref:batch"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.exceptions import RequestValidationError

from api.access import Caller, needs
from api.models import WITHOUT_NUL, Xref, XrefBatch, XrefRequest
from api.parameters import KnownAt
from api.routes.moved import NOT_FOUND
from api.store import Connection
from mdm.registry import SourceKey, find_xref, find_xrefs

router = APIRouter(prefix="/v1", tags=["cross-reference"])

Text = Annotated[str, Path(pattern=WITHOUT_NUL)]


@router.get(
    "/xref/{system}/{local_id:path}", response_model=Xref, response_model_exclude_none=True, responses=NOT_FOUND
)
def xref(
    system: Text,
    local_id: Text,
    caller: Annotated[Caller, needs("lookup")],
    connection: Connection,
    known_at: KnownAt = None,
) -> Any:
    """The PIN of a source key, now or as known at a time."""
    found = find_xref(connection, SourceKey(system, local_id), known_at=known_at)
    caller.saw(found.pin, fields=["pin"])
    return found


@router.post("/xref:batch", response_model=XrefBatch, responses=NOT_FOUND)
def xref_batch(
    asked: XrefRequest,
    caller: Annotated[Caller, needs("lookup")],
    connection: Connection,
    known_at: KnownAt = None,
) -> Any:
    """The PINs of up to 1,000 source keys, in their order, now or as known at a time; null where there is none.

    `known_at` may stand in the query or in the body.
    """
    if None not in (known_at, asked.known_at) and known_at != asked.known_at:
        message = "the query names another time than the body; name one"
        raise RequestValidationError([{"loc": ("query", "known_at"), "msg": message, "type": "known_at"}])
    keys = [SourceKey(key.system, key.local_id) for key in asked.keys]
    xrefs = [Xref.model_validate(view) for view in find_xrefs(connection, keys, known_at=known_at or asked.known_at)]
    caller.saw(*(view.pin for view in xrefs), fields=["pin"])
    return XrefBatch(xrefs=xrefs, unknown=sum(view.pin is None for view in xrefs))
