"""GET and POST /console/sign-in, POST /console/sign-out"""

from __future__ import annotations

from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.console.failed import Failed, told
from api.console.pages import render
from api.console.signing_in import Attempt, sign_in, sign_out
from api.console.visitors import COOKIE, FORM_TOKEN, Visitor, from_here, may, read_form
from api.trace import trace_of
from mdm import accounts
from mdm.access import is_same
from mdm.store.sessions import REMEMBERED

router = APIRouter()

BEFORE = "mdm_sign_in"  # ties the form for signing in to a browser, while there is no session yet
HOME = "/console/tasks"


@router.get("/console")
async def home() -> Response:
    """To the queue."""
    return RedirectResponse(HOME, 303)


@router.get("/console/sign-in")
def shown(request: Request) -> Response:
    """The form."""
    late = request.query_params.get("late") is not None
    return _form(request, where=request.query_params.get("next"), note="sign_in.late" if late else None)


@router.post("/console/sign-in")
async def signed_in(request: Request) -> Response:
    """Sign in, and go on to where they wanted to go. One answer to whatever was wrong."""
    form = await read_form(request)
    if not _by_password(request):
        raise Failed("passwords", "a password was sent, and local is false")
    before = request.cookies.get(BEFORE, "")
    genuine = before and from_here(request) and is_same(form.get(FORM_TOKEN), accounts.form_token(before))
    where = form.get("next")
    if not genuine:
        return _form(request, where=where, note="sign_in.again", status=403)
    client = request.client.host if request.client is not None else "unknown"
    attempt = Attempt(
        form.get("name"), next(iter(form.all("password")), ""), client, request.cookies.get(COOKIE),
        trace_of(request.scope),
    )  # fmt: skip
    token = await anyio.to_thread.run_sync(sign_in, request.app.state.store, attempt)
    if token is None:
        return _form(request, where=where, note="sign_in.refused", status=401, name=attempt.name)
    response = RedirectResponse(inside(where), 303)
    set_session(request, response, token)
    return response


@router.post("/console/sign-out")
async def signed_out(visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """Sign out, and at the provider if it takes that. The cookie stays, of no use but to tell whose a late form was."""
    state, trace_id = request.app.state, trace_of(request.scope)
    hint = await anyio.to_thread.run_sync(sign_out, state.store, visitor.name, visitor.token, trace_id)
    if hint is not None and state.openid is not None:
        try:
            where = await state.openid.where_to_sign_out(hint, f"{base_of(request)}/console/sign-in")
        except Failed as failed:
            told(request.scope, failed)
            where = None
        if where is not None:  # by a page, not by a redirect: the policy lets forms lead nowhere else
            request.state.visitor = None
            label = state.openid.settings.shown_label
            return render(request, "signed_out.html", where=where, label=label)
    return RedirectResponse("/console/sign-in", 303)


def base_of(request: Request) -> str:
    """The address of the console, without a path: as set, else as it was asked for."""
    settings = request.app.state.settings.console.openid
    return (settings and settings.address) or str(request.base_url).rstrip("/")


def set_session(request: Request, response: Response, token: str) -> None:
    """Give the browser its session."""
    age = int(REMEMBERED.total_seconds())
    _set_cookie(request, response, COOKIE, token, age)
    response.delete_cookie(BEFORE, path="/console")


def set_before(request: Request, response: Response, token: str) -> None:
    """Give the browser what ties signing in to it."""
    _set_cookie(request, response, BEFORE, token, 3600)


def inside(where: str | None) -> str:
    """A path of the console that a form names; anything else is the queue."""
    fits = where is not None and where.startswith("/console/") and not set(where) & {"\\", "\n", "\r", "\x00"}
    return where if where is not None and fits else HOME


def _form(request: Request, *, where: str | None, note: str | None, status: int = 200, name: str = "") -> Response:
    before = request.cookies.get(BEFORE) or accounts.new_token()
    openid = request.app.state.settings.console.openid
    response = render(
        request, "sign_in.html", status=status, where=inside(where), note=note, name=name, refused=status != 200,
        before_token=accounts.form_token(before), elsewhere=None if openid is None else openid.shown_label,
        by_password=_by_password(request),
    )  # fmt: skip
    set_before(request, response, before)
    return response


def _by_password(request: Request) -> bool:
    openid = request.app.state.settings.console.openid
    return openid is None or openid.local


def _set_cookie(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(
        name, value, max_age=seconds, path="/console", httponly=True, samesite="lax", secure=secure
    )  # fmt: skip
