"""Files of deliveries made anew without the rows of a person who is being erased, in whatever encoding they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from mdm.contracts.target_model import TargetContract
from mdm.settings import Settings
from mdm.store import deliveries
from mdm.store.deliveries import Delivery
from pipelines.sync.files import control_name, control_text, render, temporary
from pipelines.sync.replay import FOLDER


def leave_out(settings: Settings, connection: sa.Connection) -> list[Path]:
    """Make the files anew that still lie where they were put, after the rows were deleted; those that were."""
    cleaned = []
    for delivery in deliveries.withhold(connection):
        contract = TargetContract.model_validate(delivery.contract)
        for file in _places(settings, delivery):
            with file.open("r+b") as out:  # in place: whoever has it open goes on
                rows = render(connection, delivery, contract, out)
                out.truncate()
            cleaned.append(file)
            if contract.control and (control := _control(contract, delivery, file)).exists():
                control.write_bytes(control_text(contract, delivery, rows, file))
    return cleaned


def _places(settings: Settings, delivery: Delivery) -> Iterator[Path]:
    folder = Path(delivery.folder)
    for file in (
        folder / delivery.file,
        temporary(folder, delivery.file),
        settings.outbound / delivery.target / FOLDER / delivery.file,
    ):
        if file.exists():
            yield file


def _control(contract: TargetContract, delivery: Delivery, file: Path) -> Path:
    name = control_name(contract, delivery.file)
    return temporary(file.parent, name) if file.name.startswith(".") else file.parent / name
