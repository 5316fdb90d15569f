"""GET /v1/xref/{system}/{local_id} and POST /v1/xref:batch"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from api.models import WITHOUT_NUL, Xref, XrefBatch, XrefRequest
from api.parameters import KnownAt
from api.routes.moved import NOT_FOUND
from api.store import Connection
from mdm.registry import SourceKey, find_xref, find_xrefs

router = APIRouter(prefix="/v1", tags=["cross-reference"])

Text = Annotated[str, Path(pattern=WITHOUT_NUL)]


@router.get("/xref/{system}/{local_id:path}", response_model=Xref, responses=NOT_FOUND)
def xref(system: Text, local_id: Text, connection: Connection, known_at: KnownAt = None) -> Any:
    """The PIN of a source key, now or as known at a time."""
    return find_xref(connection, SourceKey(system, local_id), known_at=known_at)


@router.post("/xref:batch", response_model=XrefBatch, responses=NOT_FOUND)
def xref_batch(asked: XrefRequest, connection: Connection) -> Any:
    """The PINs of up to 1,000 source keys, in their order; null where there is none."""
    found = find_xrefs(connection, [SourceKey(key.system, key.local_id) for key in asked.keys])
    xrefs = [Xref.model_validate(view) for view in found]
    return XrefBatch(xrefs=xrefs, unknown=sum(view.pin is None for view in xrefs))
