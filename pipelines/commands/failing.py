"""The one place that turns errors into a message on standard error and an exit code.

An MdmError says what is wrong, where, and what to do. What the machine did to us (a disk that is full, a file that we
may not read) is told the same way. Anything else is a defect of ours: people get a reference, the traceback goes to a
log file of the workspace that only its owner can read.
"""

from __future__ import annotations

import datetime as dt
import errno
import functools
import os
import secrets
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

import typer

from mdm.errors import MdmError, StoreError, UsageError

P = ParamSpec("P")

FAILED = 1
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_ROOM_WORDS = tuple(os.strerror(number) for number in NO_ROOM)  # as DuckDB and Arrow quote them
NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)


def told(verb: Callable[P, int | None]) -> Callable[P, None]:
    """Wrap a verb: what it returns becomes the exit code, what it raises a message and the exit code."""

    @functools.wraps(verb)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        as_json, workspace = bool(kwargs.get("as_json")), kwargs.get("workspace")
        try:
            code = verb(*args, **kwargs)
        except (typer.Exit, typer.Abort, typer.BadParameter, KeyboardInterrupt, BrokenPipeError):
            raise
        except MdmError as error:
            code = _tell(error, as_json)
        except Exception as error:  # noqa: BLE001  the edge: nobody above could say more
            code = _tell(from_machine(error) or _unknown(error, workspace), as_json)
        if code:
            raise typer.Exit(code)

    return wrapped


def from_machine(error: BaseException | None) -> MdmError | None:
    """What the machine refused, in words; None when the error is something else."""
    text = " ".join(str(error).split())
    if (isinstance(error, OSError) and error.errno in NO_ROOM) or any(words in text for words in NO_ROOM_WORDS):
        return StoreError(f"the disk is full: {text}", remedy="Make room and run the command again; nothing was lost.")
    if isinstance(error, OSError) and error.errno in NOT_ALLOWED:
        return UsageError(f"not allowed: {text}", remedy="See who owns that file and who runs the command.")
    return None if error is None or error.__cause__ is None else from_machine(error.__cause__)


def _tell(error: MdmError, as_json: bool) -> int:
    if as_json:
        import orjson

        found = {
            "error": type(error).__name__, "message": error.message, "where": error.where, "remedy": error.remedy,
            "exit_code": error.exit_code,
        }  # fmt: skip
        typer.echo(orjson.dumps(found).decode(), err=True)
    else:
        typer.echo(f"mdm: {error}", err=True)
    return error.exit_code


def _unknown(error: Exception, workspace: Any) -> MdmError:
    """A reference to the log file that holds the traceback; the message says nothing of any customer."""
    reference = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    kind = f"an error that mdm did not expect ({type(error).__name__})"
    try:
        file = _write_log(_log_directory(workspace), reference, error)
    except OSError as cannot:
        return MdmError(kind, where=cannot.filename, remedy=f"No log could be written: {cannot.strerror}.")
    return MdmError(
        f"{kind}, reference {reference}",
        where=str(file),
        remedy="Nothing half done is left behind. Run the command again, and report the file if it comes back.",
    )


def _write_log(logs: Path, reference: str, error: Exception) -> Path:
    logs.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = logs / f"{reference}.log"
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as log:
        log.writelines(traceback.format_exception(error))
    return file


def _log_directory(workspace: Any) -> Path:
    """`var/log` of the workspace that was named, by option or environment; where there is none, a private directory."""
    root = Path(workspace or os.environ.get("MDM_WORKSPACE") or Path.cwd()).expanduser().absolute()
    if (root / "mdm.toml").is_file():
        return root / "var" / "log"
    return Path(tempfile.mkdtemp(prefix="mdm-log-"))


__all__ = ["FAILED", "from_machine", "told"]
