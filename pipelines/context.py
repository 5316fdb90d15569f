"""What every step of a night is given: the settings, the database, the contracts, the run's files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb

from mdm.cleanse.values import CleanseContext
from mdm.contracts import SourceContract
from mdm.match.model import Model
from mdm.party import PartyType
from mdm.settings import Settings
from mdm.store.database import Database
from mdm.store.place import find_place
from pipelines.cleansing import Cleansing
from pipelines.folder import RunFolder, quoted
from pipelines.steps.aside import Aside
from pipelines.steps.component import Component

Progress = Callable[[str], None]


@dataclass
class Night:
    """One run. `progress` is told in a few words what is being done; `delivering`: contracts whose feeds are read.

    models: candidates under which all stored records are matched and resolved again, and which this run puts into use.
    """

    settings: Settings
    database: Database
    contracts: tuple[SourceContract, ...]
    delivering: tuple[SourceContract, ...]
    run_id: str
    business_date: dt.date
    folder: RunFolder
    progress: Progress = lambda text: None
    dry_run: bool = False
    check_lock: Callable[[], None] = lambda: None  # raises when this run no longer holds the run lock
    models: Mapping[PartyType, Model] = field(default_factory=dict)
    cleansing: Cleansing = field(default_factory=Cleansing)
    aside: Aside = field(default_factory=Aside)
    component: Component = field(default_factory=Component)

    def scratch(self) -> duckdb.DuckDBPyConnection:
        """A DuckDB of its own for a step: two threads, UTC, spilling into the run's folder."""
        return open_scratch(self.folder.path / "spill")

    @cached_property
    def data_directory(self) -> Path | None:
        """Of the embedded PostgreSQL; None when the server is elsewhere."""
        return find_place(self.settings.var).data if self.database.embedded else None

    @cached_property
    def trust(self) -> Mapping[str, Mapping[str, int]]:
        """System -> attribute group -> trust, as survivorship takes it."""
        return {c.source: {**c.trust.groups, "default": c.trust.default} for c in self.contracts}

    def context_of(self, contract: SourceContract, extracted_at: dt.datetime) -> CleanseContext:
        """How the cleanser reads this source."""
        return CleanseContext(
            region=contract.region or self.settings.cleanse.region,
            area_code=contract.area_code,
            role=contract.role,
            extracted_at=extracted_at,
            own=self.settings.own_placeholders,
        )


def open_scratch(spill: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory: two threads, UTC, spilling into the directory `spill`."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET threads = 2")
    connection.execute("SET memory_limit = '4GB'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"SET temp_directory = '{quoted(spill)}'")
    return connection
