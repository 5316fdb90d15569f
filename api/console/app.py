"""The console as an application of its own: it has the API's store and settings, and none of its keys.

`Door` stands before the API's gate and takes what is below /console; whatever it answers is a page.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.console import routes
from api.console.failed import Failed, told
from api.console.pages import STATIC, query, render
from api.console.visitors import Forbidden, SignInNeeded
from api.problems import where_of
from api.trace import trace_of
from mdm.errors import Contradiction, MdmError, NotFound, StoreError, Taken, UsageError

log = logging.getLogger("mdm.api")

PREFIX = "/console"
SIGN_IN = f"{PREFIX}/sign-in"
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NotFound, 404), (Contradiction, 409), (Taken, 409), (UsageError, 422), (StoreError, 503),
)  # fmt: skip


def make_console(api: FastAPI) -> FastAPI:
    """The console beside `api`, whose settings, store and writer it uses."""
    console = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    console.state = api.state
    console.state.openid = _provider_of(api)
    for router in routes.ROUTERS:
        console.include_router(router)
    handlers: dict[Any, Callable[..., Any]] = {
        SignInNeeded: _sign_in, Forbidden: _forbidden, Failed: _failed, MdmError: _known,
        RequestValidationError: _invalid, HTTPException: _http, Exception: _unexpected,
    }  # fmt: skip
    for error, handler in handlers.items():
        console.add_exception_handler(error, handler)
    return console


def _provider_of(api: FastAPI) -> Any:
    """Who signs people in elsewhere, if that is set; only then are its libraries loaded."""
    settings = api.state.settings.console.openid
    if settings is None:
        return None
    from api.console.openid.provider import Provider

    if settings.secret is None:
        log.warning("[console.openid]: the environment has no %s; nobody signs in there", settings.secret_variable)
    return Provider(settings)


class Door:
    """ASGI middleware: paths below /console go to the console, everything else goes on."""

    def __init__(self, app: ASGIApp, *, console: FastAPI) -> None:
        self.app, self.console = app, console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == PREFIX or path.startswith(f"{PREFIX}/")):
            await self.app(scope, receive, send)
            return
        whole = False

        async def answer(message: Message) -> None:
            nonlocal whole
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if not path.startswith(STATIC):
                    headers["Cache-Control"] = "no-store"
            whole = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await self.console(scope, receive, answer)
        except Exception:
            if not whole:  # else `_unexpected` has told of it, and Starlette raises it once more
                raise


def _sign_in(request: Request, error: SignInNeeded) -> Response:
    """To the page for signing in, and from there to where they wanted to go; a form that was kept is shown there."""
    if request.method == "GET":
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    else:
        back = f"{PREFIX}/kept" if error.kept else f"{PREFIX}/tasks"
    late = "1" if request.method != "GET" else None
    return RedirectResponse(SIGN_IN + query({}, next=back, late=late), 303)


def _forbidden(request: Request, error: Forbidden) -> Response:
    return render(request, "error.html", status=403, title="error.forbidden", text=error.key, values=error.values)


def _failed(request: Request, error: Failed) -> Response:
    """Signing in elsewhere did not come about: what happened, and what to do."""
    told(request.scope, error)
    openid = request.app.state.settings.console.openid
    response = render(
        request, "sign_in_failed.html", status=error.status, kind=error.kind, values=error.values, where=error.where,
        contact=openid.contact if openid is not None else "", trace=trace_of(request.scope),
        label=openid.shown_label if openid is not None else "", command=error.command,
    )  # fmt: skip
    if error.status in (503, 504):
        response.headers["Retry-After"] = "30"
    return response


def _known(request: Request, error: MdmError) -> Response:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    if status == 500:
        raise error
    if status == 503:
        log.error("%s: %s", trace_of(request.scope), error)
        return _error(request, 503, "store", retry=True)
    return _error(request, status, f"status{status}", detail=error.message, remedy=error.remedy)


def _invalid(request: Request, error: RequestValidationError) -> Response:
    return _error(request, 422, "status422")


def _http(request: Request, error: HTTPException) -> Response:
    return _error(request, error.status_code, "status404" if error.status_code == 404 else "status422")


def _unexpected(request: Request, error: Exception) -> Response:
    """An error that nobody expected; whoever logged it in full would log what it quotes."""
    trace_id = trace_of(request.scope)
    log.error("%s: unexpected %s", trace_id, where_of(error))
    return _error(request, 500, "internal", trace=trace_id)


def _error(request: Request, status: int, key: str, **context: Any) -> Response:
    values: dict[str, Any] = {}
    response = render(
        request, "error.html", status=status, title=f"error.{key}.title", text=f"error.{key}.text", values=values,
        **context,
    )  # fmt: skip
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response
