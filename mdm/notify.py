"""Whom to tell when a job fails, and in what words; `pipelines/jobs/telling.py` sends them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from mdm.openid import is_safe


def _server(text: str) -> str:
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == -1 or parts.password is not None:
        raise ValueError("it must be smtp://[user@]host[:port] or smtps://..., the password in smtp_password_variable")
    return text


def _addresses(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name.count("@") != 1 or name.split() != [name]:
            raise ValueError(f"{name!r} is no e-mail address")
    return names


def _hook(text: str) -> str:
    if not is_safe(text):
        raise ValueError("it must be an address with https://, or http:// of this machine")
    return text


class NotifySettings(BaseModel):
    """Whom to tell of failures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: Annotated[tuple[str, ...], AfterValidator(_addresses)] = Field(default=(), description="who gets the mail")
    sender: str = Field(default="", description="from whom it is; without: mdm at this machine")
    smtp: Annotated[str, AfterValidator(_server)] = Field(default="smtp://localhost:25", description="the mail server")
    smtp_password_variable: str = Field(default="", description="environment variable with the password of the user")
    webhook: Annotated[str, AfterValidator(_hook)] | None = Field(default=None, description="is sent JSON by POST")
    webhook_token_variable: str = Field(default="", description="environment variable with a bearer token for it")

    @model_validator(mode="after")
    def _sender_is_one(self) -> NotifySettings:
        if self.sender:
            _addresses((self.sender,))
        return self

    @property
    def anybody(self) -> bool:
        """Whether there is anybody to tell."""
        return bool(self.email) or self.webhook is not None


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that failed for good. message: what the command said last; log: the file with the rest."""

    job: str
    workspace: str
    host: str
    planned: dt.datetime
    started_at: dt.datetime
    ended_at: dt.datetime
    outcome: str
    exit_code: int | None
    tries: int
    command: str
    message: str
    log: str | None

    @property
    def subject(self) -> str:
        """One line."""
        what = {"stopped": "was stopped by a quality gate", "lost": "was lost with its worker"}
        return f"mdm: {self.job} {what.get(self.outcome, 'failed')} on {self.host}"

    @property
    def text(self) -> str:
        """The whole message."""
        tries = "once" if self.tries == 1 else f"{self.tries} times"
        lines = [
            f"{self.command}, planned for {self.planned:%Y-%m-%d %H:%M %Z}, was tried {tries}.",
            f"The last try began at {self.started_at:%Y-%m-%d %H:%M:%S %Z}, ended at {self.ended_at:%H:%M:%S %Z}"
            + (f" and left with {self.exit_code}." if self.exit_code is not None else "."),
            *(["", self.message] if self.message else []),
            "",
            f"workspace  {self.workspace}",
            *([f"log        {self.log}"] if self.log else []),
            "The job runs again at its next time. To do it now, run the command; mdm status shows the schedule.",
        ]
        return "\n".join(lines)


__all__ = ["Failure", "NotifySettings"]
