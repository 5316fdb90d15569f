"""Everybody who was told a PIN that proved wrong, and who has acknowledged the correction."""

from __future__ import annotations

from mdm.settings import Settings
from mdm.store import corrections, deliveries, feed
from mdm.store.corrections import Correction
from mdm.store.database import Database
from mdm.store.told import Asked
from pipelines.sync.every import every_target


def corrections_of(settings: Settings, database: Database, only: str | None = None) -> list[Correction]:
    """Targets and subscribers, the oldest correction first; `only` one of them. Raises ContractError."""
    contracts = every_target(settings)
    with database.begin() as connection:
        upto = feed.horizon(connection)
    with database.begin() as connection:
        found = [*corrections.sent(connection, only), *corrections.of_subscribers(connection, only)]
        for contract in contracts:
            target = deliveries.find_target(connection, contract.target)
            if target is None or only not in (None, contract.target):
                continue
            asked = Asked(target.target_id, contract.system, contract.record)
            found += corrections.waiting(connection, contract.target, asked, target.position, upto)
    return sorted(found, key=lambda each: (each.at, each.to, each.name, each.key))
