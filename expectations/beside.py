"""Great Expectations in a process of its own: it takes seconds to import, so it does that while a night begins.

Meant for a machine with a second core. Where no such process was started, or it is gone, suites run where they are
asked for (`expectations.engine`).
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from mdm.errors import MdmError

_lock = threading.Lock()
_process: subprocess.Popen[bytes] | None = None


@contextmanager
def started(wanted: bool = True) -> Iterator[None]:
    """A process that validates for this one until the block ends; none unless it is `wanted`."""
    global _process
    if not wanted:
        yield
        return
    command = [sys.executable, "-c", "from expectations.beside import serve; serve()"]
    _process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    try:
        yield
    finally:
        process, _process = _process, None
        process.kill()
        process.communicate()


def is_running() -> bool:
    """Whether there is such a process."""
    return _process is not None


def ask(*question: Any) -> Any | None:
    """What `expectations.engine.validate_here` answers there; None when nobody is there to answer.

    Raises MdmError as it does.
    """
    with _lock:
        process = _process
        if process is None or process.stdin is None or process.stdout is None:
            return None
        try:
            pickle.dump(question, process.stdin, pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            answer, complaint = pickle.load(process.stdout)
        except (OSError, EOFError):
            return None
    if complaint is not None:
        raise MdmError(complaint)
    return answer


def serve() -> None:
    """Answer on standard output what is asked on standard input, until that ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    import gc

    gc.disable()
    from expectations.engine import load_library, validate_here

    load_library()
    gc.freeze()
    gc.enable()
    while (question := _read(sys.stdin.buffer)) is not None:
        answer: tuple[Any, str | None]
        try:
            answer = validate_here(*question), None
        except MdmError as error:
            answer = None, str(error)
        pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


def _read(questions: BinaryIO) -> Any | None:
    try:
        return pickle.load(questions)
    except EOFError:
        return None
