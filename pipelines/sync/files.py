"""The files of deliveries: written under a temporary name, flushed, and renamed; killed at any moment and gone on with.

A delivery is *prepared* when its rows are kept, *rendered* when its file lies whole under its temporary name, *written*
when it has its name. A temporary file that is gone from a rendered delivery has been renamed, and the target may have
taken it away since: it is not written again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import sqlalchemy as sa

from mdm.contracts.target_model import TargetContract
from mdm.errors import MdmError
from mdm.settings import Settings
from mdm.store import deliveries, told
from mdm.store.database import Database
from mdm.store.deliveries import Delivery
from mdm.sync.layout import Layout


def folder_of(settings: Settings, contract: TargetContract) -> Path:
    """Where a target's files are put: below outbound/, made when it is not there; or an absolute folder, which must be.

    Raises MdmError when it is missing or may not be written to.
    """
    folder = Path(contract.folder)
    if not folder.is_absolute():
        folder = settings.outbound / folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _cannot(folder, error, contract.path) from error
    if not folder.is_dir():
        raise MdmError(
            f"the folder of target {contract.target} is not there", where=str(folder),
            remedy=f"Mount or make it, or correct `folder:` in {contract.path}; the next sync sends it.",
        )  # fmt: skip
    if not os.access(folder, os.W_OK | os.X_OK):
        raise MdmError(
            f"the folder of target {contract.target} may not be written to", where=str(folder),
            remedy="See who owns it and who runs the command; nothing was sent.",
        )  # fmt: skip
    return folder


def write_delivery(database: Database, delivery: Delivery) -> None:
    """Bring a delivery from wherever it stands to *written*. Raises MdmError when its folder is missing or full."""
    contract = TargetContract.model_validate(delivery.contract)
    folder = Path(delivery.folder)
    names = [delivery.file, *([control_name(contract, delivery.file)] if contract.control else [])]
    if delivery.status == "prepared":
        _check_free(folder, names)
        checksum = _render(database, delivery, contract, folder)
        with database.begin() as connection:
            deliveries.note_rendered(connection, delivery.delivery_id, checksum)
    for name in names:
        _publish(folder, name, contract)
    with database.begin() as connection:
        deliveries.note_written(connection, delivery.delivery_id)


def control_name(contract: TargetContract, file: str) -> str:
    """The name of the control file beside a delivery's file."""
    assert contract.control is not None
    return contract.control.file.replace("{stem}", Path(file).stem).replace("{name}", file)


def render(connection: sa.Connection, delivery: Delivery, contract: TargetContract, out: BinaryIO) -> int:
    """Write the bytes of a delivery's file; how many rows it has."""
    full = delivery.kind == "full" and delivery.number > 1
    rows: Iterable[pa.Table] = told.rows_of(connection, delivery.target_id, delivery.delivery_id, full=full)
    return Layout(contract, delivery.number).write(rows, out)


def control_text(contract: TargetContract, delivery: Delivery, rows: int, data: Path) -> bytes:
    """The control file: KEY=VALUE lines."""
    control = contract.control
    assert control is not None
    lines = []
    if control.rows:
        lines.append(f"{control.rows}={rows}")
    if control.checksum:
        with data.open("rb") as file:
            lines.append(f"{control.checksum}={hashlib.file_digest(file, control.algorithm).hexdigest()}")
    if control.extracted_at:
        lines.append(f"{control.extracted_at}={delivery.created_at:%Y%m%d%H%M%S}")
    return ("".join(f"{line}\n" for line in lines)).encode()


def temporary(folder: Path, name: str) -> Path:
    """Where a file lies until it is whole."""
    return folder / f".{name}.part"


def _render(database: Database, delivery: Delivery, contract: TargetContract, folder: Path) -> str:
    """Lay the files under their temporary names, flushed; the checksum of the data."""
    part = temporary(folder, delivery.file)
    try:
        with part.open("wb") as out, database.begin() as connection:
            deliveries.hold_telling(connection)  # who erases waits until there is a file to clean
            rows = render(connection, delivery, contract, out)
            _flush(out)
        if contract.control:
            with temporary(folder, control_name(contract, delivery.file)).open("wb") as out:
                out.write(control_text(contract, delivery, rows, part))
                _flush(out)
        flush_folder(folder)
        with part.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _cannot(part, error, contract.path) from error


def _publish(folder: Path, name: str, contract: TargetContract) -> None:
    part = temporary(folder, name)
    try:
        if part.exists():
            part.rename(folder / name)
            flush_folder(folder)
    except OSError as error:
        raise _cannot(part, error, contract.path) from error


def _check_free(folder: Path, names: Iterable[str]) -> None:
    """No file of another origin is written over."""
    for name in names:
        if (folder / name).exists():
            raise MdmError(
                "a file of this name is there already, and is not of this delivery", where=str(folder / name),
                remedy="Move it away, and run the command again; or give the files of this target other names.",
            )  # fmt: skip


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """What was renamed in a folder stays renamed after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot(place: Path, error: OSError, contract: str) -> MdmError:
    return MdmError(
        f"the delivery cannot be written: {error.strerror or error}", where=str(error.filename or place),
        remedy=f"Make room or correct the folder ({contract}), and run mdm sync again: what is kept is written then.",
    )  # fmt: skip
