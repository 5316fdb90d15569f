"""Who has to wait for whom: advisory locks, by number, that last as long as the transaction.

Blocking keys are locks of their own numbers (positive); source keys and PINs are hashed to negative ones, so that no
number means two things but by chance (1 in 2**60), in which case somebody waits without need.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from mdm.store import live

APPLYING = -0x6D646D03  # held by a night while it applies; single writes share it


class Moved(Exception):
    """Somebody changed the customers concerned while they were looked at: begin anew."""


def enter(connection: sa.Connection) -> None:
    """Wait until no night is applying, and keep one from beginning to. Raises StoreError after a second and a half."""
    live.share(connection, APPLYING, wait="1500ms")


def of_source_key(system: str, local_id: str) -> int:
    """The lock of a source key, whoever holds it."""
    return _number(f"key|{system}|{local_id}")


def of_pins(pins: Iterable[str]) -> list[int]:
    """The locks of customers."""
    return [_number(f"pin|{pin}") for pin in pins]


def _number(text: str) -> int:
    return -live.number_of(text)
