"""What a sync did, target by target."""

from __future__ import annotations

from dataclasses import dataclass, field

from mdm.errors import GateStopped


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery. actions: rows by what happened to the key; repeats: rows sent before; altered: see `sync_row`."""

    number: int
    kind: str
    file: str
    rows: int
    actions: dict[str, int]
    repeats: int = 0
    altered: dict[str, int] = field(default_factory=dict)
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Replied:
    """One acknowledgement file. status: applied | refused | known (read before)."""

    file: str
    status: str
    delivery: int | None = None
    accepted: int = 0
    rejected: int = 0
    problem: str | None = None


@dataclass(slots=True)
class Told:
    """What one target was told. error: why it could not be; tasks: how many rows were given to stewards."""

    target: str
    deliveries: list[Delivered] = field(default_factory=list)
    replies: list[Replied] = field(default_factory=list)
    tasks: int = 0
    error: str | None = None
    seconds: float = 0.0


def leave_code(reports: list[Told]) -> int:
    """The exit code of a sync: 1 when a target could not be told, 3 when an acknowledgement was refused, else 0."""
    if any(report.error for report in reports):
        return 1
    refused = any(reply.status == "refused" for report in reports for reply in report.replies)
    return GateStopped.exit_code if refused else 0
