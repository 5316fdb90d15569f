"""The provider: where it signs people in and out, and what it says of somebody who comes back."""

from __future__ import annotations

import re
import time
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from joserfc.jwk import KeySet
from pydantic import AfterValidator, BaseModel, ValidationError

from api.console.failed import Failed
from api.console.openid.asking import ask
from api.console.openid.tokens import Expected, UnknownKey, keys_of, read_id_token
from mdm.openid import Bond, OpenIdSettings, is_safe

FRESH = 600.0  # seconds for which documents of the provider are not asked for again
_CODE = re.compile(r"[a-z_]{1,60}")  # of an error (RFC 6749); nothing else of an answer is logged


def _safe(url: str) -> str:
    if not is_safe(url):
        raise ValueError("it is no address with https://")
    return url


_Endpoint = Annotated[str, AfterValidator(_safe)]


class Discovery(BaseModel):
    """What we need of the provider's own document (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: _Endpoint
    token_endpoint: _Endpoint
    jwks_uri: _Endpoint
    end_session_endpoint: _Endpoint | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Provider:
    """The provider of a workspace, with the documents that it gave lately."""

    def __init__(self, settings: OpenIdSettings) -> None:
        self.settings = settings
        self._discovery: tuple[float, Discovery] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def where_to_sign_in(self, state: str, bond: Bond, back: str) -> str:
        """The address to send somebody to. Raises Failed."""
        self._secret()
        found = await self._discovered()
        asked = {
            "response_type": "code", "client_id": self.settings.client_id, "redirect_uri": back,
            "scope": " ".join(self.settings.scopes), "state": state, "nonce": bond.nonce,
            "code_challenge": bond.challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return _with(found.authorization_endpoint, asked)

    async def check_sender(self, issuer: str | None) -> None:
        """Whether an answer says that it comes from another provider (RFC 9207). Raises Failed."""
        needed = (await self._discovered()).authorization_response_iss_parameter_supported
        if issuer != self.settings.issuer and (issuer is not None or needed):
            raise Failed("answer", "the answer is not from the issuer that was asked (iss)")

    async def id_token(self, code: str, verifier: str, back: str) -> str:
        """The id token for a code. Raises Failed."""
        found = await self._discovered()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        status, answer = await ask("POST", found.token_endpoint, **self._proven(found, form))
        token = answer.get("id_token")
        if status == 200 and isinstance(token, str):
            return token
        error = answer.get("error")
        error = error if isinstance(error, str) and _CODE.fullmatch(error) else "no error that we know"
        kind = "secret" if status == 401 or error in ("invalid_client", "unauthorized_client") else "answer"
        raise Failed("again" if error == "invalid_grant" else kind, f"the token endpoint answered {status}, {error}")

    async def claims(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an id token for this attempt; a key that is not known has the keys fetched. Raises Failed."""
        expected = Expected(self.settings.issuer, self.settings.client_id, nonce)
        try:
            return read_id_token(token, await self._signing(), expected)
        except UnknownKey:
            self._keys = None
        try:
            return read_id_token(token, await self._signing(), expected)
        except UnknownKey:
            raise Failed("token", "id token: it is signed with a key that the provider does not name") from None

    async def where_to_sign_out(self, hint: str, back: str) -> str | None:
        """The address to send somebody to who signs out; None: there is none. Raises Failed."""
        found = await self._discovered()
        asked = {"id_token_hint": hint, "client_id": self.settings.client_id, "post_logout_redirect_uri": back}
        return None if found.end_session_endpoint is None else _with(found.end_session_endpoint, asked)

    async def _discovered(self) -> Discovery:
        if self._discovery is not None and self._discovery[0] > time.monotonic():
            return self._discovery[1]
        status, document = await ask("GET", f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        if status != 200:
            raise Failed("answer", f"the discovery document: status {status}")
        try:
            found = Discovery.model_validate(document)
        except ValidationError as error:
            first = error.errors()[0]
            raise Failed("answer", f"the discovery document: {first['loc'][0]}: {first['msg']}") from None
        if found.issuer != self.settings.issuer:
            raise Failed("answer", f"the discovery document is of {found.issuer[:200]}, not of {self.settings.issuer}")
        self._discovery = (time.monotonic() + FRESH, found)
        return found

    async def _signing(self) -> KeySet:
        if self._keys is None or self._keys[0] < time.monotonic():
            status, document = await ask("GET", (await self._discovered()).jwks_uri)
            if status != 200:
                raise Failed("answer", f"the keys: status {status}")
            self._keys = (time.monotonic() + FRESH, keys_of(document))
        return self._keys[1]

    def _proven(self, found: Discovery, form: dict[str, str]) -> dict[str, Any]:
        """What is sent to the token endpoint, so that it knows us: by HTTP Basic if it takes that, else in the form."""
        client, secret = self.settings.client_id, self._secret()
        methods = found.token_endpoint_auth_methods_supported
        if "client_secret_basic" in methods:
            return {"data": form, "auth": (quote(client, safe=""), quote(secret, safe=""))}  # RFC 6749, section 2.3.1
        if "client_secret_post" in methods:
            return {"data": {**form, "client_id": client, "client_secret": secret}}
        raise Failed("answer", "the provider takes a client secret neither by HTTP Basic nor in the form")

    def _secret(self) -> str:
        secret = self.settings.secret
        if secret is None:
            raise Failed("secret", f"the environment has no {self.settings.secret_variable}")
        return secret


def _with(url: str, asked: dict[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"
