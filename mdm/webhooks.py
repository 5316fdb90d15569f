"""How requests to subscribers are signed, where they may be sent to, and when they are tried again; all of it pure.

A request is signed as Standard Webhooks says (standardwebhooks.com): HMAC-SHA256 over ``id.timestamp.body``. Secrets
are not kept anywhere: that of a subscriber is derived from the workspace's `pin_key` and a random salt, so rotating is
another salt, and neither the store nor a backup of it holds a secret. What is in a request: `mdm.events`.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import random
import secrets
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from mdm.errors import ConfigError, UsageError

_PURPOSE = b"customer-master: secrets of subscribers"
FIRST_WAIT = 1.0  # seconds before the second try
LONGEST_EVENT_WAIT = 3600.0  # between two tries of a change that is refused while others are taken
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class WebhookSettings(BaseModel):
    """Changes sent to subscribers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow_http: bool = Field(default=False, description="subscribers without TLS; for trying things out")
    allow_private: bool = Field(
        default=False, description="subscribers in the own network and on this machine; else only public addresses"
    )
    timeout_seconds: float = Field(default=10.0, gt=0, le=300, description="for an answer; without one it is a failure")
    in_flight: int = Field(
        default=8, ge=1, le=64, description="requests to one subscriber at once, of one customer one"
    )
    longest_wait_seconds: float = Field(
        default=300.0, ge=1, description="between two tries of a subscriber that takes nothing"
    )
    give_up_hours: float = Field(
        default=72.0, gt=0, description="a change refused for so long, while others are taken, is a dead letter"
    )
    rotate_hours: float = Field(default=24.0, ge=0, description="for which the secret before is signed with as well")


# -- secrets and signatures --------------------------------------------------------------------------------------------


def new_salt() -> str:
    """Of a new secret."""
    return secrets.token_hex(16)


def secret_of(pin_key: str, name: str, salt: str) -> bytes:
    """The secret of a subscriber. Raises ConfigError without a `pin_key`."""
    if not pin_key:
        raise ConfigError("instance.pin_key is empty", remedy="Set it in mdm.toml: secrets are made of it.")
    return hmac.digest(hmac.digest(pin_key.encode(), _PURPOSE, "sha256"), f"{name}\0{salt}".encode(), "sha256")


def written(secret: bytes) -> str:
    """A secret as subscribers are given it."""
    return f"whsec_{base64.b64encode(secret).decode()}"


def signed(secrets_in_force: list[bytes], request_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature per secret that is in force."""
    message = f"{request_id}.{timestamp}.".encode() + body
    return " ".join(
        f"v1,{base64.b64encode(hmac.digest(each, message, 'sha256')).decode()}" for each in secrets_in_force
    )


# -- where to ----------------------------------------------------------------------------------------------------------


def check_url(url: str, settings: WebhookSettings) -> SplitResult:
    """The parts of the address of a subscriber. Raises UsageError for one that changes may not be sent to."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises for one that is no number
    except ValueError as error:
        raise UsageError(f"not an address: {error}", where=url, remedy="https://host/path") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or any(each <= " " for each in url):
        raise UsageError("not the address of a service", where=url, remedy="https://host/path")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise UsageError(
            "an address with a password or fragment in it", where=parts.hostname,
            remedy="Requests are signed: the subscriber knows us by that.",
        )  # fmt: skip
    if parts.scheme == "http" and not settings.allow_http:
        raise UsageError(
            "changes are sent over TLS only", where=url, remedy="https://..., or [webhooks] allow_http = true."
        )
    return parts


def may_send_to(address: Address, settings: WebhookSettings) -> bool:
    """Whether an address is public, or private ones are allowed; never multicast and the like."""
    address = _inner(address)
    if address.is_multicast or address.is_unspecified:
        return False
    return settings.allow_private or address.is_global


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


# -- when again --------------------------------------------------------------------------------------------------------


def wait_after(failures: int, longest: float, least: float = 0.0) -> float:
    """Seconds until the next try after so many failures in a row: doubled each time, half of it at random."""
    whole = min(longest, FIRST_WAIT * 2.0 ** min(failures - 1, 30))
    return max(least, whole * random.uniform(0.5, 1.0))
