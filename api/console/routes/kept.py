"""GET /console/kept: forms that were sent after their session had ended; POST: one is not wanted any more."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.console.pages import render
from api.console.visitors import Visitor, may
from mdm.store import sessions

router = APIRouter()


@router.get("/console/kept")
def kept(visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """What was kept, to be sent now or dropped. To send it, its fields go to where they went before."""
    with request.app.state.store.begin() as connection:
        found = sessions.kept_forms(connection, visitor.name)
    return render(request, "kept.html", found=found)


@router.post("/console/kept")
async def dropped(visitor: Annotated[Visitor, may("lookup")]) -> Response:
    """Drop one: a form that carries `kept_id` is dropped wherever it is sent to (api.console.visitors)."""
    return RedirectResponse("/console/kept", 303)
