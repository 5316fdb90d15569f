"""Customers looked at again without a changed record: a steward decided, or a night meets what a channel wrote."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection
from functools import partial
from typing import TypeVar

import sqlalchemy as sa

from mdm.errors import StoreError
from mdm.live import locks
from mdm.live.orders import Writer
from mdm.live.outcome import Made, carry_out
from mdm.live.scene import gather
from mdm.resolve.pins import mint_pins
from mdm.store import changes, live

ATTEMPTS = 12
PATIENCE = 1.0  # seconds that a write waits for what a night holds
T = TypeVar("T")


def resolve_again(
    writer: Writer, connection: sa.Connection, records: Collection[int], *, actor: str, run_id: str | None = None
) -> Made:
    """Resolve, in the open transaction, what hangs together with some records, and write what is otherwise now.

    The customers concerned are held first. Raises `locks.Moved` when somebody changes them meanwhile (begin anew). The
    golden records of all customers of these records are made again.
    """
    scene = gather(
        connection, records, own=None, scored=(), party="person", departed={}, came_back=False,
        least_weight=writer.settings.matching.review_weight, hold=locks.Customers(connection).hold,
    )  # fmt: skip
    instance = writer.settings.instance
    return carry_out(
        connection, scene, writer=writer, mint=partial(mint_pins, instance=instance.code, key=instance.pin_key),
        actor=actor, run_id=run_id or f"api:{actor}", own=None, cleansed=None, old=None, due=frozenset(),
        remake={xref.pin for record, xref in scene.before.xrefs.items() if record in records},
    )  # fmt: skip


def attempt(writer: Writer, act: Callable[[sa.Connection], T], *, where: str | None = None) -> T:
    """`act` in a transaction of its own, begun anew when others changed the same customers at the same time.

    Raises StoreError, saying `where`, when that does not end, or a night just applies what it concerns.
    """
    began = time.monotonic()
    for number in range(ATTEMPTS):
        try:
            with writer.database.begin() as connection:
                locks.enter(connection)
                found = act(connection)
                changes.announce(connection)
                return found
        except (locks.Moved, locks.Held, *live.FAULTS) as error:
            held = isinstance(error, locks.Held) or live.was_held(error)
            if not (held or isinstance(error, locks.Moved) or live.is_of_others(error)):
                raise
            if held and time.monotonic() - began > PATIENCE:
                remedy = "Nothing was written. Send it again in a few seconds."
                raise StoreError("a night is just applying what this concerns", where=where, remedy=remedy) from error
            time.sleep(random.uniform(0, 0.005 * 2 ** min(number, 6)) + 0.1 * held)
    raise StoreError(
        f"{ATTEMPTS} others changed the same customers at the same time", where=where, remedy="Send it again."
    )
