"""People are told of failures by real servers: mail in the clear and encrypted, a webhook; what cannot be is said."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from mdm.notify import Failure, NotifySettings
from pipelines.jobs.telling import tell
from tests.pipelines.receiver import receiving
from tests.pipelines.smtp import CERTIFICATE, mail_server

AT = dt.datetime(2026, 4, 1, 1, 30, tzinfo=dt.UTC)
FAILURE = Failure(
    job="run", workspace="/srv/mdm", host="here", planned=AT, started_at=AT, ended_at=AT, outcome="failed",
    exit_code=1, tries=3, command="mdm run", message="mdm: the disk is full", log=None,
)  # fmt: skip


def by_mail(server: str, **more: str) -> NotifySettings:
    return NotifySettings(email=("oncall@operator.example",), sender="mdm@operator.example", smtp=server, **more)


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> Path:
    """This machine believes the certificate, as it believes those of its own authority; the password is there."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    monkeypatch.setenv("A_PASSWORD", "open sesame")
    return CERTIFICATE


@pytest.mark.parametrize("at_once", [False, True], ids=["STARTTLS", "TLS"])
def test_a_mail_is_encrypted_and_then_the_password_is_said(trusted: Path, at_once: bool) -> None:
    with mail_server(trusted, at_once=at_once) as box:
        server = f"smtp{'s' if at_once else ''}://mdm%40operator@127.0.0.1:{box.port}"
        assert tell(by_mail(server, smtp_password_variable="A_PASSWORD"), FAILURE) == []
    assert box.logins == [("mdm@operator", "open sesame")]
    assert box.encrypted == [True]
    (mail,) = box.mails
    for words in ("Subject: mdm: run failed on here", "To: oncall@operator.example", "mdm: the disk is full"):
        assert words in mail


@pytest.mark.parametrize("at_once", [False, True], ids=["STARTTLS", "TLS"])
def test_a_server_that_nobody_vouches_for_is_told_nothing(at_once: bool) -> None:
    with mail_server(CERTIFICATE, at_once=at_once) as box:
        (problem,) = tell(by_mail(f"smtp{'s' if at_once else ''}://127.0.0.1:{box.port}"), FAILURE)
    assert "CERTIFICATE_VERIFY_FAILED" in problem
    assert (box.mails, box.logins) == ([], [])


def test_a_password_is_not_said_in_the_clear(trusted: Path) -> None:
    with mail_server() as box:
        (problem,) = tell(by_mail(f"smtp://mdm@127.0.0.1:{box.port}", smtp_password_variable="A_PASSWORD"), FAILURE)
        assert "is not sent in the clear" in problem
        assert tell(by_mail(f"smtp://127.0.0.1:{box.port}"), FAILURE) == [], "without a password it may be sent"
    assert (box.logins, box.encrypted) == ([], [False])


def test_a_webhook_is_told_what_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "hush")
    with receiving() as receiver:
        assert tell(NotifySettings(webhook=receiver.url, webhook_token_variable="A_TOKEN"), FAILURE) == []
        ((status, headers, body),) = receiver.requests
        assert (status, headers["authorization"]) == (204, "Bearer hush")
    told = json.loads(body)
    assert {name: told[name] for name in ("event", "job", "outcome", "exit_code", "tries", "message")} == {
        "event": "job_failed", "job": "run", "outcome": "failed", "exit_code": 1, "tries": 3,
        "message": "mdm: the disk is full",
    }  # fmt: skip
    assert dt.datetime.fromisoformat(told["planned"]) == AT


def test_whoever_can_be_told_is_told_and_of_the_others_it_is_said_why() -> None:
    """A webhook that refuses, a mail server that takes it; then a password that is not there."""
    with receiving(answer=lambda events: 503) as receiver, mail_server() as box:
        both = by_mail(f"smtp://127.0.0.1:{box.port}").model_copy(update={"webhook": receiver.url})
        (problem,) = tell(both, FAILURE)
    assert "the webhook 127.0.0.1 could not be told" in problem
    assert "503" in problem
    assert len(box.mails) == 1
    (problem,) = tell(NotifySettings(webhook=receiver.url, webhook_token_variable="NOT_THERE"), FAILURE)
    assert "the environment has no NOT_THERE" in problem
