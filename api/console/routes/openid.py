"""GET /console/sign-in/openid and GET /console/sign-in/openid/callback"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.console.failed import Failed
from api.console.routes.sign_in import BEFORE, base_of, inside, set_before, set_session
from api.console.signing_in import sign_in_as
from api.console.visitors import COOKIE
from api.store import Store
from api.trace import trace_of
from mdm import accounts, openid
from mdm.access import digest_of
from mdm.errors import NotFound
from mdm.store.openid import AttemptState, add_attempt, take_attempt

if TYPE_CHECKING:
    from api.console.openid.provider import Provider

router = APIRouter()
CALLBACK = "/console/sign-in/openid/callback"


@router.get("/console/sign-in/openid")
async def leaving(request: Request) -> Response:
    """To the provider; where they wanted to go, and whose browser it is, is kept meanwhile."""
    provider = _provider(request)
    where = inside(request.query_params.get("next"))
    browser, state = request.cookies.get(BEFORE) or accounts.new_token(), accounts.new_token()
    back = base_of(request) + CALLBACK
    try:
        address = await provider.where_to_sign_in(state, openid.bond(browser, state), back)
    except Failed as failed:
        failed.where = where
        raise
    attempt = AttemptState(digest_of(browser), where, back)
    await anyio.to_thread.run_sync(_remember, request.app.state.store, state, attempt)
    response = RedirectResponse(address, 303)
    set_before(request, response, browser)
    return response


@router.get(CALLBACK)
async def back(request: Request) -> Response:
    """From the provider: signed in, and on to where they wanted to go."""
    provider, asked = _provider(request), request.query_params
    state, browser = asked.get("state", ""), request.cookies.get(BEFORE, "")
    attempt = await anyio.to_thread.run_sync(_taken, request.app.state.store, state)
    if attempt is None:
        raise Failed("again", "the state is not known: used before, or too old")
    try:
        if not browser or attempt.browser != digest_of(browser):
            raise Failed("browser", "the state is of another browser")
        token = await _signed_in(request, provider, attempt, openid.bond(browser, state))
    except Failed as failed:
        failed.where = attempt.path
        raise
    response = RedirectResponse(inside(attempt.path), 303)
    set_session(request, response, token)
    return response


async def _signed_in(request: Request, provider: Provider, attempt: AttemptState, bond: openid.Bond) -> str:
    """The token of a new session. Raises Failed."""
    asked, settings = request.query_params, provider.settings
    await provider.check_sender(asked.get("iss"))
    if "error" in asked:
        raise _said_no(asked["error"])
    hint = await provider.id_token(asked.get("code", ""), bond.verifier, attempt.back)
    claims = await provider.claims(hint, bond.nonce)
    if openid.has_left_out(claims, settings):
        raise Failed("groups", f"the provider left {settings.roles_claim} out of the token: too many")
    person = openid.person_of(claims, settings)
    before, trace_id = request.cookies.get(COOKIE), trace_of(request.scope)
    return await anyio.to_thread.run_sync(sign_in_as, request.app.state.store, person, hint, before, trace_id)


def _said_no(error: str) -> Failed:
    if error in ("server_error", "temporarily_unavailable"):
        return Failed("unreachable", f"the provider answered {error}")
    known = error if error.replace("_", "").isalpha() and error.isascii() and len(error) < 60 else "an error"
    return Failed("refused" if error == "access_denied" else "answer", f"the provider answered {known}")


def _provider(request: Request) -> Provider:
    found: Provider | None = request.app.state.openid
    if found is None:
        raise NotFound("nobody signs in elsewhere here", remedy="[console.openid] in mdm.toml says where.")
    return found


def _remember(store: Store, state: str, attempt: AttemptState) -> None:
    with store.begin() as connection:
        add_attempt(connection, digest_of(state), attempt)


def _taken(store: Store, state: str) -> AttemptState | None:
    with store.begin() as connection:
        return take_attempt(connection, digest_of(state))
