"""Id tokens: whose signature they bear, and whether they are for us, for this attempt, and for now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet
from joserfc.jws import JWSRegistry

from api.console.failed import Failed
from mdm.access import is_same

# Signatures with a key that only the provider has. Not HS*, for which the public key would do, and not none.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519",
)  # fmt: skip
KEY_TYPES = ("RSA", "EC", "OKP")
SKEW = 60  # seconds that two clocks may differ


class UnknownKey(Exception):
    """The token names a key that is not among those that were fetched."""


class _Registry(JWSRegistry):
    max_header_length = 8192  # certificates of the key may be in it


@dataclass(frozen=True, slots=True)
class Expected:
    """What an id token must say."""

    issuer: str
    client_id: str
    nonce: str


def keys_of(document: Mapping[str, Any]) -> KeySet:
    """The public keys for signatures of a provider; those that are not understood are left out. Raises Failed."""
    listed = document.get("keys")
    found = KeySet(list(_each_key(listed if isinstance(listed, list) else [])))
    if not found:
        raise Failed("answer", "the provider names no key for signatures that we understand")
    return found


def _each_key(listed: list[Any]) -> Iterator[Key]:
    for each in listed:
        if isinstance(each, dict) and each.get("kty") in KEY_TYPES and each.get("use", "sig") == "sig":
            try:
                yield JWKRegistry.import_key(each)
            except (JoseError, ValueError, TypeError, KeyError):  # KeyError: a curve that is not known
                continue


def read_id_token(token: str, keys: KeySet, expected: Expected) -> dict[str, Any]:
    """The claims of a token that is what it should be. Raises UnknownKey; Failed, which says what is not."""
    try:
        found = jwt.decode(token, keys, registry=_Registry(algorithms=ALGORITHMS, strict_check_header=False))
        _check(found.claims, expected)
    except InvalidKeyIdError:
        raise UnknownKey from None
    except (JoseError, ValueError, TypeError) as error:
        what = error.error if isinstance(error, JoseError) else type(error).__name__
        about = error.description if isinstance(error, JoseError) else ""
        raise Failed("token", f"id token: {what} {about}".strip()[:200]) from None
    return found.claims


def _check(claims: dict[str, Any], expected: Expected) -> None:
    """Core 1.0, section 3.1.3.7."""
    jwt.JWTClaimsRegistry(
        leeway=SKEW,
        iss={"essential": True, "value": expected.issuer},
        sub={"essential": True},
        aud={"essential": True, "value": expected.client_id},
        exp={"essential": True},
        iat={"essential": True},
    ).validate(claims)
    nonce, azp, aud = claims.get("nonce"), claims.get("azp"), claims["aud"]
    if not isinstance(nonce, str) or not is_same(nonce, expected.nonce):
        raise Failed("token", "id token: it is not for this attempt (nonce)")
    if (azp is None and isinstance(aud, list) and len(aud) > 1) or azp not in (None, expected.client_id):
        raise Failed("token", "id token: it was issued to another client (azp)")
    if len(claims["sub"]) > 255 or not claims["sub"].isprintable():
        raise Failed("token", "id token: sub is not what a subject may be")
