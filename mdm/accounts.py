"""Who may do what in the console: roles, passwords, sessions and lock-out, as values; nothing here reads or writes.

A password is kept as an Argon2id digest (RFC 9106). A session is known by a token of 256 random bits, of which only the
SHA-256 is kept (see `mdm.access` for why that suffices); the token that its forms carry against forgery (CSRF) is made
out of it, so nothing else has to be kept, and whoever does not have the session does not have that either.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from mdm.errors import UsageError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

# role -> what it opens; each has all that the ones before it have
ROLES: dict[str, str] = {
    "viewer": "see customers, households, tasks and figures",
    "steward": "work through tasks, decide, correct, undo",
    "lead": "assign tasks to others, settle what two stewards see differently, decide in bulk",
    "admin": "all of it",
}
_OPENS: dict[str, tuple[str, ...]] = {
    "viewer": ("lookup", "identify"),
    "steward": ("steward", "write"),
    "lead": ("lead",),
    "admin": ("admin",),
}
_NAME = re.compile(r"[^\s\x00-\x1f:/]{1,80}")
SHORTEST, LONGEST = 12, 1000  # characters of a password

FREE_FAILURES = 5  # in a row under one name, before it has to wait
FREE_OF_ADDRESS = 30  # from one address: an office, a proxy; what somebody who tries many names soon has
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=15), timedelta(minutes=15)
QUIET = timedelta(days=1)  # without a failure: forgotten


def scopes_of(role: str, *, pii: bool) -> frozenset[str]:
    """What an account opens, in the words of `mdm.access.SCOPES`, and `lead`."""
    names = list(ROLES)
    held = [scope for name in names[: names.index(role) + 1] for scope in _OPENS[name]]
    return frozenset([*held, "pii"] if pii else held)


def read_role(text: str) -> str:
    """A role. Raises UsageError."""
    if text not in ROLES:
        listed = "; ".join(f"{name} ({words})" for name, words in ROLES.items())
        raise UsageError(f"there is no role {text!r}", where="--role", remedy=f"There are: {listed}.")
    return text


def read_name(text: str) -> str:
    """The name of an account, in small letters. Raises UsageError."""
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        remedy = "1 to 80 characters without spaces, colons and slashes, such as li.na"
        raise UsageError(f"{text!r} is no name of an account", where="NAME", remedy=remedy)
    return name


def check_password(password: str, name: str) -> str:
    """A password that may be used for `name`. Raises UsageError."""
    fault = None
    if not SHORTEST <= len(password) <= LONGEST:
        fault = f"a password has {SHORTEST} to {LONGEST:,} characters"
    elif len(set(password)) < 5 or (name in password.lower() and len(password) < 2 * len(name) + 4):
        fault = "the password is too easy to guess"
    if fault is not None:
        raise UsageError(fault, where="password", remedy="Take a sentence, or what a password manager makes.")
    return password


def digest_password(password: str) -> str:
    """What is kept of a password."""
    return _hasher().hash(password)


def is_password(digest: str | None, password: str) -> bool:
    """Whether it is the password of `digest`; takes as long for an account without one, or without account."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(digest or _nobodys(), password) and digest is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(digest: str) -> bool:
    """Whether a digest was made with weaker parameters than today's: make it anew while the password is at hand."""
    return _hasher().check_needs_rehash(digest)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()  # the defaults of argon2-cffi: RFC 9106's low-memory profile, 64 MiB, 3 passes


@cache
def _nobodys() -> str:
    return _hasher().hash(secrets.token_hex(16))


# -- sessions ----------------------------------------------------------------------------------------------------------


def new_token() -> str:
    """A random token."""
    return secrets.token_urlsafe(32)


def form_token(token: str) -> str:
    """What the forms of a session carry."""
    return hashlib.sha256(f"form|{token}".encode()).hexdigest()


# -- lock-out ----------------------------------------------------------------------------------------------------------


def wait_after(failures: int, free: int = FREE_FAILURES) -> timedelta:
    """How long after the last of so many failures the next attempt is looked at; `free` of them cost nothing."""
    if failures < free:
        return timedelta(0)
    doublings = min(failures - free, 20)
    return min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)


def failing_account(name: str) -> str:
    """By what failures under a name are counted, whether there is such an account or not."""
    return _digest(f"account:{name.strip().lower()}")


def failing_address(address: str) -> str:
    """By what failures from a network address are counted; of IPv6 it is the network of one subscriber (/64)."""
    try:
        found = ipaddress.ip_address(address)
        if found.version == 6:
            address = str(ipaddress.ip_network(f"{found}/64", strict=False))
    except ValueError:
        pass
    return _digest(f"address:{address}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
