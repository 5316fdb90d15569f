"""The keys that requests carry: looked up in the store, kept for a few seconds; and how often each may ask.

Both live in one process: a revocation takes effect in every process within `KEPT_SECONDS`, and a rate counts for each
process by itself.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import anyio.to_thread

from api.store import Store
from mdm.access import is_same
from mdm.store.api_keys import KeyState, find_key, note_use

KEPT_SECONDS = 5.0  # a key that was revoked works no longer than this
NOTED_SECONDS = 60.0  # how exact "last used" is


@dataclass(frozen=True, slots=True)
class Known:
    """A key as it was found at a time of the process's own clock."""

    state: KeyState
    until: float


@dataclass(slots=True)
class Keys:
    """The keys of the store, as far as requests used them lately. clock: seconds that only go forward."""

    store: Store
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, Known] = field(default_factory=dict)
    _noted: dict[str, float] = field(default_factory=dict)

    async def find(self, key_id: str, digest: str) -> tuple[KeyState | None, str]:
        """The state of a key, and why it is refused: unknown | revoked | expired; empty when it is good.

        Whoever does not have the secret learns nothing of the key: to them it is unknown. Raises StoreError.
        """
        known = self._known.get(key_id)
        if known is None or known.until < self.clock():
            known = await anyio.to_thread.run_sync(self._look, key_id, digest)
        if known is None or not is_same(known.state.digest, digest):
            return None, "unknown"
        return known.state, refusal(known.state, datetime.now(UTC))

    def _look(self, key_id: str, digest: str) -> Known | None:
        now = self.clock()
        with self.store.begin() as connection:
            state = find_key(connection, key_id)
            if state is None:
                self._known.pop(key_id, None)
                return None
            used = is_same(state.digest, digest) and not refusal(state, datetime.now(UTC))
            if used and now - self._noted.get(key_id, -math.inf) >= NOTED_SECONDS:
                note_use(connection, key_id)
                self._noted[key_id] = now
        found = Known(state, now + KEPT_SECONDS)
        self._known[key_id] = found
        return found


def refusal(state: KeyState, now: datetime) -> str:
    """Why a key is refused: revoked | expired; empty when it is good."""
    if state.revoked_at is not None:
        return "revoked"
    return "expired" if state.expires_at is not None and state.expires_at <= now else ""


@dataclass(slots=True)
class Buckets:
    """A token bucket for each key: it holds a minute's requests, and fills evenly. clock: seconds."""

    clock: Callable[[], float] = time.monotonic
    _filled: dict[str, tuple[float, float]] = field(default_factory=dict)  # key id -> (tokens, when)

    def take(self, key_id: str, per_minute: int) -> float:
        """Take a token: 0.0, or in how many seconds there will be one."""
        now = self.clock()
        tokens, since = self._filled.get(key_id, (float(per_minute), now))
        tokens = min(float(per_minute), tokens + (now - since) * per_minute / 60)
        if tokens < 1:
            self._filled[key_id] = (tokens, now)
            return (1 - tokens) * 60 / per_minute
        self._filled[key_id] = (tokens - 1, now)
        return 0.0
