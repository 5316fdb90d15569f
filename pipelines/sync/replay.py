"""A delivery made again from what is kept of it: byte for byte, but for the rows of people erased since."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mdm.contracts.target_model import TargetContract
from mdm.errors import NotFound
from mdm.settings import Settings
from mdm.store import deliveries
from mdm.store.database import Database
from pipelines.sync.files import control_name, control_text, render

FOLDER = "replayed"


@dataclass(frozen=True, slots=True)
class Replayed:
    """A delivery that was made again. same: byte for byte; withheld: rows of people erased since, left out."""

    target: str
    number: int
    file: str
    rows: int
    same: bool
    withheld: int


def replay(settings: Settings, database: Database, target: str, number: int, into: Path | None = None) -> Replayed:
    """Make delivery `number` of a target again, in `into` or a folder of its own: the target does not take it for new.

    Raises NotFound when there was none.
    """
    with database.begin() as connection:
        delivery = deliveries.find_delivery(connection, target, number)
        known = deliveries.find_target(connection, target)
    if delivery is None:
        last = f"The last one is {known.number}." if known else "It was never sent anything."
        raise NotFound(f"target {target} has no delivery {number}", remedy=last)
    contract = TargetContract.model_validate(delivery.contract)
    folder = into or settings.outbound / target / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / delivery.file
    with file.open("wb") as out, database.begin() as connection:
        rows = render(connection, delivery, contract, out)
    if contract.control:
        (folder / control_name(contract, delivery.file)).write_bytes(control_text(contract, delivery, rows, file))
    with file.open("rb") as made:
        same = hashlib.file_digest(made, "sha256").hexdigest() == delivery.checksum
    return Replayed(target, number, str(file), rows, same, delivery.withheld)
