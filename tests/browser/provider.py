"""A small OpenID provider, served over HTTP: discovery, a page for signing in, tokens, keys that are changed, sign-out.

It does what the specifications ask (authorization code, PKCE by S256, one use of a code, client authentication), and
what a test tells it to do wrong.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import anyio
import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from tests.api.serving import in_thread

CLIENT, SECRET = "the console", "s3cret: of%the+console"
PEOPLE: dict[str, dict[str, Any]] = {
    "wang.fang": {"sub": "u-1", "name": "王芳", "groups": ["staff", "mdm-stewards", "mdm-pii"]},
    "tom": {"sub": "u-2", "name": "Tom Reed", "groups": ["mdm-leads", "mdm-stewards"]},
    "eve": {"sub": "u-3", "groups": ["staff"]},
    "lee": {"sub": "u-4", "groups": ["mdm-stewards"]},  # there is a local account of this name
    "two words": {"sub": "u-5", "groups": ["mdm-stewards"]},
}


@dataclass
class Wrong:
    """What it does wrong. claims, document: instead of its own, None: left out; signed: the algorithm; stranger:
    another key under the name of its own; key: to sign with, whether it is named or not; status: of every answer.
    """

    claims: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    signed: str = "RS256"
    stranger: bool = False
    key: RSAKey | ECKey | None = None
    status: int = 200
    seconds: float = 0.0


@dataclass
class TestProvider:
    """The provider. back: where it may send people; asked: paths of what it was asked for; left: who signed out."""

    __test__ = False

    url: str = ""
    back: set[str] = field(default_factory=set)
    keys: list[RSAKey | ECKey] = field(default_factory=lambda: [_key(0)])
    people: dict[str, dict[str, Any]] = field(default_factory=lambda: {**PEOPLE})
    wrong: Wrong = field(default_factory=Wrong)
    asked: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def rotate(self) -> None:
        """Sign with another key, of another kind, and name the old one no more."""
        self.keys = [_key(1 + int(self.keys[0].kid or 0))]

    def sign_in(self, at: str, login: str, *, allow: str = "yes") -> str:
        """Where somebody is led who comes with the address `at` and fills in the page."""
        with httpx.Client() as browser:
            page = browser.get(at)
            assert page.status_code == 200, page.text
            asked = dict(parse_qsl(httpx.URL(at).query.decode()))
            answer = browser.post(f"{self.url}/authorize", data={**asked, "login": login, "allow": allow})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def id_token(self, person: dict[str, Any], nonce: str) -> str:
        """Of somebody, with what is wrong with it."""
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, **person, **self.wrong.claims,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.wrong.key or (_key(98, self.keys[0].kid) if self.wrong.stranger else self.keys[0])
        if self.wrong.signed == "none" or self.wrong.signed.startswith("HS"):
            return _forged(self.wrong.signed, claims, self.keys[0])
        alg = "ES256" if isinstance(key, ECKey) else self.wrong.signed
        return jwt.encode({"alg": alg, "kid": key.kid}, claims, key, algorithms=[alg])


def _key(number: int, kid: str | None = None) -> RSAKey | ECKey:
    if number % 2:
        return ECKey.generate_key("P-256", {"kid": kid or str(number), "use": "sig"})
    return RSAKey.generate_key(2048, {"kid": kid or str(number), "use": "sig", "alg": "RS256"})


def _forged(alg: str, claims: dict[str, Any], key: RSAKey | ECKey) -> str:
    """Without signature, or signed with the public key as if it were a secret."""
    parts = [json.dumps(part).encode() for part in ({"alg": alg, "kid": key.kid}, claims)]
    signed = b".".join(_b64(part) for part in parts)
    signature = b"" if alg == "none" else hmac.new(key.as_pem(private=False), signed, hashlib.sha256).digest()
    return (signed + b"." + _b64(signature)).decode()


def _b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _app(provider: TestProvider) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def does_wrong(request: Request, go_on: Any) -> Any:
        provider.asked.append(request.url.path)
        await anyio.sleep(provider.wrong.seconds)
        return Response(status_code=provider.wrong.status) if provider.wrong.status != 200 else await go_on(request)

    @app.get("/.well-known/openid-configuration")
    def document() -> JSONResponse:
        ends = ("authorize", "token", "jwks", "end_session")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")
        found = {name: f"{provider.url}/{end}" for name, end in zip(names, ends, strict=True)}
        found |= {"issuer": provider.url, "authorization_response_iss_parameter_supported": True}
        return JSONResponse({k: v for k, v in (found | provider.wrong.document).items() if v is not None})

    @app.get("/jwks")
    def keys() -> JSONResponse:
        curve = {"kty": "EC", "crv": "P-1024", "x": "AA", "y": "AA", "kid": "newer"}
        others = [{"kty": "AKP", "kid": "new"}, curve, {**_key(1).as_dict(private=False), "use": "enc", "kid": "e"}]
        return JSONResponse({"keys": [*others, *(key.as_dict(private=False) for key in provider.keys)]})

    @app.get("/authorize")
    def page(request: Request) -> Response:
        asked = dict(request.query_params)
        if fault := _fault(provider, asked):
            return HTMLResponse(fault, 400)
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(k)}" value="{html.escape(v)}">' for k, v in asked.items()
        )
        return HTMLResponse(
            f'<!doctype html><html lang="en"><title>Provider</title><form method="post">{hidden}'
            '<label>Login <input name="login"></label><button name="allow" value="yes">Sign in</button>'
            '<button name="allow" value="no">Refuse</button></form></html>'
        )

    @app.post("/authorize")
    async def decided(request: Request) -> Response:
        form = await _form(request)
        if fault := _fault(provider, form):
            return HTMLResponse(fault, 400)
        answer = {"state": form["state"], "iss": provider.url}
        if form["allow"] == "yes" and form["login"] in provider.people:
            answer["code"] = hashlib.sha256(f"{form['state']}{time.time_ns()}".encode()).hexdigest()
            provider.codes[answer["code"]] = form
        else:
            answer |= {"error": "access_denied", "error_description": "<b>no</b>"}
        return RedirectResponse(f"{form['redirect_uri']}?{urlencode(answer)}", 303)

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        form = await _form(request)
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        client, _, secret = base64.b64decode(given).decode().partition(":")
        if kind != "Basic" or (unquote(client), unquote(secret)) != (CLIENT, SECRET):
            return JSONResponse({"error": "invalid_client", "error_description": f"{secret} is wrong"}, 401)
        left = provider.codes.pop(form.get("code", ""), None)
        challenge = _b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode()
        fits = left is not None and left["code_challenge"] == challenge and left["redirect_uri"] == form["redirect_uri"]
        if left is None or not fits or form.get("grant_type") != "authorization_code":
            return JSONResponse({"error": "invalid_grant"}, 400)
        person = {"preferred_username": left["login"], **provider.people[left["login"]]}
        id_token = provider.id_token(person, left["nonce"])
        return JSONResponse({"token_type": "Bearer", "access_token": "x", "id_token": id_token})

    @app.get("/end_session")
    def end_session(id_token_hint: str, post_logout_redirect_uri: str) -> Response:
        claims = jwt.decode(id_token_hint, KeySet(list(provider.keys)), algorithms=["RS256", "ES256"]).claims
        provider.left.append(claims["sub"])
        return RedirectResponse(post_logout_redirect_uri, 303)

    return app


def _fault(provider: TestProvider, asked: dict[str, str]) -> str | None:
    """What is wrong with a question."""
    if asked.get("client_id") != CLIENT or asked.get("redirect_uri") not in provider.back:
        return "unknown client or redirect_uri"
    right = asked.get("response_type") == "code" and "openid" in asked.get("scope", "").split()
    pkce = asked.get("code_challenge_method") == "S256" and len(asked.get("code_challenge", "")) == 43
    return None if right and pkce and asked.get("state") and asked.get("nonce") else "a parameter is missing"


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


@contextmanager
def providing() -> Iterator[TestProvider]:
    """A provider that is served; at localhost, which is another site than 127.0.0.1."""
    provider = TestProvider()
    with in_thread(_app(provider)) as client:
        provider.url = f"http://localhost:{client.base_url.port}"
        yield provider
