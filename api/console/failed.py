"""What can go wrong when somebody signs in elsewhere: each kind with its status, told by a page of its own."""

from __future__ import annotations

import logging

from starlette.types import Scope

from api.trace import trace_of

log = logging.getLogger("mdm.api")

# kind -> status; the texts are sign_in.failed.<kind>
KINDS: dict[str, int] = {
    "again": 400,  # no such attempt: too old, or the answer was used before
    "browser": 400,  # an attempt of another browser
    "refused": 403,  # they said no, or the provider did
    "unreachable": 503,
    "slow": 504,
    "answer": 502,  # not what the protocol asks for: how the provider is set up, or its address
    "secret": 500,  # how we are set up
    "token": 502,  # an id token that is not for us, not from there, not for this attempt, or too old
    "role": 403,
    "groups": 403,  # too many for the token
    "taken": 409,
    "name": 403,
    "disabled": 403,
    "passwords": 403,  # nobody signs in by password here
}


class Failed(Exception):
    """Signing in elsewhere did not come about. detail: for the log, without secrets; values: for the page.

    where: the page they wanted, for trying again. command: what would help, for whoever runs the console.
    """

    def __init__(self, kind: str, detail: str, *, command: str | None = None, **values: str) -> None:
        self.kind, self.detail, self.values, self.command = kind, detail, values, command
        self.where: str | None = None
        super().__init__(f"{kind}: {detail}")

    @property
    def status(self) -> int:
        """Of the answer."""
        return KINDS[self.kind]


def told(scope: Scope, failed: Failed) -> None:
    """A line of log."""
    detail = "".join(letter if letter.isprintable() else "?" for letter in failed.detail)
    log.warning("%s: sign-in by OpenID Connect, %s: %s", trace_of(scope), failed.kind, detail)
