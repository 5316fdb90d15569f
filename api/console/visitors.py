"""Who is signed in to the console, and what they may: ``visitor: Annotated[Visitor, may("steward")]``.

The dependency is the only door: it reads the session, and of a POST the form, which it lets through only with the token
of the session (CSRF) and from a page of ours (Origin). A route gets the form from its visitor, so none can forget that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import anyio.to_thread
from fastapi import Depends, Request

from api.access import Caller
from api.audit import Trail
from mdm import accounts
from mdm.access import digest_of, is_same
from mdm.settings import ConsoleSettings
from mdm.store import sessions
from mdm.store.accounts import AccountState

COOKIE = "mdm_console"
FORM_TOKEN, KEPT = "form_token", "kept_id"
MOST_BYTES, MOST_FIELDS = 256_000, 2_000
SAFE = ("GET", "HEAD")


class SignInNeeded(Exception):
    """Nobody is signed in (any more). kept: the form that came was kept for whoever sent it."""

    def __init__(self, *, kept: bool = False) -> None:
        self.kept = kept
        super().__init__()


class Forbidden(Exception):
    """Not with this role. key: the text that says what is missing."""

    def __init__(self, key: str, **values: Any) -> None:
        self.key, self.values = key, values
        super().__init__(key)


@dataclass(frozen=True, slots=True)
class Form:
    """What a form sent: names and values in their order."""

    pairs: tuple[tuple[str, str], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """The first value of a name, without space around it."""
        return next((value.strip() for known, value in self.pairs if known == name), default)

    def all(self, name: str) -> list[str]:
        """All values of a name."""
        return [value for known, value in self.pairs if known == name]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in. caller: as the API and the audit log know them. token: of the session."""

    account: AccountState
    caller: Caller
    token: str = field(repr=False)
    revealed_until: datetime | None = None
    form: Form = Form()

    @property
    def name(self) -> str:
        """The actor of what they do."""
        return self.account.name

    @property
    def shown_name(self) -> str:
        """As colleagues see them."""
        return self.account.full_name or self.account.name

    @property
    def form_token(self) -> str:
        """What the forms on their pages carry."""
        return accounts.form_token(self.token)

    @property
    def masked(self) -> bool:
        """Whether personal values are masked for them now."""
        return self.caller.masked

    @property
    def may_reveal(self) -> bool:
        """Whether they may see personal values if they ask."""
        return self.account.pii

    def may(self, scope: str) -> bool:
        """Whether their role opens something."""
        return scope in self.caller.scopes


@dataclass(frozen=True, slots=True)
class May:
    """Dependency: the visitor, whose role opens `scope`; raises SignInNeeded, Forbidden."""

    scope: str

    async def __call__(self, request: Request) -> Visitor:
        form = Form() if request.method in SAFE else await read_form(request)
        visitor: Visitor = await anyio.to_thread.run_sync(admitted, request, form)
        if not visitor.may(self.scope):
            raise Forbidden("error.role", role=visitor.account.role)
        return visitor


@cache
def may(scope: str) -> Any:
    """What a route declares: ``visitor: Annotated[Visitor, may("lookup")]``."""
    return Depends(May(scope))


def admitted(request: Request, form: Form) -> Visitor:
    """Whoever the session of a request is of. Raises SignInNeeded, Forbidden; keeps a form that came too late."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        raise SignInNeeded
    unsafe = request.method not in SAFE
    genuine = not unsafe or (from_here(request) and is_same(form.get(FORM_TOKEN), accounts.form_token(token)))
    settings: ConsoleSettings = request.app.state.settings.console
    with request.app.state.store.begin() as connection:
        digest = digest_of(token)
        found = sessions.find_session(
            connection, digest, idle=timedelta(minutes=settings.idle_minutes),
            longest=timedelta(hours=settings.longest_hours),
        )  # fmt: skip
        late = found is not None and found.ended and unsafe and genuine and found.account.disabled_at is None
        if found is not None and late:
            pairs = [pair for pair in form.pairs if pair[0] not in (FORM_TOKEN, KEPT)]
            sessions.keep_form(connection, found.account.name, request.url.path, pairs)
        elif found is not None and not found.ended:
            sessions.note_seen(connection, digest)
            if form.get(KEPT).isdecimal() and genuine:  # it is being sent again
                sessions.drop_form(connection, found.account.name, int(form.get(KEPT)[:18]))
    if found is None or found.ended:
        raise SignInNeeded(kept=late)
    if not genuine:
        raise Forbidden("error.forged")
    pii = found.account.pii and found.revealed_until is not None
    scopes = accounts.scopes_of(found.account.role, pii=pii)
    caller = Caller(found.account.name, found.account.name, scopes, Trail("console"))
    visitor = Visitor(found.account, caller, token, found.revealed_until, form)
    request.state.caller, request.state.visitor = caller, visitor
    return visitor


async def read_form(request: Request) -> Form:
    """The form of a POST. Raises Forbidden when it is none, or too large."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Forbidden("error.form")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise Forbidden("error.large")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise Forbidden("error.form") from None
    return Form(tuple((name, value.replace("\r\n", "\n").replace("\x00", "")) for name, value in pairs))


def from_here(request: Request) -> bool:
    """Whether a page of ours sent a request: browsers say so in Origin; without it the form's token alone speaks."""
    origin = request.headers.get("origin")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")
