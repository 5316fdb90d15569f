"""POST /console/preferences: language and theme; POST /console/reveal: show personal values, or hide them again."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.audit import entry_of
from api.console.routes.sign_in import inside
from api.console.texts import LANGUAGES
from api.console.visitors import Forbidden, Visitor, may
from mdm.access import digest_of
from mdm.store import accounts, sessions
from mdm.store.audit import put_entry

router = APIRouter()

THEMES = ("light", "dark")


@router.post("/console/preferences")
def preferences(visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """How the console looks for somebody, wherever they sign in; an empty theme is the browser's."""
    language, theme = visitor.form.get("language"), visitor.form.get("theme", "-")
    with request.app.state.store.begin() as connection:
        if language in LANGUAGES:
            accounts.set_preference(connection, visitor.name, "language", language)
        if theme in ("", *THEMES):
            accounts.set_preference(connection, visitor.name, "theme", theme or None)
    return _back(visitor)


@router.post("/console/reveal")
def reveal(visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """Show personal values for a while to somebody who may see them; the audit log has it, and all they read then."""
    if not visitor.may_reveal:
        raise Forbidden("error.pii")
    hide = visitor.form.get("hide") == "1"
    span = None if hide else timedelta(minutes=request.app.state.settings.console.reveal_minutes)
    with request.app.state.store.begin() as connection:
        sessions.reveal(connection, digest_of(visitor.token), span)
        visitor.caller.saw(fields=["hide personal values" if hide else "reveal personal values"])
        put_entry(connection, entry_of(request, 303))
    return _back(visitor)


def _back(visitor: Visitor) -> Response:
    return RedirectResponse(inside(visitor.form.get("next")), 303)
