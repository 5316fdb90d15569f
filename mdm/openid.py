"""Signing in to the console elsewhere (OpenID Connect): the settings, and what the claims of an id token open.

Nothing here asks the provider or the store: api/console/openid/ and api/console/signing_in.py do (decision 19).
"""

from __future__ import annotations

import hashlib
import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from mdm import accounts

Role = Literal["viewer", "steward", "lead", "admin"]  # those of mdm.accounts.ROLES
_LOCAL = ("localhost", "127.0.0.1", "::1")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def is_safe(url: str) -> bool:
    """Whether an address is one that a secret may be sent to: https, or this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL))


def _issuer(text: str) -> str:
    if not is_safe(text) or set(text) & {"?", "#"} or text.split() != [text]:
        raise ValueError("it must be an address with https:// as the provider writes it, without ? and #")
    return text


def _address(text: str) -> str:
    if not is_safe(text) or urlsplit(text).path.strip("/") or set(text) & {"?", "#"}:
        raise ValueError("it must be https:// and a host, without a path")
    return text.rstrip("/")


def _scopes(names: tuple[str, ...]) -> tuple[str, ...]:
    if "openid" not in names or any(name.split() != [name] for name in names):
        raise ValueError('it must be names without spaces, "openid" among them')
    return names


class OpenIdSettings(BaseModel):
    """Sign-in by OpenID Connect. A claim may be a path: realm_access.roles."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: Annotated[str, AfterValidator(_issuer)] = Field(description="the provider, exactly as it calls itself")
    client_id: str = Field(min_length=1, description="what the console is called there")
    secret_variable: str = Field(
        default="MDM_OPENID_SECRET", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="variable of the environment that holds the client secret",
    )  # fmt: skip
    scopes: Annotated[tuple[str, ...], AfterValidator(_scopes)] = ("openid", "profile")
    name_claim: str = Field(default="preferred_username", min_length=1, description="the name of a new account")
    roles_claim: str = Field(default="groups", min_length=1, description="groups or roles of somebody")
    roles: dict[str, Role] = Field(min_length=1, description="value of that claim -> role; the highest counts")
    pii: tuple[str, ...] = Field(default=(), description="values of that claim that may see personal values")
    local: bool = Field(default=True, description="whether accounts of our own sign in by password beside it")
    label: str = Field(default="", max_length=60, description="of the provider, on the button; else its host")
    contact: str = Field(default="", max_length=200, description="whom to ask who is not let in")
    address: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None, description="of the console as browsers know it; else as they asked for it"
    )

    @property
    def secret(self) -> str | None:
        """The client secret, from the environment; never kept."""
        return os.environ.get(self.secret_variable) or None

    @property
    def shown_label(self) -> str:
        """What people call the provider."""
        return self.label or urlsplit(self.issuer).netloc


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a provider knows them. subject: what they are called there for good; role: None: none is theirs."""

    issuer: str
    subject: str
    name: str
    full_name: str | None
    role: str | None
    pii: bool


def person_of(claims: Mapping[str, Any], settings: OpenIdSettings) -> Person:
    """Who an id token is of, and what their groups open. The claims have been verified."""
    held = set(_texts(_claim(claims, settings.roles_claim)))
    roles = {role for value, role in settings.roles.items() if value in held}
    name, full = (next(iter(_texts(_claim(claims, claim))), "") for claim in (settings.name_claim, "name"))
    return Person(
        settings.issuer, str(claims["sub"]), name.strip().lower(), _CONTROL.sub(" ", full).strip()[:200] or None,
        next((role for role in reversed(accounts.ROLES) if role in roles), None), bool(held & set(settings.pii)),
    )  # fmt: skip


def has_left_out(claims: Mapping[str, Any], settings: OpenIdSettings) -> bool:
    """Whether the provider says that the groups were too many for the token (Entra ID, from 200 on)."""
    names = claims.get("_claim_names")
    return isinstance(names, Mapping) and settings.roles_claim in names


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its whole name, else by a path into documents."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(value: Any) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]


# -- what ties an answer to the question -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bond:
    """Made out of the browser's cookie and the state: whoever has not both cannot use an answer of the provider."""

    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        """Of PKCE (RFC 7636), by S256."""
        return urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")


def bond(browser: str, state: str) -> Bond:
    """The nonce and the PKCE verifier of one attempt; `browser` is a secret that only this browser has."""
    return Bond(*(hashlib.sha256(f"{use}|{browser}|{state}".encode()).hexdigest() for use in ("nonce", "verifier")))
