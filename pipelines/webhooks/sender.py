"""Sending changes to all subscribers: `send`. A thread for each: one who is slow, wrong or gone holds up nobody.

A subscriber is sent to by one process at a time (an advisory lock), whoever else runs `send` as well.
"""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import Any

from mdm.settings import Settings
from mdm.store import subscribers
from mdm.store.database import Database
from mdm.store.sending_locks import SendingLocks
from pipelines.webhooks.post import Watch
from pipelines.webhooks.sending import Sending, Sent

LOOK = 1.0  # seconds between two looks for new subscribers


def send(settings: Settings, database: Database, *, stop: threading.Event | None = None) -> list[dict[str, Any]]:
    """Send changes until `stop` is set; without it, until there is nothing more to send just now.

    Returns what each subscriber was told. Raises StoreError when the database is gone: nothing is lost by that.
    """
    sending: dict[str, Sending] = {}
    done: list[Sent] = []
    with SendingLocks(database) as locks, Watch() as watch:
        try:
            while stop is None or not stop.is_set():
                locks.check()
                for name in _names(database) - sending.keys():
                    if locks.take(name):
                        sending[name] = Sending(settings, database, name, watch, until_idle=stop is None)
                        sending[name].start()
                if stop is None:
                    break
                stop.wait(LOOK)
                for name in [name for name, each in sending.items() if not each.is_alive()]:
                    done.append(sending.pop(name).ended())
                    locks.leave(name)
            if stop is not None:
                _stop(sending)
            return [asdict(each) for each in (*done, *(each.ended() for each in sending.values()))]
        finally:
            _stop(sending)


def _stop(sending: dict[str, Sending]) -> None:
    for each in sending.values():
        each.stop()
    for each in sending.values():
        each.join()


def _names(database: Database) -> set[str]:
    with database.read() as connection:
        return {each.name for each in subscribers.every(connection)}
