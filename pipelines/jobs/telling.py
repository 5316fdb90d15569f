"""Telling people of jobs that failed for good: by e-mail, by a webhook. What was not told is told later."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from mdm.errors import ConfigError
from mdm.notify import Failure, NotifySettings
from mdm.settings import Settings
from mdm.store import jobs
from mdm.store.database import Database

TIMEOUT = 30.0  # seconds
LOG_TAIL = 64 << 10  # bytes of a log that are looked at
LONGEST = 2000  # characters of a message


def tell_failures(settings: Settings, database: Database, report: Callable[[str], None]) -> bool:
    """Tell of every failure that nobody was told of; False when one could not be told. report: what could not be."""
    if not settings.notify.anybody:
        return True
    while True:
        with database.begin() as connection:
            row = jobs.untold(connection)
            if row is None:
                return True
            problems = tell(settings.notify, failure_of(settings, row))
            for problem in problems:
                report(problem)
            if len(problems) == bool(settings.notify.email) + (settings.notify.webhook is not None):
                return False
            jobs.told(connection, row["job_run_id"])


def failure_of(settings: Settings, row: dict[str, Any]) -> Failure:
    """A run that failed, as people are told of it."""
    log = settings.var / "log" / row["log"] if row["log"] else None
    return Failure(
        job=row["job"],
        workspace=str(settings.workspace),
        host=row["worker"].partition(":")[0],
        planned=row["planned"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        outcome=row["outcome"],
        exit_code=row["exit_code"],
        tries=row["tries"],
        command=first_line(log),
        message=last_message(log),
        log=str(log) if log else None,
    )


def first_line(log: Path | None) -> str:
    """The command, which the worker wrote first."""
    lines = _tail(log, head=True).splitlines()
    return lines[0].removeprefix("$ ") if lines else ""


def last_message(log: Path | None) -> str:
    """What the command said of its failure: its last line that begins with `mdm:`, with those that belong to it."""
    lines = _tail(log).splitlines()
    at = max((number for number, line in enumerate(lines) if line.startswith("mdm: ")), default=None)
    if at is None:
        return ""
    more = [line for line in lines[at + 1 :] if line.startswith("  ")]
    return "\n".join([lines[at], *more])[:LONGEST]


def _tail(log: Path | None, *, head: bool = False) -> str:
    if log is None or not log.is_file():
        return ""
    with log.open("rb") as file:
        if not head:
            file.seek(max(0, log.stat().st_size - LOG_TAIL))
        return file.read(LOG_TAIL).decode(errors="replace")


def tell(notify: NotifySettings, failure: Failure) -> list[str]:
    """Tell everybody; what went wrong, in words."""
    problems = []
    if notify.email:
        try:
            _mail(notify, failure)
        except (OSError, smtplib.SMTPException, ConfigError) as error:
            problems.append(f"no e-mail could be sent by {notify.smtp}: {error}")
    if notify.webhook is not None:
        problems += _post(notify, notify.webhook, failure)
    return problems


def _mail(notify: NotifySettings, failure: Failure) -> None:
    message = EmailMessage()
    message["Subject"] = failure.subject
    message["From"] = notify.sender or f"mdm@{socket.getfqdn()}"
    message["To"] = ", ".join(notify.email)
    message.set_content(failure.text)
    parts = urlsplit(notify.smtp)
    secure = ssl.create_default_context()
    assert parts.hostname is not None
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(parts.hostname, parts.port or 465, timeout=TIMEOUT, context=secure)
    else:
        server = smtplib.SMTP(parts.hostname, parts.port or 25, timeout=TIMEOUT)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=secure)
            server.ehlo()
        elif parts.scheme == "smtp" and parts.username:
            raise ConfigError("the server offers no encryption, and the password is not sent in the clear")
        if parts.username:
            server.login(unquote(parts.username), _secret(notify.smtp_password_variable, "smtp_password_variable"))
        server.send_message(message)


def _post(notify: NotifySettings, address: str, failure: Failure) -> list[str]:
    import httpx

    document = {
        "event": "job_failed", "text": f"{failure.subject}\n{failure.text}", "job": failure.job,
        "workspace": failure.workspace, "host": failure.host, "planned": failure.planned.isoformat(),
        "started_at": failure.started_at.isoformat(), "ended_at": failure.ended_at.isoformat(),
        "outcome": failure.outcome, "exit_code": failure.exit_code, "tries": failure.tries,
        "message": failure.message,
    }  # fmt: skip
    try:
        headers = {}
        if notify.webhook_token_variable:
            token = _secret(notify.webhook_token_variable, "webhook_token_variable")
            headers["Authorization"] = f"Bearer {token}"
        httpx.post(address, json=document, headers=headers, timeout=TIMEOUT).raise_for_status()
    except (httpx.HTTPError, ConfigError) as error:
        return [f"the webhook {urlsplit(address).hostname} could not be told: {error}"]
    return []


def _secret(variable: str, setting: str) -> str:
    found = os.environ.get(variable, "")
    if not found:
        raise ConfigError(
            f"the environment has no {variable or 'password'}", where=f"mdm.toml: notify.{setting}", remedy="Set it."
        )
    return found
