"""Who may ask what of the API: scopes, keys and rates, as values; nothing here reads or writes anything.

A key is ``mdm_<id>_<secret>``: the id names it everywhere (lists, logs, audit), the secret is 256 bits out of the
system's random generator. Only the SHA-256 of the secret is kept. That suffices, without salt and without a slow hash:
those protect secrets that people choose and that can be guessed; 2^256 random ones cannot be tried, so the digest tells
nothing, and a request costs a microsecond. Digests are compared in constant time, so that the time of an answer does
not tell how much of one was right.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from mdm.errors import UsageError

SCOPES: dict[str, str] = {
    "lookup": "read customers, households and cross-references",
    "identify": "find customers by what is known of them, have records validated",
    "write": "write source records",
    "steward": "tasks, judgements, merging and splitting, overrides, explanations",
    "pii": "see identifiers, birth dates and contact values unmasked",
    "admin": "metrics and other things of the service itself; none of the above",
}

_KEY = re.compile(r"mdm_([0-9a-f]{10})_([0-9a-f]{64})")
_RATE = re.compile(r"([0-9]{1,9})/(second|minute)")
MOST_DAYS = 36_500  # of validity


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made; `text` is shown once and kept nowhere."""

    key_id: str
    text: str
    digest: str


def new_key() -> NewKey:
    """A random key."""
    key_id, secret = secrets.token_hex(5), secrets.token_hex(32)
    return NewKey(key_id, f"mdm_{key_id}_{secret}", digest_of(secret))


def read_key(text: str) -> tuple[str, str] | None:
    """(id, digest of the secret) of a key as callers send it; None when it is none."""
    found = _KEY.fullmatch(text)
    return None if found is None else (found[1], digest_of(found[2]))


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_same(digest: str, other: str) -> bool:
    """Whether two digests are the same, in a time that does not depend on where they differ."""
    return hmac.compare_digest(digest, other)


def read_scopes(names: list[str]) -> list[str]:
    """Scopes in their order, each once. Raises UsageError for one that there is not, and for none at all."""
    unknown = [name for name in names if name not in SCOPES]
    listed = "; ".join(f"{name} ({words})" for name, words in SCOPES.items())
    if unknown or not names:
        what = f"there is no scope {unknown[0]!r}" if unknown else "a key without a scope opens nothing"
        raise UsageError(what, where="--scope", remedy=f"There are: {listed}.")
    return [name for name in SCOPES if name in names]


def read_rate(text: str) -> int:
    """Requests per minute out of `600/minute` or `10/second`. Raises ValueError."""
    found = _RATE.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise ValueError(f"{text!r} is no rate; write 600/minute or 10/second")
    return int(found[1]) * (60 if found[2] == "second" else 1)


def read_expiry(text: str, now: datetime) -> datetime:
    """When a key ends: after a number of days, or at the end of a day (ISO date, UTC), its last one.

    Raises UsageError when it is neither, or past.
    """
    text = text.strip()
    if text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MOST_DAYS and len(text) < 9:
        return now + timedelta(days=int(text))
    try:
        last = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        last = None
    if last is None or last.year > 9000:
        remedy = f"Write its last day, such as 2027-03-31, or in how many days it ends (1 to {MOST_DAYS})."
        raise UsageError(f"{text!r} is neither a date nor a number of days", where="--expires", remedy=remedy)
    end = datetime.combine(last + timedelta(days=1), time.min, UTC)
    if end <= now:
        raise UsageError(f"{text} is past", where="--expires", remedy="Name a day to come.")
    return end
