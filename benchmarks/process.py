"""Run a command as a process of its own, and say what it took: wall seconds, processor seconds, peak memory.

Memory is the sum of the proportional set sizes of the process, its children and, for a workspace, the processes of its
embedded PostgreSQL. Processor seconds tell how noisy the machine was: on a quiet one they bound the wall seconds.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psutil

from mdm.store.place import find_place

ROOT = Path(__file__).parents[1]
MDM = Path(sys.executable).with_name("mdm")
EVERY = 0.5  # seconds between two samples
PAUSE = 50  # times as long as a sample of memory took; the kernel walks all pages of all processes for it


@dataclass(frozen=True, slots=True)
class Took:
    """What a process took, and the JSON document that it printed (None when it printed none)."""

    seconds: float
    processor_seconds: float
    peak_mb: float
    said: Any


def run_mdm(*arguments: str | Path, workspace: Path, landing: Path | None = None, allow: Sequence[int] = (0,)) -> Took:
    """Run ``mdm ... --json`` on a workspace; its server is counted. `landing`: where the feeds are."""
    feeds = [] if landing is None else ["--landing", landing]
    command = [MDM, arguments[0], "-w", workspace, *arguments[1:], *feeds, "--json"]
    return run([*map(str, command)], server=find_place(workspace / "var").data, allow=allow)


def run_module(module: str, *arguments: str | Path) -> Took:
    """Run ``python -m module ...`` from the root of the repository."""
    return run([sys.executable, "-m", module, *map(str, arguments)])


def run(command: list[str], *, server: Path | None = None, allow: Sequence[int] = (0,)) -> Took:
    """Run `command` to its end. `server`: data directory of the PostgreSQL that works for it.

    Raises SystemExit with the end of what it complained about when it leaves with a code that is not in `allow`.
    """
    before = _server_seconds(server)
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    watch = _Watch(process.pid, server)
    watch.start()
    out, complaint = process.communicate()
    seconds = time.monotonic() - started
    watch.stop()
    if process.returncode not in allow:
        raise SystemExit(f"{' '.join(command)}: left with {process.returncode}\n{complaint.decode()[-4000:]}")
    used = watch.processor_seconds + max(0.0, _server_seconds(server) - before)
    return Took(seconds, used, watch.peak_mb, orjson.loads(out) if out.lstrip()[:1] == b"{" else None)


class _Watch(threading.Thread):
    """Samples memory and processor time of a process, its children and a server until it is stopped."""

    def __init__(self, pid: int, server: Path | None) -> None:
        super().__init__(name="watch", daemon=True)
        self.pid, self.server = pid, server
        self.peak_mb, self._seconds, self._done = 0.0, dict[int, float](), threading.Event()

    @property
    def processor_seconds(self) -> float:
        """Of all processes seen, the server's left out."""
        return sum(self._seconds.values())

    def run(self) -> None:
        """Sample until told to stop."""
        due = 0.0
        while not self._done.is_set():
            own = _family(self.pid)
            self._seconds |= {process.pid: _seconds(process) for process in own}
            if time.monotonic() >= due:
                began = time.thread_time()
                everybody = {process.pid for process in (*own, *_family(_server_pid(self.server)))}
                self.peak_mb = max(self.peak_mb, sum(map(_pss, everybody)) / 1024)
                due = time.monotonic() + PAUSE * (time.thread_time() - began)
            self._done.wait(EVERY)

    def stop(self) -> None:
        """Stop and wait for the last sample."""
        self._done.set()
        self.join()


def _family(pid: int | None) -> list[psutil.Process]:
    """The process `pid` and all below it; none when it has gone."""
    if pid is None:
        return []
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.Error:
        return []


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _server_pid(data: Path | None) -> int | None:
    """The postmaster of a data directory; None while there is none. While a cluster is made the file has -pid."""
    try:
        return None if data is None else abs(int((data / "postmaster.pid").read_text().split("\n", 1)[0])) or None
    except (OSError, ValueError):
        return None


def _server_seconds(data: Path | None) -> float:
    """Processor seconds of the server so far, of those who ended among them."""
    total = 0.0
    for process in _family(_server_pid(data)):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _pss(pid: int) -> int:
    """Proportional set size in kB; 0 for a process that has gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
