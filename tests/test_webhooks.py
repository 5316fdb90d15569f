"""Signatures, addresses and waits of webhooks, as values."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mdm.errors import ConfigError
from mdm.events import body_of, event_of
from mdm.webhooks import WebhookSettings, may_send_to, secret_of, signed, wait_after, written

PAGE = (Path(__file__).parents[1] / "docs" / "changes.md").read_text(encoding="utf-8")
AT = datetime(2026, 4, 1, tzinfo=UTC)
CHANGE = {
    "position": 4711, "type": "merged", "pin": "101000000014", "chi": None, "related": ["101000000022"],
    "run_id": "20260401-01", "actor": "run", "at": AT,
}  # fmt: skip
PUBLIC = ("8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808")
PRIVATE = (
    "127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
)  # fmt: skip


def test_the_example_of_standard_webhooks() -> None:
    """Its published vector: https://www.standardwebhooks.com, as its libraries test it."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    found = signed([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets_are_of_a_workspace_a_name_and_a_salt() -> None:
    secrets = {secret_of(*parts) for parts in (("k", "a", "s"), ("l", "a", "s"), ("k", "b", "s"), ("k", "a", "t"))}
    assert {len(each) for each in secrets} == {32}
    assert len(secrets) == 4
    assert secret_of("k", "a", "s") in secrets
    with pytest.raises(ConfigError, match="pin_key"):
        secret_of("", "a", "s")


def test_the_page_verifies_what_we_sign() -> None:
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    names: dict[str, object] = {}
    exec(code[1], names)
    secret, body = secret_of("key", "crm", "salt"), body_of([{"a": 1}], batch=False)
    signature = signed([b"the one before", secret], "1-2", 1775001600, body)
    headers = {"webhook-id": "1-2", "webhook-timestamp": "1775001600", "webhook-signature": signature}
    is_ours = names["is_ours"]
    assert callable(is_ours)
    assert is_ours(written(secret), headers, body)
    assert not is_ours(written(secret), headers, body + b" ")
    assert not is_ours(written(b"another"), headers, body)


def test_the_event_of_the_page() -> None:
    shown = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    event = json.loads(body_of([event_of(CHANGE, "01", repeated=False, known=None, pii=False)], batch=False))
    assert event == json.loads(shown[1])


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_sent_to(address: str) -> None:
    assert may_send_to(ipaddress.ip_address(address), WebhookSettings())


@pytest.mark.parametrize("address", PRIVATE)
def test_others_are_not(address: str) -> None:
    assert not may_send_to(ipaddress.ip_address(address), WebhookSettings())


def test_waits_double_up_to_a_limit() -> None:
    for failures in range(1, 40):
        whole = min(300.0, 2.0 ** (failures - 1))
        assert whole / 2 <= wait_after(failures, 300.0) <= whole
    assert wait_after(1, 300.0, 120.0) == 120.0
