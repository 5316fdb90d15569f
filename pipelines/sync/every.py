"""`mdm sync`: every target, or one: what was begun is finished, answers are read, what changed is told."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mdm.contracts import load_contracts
from mdm.contracts.target_load import load_targets
from mdm.contracts.target_model import TargetContract
from mdm.errors import MdmError, NotFound
from mdm.golden.rules import Trust
from mdm.settings import Settings
from mdm.store import deliveries, told
from mdm.store.database import Database
from mdm.store.deliveries import Delivery
from mdm.store.sync_lock import sync_lock
from mdm.sync.characters import counted
from pipelines.sync.files import folder_of, write_delivery
from pipelines.sync.replies import read_replies
from pipelines.sync.reports import Delivered, Told
from pipelines.sync.telling import prepare

Progress = Callable[[str], None]


def sync(
    settings: Settings,
    database: Database,
    only: str | None = None,
    progress: Progress = lambda text: None,
    *,
    answers: bool = False,
) -> list[Told]:
    """Tell the targets of a workspace what changed since they were told last; a report of each, by name.

    answers: only read what they answered. A target that cannot be told keeps nobody from the others: its report says
    why. Raises ContractError when contracts are wrong, NotFound for a target that there is none of.
    """
    sources = load_contracts(settings.sources)
    contracts = find_targets(settings, only)
    trust = {source.source: {**source.trust.groups, "default": source.trust.default} for source in sources}
    return [tell_target(settings, database, contract, trust, progress, answers=answers) for contract in contracts]


def every_target(settings: Settings) -> list[TargetContract]:
    """The target contracts of a workspace, by name. Raises ContractError."""
    return load_targets(settings.targets, [source.source for source in load_contracts(settings.sources)])


def find_targets(settings: Settings, only: str | None) -> list[TargetContract]:
    """All of them, or the one that is named. Raises ContractError, NotFound."""
    contracts = every_target(settings)
    if only is None:
        return contracts
    found = [contract for contract in contracts if contract.target == only]
    if not found:
        known = ", ".join(contract.target for contract in contracts) or "none: write targets/<target>.yaml"
        raise NotFound(f"no target is called {only}", where=str(settings.targets), remedy=f"There are: {known}.")
    return found


def tell_target(
    settings: Settings,
    database: Database,
    contract: TargetContract,
    trust: Trust,
    progress: Progress = lambda text: None,
    *,
    answers: bool = False,
) -> Told:
    """Tell one target what changed since it was told last; what it was told, or why it could not be.

    answers: only read what it answered.
    """
    started, report = time.monotonic(), Told(contract.target)
    progress(contract.target)
    try:
        with sync_lock(database, contract.target):
            if answers:
                report.replies = read_replies(settings, database, contract)
            else:
                _tell_one(settings, database, contract, trust, report)
    except MdmError as error:
        report.error = str(error)
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _tell_one(settings: Settings, database: Database, contract: TargetContract, trust: Trust, report: Told) -> None:
    folder = folder_of(settings, contract)
    _write_all(database, contract, report, resumed=True)
    report.replies = read_replies(settings, database, contract)
    day = settings.run.business_date or dt.date.today()
    with tempfile.TemporaryDirectory(prefix="mdm-sync-") as spill:
        _, report.tasks = prepare(database, contract, trust, folder, day, Path(spill))
    _write_all(database, contract, report, resumed=False)


def _write_all(database: Database, contract: TargetContract, report: Told, *, resumed: bool) -> None:
    with database.begin() as connection:
        waiting = deliveries.unwritten(connection, contract.target)
    for delivery in waiting:
        write_delivery(database, delivery)
        report.deliveries.append(_delivered(database, delivery, resumed=resumed))


def _delivered(database: Database, delivery: Delivery, *, resumed: bool) -> Delivered:
    with database.begin() as connection:
        actions, repeats, altered = told.summary_of(connection, delivery.target_id, delivery.delivery_id)
    file = str(Path(delivery.folder) / delivery.file)
    return Delivered(
        delivery.number, delivery.kind, file, delivery.rows, actions, repeats, dict(counted(altered)), resumed
    )
