"""A command of mdm as a job: `python -m pipelines.jobs.child JOB COMMAND ...`, run by a worker.

It ends when the worker does, and holds a lock in the database as long as it runs: whatever a worker believes of
another one, no job runs beside itself.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

BUSY = 75  # EX_TEMPFAIL of sysexits.h: the job runs elsewhere
WORKER = "MDM_WORKER_PROCESS"  # environment variable: the process that has to live on
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with(parent: int) -> None:
    """Be ended (SIGTERM) when the parent process is; on Linux, elsewhere its end is not noticed."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it has ended before
            sys.exit(BUSY)


def main() -> None:
    """Entry point: the name of the job, then the command."""
    end_with(int(os.environ[WORKER]))
    job, *command = sys.argv[1:]
    from pipelines import cli

    if job == "-":  # a command that needs no lock: a worker beside the API
        sys.argv = ["mdm", *command]
        cli.main()
        return
    from mdm.settings import Settings
    from mdm.store import jobs
    from pipelines.commands.options import open_store

    settings = Settings.load()
    with open_store(settings) as database, jobs.held(database, job) as alone:
        if not alone:
            sys.exit(BUSY)
        sys.argv = ["mdm", *command]
        cli.main()


if __name__ == "__main__":
    main()
