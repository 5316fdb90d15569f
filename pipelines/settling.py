"""Settling between the nights what single writes left: households around them, keys that crossed their limit.

A settling is a run without feeds, begun as soon as something is due. It waits for nobody: while another run is under
way there is none, for that run, or the one after it, settles.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

from mdm.errors import MdmError, RunInProgress
from mdm.settings import Settings
from mdm.store import due
from mdm.store.database import Database


def settle(settings: Settings, database: Database) -> dict[str, Any] | None:
    """The report of the run that settled; None when nothing was due, or another run is under way."""
    with database.begin() as connection:
        if due.all_due(connection).num_rows == 0:
            return None
    from pipelines.night import Asked, run_night  # seconds to import

    try:
        return run_night(settings, database, Asked(feeds=False))
    except RunInProgress:
        return None


def settle_every(settings: Settings, database: Database, seconds: float) -> Iterator[dict[str, Any] | MdmError]:
    """Settle again and again, with so many seconds between; what came of each that there was, or why it failed.

    It ends when the process that began this one does.
    """
    parent = os.getppid()
    while os.getppid() == parent:
        try:
            report = settle(settings, database)
        except MdmError as error:
            yield error
        else:
            if report is not None:
                yield report
        time.sleep(seconds)
