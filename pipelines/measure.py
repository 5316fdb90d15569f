"""Time and peak memory of a step: the proportional set size of this process, its children and the embedded database."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

GROWTH = 1.01  # of what is resident, from which on it is looked at closely again


@dataclass
class Measured:
    """What a step took; final when the `measure` block is over."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0  # of this process and the children that it has waited for
    peak_mb: float = 0.0


@contextlib.contextmanager
def measure(data_directory: Path | None, every: float = 0.5) -> Iterator[Measured]:
    """Measure a block: wall seconds, and peak memory (MB, PSS) sampled each `every` seconds.

    data_directory: of the embedded PostgreSQL, whose processes are counted too; None for a server elsewhere.
    The kernel walks all pages of a process to tell its PSS, which takes a tenth of a second for several gigabytes: it
    is asked only while more is resident than when it was asked last, and then left alone for 100 times as long.
    """
    measured, done = Measured(), threading.Event()

    def sample() -> None:
        most = 0
        while True:
            began = time.thread_time()
            processes = _processes(data_directory)
            resident = sum(map(_resident, processes))
            if resident > most * GROWTH:
                most = resident
                measured.peak_mb = max(measured.peak_mb, sum(map(_pss, processes)) / 1024)
            if done.wait(max(every, 100 * (time.thread_time() - began))):
                return

    thread = threading.Thread(target=sample, name="memory", daemon=True)
    started, used = time.monotonic(), _cpu()
    thread.start()
    try:
        yield measured
    finally:
        done.set()
        thread.join()
        measured.seconds = round(time.monotonic() - started, 3)
        measured.cpu_seconds = round(_cpu() - used, 3)
        measured.peak_mb = round(measured.peak_mb, 1)


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _processes(data_directory: Path | None) -> set[int]:
    processes = _with_children(psutil.Process())
    server = _server(data_directory)
    return {process.pid for process in (*processes, *(() if server is None else _with_children(server)))}


def _with_children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _server(data_directory: Path | None) -> psutil.Process | None:
    if data_directory is None:
        return None
    try:
        return psutil.Process(int((data_directory / "postmaster.pid").read_text().split("\n", 1)[0]))
    except (OSError, ValueError, psutil.Error):
        return None


def _resident(pid: int) -> int:
    """Resident pages, shared ones too; 0 for a process that has gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _pss(pid: int) -> int:
    """Proportional set size in kB; 0 for a process that has gone."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0
