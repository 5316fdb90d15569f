"""What `mdm check` says of target contracts: what each would be told, and whether its folder is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mdm.contracts.target_model import TargetContract
from mdm.settings import Settings
from pipelines.sync.every import every_target


@dataclass(frozen=True, slots=True)
class TargetReport:
    """One target. of: whose keys its rows have; columns: (name, value); problem: why it could not be told now."""

    target: str
    contract: str
    of: str
    columns: tuple[tuple[str, str], ...]
    problem: str | None = None


def check_targets(settings: Settings) -> list[TargetReport]:
    """A report of each target, by name. Raises ContractError when contracts are wrong."""
    return [_check(settings, contract) for contract in every_target(settings)]


def _check(settings: Settings, contract: TargetContract) -> TargetReport:
    folder = Path(contract.folder)
    missing = folder.is_absolute() and not folder.is_dir()
    return TargetReport(
        contract.target,
        contract.path,
        f"records of {contract.system}" if contract.system else "customers, by PIN",
        tuple((column.name, column.value) for column in contract.columns),
        f"its folder is not there: {folder}" if missing else None,
    )
