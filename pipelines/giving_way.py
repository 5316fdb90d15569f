"""Threads that let others have the processor first: what is done beside the work that the night waits for."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

NICENESS = 5


def give_way() -> None:
    """Let this thread, and those that it starts from now on, give way to others of this machine, for good.

    Only Linux has a niceness for each thread; elsewhere nothing happens.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a container may forbid it: then it is only slower
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
