"""What is dear to make is made once for a whole test run, by whichever process needs it first, and copied."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mdm.store.place import find_place

VARIABLE = "MDM_TESTS_SHARED"  # the directory that the processes of a run share; workers inherit it


def begin(config: pytest.Config) -> None:
    """Make the directory, unless the process that started this one has; it is removed with that."""
    if VARIABLE in os.environ:
        return
    directory = Path(tempfile.mkdtemp(prefix="mdm-tests-"))
    directory.chmod(0o755)  # PostgreSQL is not root
    os.environ[VARIABLE] = str(directory)
    config.add_cleanup(lambda: shutil.rmtree(directory, ignore_errors=True))
    config.add_cleanup(lambda: os.environ.pop(VARIABLE))


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The directory that `make` fills when it is first asked for, and that nobody changes then."""
    found = Path(os.environ[VARIABLE]) / name
    done = found.with_name(f"{name}.done")  # the name may have dots
    with found.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            found.mkdir(mode=0o755)
            make(found)
            done.touch()
    return found


def copy_workspace(source: Path, target: Path) -> None:
    """A workspace with the data of its embedded server, which nobody uses meanwhile."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("postgres*"), dirs_exist_ok=True)
    here, there = (find_place(path / "var").data for path in (source, target))
    subprocess.run(["cp", "-a", f"{here}/.", there], check=True)
