"""Who has to wait for whom: advisory locks, by number, that last as long as the transaction.

Blocking keys are locks of their own numbers (positive); source keys and PINs are hashed to negative ones, so that no
number means two things but by chance (1 in 2**60), in which case somebody waits without need.

A night that applies holds the locks of all its records and customers. They are too many for the server, so they stand
in a table (`mdm.store.applying`), which whoever writes beside the night looks into. A first night, and one with a new
model, holds everything instead: nobody else writes meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from mdm.store import applying, live

APPLYING = -0x6D646D03  # held by a night while nobody else may write; single writes share it
BESIDE = -0x6D646D04  # held by a night while it applies beside single writes, which share it otherwise
ROW = "300ms"  # how long a single write waits for a row beside a night: it would be for the night's end


class Moved(Exception):
    """Somebody changed the customers concerned while they were looked at: begin anew."""


class Held(Exception):
    """A night that is being applied holds one of the locks."""


@dataclass(frozen=True, slots=True)
class _Beside:
    """How a transaction stands to a night that is being applied. own: the night's own locks, if it is the night."""

    transaction: object
    own: Collection[int] | None = None


def enter(connection: sa.Connection) -> None:
    """Keep a night from having the store to itself, and wait while one has. Raises StoreError after 1.5 seconds.

    While one applies beside, `hold` and `try_hold` look into its locks.
    """
    entered, beside = live.try_share_both(connection, APPLYING, BESIDE)
    if not entered:
        live.share(connection, APPLYING, wait="1500ms")
        beside = live.try_share(connection, BESIDE)
    if not beside:
        live.wait_at_most(connection, ROW)
        connection.info["beside"] = _Beside(connection.get_transaction())


def be_alone(connection: sa.Connection) -> None:
    """Wait until the single writes under way have ended; others wait until this transaction has."""
    live.hold(connection, [APPLYING])


def be_night(connection: sa.Connection, own: Collection[int]) -> None:
    """Apply beside single writes, which find the locks `own` in the table. Nobody may be writing just now."""
    live.hold(connection, [BESIDE])
    connection.info["beside"] = _Beside(connection.get_transaction(), own)


def hold(connection: sa.Connection, numbers: Iterable[int]) -> None:
    """Wait for these locks, smallest first; they are held until the transaction ends. Raises Held."""
    live.hold(connection, _not_of_the_night(connection, numbers))


def try_hold(connection: sa.Connection, numbers: Iterable[int]) -> bool:
    """Take these locks if all of them are free now. A night waits for them all the same. Raises Held."""
    wanted, beside = _not_of_the_night(connection, numbers), _beside(connection)
    if beside is not None and beside.own is not None:
        live.hold(connection, wanted)  # who has them waits for the night's rows but shortly, and then begins anew
        return True
    return live.try_hold(connection, wanted)


class Customers:
    """The customers that a transaction holds. held: those that it holds already."""

    def __init__(self, connection: sa.Connection, held: Iterable[str] = ()) -> None:
        self._connection, self.held = connection, set(held)

    def hold(self, pins: set[str]) -> bool:
        """Hold these, too; False: all of them were. Raises Moved when some are not free, once others are held: who
        waits for customers holds none, so that nobody waits in a circle. Raises Held."""
        wanted = pins - self.held
        if not wanted:
            return False
        first, self.held = not self.held, self.held | wanted
        if first:
            hold(self._connection, of_pins(wanted))
        elif not try_hold(self._connection, of_pins(wanted)):
            raise Moved
        return True


def _not_of_the_night(connection: sa.Connection, numbers: Iterable[int]) -> set[int]:
    wanted, beside = set(numbers), _beside(connection)
    if beside is None:
        return wanted
    if beside.own is not None:
        return {number for number in wanted if number not in beside.own}
    if applying.any_of(connection, wanted):
        raise Held
    return wanted


def _beside(connection: sa.Connection) -> _Beside | None:
    found: _Beside | None = connection.info.get("beside")
    return found if found is not None and found.transaction is connection.get_transaction() else None


def of_source_key(system: str, local_id: str) -> int:
    """The lock of a source key, whoever holds it."""
    return _number(f"key|{system}|{local_id}")


def of_pins(pins: Iterable[str]) -> list[int]:
    """The locks of customers."""
    return [_number(f"pin|{pin}") for pin in pins]


def _number(text: str) -> int:
    return -live.number_of(text)
