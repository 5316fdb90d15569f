"""What an answer discloses, or a request writes, as an entry of the audit log (mdm.store.audit).

A route says it while it answers (`Caller.saw`); the entry is added when its reading transaction ends, before the answer
goes out (`api.store.connection`), or in the transaction of a write (`put_entry(connection, entry_of(request, 200))`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fastapi import Request

from api.problems import status_of
from api.trace import trace_of
from mdm.store.audit import Entry

LONGEST_PURPOSE = 200


@dataclass(slots=True)
class Trail:
    """What one request is for, and what it disclosed or wrote so far."""

    purpose: str | None = None
    pins: dict[str, None] = field(default_factory=dict)
    records: dict[str, None] = field(default_factory=dict)
    fields: dict[str, None] = field(default_factory=dict)
    status: int = 200
    noted: bool = False  # whether an entry was made

    def add(self, pins: Iterable[str | None], records: Iterable[str], fields: Iterable[str]) -> None:
        """Add to it; what is None is nobody's."""
        self.pins.update((pin, None) for pin in pins if pin is not None)
        self.records.update((key, None) for key in records)
        self.fields.update((name, None) for name in fields)


def entry_of(request: Request, status: int) -> Entry:
    """The entry of a request with a caller, as far as it has been answered."""
    caller = request.state.caller
    trail: Trail = caller.trail
    trail.noted = True
    route = getattr(request.scope.get("route"), "path", "(no route)")
    return Entry(
        caller.key_id, f"{request.method} {route}", status, list(trail.pins), list(trail.records),
        list(trail.fields), caller.masked, caller.name, trail.purpose, trace_of(request.scope),
    )  # fmt: skip


def entry_of_reading(request: Request, error: Exception | None) -> Entry:
    """The entry of a request that has read, and was answered or failed with `error`."""
    status = request.state.caller.trail.status if error is None else status_of(error)
    return entry_of(request, status)
