"""Errors as application/problem+json (RFC 9457): the one place that turns mdm.errors into HTTP.

`type` is stable: clients may compare it. `detail` says what is wrong, `remedy` what to do, `field` which part of the
request is at fault, `trace_id` what to quote when asking about it.
"""

from __future__ import annotations

import logging
import traceback
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.trace import HEADER, trace_of
from mdm.errors import Contradiction, MdmError, NotFound, RunInProgress, StoreError, Taken, UsageError

log = logging.getLogger("mdm.api")

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:customer-master:problem:"
RETRY_AFTER = "5"  # seconds

# kind -> (status, title); the kind is the last part of `type`
KINDS: dict[str, tuple[int, str]] = {
    "invalid-request": (422, "The request is not valid"),
    "not-found": (404, "There is no such thing"),
    "no-such-path": (404, "There is nothing at this path"),
    "method-not-allowed": (405, "This path does not take this method"),
    "retired": (410, "It was retired"),
    "erased": (410, "It was erased"),
    "contradiction": (409, "It contradicts what was decided"),
    "taken": (409, "Somebody else was first"),
    "conflict": (409, "Something else is under way"),
    "store-unavailable": (503, "The database cannot be reached"),
    "key-missing": (401, "A key is needed"),
    "key-unknown": (401, "The key is not known"),
    "key-expired": (401, "The key has expired"),
    "key-revoked": (401, "The key was revoked"),
    "scope-missing": (403, "The key does not open this"),
    "too-large": (413, "The body is too large"),
    "too-many-requests": (429, "The key has asked too often"),
    "changed": (412, "It is not the version that was meant"),
    "internal": (500, "Something went wrong on our side"),
}
_OF_ERROR: tuple[tuple[type[MdmError], str], ...] = (
    (NotFound, "not-found"),
    (Contradiction, "contradiction"),
    (Taken, "taken"),
    (UsageError, "invalid-request"),
    (RunInProgress, "conflict"),
    (StoreError, "store-unavailable"),
    (MdmError, "internal"),
)
_OF_STATUS = {404: "no-such-path", 405: "method-not-allowed"}


class FieldError(BaseModel):
    """One fault of the request."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457, with what a caller needs to mend the request."""

    type: str = Field(description="stable; compare this", examples=[f"{TYPE}not-found"])
    title: str
    status: int
    detail: str
    instance: str = Field(description="the path that was asked")
    trace_id: str = Field(description="as in the header X-Request-Id; quote it when asking about this")
    remedy: str | None = Field(default=None, description="what to do")
    field: str | None = Field(default=None, description="the part of the request at fault")
    errors: list[FieldError] | None = Field(default=None, description="every fault, when there are several")
    chain: list[str] | None = Field(
        default=None, description="of a contradiction: keys of the records that judgements tie together, end to end"
    )
    holder: str | None = Field(default=None, description="of something taken: who has it, or decided it")


class Gone(Exception):
    """What was asked for existed and does no more. kind: retired | erased."""

    def __init__(self, kind: str, detail: str) -> None:
        self.kind, self.detail = kind, detail
        super().__init__(detail)


class Refused(Exception):
    """The caller may not. kind: one of `KINDS`; headers: what the answer says besides."""

    def __init__(self, kind: str, detail: str, remedy: str, headers: dict[str, str]) -> None:
        self.kind, self.detail, self.remedy, self.headers = kind, detail, remedy, headers
        super().__init__(detail)


class Wrong(Exception):
    """A request that cannot be done as it is. kind: one of `KINDS`; field: the part at fault."""

    def __init__(self, kind: str, detail: str, remedy: str, field: str | None = None) -> None:
        self.kind, self.detail, self.remedy, self.field = kind, detail, remedy, field
        super().__init__(detail)


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem; those that nobody expects `Unexpected` does, outside of all else."""
    app.add_exception_handler(MdmError, _known)
    app.add_exception_handler(Gone, _gone)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Wrong, _wrong)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def answer(request: Request, kind: str, detail: str, **members: Any) -> JSONResponse:
    """A problem of one of `KINDS`."""
    status, title = KINDS[kind]
    trace_id = trace_of(request.scope)
    problem = Problem(
        type=f"{TYPE}{kind}", title=title, status=status, detail=detail, instance=request.url.path, trace_id=trace_id,
        **members,
    )  # fmt: skip
    headers = {HEADER: trace_id}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = RETRY_AFTER
    return JSONResponse(problem.model_dump(exclude_none=True), status, headers, MEDIA_TYPE)


def answer_refused(request: Request, error: Refused) -> JSONResponse:
    """The answer to a caller who may not."""
    response = answer(request, error.kind, error.detail, remedy=error.remedy)
    response.headers.update(error.headers)
    return response


def answer_store_error(request: Request, error: StoreError) -> JSONResponse:
    """The answer while the database is away."""
    log.error("%s: %s", trace_of(request.scope), error)
    remedy = "Try again in a moment."
    return answer(request, "store-unavailable", "The database cannot be reached at the moment.", remedy=remedy)


def status_of(error: Exception) -> int:
    """The status that an error is answered with."""
    return KINDS[_kind_of(error)][0]


def _kind_of(error: Exception) -> str:
    if isinstance(error, Gone | Refused | Wrong):
        return error.kind
    if isinstance(error, RequestValidationError):
        return "invalid-request"
    return next((kind for known, kind in _OF_ERROR if isinstance(error, known)), "internal")


async def _known(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MdmError)
    kind = _kind_of(error)
    if isinstance(error, StoreError):
        return answer_store_error(request, error)
    if kind == "internal":
        return await _unknown(request, error)
    members = {name: getattr(error, name, None) for name in ("field", "chain", "holder")}
    return answer(request, kind, error.message, remedy=error.remedy, **members)


async def _gone(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Gone)
    remedy = None if error.kind == "erased" else "Ask with known_at for what was known of it before."
    return answer(request, error.kind, error.detail, remedy=remedy)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return answer_refused(request, error)


async def _wrong(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Wrong)
    return answer(request, error.kind, error.detail, remedy=error.remedy, field=error.field)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [FieldError(field=_field(fault["loc"]), message=_message(fault)) for fault in error.errors()]
    first = faults[0]
    several = faults if len(faults) > 1 else None
    return answer(request, "invalid-request", f"{first.field}: {first.message}", field=first.field, errors=several)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    kind = _OF_STATUS.get(error.status_code)
    if kind is None:
        kind = "invalid-request" if error.status_code < 500 else "internal"
    response = answer(request, kind, f"{request.method} {request.url.path}: {error.detail}", remedy="See /docs.")
    response.headers.update(error.headers or {})
    return response


class Unexpected:
    """ASGI middleware: answers an error that nobody expected; whoever logged it would log what it quotes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001  the edge: nobody above could say more
            if scope["type"] != "http" or begun:
                raise RuntimeError(f"{trace_of(scope)}: the answer broke off, {where_of(error)}") from None
            await (await _unknown(Request(scope), error))(scope, receive, send)


def where_of(error: BaseException) -> str:
    """What kind of error it is and where it was raised; not what it says, which may quote a customer."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    cause = error.__cause__ or error.__context__
    because = "" if cause is None else f"after {where_of(cause)}"
    return f"{type(error).__module__}.{type(error).__qualname__}\n{frames}{because}"


async def _unknown(request: Request, error: Exception) -> JSONResponse:
    trace_id = trace_of(request.scope)
    log.error("%s: unexpected %s", trace_id, where_of(error))
    return answer(request, "internal", "An unexpected error. It is in the log of the server under this trace id.")


def _field(location: tuple[int | str, ...]) -> str:
    """("body", "keys", 3, "system") -> keys.3.system; a body that is no JSON is "body"."""
    if location[:1] == ("body",) and len(location) == 2 and isinstance(location[1], int):
        return "body"
    parts = location[1:] if location and location[0] in ("body", "query", "path", "header") else location
    return ".".join(map(str, parts)) or "body"


def _message(fault: dict[str, Any]) -> str:
    if fault["type"] == "json_invalid":
        return f"not JSON, at character {fault['loc'][-1]}"
    return str(fault["msg"]).removeprefix("Value error, ")
